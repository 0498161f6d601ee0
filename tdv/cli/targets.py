"""What `REF`, `REF:PATH`, `PATH` and `REF -- PATH` on a command line name."""

from __future__ import annotations

from dataclasses import dataclass

from tdv.cli.session import Session
from tdv.errors import PathError, UsageError
from tdv.model.oid import Oid


@dataclass(frozen=True)
class Target:
    """A path inside a tree.

    Attributes:
        tree: of the revision, or of the stage.
        commit: of the revision; None for the stage.
        path: b"" for the root.
        shown: how a message names the revision: "HEAD", "the stage".
    """

    tree: Oid
    commit: Oid | None
    path: bytes
    shown: str


def targets(session: Session, words: list[str]) -> list[Target]:
    """The targets that the words name, which are a revision, or paths, or both.

    `REF:PATH` starts at the root of the repository, or here when PATH starts with `./` or `../`;
    `:PATH` is the stage. A word that is a revision and also a path of HEAD is refused.
    """
    before, behind = session.split(words)
    if behind is not None:
        if len(before) > 1:
            raise UsageError(f"Only one revision may stand before `--`, not {len(before)}.")
        revision = before[0] if before else "HEAD"
        return [_at(session, revision, session.path(text)) for text in behind or ["."]]
    if not before:
        return [_at(session, "HEAD", b"")]
    first = _word(session, before[0])
    # `REF PATH…`: what follows a bare revision are paths in it.
    if first.path == b"" and len(before) > 1 and ":" not in before[0]:
        return [_at(session, before[0], session.path(text)) for text in before[1:]]
    return [first, *(_word(session, text) for text in before[1:])]


def _word(session: Session, text: str) -> Target:
    from tdv.repo.revisions import is_revision
    from tdv.store.trees import lookup

    repo = session.repo()
    revision, colon, path = text.partition(":")
    if colon and (not revision or is_revision(repo, revision)):
        return _at(session, revision, _path_behind_colon(session, path))
    inside = _path_here(session, text)
    is_path = inside is not None and repo.head().commit is not None
    is_path = is_path and lookup(repo.store, repo.head_tree(), inside or b"") is not None
    if not is_revision(repo, text):
        if is_path and inside is not None:
            return _at(session, "HEAD", inside)
        if not colon and not any(sign in text for sign in "~^@"):
            raise PathError(
                f"`{text}` is neither a revision nor a file of HEAD.",
                hint="`tdv ls -r` lists the files, `tdv branch`, `tdv tag -l` and `tdv log` the "
                "revisions.",
            )
        repo.resolve(revision)  # says why it is no revision
    if is_path and inside:
        raise UsageError(
            f"`{text}` is both a revision and a path in HEAD.",
            hint=f"Write `{text} --` for the revision, or `-- {text}` for the path.",
        )
    return _at(session, text, b"")


def _path_here(session: Session, text: str) -> bytes | None:
    try:
        return session.path(text)
    except PathError:
        return None


def _path_behind_colon(session: Session, path: str) -> bytes:
    if path in (".", "..") or path.startswith(("./", "../")):
        return session.path(path)
    parts = path.encode("utf-8", "surrogateescape").split(b"/")
    return b"/".join(part for part in parts if part not in (b"", b"."))


def _at(session: Session, revision: str, path: bytes) -> Target:
    repo = session.repo()
    if not revision:
        return Target(repo.stage(), None, path, "the stage")
    commit = repo.resolve(revision)
    return Target(repo.commit(commit).tree, commit, path, revision)
