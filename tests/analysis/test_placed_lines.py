"""Lines of records: those on which they start in the file, whatever stands between and before."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdv.analysis.decoding import placed_bodies
from tdv.analysis.sources import FileSource, source_file
from tdv.errors import RecordError
from tdv.formats.cut import DEFAULT_CUT, Cut
from tdv.formats.heldbody import MAX_BODY
from tdv.formats.registry import format_named
from tdv.formats.rows import Layout
from tdv.formats.scan import scan
from tdv.model.oid import Kind, Oid

SMALL = Cut(min=8, extra=8, max=64, piece=1 << 20)
# One is part of another, and neighbours are often equal.
LINES = ["1", "11", "[1]", "[1, 11]", "", "  ", '{"a": 1}', '"1"', "{"]


def places(folder, name, data, cut):
    """Record -> the line of the file on which it starts, as looks see it."""
    path = folder / name
    path.write_bytes(data)
    entry, reader = scan(path, name.encode(), cut=cut)
    prefix = entry.prefix
    affix = reader.get(prefix, Kind.CHUNK) if isinstance(prefix, Oid) else prefix
    file = source_file(name.encode(), entry, reader, FileSource(path, name, len(affix)))
    found, before = [], affix.count(b"\n") + 1
    for unit in file.units:
        rows = range(unit.first, unit.first + unit.records)
        found += [(body, before + line) for _, body, line in placed_bodies(file, unit, rows)]
        start = len(affix) + unit.offset
        before += data[start : start + unit.size].count(b"\n")
    return found


@settings(deadline=None, max_examples=50)
@given(st.lists(st.sampled_from(LINES)), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_lines_of_json_lines(tmp_path_factory, lines, end, ended):
    data = end.join(lines) + (end if ended else "")
    found = places(tmp_path_factory.mktemp("d"), "a.jsonl", data.encode(), SMALL)
    assert found == [(x.encode(), n) for n, x in enumerate(lines, 1) if x.strip()]


@settings(deadline=None, max_examples=50)
@given(st.lists(st.sampled_from(["1,2", "1,22", "1,2,3", '"a\nb",2', '"a\n\nb",2', "", "x"])))
def test_lines_of_csv(tmp_path_factory, records):
    data = "".join(f"{record}\n" for record in ["a,b", *records])
    found = places(tmp_path_factory.mktemp("d"), "a.csv", data.encode(), SMALL)
    expected, line = [], 2
    for record in records:
        expected += [(record.encode(), line)] if record else []
        line += record.count("\n") + 1
    assert found == expected


@settings(deadline=None, max_examples=50)
@given(st.lists(st.sampled_from(["1", "11", "{}", "[\n1\n]", '{"a":\n\n 1}']), min_size=1))
def test_lines_of_a_json_array(tmp_path_factory, values):
    for before, between, behind in (("\n  ", ",\n\n  ", "\n"), ("", ",", ""), ("", ",", "\n")):
        data = f"[{before}{between.join(values)}{behind}]\n"
        found = places(tmp_path_factory.mktemp("d"), "a.json", data.encode(), SMALL)
        expected, line = [], 1 + before.count("\n")
        for value in values:
            expected.append((value.encode(), line))
            line += (value + between).count("\n")
        assert found == expected


def test_a_record_that_is_too_large_is_what_readers_of_all_rows_see(tmp_path):
    """It has no row, and stands in several chunks."""
    data = b'{"a": 1}\n"' + b"x" * (MAX_BODY + 1) + b'"\n{"a": 2}\n'
    one, large, two = places(tmp_path, "a.jsonl", data, DEFAULT_CUT)
    assert (one, two) == ((b'{"a": 1}', 1), (b'{"a": 2}', 3))
    assert large[1] == 2
    with pytest.raises(RecordError, match="more than the 8 MiB"):
        format_named("jsonl").decode(Layout("jsonl"), large[0])
