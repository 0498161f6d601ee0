"""Trees against a dict of paths: editing, walking, looking up and comparing agree with it."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from fake_store import FakeStore
from hypothesis import given, settings
from hypothesis import strategies as st

from tdv.errors import ObjectCorrupt, PathError
from tdv.model.entry import FileEntry, Folder, Mode
from tdv.model.oid import Kind, oid_of
from tdv.model.tree import TreeNode, ends_tree_node
from tdv.store.trees import (
    EMPTY_TREE,
    TreeChange,
    compare,
    list_folder,
    lookup,
    update,
    walk,
)

Model = dict[bytes, FileEntry]
Changes = dict[bytes, FileEntry | None]


def entry(number: int) -> FileEntry:
    return FileEntry(Mode.FILE, "blob", number, number, oid_of(Kind.CHUNK, b"%d" % number))


def sorted_paths(model: Model) -> list[tuple[bytes, FileEntry]]:
    return sorted(model.items(), key=lambda pair: pair[0].split(b"/"))


def apply(model: Model, changes: Changes) -> Model:
    """What `update` promises, for a dict of paths."""
    result = dict(model)
    for path, new in changes.items():
        if new is None:
            result.pop(path, None)
            continue
        parts = path.split(b"/")
        for depth in range(1, len(parts)):
            result.pop(b"/".join(parts[:depth]), None)
        for other in [other for other in result if other.startswith(path + b"/")]:
            del result[other]
        result[path] = new
    return result


names = st.sampled_from([b"a", b"b", b"c", b"a.b", b"a b"])
paths = st.lists(names, min_size=1, max_size=3).map(b"/".join)
file_entries = st.integers(0, 5).map(entry)


def without_conflicts(changes: Changes) -> Changes:
    kept: Changes = {}
    for path, new in changes.items():
        added = [p for p, e in kept.items() if e is not None]
        if new is not None and any(
            p.startswith(path + b"/") or path.startswith(p + b"/") for p in added
        ):
            continue
        kept[path] = new
    return kept


change_sets = st.dictionaries(paths, st.none() | file_entries, max_size=8).map(without_conflicts)


@settings(max_examples=150, deadline=None)
@given(st.lists(change_sets, max_size=5))
def test_any_history_gives_the_tree_of_its_files(
    history: list[Changes],
) -> None:
    store = FakeStore()
    model: Model = {}
    root = EMPTY_TREE
    for changes in history:
        before, model = model, apply(model, changes)
        old_root, root = root, update(store, root, changes)
        assert list(walk(store, root)) == sorted_paths(model)
        assert root == update(FakeStore(), EMPTY_TREE, dict(model))
        assert list(compare(store, old_root, root)) == differences(before, model)
    for path in [b"a", b"a/b", b"b/c/a"]:
        found = lookup(store, root, path)
        if path in model:
            assert found == model[path]
        below = {p: e for p, e in model.items() if p.startswith(path + b"/")}
        assert isinstance(found, Folder) == bool(below)
        if isinstance(found, Folder):
            totals = (len(below), sum(e.size for e in below.values()))
            assert (found.files, found.size) == totals
            assert list(walk(store, root, path)) == sorted_paths(below)


def differences(a: Model, b: Model, under: Sequence[bytes] = ()) -> list[TreeChange]:
    changed = {path: b.get(path) for path in {*a, *b} if a.get(path) != b.get(path)}
    return [
        TreeChange(path, a.get(path), b.get(path))
        for path in sorted(changed, key=lambda path: path.split(b"/"))
        if not under or any(path == p or path.startswith(p + b"/") for p in under)
    ]


@pytest.mark.parametrize("seed", range(4))
def test_a_large_folder_edited_at_random(seed: int) -> None:
    draw = random.Random(seed)
    store = FakeStore()
    model: Model = {b"%05d" % draw.randrange(10**5): entry(1) for _ in range(3_000)}
    root = update(store, EMPTY_TREE, dict(model))
    for _ in range(15):
        count = draw.choice([1, 3, 400])
        changes: Changes = {}
        start = draw.randrange(10**5)
        for _ in range(count):
            key = draw.randrange(10**5) if draw.random() < 0.3 else (start + draw.randrange(3_000))
            changes[b"%05d" % key] = entry(draw.randrange(9)) if draw.random() < 0.4 else None
        changes.update((path, None) for path in sorted(model)[: draw.choice([0, 700])])
        before, model = model, apply(model, changes)
        old_root, root = root, update(store, root, changes)
        assert root == update(FakeStore(), EMPTY_TREE, dict(model))
        assert list(compare(store, old_root, root)) == differences(before, model)
    assert list(walk(store, root)) == sorted_paths(model)
    assert update(store, root, dict.fromkeys(model)) == EMPTY_TREE


# Behind every third of these names a node may end, at one level or the next.
ENDING = sorted(
    name
    for number in range(6_000)
    if any(ends_tree_node(name := b"%05d" % number, level) for level in range(2))
)
OTHERS = [b"%05d" % number for number in range(0, 6_000, 30)]


def test_a_file_behind_a_folder_that_is_one_whole_node() -> None:
    """The old node stays as it is, and what is new stands beside it."""
    store = FakeStore()
    last = next(name for name in ENDING if ends_tree_node(name, 0))
    old: Model = {b"!": entry(1), last: entry(2)}
    root = update(store, update(store, EMPTY_TREE, dict(old)), {b"z": entry(3)})
    assert dict(walk(store, root)) == {**old, b"z": entry(3)}
    assert root == update(FakeStore(), EMPTY_TREE, {**old, b"z": entry(3)})


@pytest.mark.parametrize("seed", range(20))
def test_few_files_at_a_time_in_a_folder_of_small_nodes(seed: int) -> None:
    draw = random.Random(seed)
    store, root = FakeStore(), EMPTY_TREE
    model: Model = {}
    for _ in range(40):
        changes: Changes = {
            draw.choice(draw.choice([ENDING, OTHERS])): entry(draw.randrange(9))
            for _ in range(draw.choice([1, 1, 2, 5]))
        }
        if draw.random() < 0.3:
            gone = draw.sample(sorted(model), draw.randrange(len(model) + 1))
            changes = {**dict.fromkeys(gone), **changes}
        model = apply(model, changes)
        root = update(store, root, changes)
        assert list(walk(store, root)) == sorted_paths(model)
        assert root == update(FakeStore(), EMPTY_TREE, dict(model))


def test_one_change_touches_one_node_a_level() -> None:
    store = FakeStore()
    root = update(store, EMPTY_TREE, {b"dir/%06d" % n: entry(n) for n in range(30_000)})
    known = set(store.objects)
    store.reads.clear()
    changed = update(store, root, {b"dir/015000": entry(1)})
    fresh = [oid for oid in store.objects if oid not in known]
    assert len(fresh) <= 6
    assert all(store.likes[oid] and store.likes[oid][0] in known for oid in fresh)
    assert len(store.reads) <= 24
    store.reads.clear()
    assert list(compare(store, root, changed)) == [
        TreeChange(b"dir/015000", entry(15_000), entry(1))
    ]
    assert len(store.reads) <= 2 * 8
    assert lookup(store, changed, b"dir/015000") == entry(1)
    assert update(store, changed, {b"dir/015000": entry(15_000)}) == root
    assert update(store, root, {b"dir/none": None, b"x/y": None}) == root


def test_compare_under_some_paths() -> None:
    store = FakeStore()
    a: Model = {b"a/x": entry(1), b"a/y/z": entry(1), b"ab": entry(1), b"b": entry(1)}
    b: Model = {path: entry(2) for path in (b"a", b"ab", b"b/c")}
    root_a, root_b = update(store, EMPTY_TREE, dict(a)), update(store, EMPTY_TREE, dict(b))
    for under in ([b"a"], [b"a/y"], [b"b"], [b"b/c"], [b"ab", b"a/x"], [b"a/y/z", b"a"], [b""]):
        wanted = differences(a, b, [p for p in under if p])
        assert list(compare(store, root_a, root_b, under)) == wanted


def test_a_path_that_is_a_file_and_a_folder_is_refused() -> None:
    with pytest.raises(PathError, match="at once"):
        update(FakeStore(), EMPTY_TREE, {b"a": entry(1), b"a/b": entry(2)})
    with pytest.raises(PathError):
        update(FakeStore(), EMPTY_TREE, {b"a/../b": entry(1)})


def test_list_folder() -> None:
    store = FakeStore()
    root = update(store, EMPTY_TREE, {b"a/x": entry(1), b"b": entry(2)})
    assert [(name, type(e)) for name, e in list_folder(store, root)] == [
        (b"a", Folder),
        (b"b", FileEntry),
    ]
    assert [name for name, _ in list_folder(store, root, b"a")] == [b"x"]
    with pytest.raises(PathError, match="no such path"):
        list_folder(store, root, b"c")
    with pytest.raises(PathError, match="a file"):
        list_folder(store, root, b"b")
    assert list(list_folder(FakeStore(), EMPTY_TREE)) == []


def test_a_node_of_another_level_is_refused() -> None:
    store = FakeStore()
    root = update(store, EMPTY_TREE, {b"%04d" % n: entry(n) for n in range(2_000)})
    node = TreeNode.from_bytes(store.objects[root][1])
    looped = TreeNode(node.level, (), (node.children[0]._replace(oid=root), *node.children[1:]))
    bad = store.put(Kind.TREE, looped.to_bytes())
    with pytest.raises(ObjectCorrupt, match="has level"):
        list(walk(store, bad))


@pytest.mark.parametrize("order", [(1, 0, 2), (0, 0, 1)])
def test_names_that_do_not_ascend_from_node_to_node_are_refused(order: tuple[int, ...]) -> None:
    store = FakeStore()
    root = update(store, EMPTY_TREE, {b"%04d" % n: entry(n) for n in range(2_000)})
    node = TreeNode.from_bytes(store.objects[root][1])
    while TreeNode.from_bytes(store.objects[node.children[0].oid][1]).level:
        node = TreeNode.from_bytes(store.objects[node.children[0].oid][1])
    children = tuple(node.children[number] for number in order)
    bad = store.put(Kind.TREE, TreeNode(node.level, (), children).to_bytes())
    with pytest.raises(ObjectCorrupt, match="out of order, or one twice"):
        list(walk(store, bad))
    with pytest.raises(ObjectCorrupt, match="out of order, or one twice"):
        list(list_folder(store, bad))
