"""The files that an analysis is asked for: of a tree, of the working copy, of a stream."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from blake3 import blake3

from tdv.analysis.sources import (
    FileSource,
    Source,
    SourceFile,
    StoredSource,
    shown_path,
    source_file,
    state_of,
)
from tdv.errors import PathError, TdvError
from tdv.formats.contents import Contents
from tdv.formats.cut import DEFAULT_CUT, Cut
from tdv.formats.registry import format_named
from tdv.formats.scan import scan
from tdv.model.entry import FileEntry, Mode
from tdv.model.oid import Kind, Oid
from tdv.ops.progress import SILENT, Progress
from tdv.repo import layout
from tdv.repo.datasets import Datasets
from tdv.repo.inside import reader_of_folder, reader_of_tree
from tdv.repo.repository import Repo
from tdv.repo.selection import Selection
from tdv.repo.tracking import load_cache, save_cache
from tdv.repo.unstaged import Comparison
from tdv.repo.worktree import WorkingCopy, mode_of
from tdv.store import trees
from tdv.store.access import ObjectReader

BLOB = "it is kept as bytes and has no rows"
LINK = "it is a symbolic link"
UNTRACKED = "it is not tracked: `tdv add` it, or name it here"
ALWAYS = (layout.DATASETS.encode(), b".tdvignore")


@dataclass(frozen=True)
class Chosen:
    """Files to be analysed, with what is said of them.

    Attributes:
        files: in order of their paths.
        skipped: path -> why it is left out.
        datasets: what the `tdv.toml` beside them says.
        read: gives the bytes of a file beside them, by its path from the root: schemas, rules.
        exists: whether there is a file or folder at a path from the root, given as bytes.
        place: gives a place on disk with the bytes of a file beside them, named as for `exists`,
            given a folder to put it into; None where there is no such file.
        revision: the commit that they are of, or "".
        shown: how messages name where they are from: "HEAD", "the working copy".
        whole: nothing that belongs to a dataset was left aside.
        of_repository: the paths are from the root of the repository.
    """

    files: tuple[SourceFile, ...]
    skipped: dict[str, str] = field(default_factory=dict)
    datasets: Datasets = field(default_factory=Datasets)
    read: Callable[[str], bytes] = lambda path: _nothing(path)
    exists: Callable[[bytes], bool] = lambda path: False
    place: Callable[[bytes, Path], Path | None] = lambda path, folder: None
    revision: str = ""
    shown: str = ""
    whole: bool = False
    of_repository: bool = False


def of_tree(
    repo: Repo,
    tree: Oid,
    shown: str,
    paths: Sequence[bytes] = (),
    revision: str = "",
    datasets: Datasets | None = None,
) -> Chosen:
    """Files of a commit or of the stage.

    Args:
        paths: files, folders and patterns; without any, those that belong to a dataset, or all
            where there is none.
        datasets: instead of what the tree's own `tdv.toml` says.

    Raises:
        PathError: a path selects nothing.
        ConfigError: the tree's `tdv.toml` is wrong.
    """
    if datasets is None:
        datasets = Datasets.of_tree(repo.store, tree, f"{shown}:{layout.DATASETS}")
    selection = Selection(paths)
    selection.require(
        lambda path: trees.lookup(repo.store, tree, path) is not None,
        lambda: (path for path, _ in trees.walk(repo.store, tree)),
        shown,
    )
    collected = _Collected(repo.store, StoredSource(repo.folder))
    for path, entry in trees.walk(repo.store, tree):
        if _is_wanted(path, selection, datasets):
            collected.add(path, entry)

    return Chosen(
        tuple(collected.files),
        collected.skipped,
        datasets,
        reader_of_tree(repo.store, tree, shown),
        lambda path: trees.lookup(repo.store, tree, path) is not None,
        lambda path, folder: _unpacked(repo, tree, path, folder),
        revision,
        shown,
        whole=not paths,
        of_repository=True,
    )


def of_tree_where(
    repo: Repo, tree: Oid, shown: str, paths: Set[bytes], revision: str = ""
) -> Chosen:
    """Those files of a tree that are among some paths; none has to be there."""
    collected = _Collected(repo.store, StoredSource(repo.folder))
    for path in sorted(paths):
        entry = trees.file_at(repo.store, tree, path)
        if entry is not None:
            collected.add(path, entry)
    return Chosen(tuple(collected.files), collected.skipped, revision=revision, shown=shown)


def of_working_copy(
    repo: Repo,
    paths: Sequence[bytes] = (),
    progress: Progress = SILENT,
    datasets: Datasets | None = None,
) -> Chosen:
    """Files of the working copy: tracked ones, and those that are named.

    What did not change since it was staged is read from the store.

    Args:
        datasets: instead of what `tdv.toml` says.

    Raises:
        PathError: a path selects nothing.
        ConfigError: `tdv.toml` is wrong.
    """
    if datasets is None:
        datasets = Datasets.of_working_copy(repo.root)
    stage = repo.stage()
    selection = Selection(paths)
    root = os.fsencode(repo.root)
    changed, untracked = _unstaged(repo, stage, selection)
    selection.require(
        lambda path: os.path.lexists(os.path.join(root, path)),
        lambda: (*untracked, *(path for path, _ in trees.walk(repo.store, stage))),
        "the working copy",
    )
    stored = _Collected(repo.store, StoredSource(repo.folder))
    scanning = {path: stat for path, stat in changed.items() if stat is not None}
    if paths:
        scanning.update(untracked)
    else:
        for path in untracked:
            if datasets.of(path) is not None:
                stored.skipped[shown_path(path)] = UNTRACKED
    for path, entry in trees.walk(repo.store, stage):
        if path not in changed and _is_wanted(path, selection, datasets):
            stored.add(path, entry)
    for path, stat in scanning.items():
        if _is_wanted(path, selection, datasets):
            file = Path(os.fsdecode(os.path.join(root, path)))
            _scan(stored, file, path, stat, repo.cut, progress)
    return Chosen(
        tuple(sorted(stored.files, key=lambda file: file.path)),
        dict(sorted(stored.skipped.items())),
        datasets,
        reader_of_folder(repo.root),
        lambda path: os.path.exists(os.path.join(root, path)),
        lambda path, folder: _on_disk(repo.root, path),
        shown="the working copy",
        whole=not paths,
        of_repository=True,
    )


def _unstaged(
    repo: Repo, stage: Oid, selection: Selection
) -> tuple[dict[bytes, os.stat_result | None], dict[bytes, os.stat_result]]:
    """The files that differ from the stage (None for one that is gone), and untracked ones.

    Those deep in untracked folders only where paths are named.
    """
    cache = load_cache(repo, stage)
    comparison = Comparison(repo, cache)
    root, deep = os.fsencode(repo.root), bool(selection.paths)
    changed: dict[bytes, os.stat_result | None] = {}
    untracked: dict[bytes, os.stat_result] = {}
    for view in WorkingCopy(root, cache, selection, untracked_deep=deep).views():
        changed.update({each.path: each.stat for each in comparison.of(view)})
        untracked.update({view.path(name): stat for name, stat in view.untracked})
    save_cache(repo, cache)
    return changed, untracked


def of_files(
    root: Path, names: Sequence[str], datasets: Datasets | None = None, progress: Progress = SILENT
) -> Chosen:
    """Files outside of a repository; of folders all files below them.

    Args:
        root: the folder that the names are relative to.
        names: without any, all files below the root that belong to a dataset.

    Raises:
        PathError: there is no such file.
    """
    collected = _Collected(_NoObjects(), FileSource(root, "", 0))
    everything = not names
    if not names and datasets is not None:
        names = [name for name in _names_below(root) if datasets.of(os.fsencode(name))]
    found: dict[bytes, Path] = {}
    for name in names:
        whole = root / name
        if not whole.exists():
            raise PathError(f"There is no file `{name}`.", hint="`-` reads standard input.")
        for path in _below(whole) if whole.is_dir() else [whole]:
            shown = os.path.normpath(os.path.join(name, os.path.relpath(path, whole)))
            found[os.fsencode(shown)] = path
    for typed, path in sorted(found.items()):
        _scan(collected, path, typed, path.stat(), DEFAULT_CUT, progress)
    return Chosen(
        tuple(collected.files),
        collected.skipped,
        datasets or Datasets(),
        reader_of_folder(root),
        lambda path: os.path.exists(os.path.join(os.fsencode(root), path)),
        lambda path, folder: _on_disk(root, path),
        shown="the files" if names else "this folder",
        whole=everything,
    )


def of_stream(
    stream: BinaryIO, name: str, folder: Path, datasets: Datasets | None = None
) -> Chosen:
    """Standard input, spooled into a folder that lives as long as the analysis.

    Args:
        name: under which it is known; its suffix tells the format: `stdin.jsonl`.
    """
    spooled = folder / os.path.basename(name)
    with open(spooled, "wb") as file:
        shutil.copyfileobj(stream, file, 1 << 20)
    collected = _Collected(_NoObjects(), FileSource(folder, "", 0))
    _scan(collected, spooled, name.encode(), spooled.stat(), DEFAULT_CUT, SILENT)
    return Chosen(
        tuple(collected.files), collected.skipped, datasets or Datasets(), shown="standard input"
    )


class _Collected:
    """Files with rows, and those that are left out."""

    def __init__(self, reader: ObjectReader, source: Source) -> None:
        self._reader, self._source = reader, source
        self.files: list[SourceFile] = []
        self.skipped: dict[str, str] = {}

    def add(self, path: bytes, entry: FileEntry) -> None:
        """A file of the store."""
        if self.has_rows(path, entry):
            self.files.append(source_file(path, entry, self._reader, self._source))

    def has_rows(self, path: bytes, entry: FileEntry) -> bool:
        """Whether a file has rows; else it is noted why not."""
        if path in ALWAYS:
            return False
        why = LINK if entry.mode is Mode.SYMLINK else ""
        why = why or ("" if format_named(entry.format).has_rows else BLOB)
        if why:
            self.skipped[shown_path(path)] = why
        return not why


def _scan(
    collected: _Collected,
    file: Path,
    path: bytes,
    stat: os.stat_result,
    cut: Cut,
    progress: Progress,
) -> None:
    if path in ALWAYS:
        return
    mode = mode_of(stat) or Mode.FILE
    if mode is Mode.SYMLINK:
        collected.skipped[shown_path(path)] = LINK
        return
    shown = shown_path(path)
    progress.step(f"Reading {shown}")
    entry, reader = scan(file, path, mode, cut)
    if not collected.has_rows(path, entry):
        return
    source = FileSource(file, shown, _prefix(entry, reader), state_of(stat))
    collected.files.append(source_file(path, entry, reader, source))


def _prefix(entry: FileEntry, reader: ObjectReader) -> int:
    prefix = entry.prefix
    return len(reader.get(prefix, Kind.CHUNK) if isinstance(prefix, Oid) else prefix)


def _is_wanted(path: bytes, selection: Selection, datasets: Datasets) -> bool:
    if selection.paths:
        return selection.holds(path)
    return not datasets.datasets or datasets.of(path) is not None


def _below(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        if path.is_file() and not any(
            part.startswith(".") for part in path.relative_to(folder).parts
        ):
            yield path


def _names_below(root: Path) -> list[str]:
    return sorted(os.path.relpath(path, root) for path in _below(root))


def _on_disk(root: Path, path: bytes) -> Path | None:
    place = root / os.fsdecode(path)
    return place if place.is_file() else None


def _unpacked(repo: Repo, tree: Oid, path: bytes, folder: Path) -> Path | None:
    """A file of a tree, written into a folder for the time of an analysis."""
    entry = trees.file_at(repo.store, tree, path)
    if entry is None:
        return None
    place = folder / blake3(path).hexdigest(length=8)
    with open(place, "wb") as file:
        file.writelines(Contents(entry, repo.store).blocks())
    return place


def _nothing(path: str) -> bytes:
    raise FileNotFoundError(path)


class _NoObjects:
    """A reader for files that bring their own."""

    def get(self, oid: Oid, kind: Kind) -> bytes:
        """There are none."""
        raise TdvError(f"{oid} is in no store.")


def shown_paths(files: Iterable[SourceFile]) -> str:
    """The files' paths in one line."""
    return ", ".join(shown_path(file.path) for file in files)
