"""`bisect`: find the commit that brought something in, by halving what it may be."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal, TypeAlias

from tdv.errors import RepositoryError, UsageError
from tdv.formats.contents import Contents
from tdv.formats.rows import BadRecord
from tdv.formats.where import Condition
from tdv.model.commit import Commit
from tdv.model.oid import Oid
from tdv.model.operation import Head
from tdv.model.work import Bisecting
from tdv.ops.checkout import checkout
from tdv.ops.progress import SILENT, Progress
from tdv.repo import history
from tdv.repo.repository import Repo
from tdv.store import trees

Verdict: TypeAlias = Literal["good", "bad", "skip"]
# What a judging command exits with when it cannot tell, as with git.
SKIP = 125


@dataclass(frozen=True, slots=True)
class Halved:
    """Where the search stands.

    Attributes:
        state: what is known.
        head: the commit that is to be judged next, and that HEAD was moved to; None before both
            ends are known, and when the search is over.
        left: how many commits it still may be.
        found: the first bad commit, when the search is over.
        suspects: where skipped commits leave several, all of them, `found` being None.
    """

    state: Bisecting
    head: Oid | None = None
    left: int = 0
    found: Oid | None = None
    suspects: tuple[Oid, ...] = ()

    @property
    def over(self) -> bool:
        """Whether there is nothing left to judge."""
        return self.found is not None or bool(self.suspects)

    @property
    def steps(self) -> int:
        """About how many more judgements are needed."""
        return max(self.left - 1, 0).bit_length()


def start(
    repo: Repo,
    bad: Oid | None = None,
    good: Sequence[Oid] = (),
    *,
    progress: Progress = SILENT,
) -> Halved:
    """Begin a search, or begin it anew; HEAD moves once both ends are known.

    Raises:
        RepositoryError: a good commit does not lead to the bad one.
        WorkInTheWay: unsaved work would be overwritten.
    """
    begun = repo.work().bisecting
    from_head = repo.head() if begun is None else begun.start
    state = Bisecting(from_head, bad, tuple(good))
    _check_ends(repo.commit, state)
    return _go_on(repo, state, progress)


def judge(
    repo: Repo, verdict: Verdict, commits: Sequence[Oid] = (), progress: Progress = SILENT
) -> Halved:
    """Say of commits, by default of HEAD's, that they are good or bad or cannot be judged."""
    state = in_progress(repo)
    known = state.bad is not None and bool(state.good)
    head = repo.head().commit
    named = tuple(commits) or (() if head is None else (head,))
    if verdict == "bad" and len(named) != 1:
        raise UsageError("Only one commit can be the first bad one that is known.")
    if verdict == "bad":
        state = replace(state, bad=named[0])
    elif verdict == "good":
        state = replace(state, good=(*state.good, *named))
    else:
        state = replace(state, skipped=(*state.skipped, *named))
    # A commit that the search itself chose may lie on a side line, beside a good one.
    if not known:
        _check_ends(repo.commit, state)
    return _go_on(repo, state, progress)


def reset(repo: Repo, progress: Progress = SILENT) -> Head:
    """End the search and go back to where HEAD stood before; returns that."""
    state = in_progress(repo)
    work = replace(repo.work(), bisecting=None)
    checkout(repo, state.start.commit, state.start.branch, work=work, progress=progress)
    return repo.head()


def run(
    repo: Repo,
    command: Sequence[str],
    environ: Mapping[str, str],
    told: Callable[[Oid, Verdict], None] = lambda oid, verdict: None,
    progress: Progress = SILENT,
) -> Halved:
    """Let a command judge each commit in turn, from the root of the working copy.

    It exits with 0 for good, 125 when it cannot tell, 1 to 127 for bad.

    Raises:
        UsageError: the ends of the search are not known yet.
        RepositoryError: the command cannot be run, or ended in another way.
    """
    state = in_progress(repo)
    halved = _halved(repo.commit, state)
    if halved.head is None and not halved.over:
        raise UsageError(
            "A search needs a bad commit and a good one before a command can go on with it.",
            hint="`tdv bisect bad [REF]` and `tdv bisect good REF` name them.",
        )
    while not halved.over:
        oid = repo.head().commit
        assert oid is not None
        verdict = _verdict(repo, command, environ)
        told(oid, verdict)
        halved = judge(repo, verdict, progress=progress)
    return halved


def search_rows(
    repo: Repo,
    bad: Oid,
    good: Sequence[Oid],
    condition: Condition,
    paths: Sequence[bytes] = (),
    told: Callable[[Oid, Verdict], None] = lambda oid, verdict: None,
) -> Halved:
    """Find the first commit of which some row meets a condition; nothing is checked out.

    Args:
        paths: files and folders whose rows are looked at; () for all.

    Raises:
        RepositoryError: the bad commit has no such row, a good one has, or does not lead to it.
    """
    verdict = partial(_holds, repo, condition=condition, paths=paths)
    if not verdict(bad):
        raise RepositoryError(f"No row of {bad.short} meets the condition {condition.text!r}.")
    for oid in good:
        if verdict(oid):
            raise RepositoryError(
                f"A row of {oid.short} meets the condition {condition.text!r}, so it is not good.",
                hint="Name an older commit.",
            )
    state = Bisecting(repo.head(), bad, tuple(good))
    _check_ends(repo.commit, state)
    while True:
        halved = _halved(repo.commit, state)
        if halved.head is None:
            return halved
        if verdict(halved.head):
            told(halved.head, "bad")
            state = replace(state, bad=halved.head)
        else:
            told(halved.head, "good")
            state = replace(state, good=(*state.good, halved.head))


