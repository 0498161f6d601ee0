"""What splicing writes between records, what it reads, and what it refuses."""

from __future__ import annotations

import random
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from memory_store import MemoryStore

from tdv.formats.contents import Contents
from tdv.formats.cut import Cut
from tdv.formats.ingest import ingest
from tdv.formats.scan import scan
from tdv.formats.splice import Edit, splice, spliceable, spliced_bytes
from tdv.model.entry import FileEntry, Mode
from tdv.model.oid import Kind, Oid
from tdv.store.encoding import Encoding
from tdv.store.objects import ObjectStore
from tdv.store.sequences import chunks, sequence_of

MIDDLE = Cut(min=8_000, extra=4_000, max=40_000, piece=64_000)
SMALL = Cut(min=64, extra=32, max=400, piece=500)


def put(store: MemoryStore, data: bytes, name: bytes = b"a.jsonl", cut: Cut = SMALL) -> FileEntry:
    return ingest(BytesIO(data), name, Mode.EXECUTABLE, store, store, None, cut)


def spliced(data: bytes, name: bytes, *edits: Edit) -> bytes:
    store = MemoryStore()
    contents = Contents(put(store, data, name), store)
    entry = splice(contents, edits, store, SMALL)
    result = b"".join(Contents(entry, store).blocks())
    assert b"".join(spliced_bytes(contents, edits)) == result
    assert entry == put(MemoryStore(), result, name)
    return result


BEFORE, AFTER = Edit(0, 0, [b"X"]), Edit(2, 2, [b"X", b"Y"])


@pytest.mark.parametrize(
    ("data", "edits", "expected"),
    [
        (b"a\nb\n", [Edit(1, 2, [b"X"])], b"a\nX\n"),
        (b"a\r\nb\r\n", [BEFORE, AFTER], b"X\r\na\r\nb\r\nX\r\nY\r\n"),
        (b"a\nb", [AFTER], b"a\nb\nX\nY"),
        (b"a\nb", [Edit(1, 2, [])], b"a"),
        (b"a\r\nb", [Edit(1, 2, []), AFTER], b"a\r\nX\r\nY"),
        (b"a\n\nb\n \nc\n", [Edit(1, 2, [])], b"a\n\nc\n"),
        (b"a\n\nb\n \nc\n", [Edit(1, 2, [b"X"])], b"a\n\nX\n \nc\n"),
        (b"a\n\nb\n \nc\n", [Edit(1, 2, [b"X", b"Y"])], b"a\n\nX\n \nY\nc\n"),
        (b"a\nb\nc\n", [Edit(0, 3, [b"X"])], b"X\n"),
        (b"a\nb\nc\n", [Edit(0, 1, []), Edit(1, 1, [b"X"]), Edit(2, 3, [])], b"X\nb\n"),
        (b"a\nb\n", [Edit(0, 2, [])], b""),
        (b"\xef\xbb\xbf\na\nb\n", [Edit(0, 2, [])], b"\xef\xbb\xbf\n"),
        (b"\xef\xbb\xbf", [BEFORE], b"\xef\xbb\xbfX\n"),
        (b"", [BEFORE], b"X\n"),
        (b"", [Edit(0, 0, [b"X"]), Edit(0, 0, [b"Y"])], b"X\nY\n"),
        (b"a\nb\n", [Edit(1, 1, [])], b"a\nb\n"),
    ],
)
def test_lines(data: bytes, edits: list[Edit], expected: bytes) -> None:
    assert spliced(data, b"a.txt", *edits) == expected
    assert spliced(data, b"a.jsonl", *edits) == expected


@pytest.mark.parametrize(
    ("data", "edits", "expected"),
    [
        (b"h,i\r\n", [BEFORE], b"h,i\r\nX\r\n"),
        (b"h,i", [BEFORE], b"h,i\nX"),
        (b"h,i\na,b", [Edit(0, 1, [])], b"h,i"),
        (b'h\n"a\nb"\nc\n', [Edit(1, 2, [b'"X\r\nY"', b"Z"])], b'h\n"a\nb"\n"X\r\nY"\nZ\n'),
        (b'h\n"a\nb"\nc\n', [Edit(0, 1, [])], b"h\nc\n"),
        (b"h\na\nb\n", [Edit(0, 1, [b'"X'])], b'h\n"X\nb\n'),
    ],
)
def test_csv(data: bytes, edits: list[Edit], expected: bytes) -> None:
    assert spliced(data, b"a.csv", *edits) == expected


