"""`tag`: list, create and delete tags."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from tdv.errors import RepositoryError, RevisionError
from tdv.model.oid import Kind, Oid
from tdv.model.tag import Tag
from tdv.ops.commit import clean_message
from tdv.repo import layout
from tdv.repo.refs import check_ref_name
from tdv.repo.repository import Repo
from tdv.repo.revisions import peel


@dataclass(frozen=True, slots=True)
class TagRef:
    """A tag as it is listed.

    Attributes:
        target: the commit, or the tag object of an annotated one.
    """

    name: str
    target: Oid


@dataclass(frozen=True, slots=True)
class Tagged:
    """A tag that was created or deleted.

    Attributes:
        commit: the commit that it names; of a deleted one, what its ref held.
        annotated: it has an object of its own with a message.
        replaced: what the tag pointed at before, or None.
    """

    name: str
    commit: Oid
    annotated: bool = False
    replaced: Oid | None = None


def list_tags(repo: Repo, patterns: Sequence[str] = ()) -> list[TagRef]:
    """The tags whose name matches one of the shell patterns; `v1.10` comes behind `v1.9`."""
    listed = [TagRef(name[len(layout.TAGS) :], oid) for name, oid in repo.refs.items(layout.TAGS)]
    wanted = [
        tag
        for tag in listed
        if not patterns or any(fnmatchcase(tag.name, pattern) for pattern in patterns)
    ]
    return sorted(wanted, key=lambda tag: _natural(tag.name))


def create_tag(
    repo: Repo, name: str, at: str = "HEAD", *, message: str | None = None, force: bool = False
) -> Tagged:
    """Tag the commit that a revision names.

    Args:
        message: makes the tag annotated; None makes a light one.
        force: move a tag that exists.

    Raises:
        UsageError: the name is not valid, or the message is empty.
        RepositoryError: the tag exists, or its name clashes with another one's.
        RevisionError: `at` names no commit.
    """
    check_ref_name(name, "tag")
    commit = repo.resolve(at)
    ref = layout.TAGS + name
    old = repo.refs.get(ref)
    if old is not None and not force:
        raise RepositoryError(
            f"The tag `{name}` exists already; whoever uses it relies on it staying.",
            hint=f"`tdv tag -f {name}` moves it all the same.",
        )
    if message is None:
        _set_ref(repo, ref, commit, old)
        return Tagged(name, commit, replaced=old)
    tag = Tag(commit, name, repo.committer(), clean_message(message))
    with repo.writing() as writer:
        oid = writer.put(Kind.TAG, tag.to_bytes())
        writer.publish()
        _set_ref(repo, ref, oid, old)
    return Tagged(name, commit, annotated=True, replaced=old)


def delete_tags(repo: Repo, names: Sequence[str]) -> list[Tagged]:
    """Delete tags, all or none; RevisionError when there is no such tag."""
    found: dict[str, Oid] = {}
    for name in names:
        oid = repo.refs.tag(name)
        if oid is None:
            raise RevisionError(f"There is no tag `{name}`.", hint="`tdv tag -l` lists the tags.")
        found[name] = oid
    with repo.transaction("tag -d " + " ".join(names)) as change:
        for name, oid in found.items():
            change.set_ref(layout.TAGS + name, None, expect=oid)
        change.commit()
    return [Tagged(name, oid) for name, oid in found.items()]


def read_tag(repo: Repo, tag: TagRef) -> Tag | None:
    """The annotation of a tag, or None of a light one."""
    if repo.store.info(tag.target).kind is not Kind.TAG:
        return None
    return Tag.from_bytes(repo.store.get(tag.target, Kind.TAG))


def tagged_commit(repo: Repo, tag: TagRef) -> Oid:
    """The commit that a tag names."""
    return peel(repo, tag.target, tag.name)


def _set_ref(repo: Repo, ref: str, oid: Oid, old: Oid | None) -> None:
    with repo.transaction(f"tag {ref.removeprefix(layout.TAGS)}") as change:
        change.set_ref(ref, oid, expect=old)
        change.commit()


def _natural(name: str) -> list[tuple[int, str]]:
    """A sort key in which numbers inside a name count as numbers."""
    parts = re.split(r"(\d{1,18})", name)
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]
