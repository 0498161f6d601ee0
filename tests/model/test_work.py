"""Work in progress comes back equal from an operation record, and names what it holds."""

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdv.errors import ObjectCorrupt
from tdv.model.commit import Signature
from tdv.model.oid import Oid
from tdv.model.operation import Head
from tdv.model.work import Bisecting, Merging, Work

oids = st.binary(min_size=32, max_size=32).map(Oid)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
several = st.lists(oids, max_size=3).map(tuple)
extras = st.lists(st.integers(0, 2**60) | texts, max_size=2).map(tuple)
signatures = st.builds(
    Signature, name=texts, email=texts, seconds=st.integers(0, 2**40), offset=st.integers(-720, 840)
)
mergings = st.builds(
    Merging,
    kind=st.sampled_from(["merge", "revert", "cherry-pick"]),
    ours=oids,
    theirs=oids,
    parents=several,
    message=texts,
    before=oids,
    base=oids,
    other=oids,
    merged=oids,
    found=oids,
    conflicts=oids,
    author=st.none() | signatures,
    key=st.lists(texts, max_size=2).map(tuple),
    extra=extras,
)
bisections = st.builds(
    Bisecting,
    start=st.builds(Head, st.none() | texts, st.none() | oids),
    bad=st.none() | oids,
    good=several,
    skipped=several,
    condition=texts,
    extra=extras,
)
works = st.builds(
    Work, merging=st.none() | mergings, bisecting=st.none() | bisections, extra=extras
)


def through_msgpack(value):
    packed = msgpack.packb(value, use_bin_type=True)
    return msgpack.unpackb(packed, raw=False, use_list=True)


@settings(max_examples=100, deadline=None)
@given(works)
def test_round_trip(work):
    assert Work.from_wire(through_msgpack(work.to_wire())) == work


def test_no_work_is_none():
    assert Work().to_wire() is None
    assert Work.from_wire(None) == Work()
    assert not Work()
    assert list(Work().roots()) == []


def test_every_oid_is_a_root():
    one, *others = [Oid(bytes([number]) * 32) for number in range(1, 15)]
    merging = Merging("merge", one, others[0], (one, others[1]), "m", *others[2:8])
    bisecting = Bisecting(Head(None, others[8]), others[9], (others[10],), (others[11], others[12]))
    assert set(Work(merging, bisecting).roots()) == {one, *others}
    assert list(Work(None, Bisecting(Head("main", None))).roots()) == []


@pytest.mark.parametrize(
    "items",
    [
        [],
        7,
        [None],
        [[], None],
        [["rebase", *[bytes(32)] * 2, [], "", *[bytes(32)] * 6, None, []], None],
        [["merge", *[bytes(31)] * 2, [], "", *[bytes(32)] * 6, None, []], None],
        [["merge", *[bytes(32)] * 2, [], b"", *[bytes(32)] * 6, None, []], None],
        [None, [["main"], None, [], [], ""]],
        [None, [["main", None], None, [], [], None]],
    ],
)
def test_what_cannot_be_work_is_refused(items):
    with pytest.raises(ObjectCorrupt, match="Work in progress"):
        Work.from_wire(items)
