"""Commit an atomic set of changes that bypasses the stage, for programs.

Any number of processes may do it at once: content is stored first, and the tree is made from
the branch's newest commit under the lock, so that none has to be repeated.
"""

from __future__ import annotations

import dataclasses
import io
import os
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeAlias

from tdv.errors import Findings, Overtaken, PathError
from tdv.formats.ingest import ingest
from tdv.model.commit import Commit, Operation, Signature
from tdv.model.entry import FileEntry, Mode
from tdv.model.names import check_path
from tdv.model.oid import Kind, Oid
from tdv.model.operation import Head
from tdv.ops import gate
from tdv.ops.commit import Committed, clean_message, count_changes
from tdv.ops.encoderows import encode_rows
from tdv.ops.merging.inprogress import refuse_in_progress
from tdv.repo import identity, layout
from tdv.store import trees

if TYPE_CHECKING:
    from tdv.repo.repository import Repo
    from tdv.repo.transaction import Transaction
    from tdv.store.writer import ObjectWriter

# Bytes of the file; the path of a file on disk; its rows; None removes it.
Content: TypeAlias = "bytes | str | Path | Iterable[Mapping[str, Any]] | None"


def commit_changes(
    repo: Repo,
    changes: Mapping[bytes, Content],
    message: str,
    *,
    branch: str | None = None,
    author: str | Signature | None = None,
    parent: Oid | None = None,
    allow_empty: bool = False,
    verify: bool = True,
) -> Committed:
    """Record new content for some paths as a commit, all of it or nothing.

    The stage takes the same content, except for paths that have something else staged; the
    working copy is not touched.

    Args:
        changes: path inside the repository -> content.
        branch: to commit on, by default what HEAD is on. One that is not there yet is created,
            at `parent` or else at HEAD.
        author: `Name <e-mail>`, or a whole signature; by default as configured.
        parent: the commit that the branch must stand on; by default whatever it stands on.
        verify: as in `commit`. The content is validated on what the branch stands on at first,
            before other commands are kept waiting.

    Raises:
        Overtaken: the branch does not stand on `parent`.
        WorkInTheWay: a merge is in progress on that branch.
        Findings: nothing changed, and `allow_empty` is not set; or the gate did not pass.
        PathError, UsageError: a path may not be stored; rows have no form in that format.
    """
    text = clean_message(message)
    start = _base(repo, branch, parent)
    tree = trees.EMPTY_TREE if start is None else repo.commit(start).tree
    with repo.writing() as writer:
        entries = {
            check_path(path): _store(repo, writer, tree, path, content)
            for path, content in changes.items()
        }
        writer.publish()
        made = trees.update(writer, tree, entries)
        operation = None if made == tree else gate.hold(repo, writer, made, None, verify=verify)
        with repo.transaction("commit") as change:
            if branch is None or branch == repo.head().branch:
                refuse_in_progress(repo, "commit")
            tip, base = _tip(repo, branch), _base(repo, branch, parent)
            if parent is not None and base != parent:
                raise Overtaken(
                    f"The branch stands on {'nothing' if base is None else base.short}, not on "
                    f"{parent.short}; nothing was changed.",
                    hint="Another process committed: read the newest version and try again.",
                )
            committed = _record(
                repo, writer, base, entries, text, branch, author, allow_empty, operation
            )
            writer.publish()
            _move(repo, change, branch, tip, committed, _stage_after(repo, writer, base, entries))
            writer.publish()
            change.commit()
    return committed


def _tip(repo: Repo, branch: str | None) -> Oid | None:
    return repo.head().commit if branch is None else repo.refs.branch(branch)


def _base(repo: Repo, branch: str | None, parent: Oid | None) -> Oid | None:
    """What the commit follows; a branch that is made now starts at `parent`, or else at HEAD."""
    tip = _tip(repo, branch)
    if tip is None and branch is not None and branch != repo.head().branch:
        return repo.head().commit if parent is None else parent
    return tip


def _store(
    repo: Repo, writer: ObjectWriter, tree: Oid, path: bytes, content: Content
) -> FileEntry | None:
    """The entry for some content, which is stored now."""
    if content is None:
        return None
    previous = trees.file_at(repo.store, tree, path)
    cut = repo.cut
    mode = Mode.FILE if previous is None or previous.mode is Mode.SYMLINK else previous.mode
    with ExitStack() as stack:
        source: BinaryIO
        if isinstance(content, bytes):
            source = io.BytesIO(content)
        elif isinstance(content, (str, Path)):
            source = stack.enter_context(_open(Path(content)))
            executable = os.fstat(source.fileno()).st_mode & 0o100
            mode = Mode.EXECUTABLE if executable else Mode.FILE
        else:
            source = encode_rows(path, content)
        return ingest(source, path, mode, writer, repo.store, previous, cut)


def _open(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise PathError(
            f"{path} cannot be read: {error.strerror}.",
            hint="A string is the path of a file on disk; content is given as bytes.",
        ) from error


def _record(
    repo: Repo,
    writer: ObjectWriter,
    tip: Oid | None,
    entries: Mapping[bytes, FileEntry | None],
    message: str,
    branch: str | None,
    author: str | Signature | None,
    allow_empty: bool,
    operation: Operation | None,
) -> Committed:
    """Put the tree and the commit."""
    old = trees.EMPTY_TREE if tip is None else repo.commit(tip).tree
    tree = trees.update(writer, old, entries)
    if tree == old and not allow_empty:
        raise Findings("There is nothing to commit: the content is the same as before.")
    parents = () if tip is None else (tip,)
    commit = Commit(tree, parents, _author(repo, author), repo.committer(), message, operation)
    oid = writer.put(Kind.COMMIT, commit.to_bytes())
    on = repo.head().branch if branch is None else branch
    return Committed(oid, commit, on, count_changes(writer, old, tree))


def _author(repo: Repo, author: str | Signature | None) -> Signature:
    if isinstance(author, Signature):
        return author
    signature = repo.author()
    if author is None:
        return signature
    name, email = identity.parse_person(author)
    return dataclasses.replace(signature, name=name, email=email)


def _stage_after(
    repo: Repo, writer: ObjectWriter, tip: Oid | None, entries: Mapping[bytes, FileEntry | None]
) -> Oid:
    """The stage with the new content where nothing else is staged."""
    old = trees.EMPTY_TREE if tip is None else repo.commit(tip).tree
    stage = repo.stage()
    untouched = {
        path: entry
        for path, entry in entries.items()
        if trees.lookup(writer, stage, path) == trees.lookup(writer, old, path)
    }
    return trees.update(writer, stage, untouched)


def _move(
    repo: Repo,
    change: Transaction,
    branch: str | None,
    tip: Oid | None,
    committed: Committed,
    stage: Oid,
) -> None:
    """Let the branch, or a detached HEAD, stand on the commit."""
    head = repo.head()
    if branch is None and head.branch is None:
        change.set_head(Head(None, committed.oid), expect=head)
    else:
        name = head.branch if branch is None else branch
        change.set_ref(f"{layout.HEADS}{name}", committed.oid, expect=tip)
    if branch is None or branch == head.branch:
        change.set_stage(stage)
