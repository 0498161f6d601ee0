"""What fsck finds in trees that nobody's tdv would write."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tdv.model.codec import MAX_LEVEL, pack
from tdv.model.commit import Commit, Signature
from tdv.model.entry import FileEntry, Folder, Mode
from tdv.model.oid import Kind, Oid
from tdv.model.tree import Item, TreeChild, TreeNode
from tdv.ops.fsck import fsck
from tdv.repo.repository import Repo
from tdv.store.writer import ObjectWriter

WHO = Signature("Ada", "ada@example.org", 0, 0)
FILE = FileEntry(Mode.FILE, "text", 0, 0, None)


def leaf(writer: ObjectWriter, *names: bytes) -> TreeChild:
    node = TreeNode(0, tuple(Item(name, FILE) for name in names))
    return TreeChild(names[0], writer.put(Kind.TREE, node.to_bytes()), len(names), 0, 0)


def above(writer: ObjectWriter, level: int, *children: TreeChild) -> Oid:
    return writer.put(Kind.TREE, TreeNode(level, (), children).to_bytes())


def damage_of(tmp_path: Path, build: Callable[[ObjectWriter], Oid]) -> list[tuple[str, str]]:
    """Names and reasons of what is wrong when a branch has that tree."""
    repo = Repo.init(tmp_path / "r")
    with repo.writing() as writer:
        tree = build(writer)
        made = writer.put(Kind.COMMIT, Commit(tree, (), WHO, WHO, "made up").to_bytes())
        writer.publish()
    with repo.transaction("test", WHO) as transaction:
        transaction.set_ref("refs/heads/made-up", made)
        transaction.commit()
    found = fsck(repo).damage
    assert all(damage.affected.commits == (made,) for damage in found)
    return [(damage.what, damage.reason) for damage in found]


def test_a_folder_that_is_very_deep(tmp_path: Path) -> None:
    def build(writer: ObjectWriter) -> Oid:
        oid = leaf(writer, b"a").oid
        for _ in range(3000):
            oid = writer.put(Kind.TREE, TreeNode(0, (Item(b"d", Folder(oid, 1, 0, 0)),)).to_bytes())
        return oid

    assert damage_of(tmp_path, build) == []


def test_names_in_order_from_node_to_node(tmp_path: Path) -> None:
    def build(writer: ObjectWriter) -> Oid:
        return above(writer, 1, leaf(writer, b"a", b"c"), leaf(writer, b"d", b"e"))

    assert damage_of(tmp_path, build) == []


@pytest.mark.parametrize(
    "names", [((b"a", b"d"), (b"c", b"e")), ((b"c", b"d"), (b"a", b"b")), ((b"a",), (b"a",))]
)
def test_names_out_of_order_from_node_to_node(
    tmp_path: Path, names: tuple[tuple[bytes, ...], ...]
) -> None:
    ((what, reason),) = damage_of(
        tmp_path, lambda writer: above(writer, 1, *(leaf(writer, *each) for each in names))
    )
    assert what == "missing"
    assert "not in order" in reason


def test_a_first_name_that_is_another(tmp_path: Path) -> None:
    ((_, reason),) = damage_of(
        tmp_path,
        lambda writer: above(writer, 1, leaf(writer, b"b")._replace(first=b"a")),
    )
    assert "not in order" in reason


def test_a_node_of_another_level(tmp_path: Path) -> None:
    ((_, reason),) = damage_of(tmp_path, lambda writer: above(writer, 2, leaf(writer, b"a")))
    assert "of level 0 where 1 is needed" in reason


@pytest.mark.parametrize("level", [-1, MAX_LEVEL + 1])
def test_a_level_that_cannot_be(tmp_path: Path, level: int) -> None:
    ((_, reason),) = damage_of(tmp_path, lambda writer: above(writer, level, leaf(writer, b"a")))
    assert "its level cannot be" in reason


def test_a_tree_in_another_form(tmp_path: Path) -> None:
    wire = [True, *FILE.to_wire()[1:]]  # 1 is a regular file

    def build(writer: ObjectWriter) -> Oid:
        return writer.put(Kind.TREE, pack(1, [0, [[b"a", wire]]]))

    ((_, reason),) = damage_of(tmp_path, build)
    assert "canonical form" in reason
