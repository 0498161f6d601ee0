"""Every stored value comes back equal, from the same bytes, with what it does not know."""

from contextlib import suppress

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tdv.errors import ObjectCorrupt, PathError, UnsupportedVersion
from tdv.model.codec import MAX_LEVEL, pack, unpack
from tdv.model.commit import Commit, Operation, Signature
from tdv.model.entry import FileEntry, Folder, Mode, sorted_params
from tdv.model.oid import Oid
from tdv.model.sequence import Child, SequenceNode, ends_node
from tdv.model.tag import Note, Tag
from tdv.model.tree import Item, TreeChild, TreeNode, ends_tree_node

REFUSALS = (ObjectCorrupt, UnsupportedVersion, PathError)
oids = st.binary(min_size=32, max_size=32).map(Oid)
counts = st.integers(0, 2**60)
texts = st.text(st.characters(exclude_categories=["Cs"]))
extras = st.lists(st.integers().filter(lambda n: abs(n) < 2**60) | texts, max_size=2).map(tuple)
params = st.dictionaries(texts, counts | texts | st.booleans() | st.none()).map(sorted_params)
files = st.builds(
    FileEntry,
    mode=st.sampled_from([Mode.FILE, Mode.EXECUTABLE, Mode.SYMLINK]),
    format=texts,
    size=counts,
    records=st.none() | counts,
    root=st.none() | oids,
    height=st.integers(0, 9),
    prefix=st.binary() | oids,
    suffix=st.binary() | oids,
    params=params,
    extra=extras,
)
folders = st.builds(Folder, oid=oids, files=counts, size=counts, records=counts, extra=extras)
signatures = st.builds(
    Signature, name=texts, email=texts, seconds=counts, offset=st.integers(-720, 840)
)
operations = st.builds(
    Operation,
    name=texts,
    params=params,
    inputs=st.lists(oids, max_size=2).map(tuple),
    seed=st.none() | counts,
    tdv_version=texts,
)
commits = st.builds(
    Commit,
    tree=oids,
    parents=st.lists(oids, max_size=3).map(tuple),
    author=signatures,
    committer=signatures,
    message=texts,
    operation=st.none() | operations,
    extra=extras,
)
tags = st.builds(Tag, target=oids, name=texts, tagger=signatures, message=texts, extra=extras)
notes = st.builds(Note, commit=oids, analysis=texts, content=st.binary(), extra=extras)
nodes = st.builds(
    SequenceNode,
    level=st.integers(0, 9),
    children=st.lists(st.builds(Child, oids, counts, counts), min_size=1).map(tuple),
    fingerprint_sum=st.integers(0, 2**128 - 1),
    extra=extras,
)
leaves = st.dictionaries(
    st.binary(min_size=1).map(lambda name: b"n" + name.translate(None, b"/\0")), files | folders
).map(lambda items: TreeNode(0, tuple(Item(name, items[name]) for name in sorted(items))))
inner = st.builds(
    TreeNode,
    level=st.integers(1, 9),
    children=st.lists(
        st.builds(TreeChild, st.binary(min_size=1), oids, counts, counts, counts), min_size=1
    ).map(tuple),
    extra=extras,
)


@given(commits | tags | notes | nodes | leaves | inner)
def test_a_value_comes_back_from_its_canonical_bytes(value: Commit | Tag | Note) -> None:
    payload = value.to_bytes()
    again = type(value).from_bytes(payload)
    assert again == value
    assert again.to_bytes() == payload


@given(commits | tags | notes | nodes | leaves, st.data())
def test_damaged_bytes_give_a_value_or_a_clear_error(value: Commit, data: st.DataObject) -> None:
    payload = bytearray(value.to_bytes())
    at = data.draw(st.integers(0, len(payload) - 1))
    payload[at] ^= data.draw(st.integers(1, 255))
    with suppress(*REFUSALS):
        again = type(value).from_bytes(bytes(payload))
        assert again != value


@given(st.binary())
def test_arbitrary_bytes_are_refused_or_decoded(payload: bytes) -> None:
    for kind in (Commit, Tag, Note, SequenceNode, TreeNode):
        with suppress(*REFUSALS):
            assert isinstance(kind.from_bytes(payload), kind)


def test_a_map_whose_key_cannot_be_one_is_refused() -> None:
    with pytest.raises(ObjectCorrupt, match="cannot be decoded"):
        Commit.from_bytes(b"\x92\x01\x81\x90\x01")


def test_a_newer_layout_is_refused_with_advice() -> None:
    with pytest.raises(UnsupportedVersion, match="version 2") as caught:
        unpack(pack(2, [1]), version=1, fields=1, what="commit")
    assert "upgrade" in str(caught.value.hint)


def test_a_tree_whose_names_are_out_of_order_is_refused() -> None:
    entry = FileEntry(Mode.FILE, "blob", 0, None, None)
    node = TreeNode(0, (Item(b"b", entry), Item(b"a", entry)))
    with pytest.raises(ObjectCorrupt, match="order"):
        TreeNode.from_bytes(node.to_bytes())


