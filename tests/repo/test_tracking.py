from __future__ import annotations

from collections.abc import Sequence

import pytest

from tdv.model.entry import FileEntry, Mode
from tdv.model.oid import Kind, Oid, oid_of
from tdv.repo.tracking import FolderEntries
from tdv.store import trees

LARGE = 3000


class Objects:
    """Objects in memory; counts what is read."""

    def __init__(self) -> None:
        self.payloads: dict[Oid, bytes] = {}
        self.reads = 0

    def put(self, kind: Kind, payload: bytes, *, like: Sequence[Oid] = ()) -> Oid:
        oid = oid_of(kind, payload)
        self.payloads[oid] = payload
        return oid

    def get(self, oid: Oid, kind: Kind) -> bytes:
        self.reads += 1
        return self.payloads[oid]


@pytest.fixture(scope="module")
def stored() -> tuple[Objects, Oid, dict[bytes, FileEntry]]:
    files = {
        b"%sf%05d" % (folder, number): FileEntry(Mode.FILE, "text", number, 1, None)
        for folder, count in ((b"", LARGE), (b"d/", LARGE), (b"d/e/", 3))
        for number in range(count)
    }
    objects = Objects()
    return objects, trees.update(objects, trees.EMPTY_TREE, files), files


@pytest.mark.parametrize("folder", [b"", b"d/"])
def test_one_file_of_a_large_folder_reads_a_few_nodes(
    stored: tuple[Objects, Oid, dict[bytes, FileEntry]], folder: bytes
) -> None:
    objects, root, files = stored
    objects.reads = 0
    path = folder + b"f01234"
    assert FolderEntries(objects, root).get(path) == files[path]
    assert objects.reads <= 8


def test_all_files_read_each_node_once_or_twice(
    stored: tuple[Objects, Oid, dict[bytes, FileEntry]],
) -> None:
    objects, root, files = stored
    objects.reads = 0
    list(trees.walk(objects, root))
    nodes = objects.reads
    objects.reads = 0
    entries = FolderEntries(objects, root)
    assert {path: entries.get(path) for path in files} == files
    assert objects.reads <= 2 * nodes + 20  # the folders are entered, too


def test_what_is_no_file_is_none(stored: tuple[Objects, Oid, dict[bytes, FileEntry]]) -> None:
    objects, root, files = stored
    entries = FolderEntries(objects, root)
    for _ in range(2):
        assert entries.get(b"d") is None
        assert entries.get(b"d/e") is None
        assert entries.get(b"d/e/f00001") == files[b"d/e/f00001"]
        assert entries.get(b"d/e/none") is None
        assert entries.get(b"none/f00001") is None
        assert entries.get(b"f00001/none") is None
        for path in files:  # until folders are read whole
            entries.get(path)
