"""Any bytes through every format: exact, counted, summed, and the same however they are read."""

from __future__ import annotations

import contextlib
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from split_checks import SMALL, split

from tdv.errors import RecordError
from tdv.formats.cut import Cut
from tdv.formats.registry import format_named

FORMATS = ["jsonl", "text", "csv", "tsv", "json", "blob"]
MARKS = [
    *(b'"', b",", b'""', b'",', b',"', b"\n", b"\r\n", b"\r", b"\0", b"\t", b" ", b"a", b"1"),
    *(b"[", b"]", b"{", b"}", b":", b'"k":', b"\xef\xbb\xbf", b"\xff", b'\\"', b"[1,2]", b", "),
    *(b'{"a": "x, y"}', b'{"a":[{"b":1}]},', b'"abc"', b"NaN", b"long" * 20, b" " * 50),
]
shaped = st.lists(st.sampled_from(MARKS), max_size=60).map(b"".join)
arrays = shaped.map(lambda inside: b"[" + inside)
cuts = st.sampled_from([SMALL, Cut(8, 8, 20, 20), Cut(30, 20, 200, 400)])


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=60, deadline=None)
@given(data=st.binary(max_size=300) | shaped | arrays, cut=cuts)
def test_any_bytes(name, data, cut):
    layout, _, bodies = split(name, data, cut)
    format_ = format_named(name)
    for body in bodies:
        with contextlib.suppress(RecordError):
            assert isinstance(format_.decode(layout, body), dict)


@pytest.mark.parametrize("name", ["jsonl", "csv", "json"])
@settings(max_examples=30, deadline=None)
@given(rows=st.lists(st.integers(0, 10**6), min_size=100, max_size=200), at=st.integers(0, 99))
def test_an_edit_leaves_chunks_behind_it_alone(name, rows, at):
    def build(values):
        lines = [b'{"a":%d,"b":%d}' % (value, value**3) for value in values]
        if name == "json":
            return b"[\n" + b",\n".join(lines) + b"\n]\n"
        return b"h\n" * (name == "csv") + b"\n".join(lines) + b"\n"

    cut = Cut(100, 60, 1000, 2000)
    old = {piece.data for piece in split(name, build(rows), cut)[1]}
    rows[at : at + 1] = [1, 2]
    changed = [piece for piece in split(name, build(rows), cut)[1] if piece.data not in old]
    assert sum(len(piece.data) for piece in changed) < 3000


def test_real_sizes():
    line = b'{"text": "%06d ' + b"x" * 300 + b'"}\n'
    data = b"".join(line % number for number in range(3000))
    _, pieces, bodies = split("jsonl", data, Cut())
    sizes = [len(piece.data) for piece in pieces]
    assert len(bodies) == 3000
    assert all(96 << 10 <= size <= 512 << 10 for size in sizes[:-1])
    assert 4 <= len(sizes) <= 10


def test_cut_sizes_must_make_sense():
    with pytest.raises(ValueError, match="do not make a cut"):
        Cut(min=100, max=50)


def test_text_needs_no_heavy_import():
    code = """
import io, sys
from tdv.formats.registry import format_for
files = {b"a.jsonl": b"{}", b"a.csv": b"a,b\\n1,2", b"a.json": b"[1]", b"a.png": b"x" * 5000}
for name, data in files.items():
    format_ = format_for(name, data)
    found = format_.split(io.BytesIO(data))
    blocks = [piece.data for piece in found]
    [format_.decode(found.layout, body) for body in format_.bodies(found.layout, blocks)]
assert not {"numpy", "pyarrow", "zstandard"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], check=True)
