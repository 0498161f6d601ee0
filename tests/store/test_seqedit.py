"""An edited sequence is the one that its chunks give when they are put one by one."""

from __future__ import annotations

from itertools import accumulate

import pytest
from fake_store import FakeStore
from hypothesis import given, settings
from hypothesis import strategies as st

from tdv.model.oid import Kind, oid_of
from tdv.model.sequence import Child
from tdv.store.seqedit import OldChild, SequenceEditor
from tdv.store.sequences import SequenceBuilder, SequenceRoot, fingerprint_sum


def chunk(number: int) -> Child:
    """A chunk known by a number; some hold several records and some none."""
    return Child(oid_of(Kind.CHUNK, b"%d" % number), number % 4, 10 + number % 7)


def sum_of(number: int) -> int:
    return number << 100 if number % 4 else 0


def build(store: FakeStore, numbers: list[int]) -> SequenceRoot:
    builder = SequenceBuilder(store)
    for number in numbers:
        builder.add(chunk(number), sum_of(number))
    return builder.finish()


class Editing:
    """Edits a sequence of numbered chunks, and notes which ones were asked for."""

    def __init__(self, numbers: list[int]) -> None:
        self.store = FakeStore()
        self.numbers = numbers
        self.ends = [0, *accumulate(chunk(number).size for number in numbers)]
        self.asked: list[int] = []
        self.old = build(self.store, numbers)
        self.store.reads.clear()
        self.store.likes.clear()
        self.editor = SequenceEditor(self.store, self.store, self.old, self._chunk_sum)

    def _chunk_sum(self, old: OldChild) -> int:
        at = self.ends.index(old.offset)
        number = self.numbers[at]
        assert old.child == chunk(number)
        assert old.record == sum(each % 4 for each in self.numbers[:at])
        self.asked.append(number)
        return sum_of(number)

    def run(self, edits: list[tuple[int, int, list[int]]]) -> SequenceRoot:
        """Apply edits (chunks to keep, chunks to drop, numbers of new ones); keep the rest."""
        at = 0
        for kept, gone, new in edits:
            start = min(at + kept, len(self.numbers))
            at = min(start + gone, len(self.numbers))
            self.editor.keep_to(self.ends[start])
            for number in new:
                self.editor.add(chunk(number), sum_of(number))
            if start < at:
                assert self.editor.next_chunk() == chunk(self.numbers[start])
            self.editor.drop_to(self.ends[at])
            assert list(self.editor.take_dropped()) == [chunk(n) for n in self.numbers[start:at]]
        self.editor.keep_to(self.ends[-1])
        assert self.editor.next_chunk() is None
        return self.editor.finish()


def expected(numbers: list[int], edits: list[tuple[int, int, list[int]]]) -> list[int]:
    result, at = [], 0
    for kept, gone, new in edits:
        result += [*numbers[at : at + kept], *new]
        at += kept + gone
    return result + numbers[at:]


edits = st.lists(
    st.tuples(
        st.sampled_from([0, 1, 2, 20, 300]),
        st.sampled_from([0, 1, 1, 2, 30, 400]),
        st.lists(st.integers(0, 10**6), max_size=3),
    ),
    max_size=6,
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([0, 1, 2, 5, 100, 700]), st.integers(0, 10**6), edits)
def test_the_root_is_that_of_the_same_chunks(
    count: int, first: int, edits: list[tuple[int, int, list[int]]]
) -> None:
    numbers = list(range(first, first + count))
    editing = Editing(numbers)
    found = editing.run(edits)
    fresh = FakeStore()
    assert found == build(fresh, expected(numbers, edits))
    assert fingerprint_sum(editing.store, found) == fingerprint_sum(fresh, found)
    assert all(editing.store.objects[oid] == fresh.objects[oid] for oid in fresh.objects)


def test_many_nodes_and_levels() -> None:
    numbers = list(range(30_000))
    edits = [(9_000, 1, [10**6]), (5_000, 3_000, []), (100, 0, [7, 8, 9]), (12_000, 1, [])]
    editing = Editing(numbers)
    assert editing.old.height == 3
    assert editing.run(edits) == build(FakeStore(), expected(numbers, edits))


def test_an_edit_reads_next_to_nothing() -> None:
    numbers = list(range(30_000))
    editing = Editing(numbers)
    replaced = next(n for n in range(15_001, 16_000) if chunk(n).oid[3] % 64 and n % 4)
    new = next(n for n in range(10**6, 2 * 10**6) if chunk(n).oid[3] % 64)
    editing.run([(replaced, 1, [new])])
    assert editing.asked == [replaced]
    # The way down to the chunk, and to the end.
    assert len(editing.store.reads) <= 2 * editing.old.height
    assert all(len(like) == 1 for like in editing.store.likes.values())


def test_a_place_inside_a_chunk_cannot_be_kept_to() -> None:
    editing = Editing(list(range(100)))
    with pytest.raises(ValueError, match="no chunk ends at offset 15"):
        editing.editor.keep_to(15)
