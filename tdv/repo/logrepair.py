"""The operation log made whole again, and refs, HEAD and the stage brought to what it says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import xxhash

from tdv.errors import IntegrityError, StorageError, UnsupportedVersion
from tdv.model.commit import Signature
from tdv.model.oid import Oid
from tdv.model.operation import NO_PREVIOUS, Head, OperationRecord, RefChange
from tdv.repo import layout
from tdv.repo.oplog import (
    HEADER,
    MAGIC,
    OperationLog,
    checksum_of,
    decode_frame,
    frame_at,
    frame_of,
)
from tdv.repo.refs import Refs
from tdv.repo.smallfiles import differing, write_refs, write_small_files
from tdv.store import files
from tdv.store.trees import EMPTY_TREE


@dataclass(frozen=True)
class Salvaged:
    """What is left of a log.

    Attributes:
        frames: the records from the last gap on, the oldest first.
        records: the same, decoded.
        whole: nothing is missing or damaged before the end.
        torn: the end is no whole record.
    """

    frames: tuple[bytes, ...]
    records: tuple[OperationRecord, ...]
    whole: bool
    torn: bool


@dataclass
class Mended:
    """What was done to the log, refs, HEAD and the stage, and what is lost; full sentences."""

    done: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)


def salvage_log(path: Path) -> Salvaged:
    """Find the whole records of a log, wherever they stand.

    Raises:
        StorageError: the file cannot be read.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        data = b""
    except OSError as error:
        raise StorageError(f"{path} cannot be read: {error.strerror}.") from error
    frames: list[tuple[bytes, OperationRecord]] = []
    whole = data.startswith(HEADER)
    at = end = len(HEADER) if data.startswith(MAGIC) or whole else 0
    while at < len(data):
        frame = frame_at(data, at)
        record = None if frame is None else decode_frame(frame)
        if frame is None or record is None:
            at += 1
            continue
        whole = whole and at == end
        frames.append((frame, record))
        at += len(frame)
        end = at
    if not frames and data.startswith(MAGIC) and not whole and len(data) > len(HEADER):
        version = int.from_bytes(data[len(MAGIC) : len(HEADER)], "little")
        raise UnsupportedVersion(
            f"The operation log {path} has version {version}, and no record that tdv can read.",
            hint="When a newer tdv wrote it, upgrade with `pip install --upgrade tdv`.",
        )
    chain = _chain(frames)
    whole = whole and len(chain) == len(frames) > 0
    return Salvaged(
        tuple(frame for frame, _ in chain),
        tuple(record for _, record in chain),
        whole,
        end < len(data),
    )


def mend(
    folder: Path,
    refs: Refs,
    log: OperationLog,
    who: Signature,
    tree_of: Callable[[Oid], Oid | None],
) -> Mended:
    """Make the log, refs, HEAD and the stage whole; only under the repository's lock.

    Args:
        who: of the record that is appended where something has another value than before.
        tree_of: the tree of a commit, or of the commit that a tag leads to; a tree's own oid;
            None for what cannot be read.

    The log is replaced in one step, before the small files; after a crash between, another
    run goes on.

    Raises:
        StorageError: the disk refuses.
    """
    return _Mending(folder, refs, log, who, tree_of).run()