@pytest.mark.parametrize(
    ("data", "edits", "expected"),
    [
        (b"[1, 2]", [Edit(0, 0, [b"8"]), Edit(2, 2, [b"9"])], b"[8, 1, 2, 9]"),
        (b"[\n  1,\n  2\n]\n", [Edit(1, 1, [b"8", b"9"])], b"[\n  1,\n  8,\n  9,\n  2\n]\n"),
        (b"[\n  1,\n  2\n]\n", [Edit(2, 2, [b"8"])], b"[\n  1,\n  2,\n  8\n]\n"),
        (b"[\n  1,\n  2\n]\n", [Edit(0, 1, [])], b"[\n  2\n]\n"),
        (b"[\n  1,\n  2\n]\n", [Edit(1, 2, [])], b"[\n  1\n]\n"),
        (b"[\n  1,\n  2\n]\n", [Edit(0, 2, [])], b"[\n]\n"),
        (b"[\n  1,\n  2\n]\n", [Edit(0, 2, [b"8"])], b"[\n  8\n]\n"),
        (b"[\n  1\n]\n", [Edit(0, 0, [b"8"]), Edit(1, 1, [b"9"])], b"[\n  8,\n  1,\n  9\n]\n"),
        (b"[1 ,2 , 3]", [Edit(1, 2, [b"8", b"9"])], b"[1 ,8 , 9 , 3]"),
        (b"[1,2,3]", [Edit(1, 2, []), Edit(2, 3, [])], b"[1]"),
        (b"[1,2,3]", [Edit(1, 2, []), Edit(2, 3, []), Edit(3, 3, [b"9"])], b"[1,9]"),
        (b"[1]", [Edit(1, 1, [b"9"])], b"[1, 9]"),
        (b"[]", [Edit(0, 0, [b"8", b"9"])], b"[\n8,\n9\n]"),
        (b"[ ]", [Edit(0, 0, [b"8"]), Edit(0, 0, [b"9"])], b"[ 8, 9 ]"),
        (b"[\n  \n]\n", [Edit(0, 0, [b"8", b"9"])], b"[\n  \n8,\n  \n9\n  \n]\n"),
        (b"[\n]\n", [Edit(0, 0, [b"8"])], b"[\n8\n]\n"),
        (b"[1, 2]", [Edit(0, 1, [b"8]"])], b"[8], 2]"),
        (b"[1,\n2\n3,\n4", [Edit(0, 1, [b"8"]), Edit(2, 2, [b"9"])], b"[8,\n2\n9\n3,\n4"),
    ],
)
def test_arrays(data: bytes, edits: list[Edit], expected: bytes) -> None:
    assert spliced(data, b"a.json", *edits) == expected


def rows(count: int) -> list[bytes]:
    return [b'{"id": %d, "text": "%s"}' % (n, b"x" * (n * 7 % 1_000)) for n in range(count)]


def written(name: bytes, bodies: list[bytes]) -> bytes:
    if name == b"a.json":
        return b"[\n" + b",\n".join(bodies) + b"\n]\n"
    return b"id,text\n" * (name in (b"a.csv", b"a.tsv")) + b"".join(body + b"\n" for body in bodies)


class CountingStore(MemoryStore):
    """Remembers which chunks were read."""

    def __init__(self) -> None:
        super().__init__()
        self.read: set[Oid] = set()

    def get(self, oid: Oid, kind: Kind) -> bytes:
        if kind == Kind.CHUNK:
            self.read.add(oid)
        return super().get(oid, kind)


@pytest.mark.parametrize("name", [b"a.jsonl", b"a.txt", b"a.csv", b"a.tsv", b"a.json"])
def test_chunks_that_no_edit_touches_are_not_read(name: bytes) -> None:
    store = CountingStore()
    bodies = rows(20_000)
    places = [9_000, 9_030, 17_000]
    edits = [Edit(place, place + 1, [b'{"new": "%d"}' % place]) for place in places]
    old = put(store, written(name, bodies), name, MIDDLE)
    assert len(list(chunks(store, sequence_of(old, store)))) > 800
    store.read.clear()
    known = {*store.objects}
    entry = splice(Contents(old, store), edits, store, MIDDLE)
    for edit in edits:
        bodies[edit.start] = edit.bodies[0]
    assert entry == put(MemoryStore(), written(name, bodies), name, MIDDLE)
    # At two places 0.7 MB are read ahead; and where a node is divided, some of its chunks.
    assert len(store.read) < 300
    fresh = {oid: put for oid, put in store.objects.items() if oid not in known}
    new_chunks = [put for put in fresh.values() if put.kind == Kind.CHUNK]
    assert 2 <= len(new_chunks) <= 12
    assert all(put.like and put.level == 9 for put in new_chunks)