def in_progress(repo: Repo) -> Bisecting:
    """The search in progress; RepositoryError when there is none."""
    state = repo.work().bisecting
    if state is None:
        raise RepositoryError(
            "No bisection is in progress.", hint="`tdv bisect start BAD GOOD` begins one."
        )
    return state


def _go_on(repo: Repo, state: Bisecting, progress: Progress) -> Halved:
    halved = _halved(repo.commit, state)
    work = replace(repo.work(), bisecting=state)
    # At the end HEAD goes to the commit that was found.
    target = halved.head or halved.found
    if target is None:
        with repo.transaction("bisect") as change:
            change.set_work(work)
            change.commit()
    else:
        checkout(repo, target, None, work=work, progress=progress)
    return halved


def _check_ends(read: Callable[[Oid], Commit], state: Bisecting) -> None:
    """Refuse good commits that the bad one does not descend from."""
    if state.bad is None:
        return
    for oid in state.good:
        if oid == state.bad or not history.is_ancestor(read, oid, state.bad):
            swapped = oid != state.bad and history.is_ancestor(read, state.bad, oid)
            raise RepositoryError(
                f"The good commit {oid.short} does not lead to the bad one {state.bad.short}.",
                hint="The bad commit comes first: `tdv bisect start BAD GOOD`."
                if swapped
                else "Name a good commit that is an ancestor of the bad one.",
            )


def _halved(read: Callable[[Oid], Commit], state: Bisecting) -> Halved:
    if state.bad is None or not state.good:
        return Halved(state)
    suspects = [logged.oid for logged in history.walk(read, [state.bad], state.good)]
    if not suspects:
        raise RepositoryError(
            f"A good commit descends from the bad one {state.bad.short}.",
            hint="`tdv bisect log` lists what is known; `tdv bisect start BAD GOOD` begins anew.",
        )
    if len(suspects) == 1:
        return Halved(state, found=state.bad, left=1)
    skipped = set(state.skipped)
    behind = _counted(read, suspects)
    total = len(suspects)
    open_ones = [oid for oid in suspects[1:] if oid not in skipped]
    if not open_ones:
        return Halved(state, suspects=tuple(suspects), left=total)
    best = min(open_ones, key=lambda oid: abs(2 * behind[oid] - total))
    return Halved(state, best, total)


def _counted(read: Callable[[Oid], Commit], suspects: Sequence[Oid]) -> dict[Oid, int]:
    """For each suspect how many of them it descends from, itself included.

    Args:
        suspects: children before their parents.
    """
    place = {oid: number for number, oid in enumerate(suspects)}
    sets: dict[Oid, int] = {}  # one bit for each suspect
    counts: dict[Oid, int] = {}
    waiting = {oid: 0 for oid in suspects}  # children that still need the set
    for oid in suspects:
        for parent in read(oid).parents:
            if parent in waiting:
                waiting[parent] += 1
    for oid in reversed(suspects):
        parents = [parent for parent in read(oid).parents if parent in place]
        bits = 1 << place[oid]
        for parent in parents:
            bits |= sets[parent]
            waiting[parent] -= 1
            if not waiting[parent]:
                del sets[parent]
        sets[oid] = bits
        counts[oid] = bits.bit_count()
    return counts


def _verdict(repo: Repo, command: Sequence[str], environ: Mapping[str, str]) -> Verdict:
    try:
        ran = subprocess.run(list(command), cwd=repo.root, env=dict(environ), check=False)
    except OSError as error:
        raise RepositoryError(f"`{command[0]}` cannot be run: {error.strerror}.") from error
    code = ran.returncode
    if code == SKIP:
        return "skip"
    if not 0 <= code < 128:
        raise RepositoryError(
            f"`{command[0]}` ended with {code}; the search stays where it is.",
            hint="It should exit with 0 for good, 1 to 127 for bad, 125 when it cannot tell.",
        )
    return "bad" if code else "good"


def _holds(repo: Repo, oid: Oid, *, condition: Condition, paths: Sequence[bytes]) -> bool:
    return any(
        not isinstance(row, BadRecord) and condition(row)
        for contents in _files(repo, repo.commit(oid).tree, paths)
        for row in contents.rows()
    )


def _files(repo: Repo, tree: Oid, paths: Sequence[bytes]) -> Iterator[Contents]:
    for under in paths or (b"",):
        for _, entry in trees.walk(repo.store, tree, under):
            contents = Contents(entry, repo.store)
            if contents.format.has_rows:
                yield contents