class _Mending:
    def __init__(
        self,
        folder: Path,
        refs: Refs,
        log: OperationLog,
        who: Signature,
        tree_of: Callable[[Oid], Oid | None],
    ) -> None:
        self._folder = folder
        self._refs = refs
        self._log = log
        self._who = who
        self._tree_of = tree_of
        self._found = salvage_log(log.path)
        newest = self._found.records[-1] if self._found.records else None
        self._newest = newest
        # A torn tail is what a crash leaves, unless the small files are ahead of the log.
        cut = self._found.torn and (newest is None or any(differing(refs, newest)))
        self._sure = self._found.whole and not cut
        self._mended = Mended()

    def run(self) -> Mended:
        refs = {name: self._ref(name) for name in self._names()}
        head = self._head(refs)
        stage = self._stage(head)
        self._write_log(refs, head, stage)
        self._write_files(refs)
        return self._mended

    def _names(self) -> list[str]:
        names = {change.name for record in self._found.records for change in record.changes}
        for path in (self._folder / "refs").rglob("*"):
            if path.is_file():
                names.add(path.relative_to(self._folder).as_posix())
        return sorted(names)

    def _ref(self, name: str) -> Oid | None:
        """The value that a ref is to have."""
        logged = list(self._logged(name))
        held, damage = self._held(name)
        values = logged if self._sure else [held, *logged]
        if not logged or logged[0] is None:
            values = [held]
        if values[0] is None and damage is None:
            return None
        for number, value in enumerate(values):
            if value is not None and self._tree_of(value) is not None:
                if number and logged[:1] != [value]:
                    self._mended.lost.append(
                        f"`{name}` stands on {value.short} again: what came behind it is lost."
                    )
                elif held != value:
                    self._mended.done.append(f"`{name}` stands on {value.short} again.")
                return value
        self._mended.lost.append(f"`{name}` is removed: nothing tells where it stood.")
        return None

    def _logged(self, name: str) -> Iterator[Oid | None]:
        """The values of a ref by the log, the newest first."""
        for record in reversed(self._found.records):
            change = record.value(name)
            if change is not None:
                yield change.new

    def _held(self, name: str) -> tuple[Oid | None, str | None]:
        """What the ref's file holds, and why that is nothing."""
        try:
            return self._refs.read_file(name), None
        except IntegrityError as error:
            return None, error.message

    def _head(self, refs: dict[str, Oid | None]) -> Head:
        newest = self._newest
        head = newest.head if newest is not None and self._sure else None
        held = self._held_head()
        if held is None:
            self._mended.done.append("HEAD is written again.")
        head = head or held or (None if newest is None else newest.head)
        if head is None:
            branches = [name for name, oid in refs.items() if oid and name.startswith(layout.HEADS)]
            main = layout.HEADS + layout.DEFAULT_BRANCH
            name = main if main in branches or not branches else branches[0]
            head = Head(name[len(layout.HEADS) :], None)
        if head.branch is not None:
            return Head(head.branch, refs.get(layout.HEADS + head.branch))
        if head.commit is not None and self._tree_of(head.commit) is not None:
            return head
        self._mended.lost.append("HEAD was detached, on a commit that is lost.")
        return Head(layout.DEFAULT_BRANCH, refs.get(layout.HEADS + layout.DEFAULT_BRANCH))

    def _held_head(self) -> Head | None:
        """HEAD by its file; on a branch without the commit."""
        try:
            return self._refs.read_head_file()
        except IntegrityError:
            return None

    def _stage(self, head: Head) -> Oid:
        held: Oid | None = None
        with suppress(IntegrityError):
            held = self._refs.read_file(layout.STAGE)
        if held is None:
            self._mended.done.append("The stage is written again.")
        logged = None if self._newest is None else self._newest.stage
        for value in (logged, held) if self._sure else (held, logged):
            if value is not None and (value == EMPTY_TREE or self._tree_of(value) == value):
                return value
        tree = None if head.commit is None else self._tree_of(head.commit)
        tree = EMPTY_TREE if tree is None else tree
        if tree != logged:  # else an earlier repair has said so
            self._mended.lost.append("What was staged is lost; the stage is that of HEAD.")
        return tree

    def _write_log(self, refs: dict[str, Oid | None], head: Head, stage: Oid) -> None:
        """Replace the log where it is damaged, or says something else."""
        newest = self._newest
        changes = tuple(
            RefChange(name, self._before(name, value), value)
            for name, value in refs.items()
            if next(self._logged(name), None) != value
        )
        same = newest is not None and not changes and (head, stage) == (newest.head, newest.stage)
        frames = list(self._found.frames)
        if not same:
            frames.append(frame_of(self._record(changes, head, stage)))
        if same and self._sure:
            return
        if not self._found.whole:
            first = self._found.records[0].number if self._found.records else None
            self._mended.lost.append(
                "The operation log is lost."
                if first is None
                else f"The operation log is damaged before operation {first}, where it starts now."
            )
        elif not self._sure:
            self._mended.lost.append("The newest record of the operation log is lost.")
        self._keep_damaged_log()
        self._log.replace(frames, self._folder / layout.TMP)

    def _before(self, name: str, value: Oid | None) -> Oid | None:
        """The value of a ref that `undo` goes back to from the record of the repair.

        Where what the log said of it is lost, that is the value it has.
        """
        unknown = None if self._found.whole else value
        return next(self._logged(name), unknown)

    def _keep_damaged_log(self) -> None:
        """Put the log aside as it was, for whoever can make more of it."""
        if self._found.whole or not self._log.path.exists():
            return
        folder = self._folder / layout.DAMAGED
        data = self._log.path.read_bytes()
        with files.refusals(folder):
            files.make_folder(folder)
        name = f"{layout.OPLOG}-{xxhash.xxh3_64_hexdigest(data)}"
        files.write_file(folder / name, data, scratch=self._folder / layout.TMP)

    def _record(self, changes: tuple[RefChange, ...], head: Head, stage: Oid) -> OperationRecord:
        newest = self._newest
        if newest is None:
            return OperationRecord(
                1, NO_PREVIOUS, ("fsck", "--repair"), self._who, (), head, head, stage, stage
            )
        first = self._found.records[0].number
        return OperationRecord(
            newest.number + 1,
            checksum_of(self._found.frames[-1]),
            ("fsck", "--repair"),
            self._who,
            changes,
            newest.head,
            head,
            newest.stage,
            stage,
            newest.work,
            oldest=newest.oldest if self._found.whole else max(newest.oldest, first),
        )

    def _write_files(self, refs: dict[str, Oid | None]) -> None:
        wrong = {name: value for name, value in refs.items() if self._held(name) != (value, None)}
        write_refs(self._folder, wrong)
        newest = self._log.newest()
        if newest is not None:
            write_small_files(self._folder, self._refs, newest)


def _chain(frames: list[tuple[bytes, OperationRecord]]) -> list[tuple[bytes, OperationRecord]]:
    """The last records of which each names the one before."""
    start = len(frames) - 1
    while start > 0 and frames[start][1].previous == checksum_of(frames[start - 1][0]):
        start -= 1
    return frames[max(start, 0) :]
