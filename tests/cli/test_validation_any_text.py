"""Whatever stands in data, every output keeps its form and shows no control character."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_reports import FAILED, RULES, found, report_of, written

from tdv.quality.finding import Place
from tdv.quality.report import Covered

CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
# With lone surrogates: what stands for bytes that are not UTF-8, and what JSON may name.
anything = st.text(st.characters(exclude_categories=()), max_size=30)


@st.composite
def reports(draw):
    """Reports with any text wherever text comes from data."""
    path = draw(anything.filter(lambda text: text and "/" not in text))
    finding = found(
        draw(st.sampled_from(sorted(RULES))),
        path,
        draw(st.integers(0, 9)),
        draw(anything),
        field=draw(anything),
        key=tuple(draw(st.lists(anything, max_size=2))),
        lines=draw(st.booleans()),
        suggestion=draw(anything),
        partner=draw(st.none() | st.just(Place(path, 1, 2, (draw(anything),)))),
    )
    return report_of(
        [finding],
        dataset_id=draw(anything),
        files=(Covered(path, 10, 1, draw(anything), "generic", ("FLD001",)),),
        gauges=(replace(FAILED, name=draw(anything), dataset=draw(anything)),),
        skipped={draw(anything): draw(anything)},
        notes=(draw(anything),),
        statistics={draw(anything): draw(anything)},
        recommendations=(draw(anything),),
    )


@pytest.mark.parametrize("format", ["text", "concise", "json", "jsonl", "junit", "sarif", "github"])
@settings(max_examples=40)
@given(report=reports())
def test_any_text(format, report):
    text = written(report, format)
    assert not CONTROLS.search(text)
    text.encode()
    if format == "json":
        document = json.loads(text)
        assert document["total_examples"] == 1000
        assert len(document["issues"]) == 1
    elif format == "jsonl":
        assert json.loads(text)["code"] in RULES
        assert text.count("\n") == 1
    elif format == "junit":
        root = ElementTree.fromstring(text)
        assert len(list(root.iter("testcase"))) == int(root.get("tests"))
    elif format == "sarif":
        assert len(json.loads(text)["runs"][0]["results"]) == 1
    elif format == "concise":
        assert text.count("\n") == 1
    elif format == "github":
        lines = text.splitlines()
        assert all(re.match("::(error|warning) [^:]*title=[^:]*::", line) for line in lines)
        assert len(lines) == (2 if report.tallies[0].level.value != "info" else 1)
