"""Erase a row from all history: every version of its file, and whatever else holds its bytes."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from blake3 import blake3

from tdv.errors import RepositoryError, RevisionError, WorkInTheWay
from tdv.model.oid import Kind, Oid
from tdv.model.operation import FilesChange, Head, OperationRecord, RefChange
from tdv.model.tag import Tag
from tdv.model.work import Work
from tdv.ops.filesmove import FilesMove
from tdv.ops.gc import drop_unreached
from tdv.ops.keyerrors import no_key
from tdv.ops.progress import SILENT, Progress
from tdv.ops.upkeep.purgeclean import clear_files, left_in, tainted_dictionaries
from tdv.ops.upkeep.purgerewrite import Finder, Rewriting, Wanted
from tdv.ops.upkeep.redact import Redaction
from tdv.repo import layout
from tdv.repo.history import containing
from tdv.repo.logrewrite import Rewritten
from tdv.repo.oplog import lost_log
from tdv.repo.quiet import alone
from tdv.repo.roots import present_roots
from tdv.repo.smallfiles import write_small_files
from tdv.store import files
from tdv.store.locks import WAIT_SECONDS
from tdv.store.writer import ObjectWriter

if TYPE_CHECKING:
    from tdv.repo.repository import Repo

SALT_BYTES = 16


@dataclass(frozen=True)
class Purged:
    """What was erased, or would be.

    Attributes:
        versions: distinct versions of the file that had the row.
        touched: commits whose file had it.
        commits: old oid -> new one, for every commit that became another.
        refs: full names of the refs that moved.
        tags: those of them that are tags.
        stage, working_copy: whether the stage and the file on disk had it.
        salt, key_hash: hexadecimal; BLAKE3 of the salt and the key's value.
        left: where the value is still found, in words; nothing as a rule.
        receipt: the file with all this, inside `.tdv`.
    """

    path: bytes
    reason: str
    versions: int
    touched: tuple[Oid, ...]
    commits: dict[Oid, Oid]
    refs: tuple[str, ...]
    tags: tuple[str, ...]
    stage: bool
    working_copy: bool
    salt: str
    key_hash: str
    left: tuple[str, ...]
    receipt: Path | None
    dry_run: bool


def purge(
    repo: Repo,
    path: bytes,
    key: str,
    *,
    on: Sequence[str] = (),
    reason: str = "",
    tags: bool = False,
    dry_run: bool = False,
    wait: float = WAIT_SECONDS,
    progress: Progress = SILENT,
) -> Purged:
    """Erase the rows of a file that have that key, from all commits, the stage and the disk.

    Commits that have the row, and all that descend from them, become others; the graph keeps
    its shape. What only the operation log leads to goes, and undo ends.

    Args:
        key: the value, as people type it.
        on: the fields of the key; by default those that each version's `tdv.toml` names.
        reason: for the receipt.
        tags: move tags as well.

    Order: new objects are published; the file on disk is replaced; the operation log is
    replaced in one step, which is the commit point; refs follow; the packs are written anew
    without the old objects. After a crash behind the commit point, another `purge` of the same
    row goes on where that one stopped.

    Raises:
        RevisionError: no version of the file has such a row.
        UsageError: nothing says what the key is, or the file's rows cannot be taken out.
        RepositoryError: a tag leads to the row, and `tags` was not given.
        WorkInTheWay: the file has unsaved changes, or a merge is in progress.
        Busy: another command is at work.
    """
    purging = _Purging(repo, Wanted(path, key, tuple(on)), reason, tags, progress)
    if dry_run:
        with repo.store.lock.shared(wait):
            return purging.preview()
    with alone(repo, wait, lambda: repo.transaction("purge", wait=0)):
        return purging.run()


class _Purging:
    def __init__(
        self, repo: Repo, wanted: Wanted, reason: str, tags: bool, progress: Progress
    ) -> None:
        self._repo = repo
        self._wanted = wanted
        self._move_tags = tags
        self._progress = progress
        texts = [wanted.text]
        if "," in wanted.text or wanted.text.startswith("["):
            texts += _parts(wanted)
        self._redaction = Redaction(texts)
        self._reason = self._redaction.text(reason)
        self._finder = Finder(repo, wanted)
        self._rewriting = Rewriting(repo, self._finder, wanted, self._redaction, progress)
        self._refs: dict[str, Oid] = {}
        self._salt = os.urandom(SALT_BYTES)

    def preview(self) -> Purged:
        """Find everything, refuse what would be refused, and change nothing."""
        self._find()
        self._check(self._touched_refs())
        return self._outcome(self._touched_refs(), (), None, dry=True)

    def run(self) -> Purged:
        """Erase; both locks are held."""
        repo = self._repo
        repo.store.packs.finish_replacing()
        newest = _newest(repo)
        self._find()
        writer = ObjectWriter(repo.store)
        try:
            self._progress.step("Rewriting history", None, "commits")
            self._rewriting.write(self._roots(), writer)
            for name, oid in self._refs.items():
                if name.startswith(layout.NOTES):
                    self._rewriting.notes(oid, writer)
            moved = self._moved()
            self._check([name for name, _ in moved])
            writer.publish()
            stage = self._rewriting.of(repo.stage())
            change = FilesChange(repo.stage(), stage)
            move = FilesMove(repo, [change] if stage != repo.stage() else [])
            move.refuse("Save them first, with `tdv commit -a`, or undo them.")
            move.store(writer)
            writer.publish()
        finally:
            writer.close()
        move.apply(stage, self._progress)
        self._end_log(newest, moved, stage)
        move.finish()
        self._clean()
        left = left_in(repo, self._finder.bodies, self._redaction.needles(), self._progress)
        names = [name for name, _ in moved]
        done = self._outcome(names, left, self._receipt_path(), dry=False)
        self._write_receipt(done)
        return done

    def _roots(self) -> list[Oid]:
        named = (oid for name, oid in self._refs.items() if not name.startswith(layout.NOTES))
        return list(dict.fromkeys([*named, *present_roots(self._repo)]))

    def _find(self) -> None:
        repo = self._repo
        newest = repo.oplog.newest()
        merging = None if newest is None else Work.from_wire(newest.work).merging
        if merging is not None:
            kind = merging.kind
            raise WorkInTheWay(
                f"A {kind} is in progress, whose conflicts may hold the row; nothing was changed.",
                hint=f"End it first, with `tdv {kind} --continue` or `--abort`.",
            )
        self._refs = dict(repo.refs.items())
        self._progress.step("Looking for the row", None, "commits")
        self._rewriting.find(self._roots())
        # A newest operation that ends what can be undone is a purge, which may have been stopped.
        stopped = newest is not None and newest.oldest == newest.number > 1
        if self._rewriting.found or stopped:
            return
        if not self._finder.has_key():
            raise no_key(self._wanted.path)
        shown = self._wanted.path.decode("utf-8", "backslashreplace")
        raise RevisionError(
            f"No version of {shown} has a row with the key {self._wanted.text}.",
            hint="`tdv log -- PATH` lists the versions of a file.",
        )

    def _touched_refs(self) -> list[str]:
        """The refs that lead to a commit with the row."""
        tips = {name: self._commit_of(oid) for name, oid in self._refs.items()}
        commits = {name: tip for name, tip in tips.items() if tip is not None}
        found = containing(self._repo.commit, self._rewriting.touched, [*commits.values()])
        return [name for name, tip in commits.items() if tip in found]

    def _commit_of(self, oid: Oid) -> Oid | None:
        store = self._repo.store
        kind = store.info(oid).kind
        while kind == Kind.TAG:
            oid = Tag.from_bytes(store.get(oid, kind)).target
            kind = store.info(oid).kind
        return oid if kind == Kind.COMMIT else None

    def _moved(self) -> list[tuple[str, Oid]]:
        """The refs that move, and where to."""
        of = self._rewriting.of
        return [(name, of(oid)) for name, oid in self._refs.items() if of(oid) != oid]

    def _check(self, names: Sequence[str]) -> None:
        tags = [name[len(layout.TAGS) :] for name in names if name.startswith(layout.TAGS)]
        if tags and not self._move_tags:
            named = ", ".join(f"`{name}`" for name in tags[:10])
            more = f" and {len(tags) - 10} more" if len(tags) > 10 else ""
            lead = "tag leads" if len(tags) == 1 else "tags lead"
            raise RepositoryError(
                f"The {lead} to the row: {named}{more}; nothing was changed.",
                hint="`--tags` moves them to the commits without it.",
            )

    def _work(self, newest: OperationRecord) -> Work:
        """Work in progress, a bisection, with the commits that took the place of others."""
        found = Work.from_wire(newest.work).bisecting
        if found is None:
            return Work()
        of = self._rewriting.of

        def maybe(oid: Oid | None) -> Oid | None:
            return None if oid is None else of(oid)

        start = Head(found.start.branch, maybe(found.start.commit))
        condition = self._redaction.text(found.condition)
        good, skipped = tuple(map(of, found.good)), tuple(map(of, found.skipped))
        return Work(
            bisecting=replace(
                found,
                start=start,
                bad=maybe(found.bad),
                good=good,
                skipped=skipped,
                condition=condition,
            )
        )

    def _end_log(
        self, newest: OperationRecord, moved: Sequence[tuple[str, Oid]], stage: Oid
    ) -> None:
        """Replace the operation log, which is the commit point, and the small files."""
        repo = self._repo
        of = self._rewriting.of
        log = Rewritten(of, self._redaction.word)
        for record in reversed(list(repo.oplog.backwards())):
            log.add(record)
        changes = tuple(RefChange(name, self._refs[name], new) for name, new in moved)
        head = newest.head
        commit = None if head.commit is None else of(head.commit)
        wire = self._work(newest).to_wire()
        command = repo.caller.command or ("purge",)
        record = log.end(
            newest,
            changes,
            Head(head.branch, commit),
            stage,
            wire,
            repo.committer(),
            tuple(command),
        )
        repo.oplog.replace(log.frames, repo.folder / layout.TMP)
        write_small_files(repo.folder, repo.refs, record)

    def _clean(self) -> None:
        repo = self._repo
        refused = tainted_dictionaries(repo.store, self._finder.bodies, self._redaction.needles())
        drop_unreached(repo, refused, self._progress)
        clear_files(repo)

    def _outcome(
        self, names: Sequence[str], left: Sequence[str], receipt: Path | None, *, dry: bool
    ) -> Purged:
        repo, rewriting = self._repo, self._rewriting
        stage = self._repo.stage()
        had = stage in rewriting.trees.values() if not dry else bool(self._finder.rows(stage)[1])
        digest = blake3(self._salt + self._wanted.text.encode("utf-8", "surrogatepass"))
        return Purged(
            self._wanted.path,
            self._reason,
            self._finder.versions,
            tuple(rewriting.touched),
            rewriting.commits,
            tuple(names),
            tuple(name for name in names if name.startswith(layout.TAGS)),
            had,
            had and os.path.lexists(os.path.join(os.fsencode(repo.root), self._wanted.path)),
            self._salt.hex(),
            digest.hexdigest(),
            tuple(left),
            receipt,
            dry,
        )

    def _receipt_path(self) -> Path:
        return self._repo.folder / layout.PURGED / f"{self._salt.hex()[:16]}.json"

    def _write_receipt(self, done: Purged) -> None:
        who = self._repo.committer()
        document = {
            "schema": "tdv.purge/1",
            **receipt(done),
            "who": f"{who.name} <{who.email}>",
            "seconds": who.seconds,
        }
        path = self._receipt_path()
        data = json.dumps(document, indent=2).encode() + b"\n"
        with files.refusals(path):
            files.make_folder(path.parent)
            files.write_file(path, data, scratch=self._repo.folder / layout.TMP)


def receipt(done: Purged) -> dict[str, object]:
    """What a receipt says, as JSON values; nothing in it gives the row or its key away."""
    return {
        "dry_run": done.dry_run,
        "path": done.path.decode("utf-8", "backslashreplace"),
        "reason": done.reason,
        "versions": done.versions,
        "salt": done.salt,
        "key_hash": done.key_hash,
        "touched": [str(oid) for oid in done.touched],
        "commits": {str(old): str(new) for old, new in done.commits.items()},
        "refs": list(done.refs),
        "tags": list(done.tags),
        "stage": done.stage,
        "working_copy": done.working_copy,
        "left": list(done.left),
    }


def _newest(repo: Repo) -> OperationRecord:
    """The newest record; IntegrityError when there is none."""
    newest = repo.oplog.newest()
    if newest is None:
        raise lost_log()
    return newest


def _parts(wanted: Wanted) -> list[str]:
    """The values of a key of several fields, as far as the text tells."""
    if wanted.text.startswith("["):
        try:
            values = json.loads(wanted.text)
        except ValueError:
            return []
        return [value for value in values if isinstance(value, str)]
    return wanted.text.split(",") if len(wanted.fields) > 1 else []
