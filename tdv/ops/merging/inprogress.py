"""What may not be done while a merge, revert or cherry-pick waits to be finished."""

from __future__ import annotations

from tdv.errors import RepositoryError, WorkInTheWay
from tdv.model.work import MergeKind, Merging
from tdv.repo.repository import Repo


def refuse_in_progress(repo: Repo, what: str) -> None:
    """Refuse a command while a merge is in progress.

    Args:
        what: the command, for the message: "switch".

    Raises:
        WorkInTheWay: one is.
    """
    merging = repo.work().merging
    if merging is not None:
        raise WorkInTheWay(
            f"A {merging.kind} is in progress, so `{what}` has to wait; nothing was changed.",
            hint=f"`tdv {merging.kind} --continue` finishes it, `tdv {merging.kind} --abort` "
            "takes it back.",
        )


def merging_in_progress(repo: Repo, kind: MergeKind) -> Merging:
    """The merge, revert or cherry-pick in progress.

    Raises:
        RepositoryError: none is, or one of another kind.
    """
    merging = repo.work().merging
    if merging is None:
        raise nothing_in_progress(kind)
    if merging.kind != kind:
        raise RepositoryError(
            f"No {kind} is in progress, but a {merging.kind}.",
            hint=f"`tdv {merging.kind} --continue` finishes it, `tdv {merging.kind} --abort` "
            "takes it back.",
        )
    return merging


def nothing_in_progress(what: str = "merge") -> RepositoryError:
    """The error for `--abort`, `--continue`, `conflicts` and `resolve` where there is none."""
    return RepositoryError(f"No {what} is in progress.", hint="`tdv op log` lists what was done.")
