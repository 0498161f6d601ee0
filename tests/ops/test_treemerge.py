"""Laws of merging trees, file by file; rows are the business of tests/rowmerge."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdv.errors import WorkInTheWay
from tdv.formats.contents import Contents
from tdv.model.entry import FileEntry, Mode
from tdv.ops.conflicts import conflicted_files
from tdv.ops.merging.threefiles import Trees
from tdv.ops.merging.treemerge import Rules, merge_trees
from tdv.ops.resolve import settled_tree
from tdv.repo.repository import Repo
from tdv.store import trees
from tdv.store.trees import EMPTY_TREE

PATHS = [b"a.bin", b"b.bin", b"d/a.bin", b"d/e/c.bin", b"x"]
entries = st.builds(
    lambda mode, content: (mode, content),
    st.sampled_from([Mode.FILE, Mode.FILE, Mode.EXECUTABLE]),
    st.sampled_from([b"1", b"2", b"3", b"4"]),
)
versions = st.dictionaries(st.sampled_from(PATHS), entries, max_size=5)


@pytest.fixture(scope="module")
def repo(tmp_path_factory):
    return Repo.init(tmp_path_factory.mktemp("trees"))


def entry(writer, mode, content):
    from tdv.model.oid import Kind

    root = writer.put(Kind.CHUNK, content)
    return FileEntry(mode, "blob", len(content), None, root)


def tree(writer, version):
    files = {path: entry(writer, *each) for path, each in version.items()}
    return trees.update(writer, EMPTY_TREE, files)


def merge(repo, base, ours, theirs, favour=""):
    with repo.writing() as writer:
        sides = Trees(*(tree(writer, version) for version in (base, ours, theirs)))
        writer.publish()
        merged = merge_trees(repo, writer, sides, Rules(favour=favour))
        writer.publish()
    return sides, merged


def held(repo, oid):
    return {
        path: (each.mode, b"".join(Contents(each, repo.store).blocks()))
        for path, each in trees.walk(repo.store, oid)
    }


def disputed(repo, merged):
    return {file.path for file in conflicted_files(repo.store, merged.conflicts)}


def contents(version):
    return sorted(content for _, content in version.values())


@settings(max_examples=80, deadline=None)
@given(versions, versions)
def test_an_unchanged_side_gives_the_other(repo, base, other):
    for ours, theirs in ((base, other), (other, base), (other, other)):
        _, merged = merge(repo, base, ours, theirs)
        assert held(repo, merged.tree) == other
        assert merged.conflicts == EMPTY_TREE


@settings(max_examples=80, deadline=None)
@given(versions, versions, versions)
def test_the_order_of_the_sides(repo, base, ours, theirs):
    one = merge(repo, base, ours, theirs)[1]
    other = merge(repo, base, theirs, ours)[1]
    assert disputed(repo, one) == disputed(repo, other)
    mine, its = held(repo, one.tree), held(repo, other.tree)
    for path in {*mine, *its} - disputed(repo, one):
        assert mine[path][1] == its[path][1]


@settings(max_examples=100, deadline=None)
@given(versions, versions, versions)
def test_no_edit_is_lost(repo, base, ours, theirs):
    """What one side did to a file that the other left alone is in the merged tree."""
    _, merged = merge(repo, base, ours, theirs)
    result = held(repo, merged.tree)
    for side, other in ((ours, theirs), (theirs, ours)):
        for path, content in side.items():
            if base.get(path) != content and other.get(path) == base.get(path):
                if path not in base and content[1] in contents(base):
                    continue  # a renamed file, which takes the other side's change along
                # The other side may have renamed a file onto or away from this path.
                found = result.get(path) == content or path in disputed(repo, merged)
                assert found or content[1] in contents(result)
        for path in base:
            if path not in side and other.get(path) == base[path]:
                assert path not in result or path in side


@settings(max_examples=80, deadline=None)
@given(versions, versions, versions, st.sampled_from(["ours", "theirs", "base"]))
def test_settled_conflicts(repo, base, ours, theirs, choice):
    sides, merged = merge(repo, base, ours, theirs)
    with repo.writing() as writer:
        settled = settled_tree(repo, writer, sides, merged, choice)
    result = held(repo, settled)
    side = {"ours": ours, "theirs": theirs, "base": base}[choice]
    for file in conflicted_files(repo.store, merged.conflicts):
        source = getattr(file.whole, choice)
        assert result.get(file.path) == (None if source is None else side[source])
    if choice != "base":
        favoured = merge(repo, base, ours, theirs, choice)[1]
        assert favoured.conflicts == EMPTY_TREE
        assert held(repo, favoured.tree) == result


def test_a_folder_in_the_place_of_a_file(repo):
    file, below = {b"p": (Mode.FILE, b"1")}, {b"p/q": (Mode.FILE, b"2")}
    for ours, theirs in ((file, below), (below, file)):
        with pytest.raises(WorkInTheWay, match="one would be a folder of the other"):
            merge(repo, {}, ours, theirs)
    # One side alone may turn one into the other.
    assert held(repo, merge(repo, file, file, below)[1].tree) == below
    assert held(repo, merge(repo, below, below, file)[1].tree) == file


def test_modes_are_merged_apart_from_content(repo):
    base = {b"s": (Mode.FILE, b"1")}
    ours, theirs = {b"s": (Mode.EXECUTABLE, b"1")}, {b"s": (Mode.FILE, b"2")}
    for pair in ((ours, theirs), (theirs, ours)):
        merged = merge(repo, base, *pair)[1]
        assert held(repo, merged.tree) == {b"s": (Mode.EXECUTABLE, b"2")}
        assert merged.conflicts == EMPTY_TREE


def test_both_renamed_a_file_to_other_names(repo):
    base = {b"a.bin": (Mode.FILE, b"1")}
    ours, theirs = {b"b.bin": base[b"a.bin"]}, {b"c.bin": base[b"a.bin"]}
    merged = merge(repo, base, ours, theirs)[1]
    assert held(repo, merged.tree) == {**ours, **theirs}


def test_renamed_and_removed(repo):
    base = {b"a.bin": (Mode.FILE, b"1")}
    renamed = {b"b.bin": (Mode.FILE, b"1")}
    for ours, theirs, reason in (
        (renamed, {}, "renamed here, removed there"),
        ({}, renamed, "removed here, renamed there"),
    ):
        merged = merge(repo, base, ours, theirs)[1]
        (file,) = conflicted_files(repo.store, merged.conflicts)
        assert (file.path, file.whole.reason) == (b"b.bin", reason)
        assert held(repo, merged.tree) == ours