def test_what_is_removed_in_one_piece_is_not_read() -> None:
    store = MemoryStore()
    bodies = rows(20_000)
    old = put(store, written(b"a.jsonl", bodies), b"a.jsonl", MIDDLE)
    children = list(chunks(store, sequence_of(old, store)))
    assert len(children) > 700
    # A node that loses some children may read the others, or those: a few hundred at most.
    for child in children[300:500]:
        del store.objects[child.oid]
    start, stop = (sum(child.records for child in children[:at]) for at in (100, 700))
    entry = splice(Contents(old, store), [Edit(start, stop, [])], store, MIDDLE)
    data = written(b"a.jsonl", bodies[:start] + bodies[stop:])
    assert entry == put(MemoryStore(), data, b"a.jsonl", MIDDLE)


def test_edits_are_taken_one_by_one() -> None:
    store = MemoryStore()
    bodies = rows(20_000)
    contents = Contents(put(store, written(b"a.jsonl", bodies), cut=MIDDLE), store)
    taken = 0

    def edits() -> Iterator[Edit]:
        nonlocal taken
        for number in range(0, 20_000, 100):
            taken += 1
            yield Edit(number, number + 1, [b"%d" % number])

    blocks = spliced_bytes(contents, edits())
    size = len(next(blocks)) + len(next(blocks))
    assert size < 100_000
    assert taken < 5


@pytest.mark.parametrize(
    "edits",
    [
        [Edit(1, 1, [b"x"]), Edit(0, 1, [])],
        [Edit(0, 2, []), Edit(1, 2, [])],
        [Edit(2, 1, [])],
        [Edit(2, 4, [])],
    ],
)
def test_edits_out_of_order_are_refused(edits: list[Edit]) -> None:
    store = MemoryStore()
    contents = Contents(put(store, b"a\nb\nc\n"), store)
    with pytest.raises(ValueError, match="cannot be replaced"):
        splice(contents, edits, store, SMALL)
    with pytest.raises(ValueError, match="cannot be replaced"):
        list(spliced_bytes(contents, edits))


@pytest.mark.parametrize("name", [b"a.parquet", b"a.jsonl.gz", b"a.bin"])
def test_other_formats_are_refused(name: bytes) -> None:
    store = MemoryStore()
    contents = Contents(put(store, b"a\nb\n", name), store)
    assert not spliceable(contents)
    with pytest.raises(TypeError, match="no slices"):
        splice(contents, [Edit(0, 0, [b"x"])], store, SMALL)


def test_nothing_to_do_gives_the_same_entry() -> None:
    store = MemoryStore()
    entry = put(store, b"a\nb\n")
    assert splice(Contents(entry, store), [Edit(1, 1, [])], store, SMALL) is entry


def test_a_working_file_is_stored_whole() -> None:
    data = written(b"a.jsonl", rows(2_000))
    scanned = scan(BytesIO(data), b"a.jsonl", Mode.FILE, SMALL)
    store = MemoryStore()
    entry = splice(Contents(*scanned), [Edit(1_000, 2_000, [])], store, SMALL)
    assert b"".join(Contents(entry, store).blocks()) == written(b"a.jsonl", rows(1_000))


def test_new_chunks_become_deltas(tmp_path: Path) -> None:
    store = ObjectStore(tmp_path)
    draw = random.Random(3)
    words = [b"word%d" % draw.randrange(10**5) for _ in range(2_000)]
    bodies = [
        b'{"id": %d, "text": "%s"}' % (n, b" ".join(draw.choices(words, k=30)))
        for n in range(20_000)
    ]
    data = written(b"a.jsonl", bodies)
    with store.writing() as writer:
        entry = ingest(BytesIO(data), b"a.jsonl", Mode.FILE, writer, store)
        writer.publish()
    edits = [Edit(n, n + 1, [b'{"id": %d}' % n]) for n in range(500, 20_000, 997)]
    with store.writing() as writer:
        # What was just written is spliced again before it is published.
        once = splice(Contents(entry, store), edits[:5], writer)
        twice = splice(Contents(once, writer), edits[5:], writer)
        writer.publish()
    for edit in edits:
        bodies[edit.start] = edit.bodies[0]
    fresh = ObjectStore(tmp_path)
    assert b"".join(Contents(twice, fresh).blocks()) == written(b"a.jsonl", bodies)
    known: set[Oid] = {child.oid for child in chunks(store, sequence_of(entry, store))}
    oids = {child.oid for child in chunks(fresh, sequence_of(twice, fresh))}
    assert {fresh.info(oid).encoding for oid in oids - known} == {Encoding.DELTA}
