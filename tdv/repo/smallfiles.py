"""The small files of a repository, refs, HEAD and the stage, brought to what a record says.

Only behind the commit point and under the lock: a crash among them leaves any of them old, and
the next command writes those again from the newest record.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from tdv.errors import IntegrityError
from tdv.model.oid import Oid
from tdv.model.operation import Head, OperationRecord
from tdv.repo import layout
from tdv.repo.refs import Refs, file_content, head_content
from tdv.store import files

# A disk syncs files that several threads wrote together: 1,000 refs took 0.5 s for 8 s.
THREADS = 8
# Fewer are written one after the other.
FEW = 16


def bring_back_branch(folder: Path, refs: Refs, head: Head) -> None:
    """Write the file of HEAD's branch when it is gone or damaged; every record has its value."""
    if head.branch is None or head.commit is None:
        return
    name = layout.HEADS + head.branch
    if not isinstance(_held(refs, name), Oid):
        _write(folder, {name: file_content(head.commit)})


def write_small_files(folder: Path, refs: Refs, record: OperationRecord) -> None:
    """Write those files that do not yet hold what the record says; each atomically.

    Raises:
        StorageError: the disk refuses; some may have been written.
    """
    changes = dict(differing(refs, record))
    # Removals come first: a branch `a` may make place for a branch `a/b`.
    _remove(folder, [name for name, content in changes.items() if content is None])
    _write(folder, {name: content for name, content in changes.items() if content is not None})


def differing(refs: Refs, record: OperationRecord) -> Iterator[tuple[str, bytes | None]]:
    """The small files, by name inside `.tdv`, that differ from the record, with their content."""
    for change in record.changes:
        if _held(refs, change.name) != change.new:
            yield change.name, None if change.new is None else file_content(change.new)
    if _held(refs, layout.STAGE) != record.stage:
        yield layout.STAGE, file_content(record.stage)
    try:
        held: Head | None = refs.read_head()
    except IntegrityError:
        held = None
    same_branch = held is not None and held.branch == record.head.branch
    if not same_branch or (record.head.branch is None and held != record.head):
        yield layout.HEAD, head_content(record.head)


def write_refs(folder: Path, values: Mapping[str, Oid | None]) -> None:
    """Write the files of refs, whatever they hold, or remove them; as `write_small_files`."""
    _remove(folder, [name for name, value in values.items() if value is None])
    _write(folder, {name: file_content(oid) for name, oid in values.items() if oid is not None})


def _held(refs: Refs, name: str) -> Oid | bytes | None:
    """What a small file holds; a value that no record has when it is damaged."""
    try:
        return refs.read_file(name)
    except IntegrityError:
        return b"damaged"


def _remove(folder: Path, names: Iterable[str]) -> None:
    parents = {}
    for name in names:
        path = folder / name
        with files.refusals(path):
            files.unlink(path)
        parents[path.parent] = path
    for parent, path in parents.items():
        with files.refusals(path):
            files.sync_folder(parent)
            _prune(folder, parent)


def _write(folder: Path, contents: dict[str, bytes]) -> None:
    for name in contents:
        path = folder / name
        with files.refusals(path):
            if path.is_dir():
                _remove_empty(path)
            _make_folders(path.parent)

    def write(name: str) -> None:
        files.replace_file(folder / name, contents[name], scratch=folder / layout.TMP)

    if len(contents) <= FEW:
        for name in contents:
            write(name)
    else:
        from concurrent.futures import ThreadPoolExecutor  # costs 8 ms, and is for many refs only

        with ThreadPoolExecutor(THREADS) as pool:
            for _ in pool.map(write, contents):
                pass
    for parent in dict.fromkeys((folder / name).parent for name in contents):
        with files.refusals(parent):
            files.sync_folder(parent)


def _make_folders(folder: Path) -> None:
    missing = []
    while not folder.is_dir():
        missing.append(folder)
        folder = folder.parent
    for path in reversed(missing):
        files.make_folder(path)
        files.sync_folder(path.parent)


def _prune(folder: Path, path: Path) -> None:
    """Remove empty folders of refs, from that one upwards; `refs/heads` and the like stay."""
    while len(path.relative_to(folder).parts) > 2 and _is_empty(path):
        files.remove_folder(path)
        path = path.parent


def _is_empty(path: Path) -> bool:
    """Whether a folder holds nothing, or is not there; 10,000 names are not listed for it."""
    try:
        with os.scandir(path) as entries:
            return next(entries, None) is None
    except FileNotFoundError:
        return True


def _remove_empty(path: Path) -> None:
    """Remove a folder that holds nothing but folders."""
    for below in path.iterdir():
        _remove_empty(below)
    files.remove_folder(path)