@pytest.mark.parametrize("name", [b"..", b".TDV", b"a/b", b""])
def test_a_tree_that_names_a_dangerous_path_is_refused(name: bytes) -> None:
    entry = FileEntry(Mode.FILE, "blob", 0, None, None)
    payload = msgpack.packb([1, 0, [[name, entry.to_wire()]]])
    with pytest.raises(PathError):
        TreeNode.from_bytes(payload)


FILE = [1, "csv", 3, 1, bytes(32), 0, b"", b"", []]


@pytest.mark.parametrize(
    ("kind", "items"),
    [
        (TreeNode, [0, [[b"a", [*FILE[:2], -1, *FILE[3:]]]]]),
        (TreeNode, [0, [[b"a", [*FILE[:3], -1, *FILE[4:]]]]]),
        (TreeNode, [0, [[b"a", [1, ["csv"], *FILE[2:]]]]]),
        (TreeNode, [0, [[b"a", [0, bytes(32), 1, "x", 1]]]]),
        (TreeNode, [1, [[b"a", bytes(32), 1, None, 3]]]),
        (SequenceNode, [0, bytes(32), [1], [-1], bytes(16)]),
        (SequenceNode, [0, bytes(32), {"a": 1}, {"b": 1}, bytes(16)]),
        (SequenceNode, [0, bytes(32), [1], [1], bytes(17)]),
    ],
)
def test_counts_and_names_that_cannot_be_are_refused(kind: type, items: list[object]) -> None:
    with pytest.raises(ObjectCorrupt):
        kind.from_bytes(pack(1, items))


@pytest.mark.parametrize("made", [Commit, Tag, TreeNode, SequenceNode])
def test_another_form_of_the_same_value_is_refused(made: type) -> None:
    # Two forms would be two oids of one thing.
    who = Signature("Ada", "ada@example.org", 5, 0)
    one = Oid(bytes(32))
    value = {
        Commit: Commit(one, (), who, who, "m"),
        Tag: Tag(one, "v1", who, "m"),
        TreeNode: TreeNode(1, (), (TreeChild(b"a", one, 1, 1, 1),)),
        SequenceNode: SequenceNode(0, (Child(one, 1, 1),), 5),
    }[made]
    payload = value.to_bytes()
    assert made.from_bytes(payload) == value
    count = payload[0] & 15
    for other in (
        b"\xdc\x00" + bytes([count]) + payload[1:],  # a longer head of the array
        payload[:1] + b"\xcc" + payload[1:],  # a longer version
    ):
        assert msgpack.unpackb(other) == msgpack.unpackb(payload)
        with pytest.raises(ObjectCorrupt, match="canonical"):
            made.from_bytes(other)


@pytest.mark.parametrize("message", [5, None, b"m"])
def test_a_message_that_is_no_text_is_refused(message: object) -> None:
    who = Signature("Ada", "ada@example.org", 5, 0).to_wire()
    with pytest.raises(ObjectCorrupt):
        Commit.from_bytes(pack(1, [bytes(32), [], who, who, message, None]))
    with pytest.raises(ObjectCorrupt):
        Tag.from_bytes(pack(1, [bytes(32), "v1", who, message]))


def test_levels_that_no_tree_has_are_refused() -> None:
    one = Oid(bytes(32))
    for level in (-1, MAX_LEVEL + 1, None, "1"):
        with pytest.raises(ObjectCorrupt):
            TreeNode.from_bytes(pack(1, [level, [[b"a", one, 1, 1, 1]]]))
        with pytest.raises(ObjectCorrupt):
            SequenceNode.from_bytes(pack(1, [level, one, [1], [1], bytes(16)]))


def test_totals_add_up_files_bytes_and_records() -> None:
    one = Oid(bytes(32))
    file = FileEntry(Mode.FILE, "jsonl", 10, 3, one)
    blob = FileEntry(Mode.FILE, "blob", 5, None, one)
    node = TreeNode(0, (Item(b"a", file), Item(b"b", blob), Item(b"c", Folder(one, 4, 100, 7))))
    assert node.totals(one) == Folder(one, 6, 115, 10)


@given(files, files)
def test_content_is_what_two_entries_share_whatever_the_mode(a: FileEntry, b: FileEntry) -> None:
    assert a.same_content(a)
    assert a.same_content(b) == (a.content_key() == b.content_key())


def test_node_ends_are_as_frequent_as_documented_and_differ_by_level() -> None:
    some = [Oid(i.to_bytes(4, "big") * 8) for i in range(64_000)]
    share = sum(ends_node(oid, 0) for oid in some) / len(some)
    assert 1 / 80 < share < 1 / 50
    names = [b"clip-%06d.wav" % i for i in range(64_000)]
    at_level = [{name for name in names if ends_tree_node(name, level)} for level in (0, 1)]
    assert 800 < len(at_level[0]) < 1200
    assert len(at_level[0] & at_level[1]) < 60
