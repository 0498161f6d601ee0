"""A spliced file is, to the last oid, the one that its bytes give when they are read anew."""

from __future__ import annotations

from io import BytesIO
from typing import TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from memory_store import MemoryStore

from tdv.formats.contents import Contents
from tdv.formats.cut import Cut
from tdv.formats.ingest import ingest
from tdv.formats.splice import Edit, splice, spliceable, spliced_bytes
from tdv.model.entry import FileEntry, Mode

TINY = Cut(min=8, extra=8, max=40, piece=60)
SMALL = Cut(min=64, extra=32, max=400, piece=500)
NAMES = {b"a.jsonl": "jsonl", b"a.txt": "text", b"a.csv": "csv", b"a.tsv": "tsv", b"a.json": "json"}


def put(data: bytes, name: bytes, cut: Cut = TINY, store: MemoryStore | None = None) -> FileEntry:
    store = MemoryStore() if store is None else store
    return ingest(BytesIO(data), name, Mode.FILE, store, store, None, cut)


def check(data: bytes, name: bytes, edits: list[Edit], cut: Cut = TINY) -> bytes:
    """Splice, compare with the bytes read anew, and return them."""
    store = MemoryStore()
    contents = Contents(put(data, name, cut, store), store)
    if not spliceable(contents):
        with pytest.raises(TypeError, match="no slices"):
            splice(contents, edits, store, cut)
        return b""
    result = b"".join(spliced_bytes(contents, iter(edits)))
    entry = splice(contents, iter(edits), store, cut)
    assert b"".join(Contents(entry, store).blocks()) == result
    assert entry == put(result, name, cut)
    return result


texts = st.sampled_from(
    [b"a", b"bb", b"ccc dd", b'{"a": 1}', b"1", b'"x, y"', b"null", b'{"b":[1,{}]}', b"7" * 25]
    + [b'{"c": "%s"}' % (b"d" * size) for size in (30, 90, 200)]
)
ODD = [
    *(
        b"",
        b" ",
        b"\t",
        b"a\nb",
        b"a\r",
        b'"',
        b'",',
        b"[",
        b"]",
        b"1]",
        b"{",
        b"\0",
        b"\xff",
        b",",
    ),
    *(b"\xef\xbb\xbf", b"  a", b"a  ", b" " * 70, b"x" * 150, b'"a\nb"'),
]
odd = st.sampled_from(ODD)
bodies = st.lists(texts | texts | texts | odd, max_size=4)
Seeds: TypeAlias = "list[tuple[int, int, list[bytes]]]"
seeds = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 5), bodies), max_size=6)
marks = st.sampled_from(
    [b"\n", b"\r\n", b"\n\n", b"\n \n", b"\n\t\n", b"\n" + b" " * 70 + b"\n", b"\n" + b"\n" * 50]
)


def edits_of(seeds: Seeds, records: int) -> list[Edit]:
    """Edits that fit a file, from gaps, lengths and bodies."""
    edits, at = [], 0
    for gap, length, new in seeds:
        start = min(records, at + gap)
        at = min(records, start + length)
        edits.append(Edit(start, at, new))
    return edits


@st.composite
def lines(draw: st.DrawFn) -> bytes:
    start = draw(st.sampled_from([b"", b"\xef\xbb\xbf", b"\n", b"\xef\xbb\xbf\r\n\n", b"\n" * 90]))
    mark = draw(marks)
    rows = draw(st.lists(texts | texts | odd, max_size=40))
    data = start + mark.join(rows) if draw(st.booleans()) else start
    return data + draw(st.sampled_from([b"", b"\n", b"\r\n", b"\n\n"]))


@st.composite
def arrays(draw: st.DrawFn) -> bytes:
    start = draw(st.sampled_from([b"[", b" [ ", b"[\n  ", b"\xef\xbb\xbf[\r\n"]))
    between = draw(st.sampled_from([b",", b", ", b" ,\r\n", b",\n    "]))
    values = draw(st.lists(texts.filter(lambda text: text[:1] not in b"abc"), max_size=40))
    end = draw(st.sampled_from([b"]", b"\n]\n", b" ] ", b"", b"] x\n1\n2\n3", b"\n]" + b"\n" * 90]))
    return start + between.join(values) + end


@settings(max_examples=400, deadline=None)
@given(st.sampled_from([*NAMES]), lines(), seeds, st.sampled_from([TINY, SMALL]))
def test_lines(name: bytes, data: bytes, seeds: Seeds, cut: Cut) -> None:
    entry = put(data, name, cut)
    check(data, name, edits_of(seeds, entry.records or 0), cut)


@settings(max_examples=300, deadline=None)
@given(arrays(), seeds, st.sampled_from([TINY, SMALL]))
def test_arrays(data: bytes, seeds: Seeds, cut: Cut) -> None:
    entry = put(data, b"a.json", cut)
    check(data, b"a.json", edits_of(seeds, entry.records or 0), cut)


def spliced(bodies: list[bytes], edits: list[Edit]) -> list[bytes]:
    """A list with the same edits."""
    bodies = bodies[:]
    for start, stop, new in reversed(edits):
        bodies[start:stop] = new
    return bodies


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from([*NAMES]),
    st.lists(texts.filter(lambda text: text[:1] not in b"abc"), max_size=40),
    st.sampled_from([b"\n", b"\r\n", b"\n\n"]),
    st.booleans(),
    st.lists(
        st.tuples(
            st.integers(0, 12),
            st.integers(0, 5),
            st.lists(texts.filter(lambda text: text[:1] not in b"abc"), max_size=4),
        ),
        max_size=6,
    ),
)
def test_records_are_replaced_and_file_keeps_its_form(
    name: bytes,
    rows: list[bytes],
    mark: bytes,
    ended: bool,
    seeds: Seeds,
) -> None:
    array = name == b"a.json"
    header = b"h" + mark if name in (b"a.csv", b"a.tsv") else b""
    if array:
        data = b"[ " + (b"," + mark).join(rows) + b" ]"
    else:
        data = header + b"".join(row + mark for row in rows)
        data = data if ended else data.removesuffix(mark)
    edits = edits_of(seeds, len(rows))
    result = check(data, name, edits)
    store = MemoryStore()
    contents = Contents(put(result, name, TINY, store), store)
    assert list(contents.bodies()) == spliced(rows, edits)
    changed = any(edit.stop > edit.start or edit.bodies for edit in edits)
    if not array and mark in data and mark != b"\n\n" and changed:
        assert result.endswith(b"\n") == ended or not spliced(rows, edits)
        if b"\r" in mark:
            assert result.count(b"\r\n") == result.count(b"\n")
