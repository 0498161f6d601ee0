"""`branch`: list, create, rename and delete branches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from tdv.errors import IntegrityError, RepositoryError, RevisionError, UsageError, WorkInTheWay
from tdv.model.commit import Commit
from tdv.model.oid import Oid
from tdv.model.operation import Head
from tdv.repo import layout
from tdv.repo.history import among_ancestors, containing
from tdv.repo.refs import check_ref_name
from tdv.repo.repository import Repo
from tdv.repo.revisions import peel


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch as it is listed.

    Attributes:
        commit: the commit that it points at.
        current: HEAD is on it.
    """

    name: str
    commit: Oid
    current: bool


@dataclass(frozen=True, slots=True)
class BranchChanged:
    """A branch that was created, moved, renamed or deleted.

    Attributes:
        name: its name now, or the one that it had.
        old_name: before a rename.
        commit: the commit that it points at, or pointed at; None for one without commits.
    """

    name: str
    commit: Oid | None
    old_name: str = ""


def list_branches(repo: Repo, patterns: Sequence[str] = (), contains: str = "") -> list[Branch]:
    """The branches, in order of their names.

    Args:
        patterns: shell patterns, of which a name has to match one; () lists all.
        contains: a revision; only branches whose history has it.

    Raises:
        RevisionError: `contains` names no commit.
    """
    current = repo.head().branch
    listed = [
        Branch(name, oid, name == current)
        for name, oid in repo.branches()
        if not patterns or any(fnmatchcase(name, pattern) for pattern in patterns)
    ]
    if not contains:
        return listed
    tips = containing(repo.commit, [repo.resolve(contains)], [branch.commit for branch in listed])
    return [branch for branch in listed if branch.commit in tips]


def is_named(repo: Repo, commit: Oid) -> bool:
    """Whether a branch or a tag leads to a commit."""
    tips = [peel(repo, oid, name) for name, oid in repo.refs.items("refs/")]
    return bool(containing(repo.commit, [commit], tips))


def subjects(repo: Repo, branches: Sequence[Branch]) -> Iterator[tuple[Branch, Commit]]:
    """Each branch with the commit that it points at."""
    for branch in branches:
        yield branch, repo.commit(branch.commit)


def create_branch(repo: Repo, name: str, at: str = "HEAD", *, force: bool = False) -> BranchChanged:
    """Create a branch at a revision; with `force`, move it when it exists.

    Raises:
        UsageError: the name is not valid.
        RepositoryError: the branch exists, or its name clashes with another one's.
        RevisionError: `at` names no commit.
        WorkInTheWay: `force` would move the branch that HEAD is on.
    """
    check_ref_name(name)
    target = repo.resolve(at)
    with repo.transaction(f"branch {name} {at}") as change:
        old = repo.refs.branch(name)
        if old is not None and not force:
            raise RepositoryError(
                f"The branch `{name}` exists already.",
                hint=f"`tdv switch {name}` moves to it; `tdv branch -f` lets it point elsewhere.",
            )
        if old is not None and repo.head().branch == name and old != target:
            raise _head_is_on(name)
        change.set_ref(layout.HEADS + name, target, expect=old)
        change.commit()
    return BranchChanged(name, target)


def delete_branches(
    repo: Repo, names: Sequence[str], *, force: bool = False
) -> list[BranchChanged]:
    """Delete branches, all or none.

    Args:
        force: also branches with commits that HEAD does not have.

    Raises:
        RevisionError: there is no such branch.
        WorkInTheWay: HEAD is on one of them, or one has commits of its own.
    """
    head = repo.head()
    unmerged = set() if force else _unmerged(repo, names, head)
    found: dict[str, Oid] = {}
    for name in names:
        oid = repo.refs.branch(name)
        if head.branch == name:
            raise WorkInTheWay(
                f"The branch `{name}` cannot be deleted: HEAD is on it.",
                hint="`tdv switch` to another branch first.",
            )
        if oid is None:
            raise unknown_branch(repo, name)
        if oid in unmerged:
            raise WorkInTheWay(
                f"The branch `{name}` has commits that HEAD does not have.",
                hint=f"`tdv branch -D {name}` deletes it all the same.",
            )
        found[name] = oid
    with repo.transaction("branch -d " + " ".join(names)) as change:
        for name, oid in found.items():
            change.set_ref(layout.HEADS + name, None, expect=oid)
        change.set_head(head, expect=head)
        change.commit()
    return [BranchChanged(name, oid) for name, oid in found.items()]


def rename_branch(repo: Repo, old: str | None, new: str, *, force: bool = False) -> BranchChanged:
    """Rename a branch; HEAD follows when it is on it.

    Args:
        old: None means the branch that HEAD is on.
        force: `new` may exist, and is replaced.

    Raises:
        UsageError: `new` is not a valid name, or HEAD is detached and `old` not given.
        RevisionError: there is no branch `old`.
        RepositoryError: `new` exists, or clashes with another branch's name.
        WorkInTheWay: `force` would replace the branch that HEAD is on.
    """
    check_ref_name(new)
    head = repo.head()
    name = head.branch if old is None else old
    if name is None:
        raise UsageError("HEAD is on no branch.", hint="Name the branch: `tdv branch -m OLD NEW`.")
    oid = repo.refs.branch(name)
    if oid is None and name != head.branch:
        raise unknown_branch(repo, name)
    if name == new:
        return BranchChanged(new, oid, name)
    with repo.transaction(f"branch -m {name} {new}") as change:
        replaced = repo.refs.branch(new)
        if replaced is not None and not force:
            raise RepositoryError(
                f"The branch `{new}` exists already.",
                hint=f"`tdv branch -M {name} {new}` replaces it.",
            )
        if replaced not in (None, oid) and new == head.branch:
            raise _head_is_on(new)
        if oid is not None:
            change.set_ref(layout.HEADS + name, None, expect=oid)
            change.set_ref(layout.HEADS + new, oid, expect=replaced)
        change.set_head(Head(new, oid) if name == head.branch else head, expect=head)
        change.commit()
    return BranchChanged(new, oid, name)


def unknown_branch(repo: Repo, name: str) -> RevisionError:
    """The error for a branch that does not exist, with near names."""
    import difflib  # only a mistake pays for it

    names = [ref[len(layout.HEADS) :] for ref in repo.refs.names(layout.HEADS)]
    near = difflib.get_close_matches(name, names, n=3)
    hint = f"Did you mean {' or '.join(f'`{each}`' for each in near)}?" if near else None
    return RevisionError(
        f"There is no branch `{name}`.", hint=hint or "`tdv branch` lists the branches."
    )


def _head_is_on(name: str) -> WorkInTheWay:
    return WorkInTheWay(
        f"HEAD is on the branch `{name}`, which therefore stays where it is.",
        hint="`tdv switch` to another branch first.",
    )


def _unmerged(repo: Repo, names: Sequence[str], head: Head) -> set[Oid]:
    """The commits of those branches that HEAD does not have; its history is read once."""
    tips = {oid for name in names if (oid := repo.refs.branch(name)) is not None}
    if head.commit is None:
        return tips
    try:
        return tips - among_ancestors(repo.commit, tips, head.commit)
    except IntegrityError as error:
        shown = ", ".join(sorted(oid.short for oid in tips)[:3])
        raise RepositoryError(
            f"Whether HEAD has the commit {shown} cannot be told: {error.message}",
            hint="`tdv branch -D` deletes the branch all the same.",
        ) from error
