"""The Python API: `tdv.Repo`. It stands beside the command line and calls the same operations.

repo = tdv.Repo.init("data")
repo.commit({"a.jsonl": [{"id": 1}, {"id": 2}]}, "first rows")
for row in repo["HEAD"]["a.jsonl"].rows():
    ...
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from tdv.model.oid import Oid
from tdv.repo import layout
from tdv.repo.identity import Caller
from tdv.repo.repository import Repo as Repository
from tdv.snapshot import File, Snapshot, path_bytes

if TYPE_CHECKING:
    from tdv.ops.changeset import Content
    from tdv.ops.merging.unresolved import Unresolved
    from tdv.ops.stats import Stats
    from tdv.quality.report import ValidationReport


@dataclass(frozen=True)
class MergeOutcome:
    """What `Repo.merge` did.

    Attributes:
        how: "up-to-date", "fast-forward", "merged" or "conflicts".
        snapshot: what HEAD stands on now.
        conflicts: what is to be decided before the merge can be committed.
    """

    how: str
    snapshot: Snapshot
    conflicts: tuple[Unresolved, ...]


class Repo:
    """A repository. Made by `Repo.init` and `Repo.open`."""

    def __init__(self, repo: Repository) -> None:
        self._repo = repo

    def __repr__(self) -> str:
        return f"<tdv.Repo {os.fspath(self.root)!r}>"

    @classmethod
    def init(cls, path: str | os.PathLike[str] = ".") -> Repo:
        """Make a repository in a folder, which is created when there is none.

        One that is there already is opened.
        """
        from tdv.ops.init import init

        return cls(init(Path(path), caller=_caller()).repo)

    @classmethod
    def open(cls, path: str | os.PathLike[str] = ".") -> Repo:
        """The repository that holds a folder; NotARepository when none does."""
        return cls(Repository.discover(Path(path), _caller()))

    @property
    def root(self) -> Path:
        """The folder of the working copy."""
        return self._repo.root

    @property
    def branch(self) -> str | None:
        """The branch that HEAD is on; None when HEAD is detached."""
        return self._repo.head().branch

    @property
    def branches(self) -> dict[str, Snapshot]:
        """The branches and the commits that they point at."""
        return {name: Snapshot(self._repo, oid) for name, oid in self._repo.branches()}

    @property
    def tags(self) -> dict[str, Snapshot]:
        """The tags and the commits that they name."""
        names = [name[len(layout.TAGS) :] for name in self._repo.refs.names(layout.TAGS)]
        return {name: self[f"{layout.TAGS}{name}"] for name in names}

    def __getitem__(self, revision: str) -> Snapshot:
        """The commit that a revision names: `HEAD~2`, `main@{1}`, `v1.2`, an oid's start.

        Raises:
            RevisionError: it names none, or more than one.
        """
        return Snapshot(self._repo, self._repo.resolve(revision))

    def log(self, revision: str = "HEAD", limit: int | None = None) -> Iterator[Snapshot]:
        """The commits that lead to a revision, newest first."""
        from tdv.ops.log import log

        for logged in log(self._repo, [revision], limit=limit):
            yield Snapshot(self._repo, logged.oid)

    def commit(
        self,
        changes: Mapping[str, Content],
        message: str,
        *,
        author: str | None = None,
        branch: str | None = None,
        parent: Snapshot | str | None = None,
        allow_empty: bool = False,
        verify: bool = True,
    ) -> Snapshot:
        """Record a set of changes as a commit, all of it or nothing.

        The stage is bypassed and the working copy is not touched. Several processes may commit
        to one branch at the same time; each commit then follows the other.

        Args:
            changes: path -> the file's bytes, or the path (str or Path) of a file on disk, or
                its rows (any iterable of mappings), or None to remove the file.
            author: `Name <e-mail>`; by default as configured.
            branch: to commit on, by default what HEAD is on. One that is not there yet starts
                at `parent`, or else at HEAD.
            parent: refuse when the branch stands on another commit: what read-and-write needs.
            allow_empty: also when nothing changed.
            verify: the gate has to be passed, where `tdv.toml` has one that runs at commit; else
                the commit says that it was not asked.

        Raises:
            Overtaken: the branch does not stand on `parent`.
            Findings: nothing changed, or the gate did not pass.
            PathError: a path may not be stored, or a file cannot be read.
            UsageError: rows have no form in the format of that path.
        """
        from tdv.ops.changeset import commit_changes

        if isinstance(parent, str):
            parent = self[parent]
        committed = commit_changes(
            self._repo,
            {path_bytes(path): content for path, content in changes.items()},
            message,
            author=author,
            branch=branch,
            parent=None if parent is None else Oid.parse(parent.id),
            allow_empty=allow_empty,
            verify=verify,
        )
        return Snapshot(self._repo, committed.oid)

    def validate(
        self,
        revision: str | None = None,
        *,
        paths: Sequence[str] = (),
        profile: str = "",
        select: Sequence[str] = (),
        ignore: Sequence[str] = (),
        extend_select: Sequence[str] = (),
        values: Mapping[str, object] | None = None,
        config: str = "",
        isolated: bool = False,
        new_from: str = "",
        record: bool = False,
        jobs: int | None = None,
    ) -> ValidationReport:
        """Hold data against the rules of its datasets, as `tdv validate` does.

        Args:
            revision: None for the working copy.
            paths: only these files and folders; by default all that belong to a dataset.
            profile: judge by this profile, whatever `tdv.toml` says.
            select, ignore, extend_select: codes, names, prefixes and families of rules.
            values: thresholds and parameters of rules: `{"max_duplicates": 0.05}`.
            config: the revision whose `tdv.toml` counts; by default that of the data.
            isolated: no `tdv.toml` counts, nor installed rules.
            new_from: report only what is new since that revision; thresholds see everything.
            record: keep codes and counts as a note on the commit, for `tdv log --quality`.
            jobs: worker processes; None for as many as are worth it.

        Returns:
            the report; its `findings()` are made when they are asked for.

        Raises:
            RevisionError, PathError: a revision or a path names nothing.
            ConfigError, UsageError: `tdv.toml`, a schema or an argument is wrong.
        """
        from tdv.ops.qualitynotes import record as keep
        from tdv.ops.qualitynotes import refuse_part
        from tdv.ops.validating.byrevision import Asked, validated

        asked = Asked(
            revision,
            tuple(path_bytes(path) for path in paths),
            profile,
            select,
            ignore,
            extend_select,
            values,
            config,
            isolated,
            new_from,
        )
        if record:
            refuse_part(
                commit=revision is not None,
                part=bool(paths),
                rules=bool(select or ignore),
                since=bool(new_from),
            )
        today = datetime.now(timezone.utc).date()
        report = validated(self._repo, asked, today=today, jobs=jobs)
        if record:
            keep(self._repo, Oid.parse(report.revision), report)
        return report

    def undo(self, count: int = 1, *, force: bool = False) -> Snapshot | None:
        """Take the last operations back: refs, HEAD, the stage and the files that they changed.

        Args:
            count: how many.
            force: also replace files that were changed since; `redo` brings them back.

        Returns:
            what HEAD stands on then; None before the first commit.

        Raises:
            RepositoryError: there are not so many, or `gc` or `purge` came between.
            WorkInTheWay: files were changed since.
        """
        from tdv.ops.undo import undo

        return self._at(undo(self._repo, count, force=force).after.commit)

    def redo(self, *, force: bool = False) -> Snapshot | None:
        """Take the last `undo` back, as long as nothing else was done since.

        Raises:
            RepositoryError: there is none.
            WorkInTheWay: files were changed since.
        """
        from tdv.ops.undo import redo

        return self._at(redo(self._repo, force=force).after.commit)

    def _at(self, oid: Oid | None) -> Snapshot | None:
        return None if oid is None else Snapshot(self._repo, oid)

    def merge(
        self,
        revision: str,
        *,
        message: str | None = None,
        strategy: Literal["", "ours", "theirs", "union"] = "",
        key: Sequence[str] = (),
    ) -> MergeOutcome:
        """Merge another line of history into the one that HEAD is on, as `tdv merge` does.

        Stage and working copy take the result. While conflicts are left nothing is committed:
        `resolve` decides them, `finish_merge` commits, `abort_merge` takes all of it back.

        Args:
            strategy: the side that wins where both changed the same; "" makes conflicts.
            key: fields that tell rows apart, over what `tdv.toml` says.

        Raises:
            RevisionError: the revision names nothing, or has no commit in common with HEAD.
            WorkInTheWay: unsaved work would be overwritten, something is staged, or a merge is in
                progress; nothing was changed.
        """
        from tdv.ops.merge import merge
        from tdv.ops.merging.treemerge import Rules

        oid = self._repo.resolve(revision)
        known = self._repo.refs.branch(revision) is not None
        done = merge(
            self._repo,
            oid,
            name=f"{'branch' if known else 'commit'} '{revision}'",
            message=message,
            rules=Rules(tuple(key), strategy),
        )
        conflicts = tuple(self.conflicts()) if done.conflicts else ()
        return MergeOutcome(done.how, self["HEAD"], conflicts)

    def conflicts(self) -> Iterator[Unresolved]:
        """What the merge in progress leaves to decide; RepositoryError when there is none."""
        from tdv.ops.merging.unresolved import unresolved

        return unresolved(self._repo)

    def resolve(
        self, take: Literal["ours", "theirs", "base", "union"], *conflicts: Unresolved
    ) -> int:
        """Decide conflicts of the merge in progress; how many are left.

        Args:
            conflicts: which; all when there are none.

        Raises:
            RepositoryError: one is resolved already, or nothing is in progress.
            WorkInTheWay: a file has changes that are not staged.
        """
        from tdv.ops.merging.unresolved import decide

        return decide(self._repo, take, conflicts)

    def finish_merge(self, message: str | None = None, *, verify: bool = True) -> Snapshot:
        """Commit the merge in progress.

        Args:
            verify: as in `commit`.

        Raises:
            WorkInTheWay: conflicts are left.
            Findings: the gate did not pass.
        """
        from tdv.ops.commit import commit
        from tdv.ops.merging.inprogress import merging_in_progress

        merging_in_progress(self._repo, "merge")
        return Snapshot(self._repo, commit(self._repo, message, verify=verify).oid)

    def abort_merge(self) -> None:
        """Bring stage and files back to what they were before the merge in progress."""
        from tdv.ops.merging.mergework import abort

        abort(self._repo, "merge")

    def stats(
        self,
        revision: str | None = None,
        paths: Sequence[str] = (),
        *,
        by: str = "",
        groups: int = 10,
        numbers: Sequence[str] = (),
        profile: str = "",
        jobs: int | None = None,
    ) -> Stats:
        """What a version of the data looks like, in figures, dataset by dataset.

        What is found out of rows is remembered, and shared with the command and `validate`.

        Args:
            revision: by default the working copy.
            paths: files, folders and patterns; by default those of datasets, or all where
                `tdv.toml` describes none.
            by: a field by whose values rows are grouped; `groups` of them are told apart.
            numbers: further fields whose numbers count.
            profile: instead of the one that `tdv.toml` names.
            jobs: worker processes; None for as many as are worth it.

        Raises:
            ConfigError: `tdv.toml` or a schema is wrong.
            PathError, RevisionError: there is no such file or revision.
            UsageError: no row has a field that was asked for.
        """
        from tdv.ops.stats import Asked, stats
        from tdv.ops.validating.byrevision import chosen_at, computing
        from tdv.ops.validating.engine import Engine
        from tdv.ops.validating.grouping import Wanted
        from tdv.repo.trust import Trust

        wanted = Wanted(profile=profile, trust=Trust(self._repo.caller.user_config))
        with Engine(computing(self._repo, jobs)) as engine:
            chosen = chosen_at(self._repo, revision, [path_bytes(path) for path in paths])
            return stats(engine, chosen, wanted, Asked(by, groups, tuple(numbers)))


def _caller() -> Caller:
    # A program's commits follow the user's configuration, as the user's commands do.
    path = os.path.expanduser("~/.config/tdv/config.toml")
    return Caller(user_config=None if path.startswith("~") else Path(path), command=("api",))


__all__ = ["File", "MergeOutcome", "Repo", "Snapshot"]
