"""Bring files of the working copy from what they should be to what they are to be.

For commands whose change of files is not that of the stage: `undo`, `stash`. Those in which both
take the same steps are in `ops/checkout.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tdv.model.entry import FileEntry
from tdv.model.oid import Oid
from tdv.model.operation import FilesChange
from tdv.ops.capture import capture, known_interruptions, tree_before
from tdv.ops.progress import Progress
from tdv.repo import interruption
from tdv.repo.repository import Repo
from tdv.repo.tracking import follow, load_cache, save_cache
from tdv.repo.transition import Step, Transition, refuse_loss
from tdv.store import trees
from tdv.store.writer import ObjectWriter


class FilesMoved(NamedTuple):
    """What became of files of the working copy.

    Attributes:
        written, removed: paths.
        kept: paths with unsaved work that was replaced; it is in the operation record.
    """

    written: tuple[bytes, ...] = ()
    removed: tuple[bytes, ...] = ()
    kept: tuple[bytes, ...] = ()


class FilesMove:
    """Changes of files, one after the other, as one; under the repository's lock.

    Args:
        changes: what is expected on disk and what is to be there, in order. Of a path, the
            first says what is expected and the last what is to be.
    """

    def __init__(self, repo: Repo, changes: Sequence[FilesChange]) -> None:
        self._repo = repo
        self._changes = changes
        self._stage = repo.stage()
        self._transition: Transition | None = None
        self.change: FilesChange | None = None
        steps = self._steps()
        if steps:
            left = known_interruptions(repo)
            self._cache = load_cache(repo, self._stage)
            self._transition = Transition(repo, self._cache, steps, left, staged=False)
            self._transition.survey()

    def refuse(self, hint: str, *, force: bool = False) -> None:
        """Refuse what would lose work; with `force` only what is in the way of everything.

        Raises:
            WorkInTheWay: files were changed since, or stand where others are needed.
        """
        move = self._transition
        if move is None:
            return
        if not force:
            refuse_loss([*move.replaced, *move.blocked], "would be overwritten", hint)
        refuse_loss(move.blocked, "is in the way", "Move it away, and run the command again.")

    def outcome(self) -> FilesMoved:
        """What is done, or would be."""
        move = self._transition
        if move is None:
            return FilesMoved()
        there = {step.path for step in move.steps if move.before.get(step.path, step.old)}
        there.update(move.replaced)
        return FilesMoved(
            tuple(path for path, _, new in move.steps if new and path not in move.in_place),
            tuple(path for path, _, new in move.steps if not new and path in there),
            tuple(move.replaced),
        )

    def store(self, writer: ObjectWriter) -> None:
        """Store what is replaced and stored nowhere; the caller publishes."""
        move = self._transition
        if move is None:
            return
        if len(self._changes) == 1:
            expected, wanted = self._changes[0]
            self.change = FilesChange(tree_before(self._repo, writer, move, expected), wanted)
            return
        was: dict[bytes, FileEntry | None] = {path: old for path, old, _ in move.steps}
        was |= move.before
        was |= capture(self._repo, writer, move.replaced)
        become: dict[bytes, FileEntry | None] = {path: new for path, _, new in move.steps}
        self.change = FilesChange(
            trees.update(writer, trees.EMPTY_TREE, was),
            trees.update(writer, trees.EMPTY_TREE, become),
        )

    def apply(self, stage: Oid, progress: Progress) -> None:
        """Write and remove files.

        Args:
            stage: what the stage will hold behind the commit point.
        """
        move = self._transition
        if move is None or self.change is None:
            return
        progress.step("Writing files", sum(s.new.size for s in move.steps if s.new), "bytes")
        interruption.begin(self._repo.folder, self.change)
        if stage != self._stage:
            follow(self._cache, self._repo.store, stage)
        move.apply(progress)

    def finish(self) -> None:
        """After the commit point."""
        if self._transition is not None and self.change is not None:
            save_cache(self._repo, self._cache)
            interruption.end(self._repo.folder, self.change)

    def _steps(self) -> list[Step]:
        found: dict[bytes, Step] = {}
        for expected, wanted in self._changes:
            for path, old, new in trees.compare(self._repo.store, expected, wanted):
                first = found.get(path)
                found[path] = Step(path, old if first is None else first.old, new)
        steps = [step for step in found.values() if step.old != step.new]
        return sorted(steps, key=lambda step: step.path.split(b"/"))
