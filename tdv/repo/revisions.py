"""What a person types for a commit: `HEAD~2`, `main@{1}`, `v1.2`, `-`, a prefix, `REF:PATH`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from tdv.errors import IntegrityError, ObjectMissing, RepositoryError, RevisionError
from tdv.model.oid import OID_BYTES, Kind, Oid
from tdv.model.tag import Tag
from tdv.repo import layout

if TYPE_CHECKING:
    from tdv.repo.repository import Repo

_HEX = re.compile(r"[0-9a-fA-F]{4,64}")
_STEPS = re.compile(r"~(\d*)|\^\{(\w*)\}|\^(\d*)|@\{([^{}]*)\}")
# Where a name is looked for, in this order; git's, without its warning for a double meaning.
_PLACES = ("", "refs/", layout.TAGS, layout.HEADS, layout.REMOTES)
# More candidates than fit a screen help nobody.
_SHOWN = 8


def resolve(repo: Repo, revision: str) -> Oid:
    """The commit that a revision names.

    Raises:
        RevisionError: it names none, or more than one.
    """
    return peel(repo, resolve_object(repo, revision), revision)


def resolve_path(repo: Repo, text: str) -> tuple[Oid, bytes]:
    """The commit and the path that `REF:PATH` names; the path is b"" for `REF` alone."""
    revision, _, path = text.partition(":")
    parts = path.encode("utf-8", "surrogateescape").split(b"/")
    inside = b"/".join(part for part in parts if part not in (b"", b"."))
    return resolve(repo, revision or "HEAD"), inside


def peel(repo: Repo, oid: Oid, revision: str) -> Oid:
    """The commit behind a commit or an annotated tag; RevisionError when there is none."""
    for _ in range(16):
        kind = _kind(repo, oid)
        if kind is Kind.COMMIT:
            return oid
        if kind is not Kind.TAG:
            raise _no_commit(oid, kind, revision)
        oid = Tag.from_bytes(repo.store.get(oid, Kind.TAG)).target
    raise RevisionError(f"`{revision}` is a tag of a tag of a tag, and so on; it has no commit.")


def resolve_object(repo: Repo, revision: str) -> Oid:
    """What a revision names, which may be an annotated tag or, by its oid, any object."""
    if not revision:
        raise RevisionError("An empty name names no commit.", hint="`HEAD` is where you are.")
    base, steps = _split(revision)
    if base == "-":
        base, steps = "", [("@", "-1"), *steps]
    if steps and steps[0][0] == "@":
        oid = _earlier(repo, base, steps[0][1], revision)
        steps = steps[1:]
    else:
        oid = _base(repo, base or "HEAD", revision)
    for sign, value in steps:
        oid = _step(repo, oid, sign, value, revision)
    return oid


def stashes(repo: Repo) -> list[tuple[str, Oid]]:
    """The refs of stashes and the commits that they point at, newest first."""
    numbered = []
    for ref, oid in repo.refs.items(layout.STASHES):
        number = ref.removeprefix(layout.STASHES)
        numbered.append((int(number) if number.isdecimal() else 0, ref, oid))
    return [(ref, oid) for _, ref, oid in sorted(numbered, reverse=True)]


def previous_branch(repo: Repo, number: int = 1) -> str | None:
    """The name of the branch that HEAD was on before, `number` changes back; None when none."""
    seen = 0
    for record in repo.operations():
        if record.head.branch != record.head_before.branch:
            seen += 1
            if seen == number:
                return record.head_before.branch
    return None


def is_revision(repo: Repo, text: str) -> bool:
    """Whether a word names a revision (or `REF:PATH`, `A..B`, `A...B`) and not a path."""
    try:
        for word in _ends(text):
            resolve_path(repo, word)
    except RevisionError:
        return False
    return True


def sort_words(
    repo: Repo, words: Sequence[str], is_path: Callable[[str], bool]
) -> tuple[list[str], list[str]]:
    """Revisions and paths out of words that no `--` separates: revisions come first.

    Raises:
        RevisionError: a word is neither, or is both.
    """
    revisions: list[str] = []
    for number, word in enumerate(words):
        if not is_revision(repo, word):
            paths = list(words[number:])
            for path in paths:
                if not is_path(path):
                    raise _neither(repo, path)
            return revisions, paths
        if is_path(word):
            raise RevisionError(
                f"`{word}` is both a revision and a path.",
                hint=f"Write `{word} --` for the revision, or `-- {word}` for the path.",
            )
        revisions.append(word)
    return revisions, []


def _ends(text: str) -> list[str]:
    """The revisions that a word is made of; "" where HEAD is meant."""
    return re.split(r"\.\.\.?", text.removeprefix("^"), maxsplit=1)


def not_a_range(text: str) -> RevisionError:
    """The error for `A...B` where commits are listed; `diff` alone knows what it means."""
    return RevisionError(
        f"`{text}` is not a range of commits.", hint="`A..B` is what B has and A has not."
    )


def find_ref(repo: Repo, name: str) -> str | None:
    """The full name of the ref that a short name means, or None.

    Raises:
        RevisionError: a branch and a tag have that name and differ.
    """
    full = [place + name for place in _PLACES]
    found = [ref for ref in full if ref.startswith("refs/") and repo.refs.get(ref) is not None]
    if len(found) > 1 and len({repo.refs.get(ref) for ref in found}) > 1:
        raise RevisionError(
            f"`{name}` is ambiguous: it names {' and '.join(f'`{ref}`' for ref in found)}.",
            hint=f"Write `{found[0].removeprefix('refs/')}`, for example.",
        )
    return found[0] if found else None


def _split(revision: str) -> tuple[str, list[tuple[str, str]]]:
    """The name in front and the steps behind it: [("~", "2"), ("@", "1")]."""
    found = re.search(r"[~^]|@\{", revision)
    base, rest = (revision, "") if found is None else (revision[: found.start()], "")
    if found is not None:
        rest = revision[found.start() :]
    steps = []
    while rest:
        step = _STEPS.match(rest)
        if step is None:
            raise RevisionError(f"`{revision}` is not a revision: {rest!r} has no meaning.")
        sign = step[0][:2] if step[0].startswith("^{") else step[0][0]
        steps.append((sign, step[step.lastindex or 1] or ""))
        rest = rest[step.end() :]
    return base, steps


def _base(repo: Repo, name: str, revision: str) -> Oid:
    if name in ("HEAD", "@"):
        commit = repo.head().commit
        if commit is None:
            raise RevisionError(
                f"`{revision}` names nothing yet: there is no commit.",
                hint="`tdv commit` makes the first one.",
            )
        return commit
    ref = find_ref(repo, name)
    if ref is not None:
        value = repo.refs.get(ref)
        if value is not None:
            return value
    if name == "stash" and (kept := stashes(repo)):
        return kept[0][1]
    if _HEX.fullmatch(name):
        return _abbreviated(repo, name.lower(), revision)
    raise _unknown(repo, name, revision)


def _abbreviated(repo: Repo, prefix: str, revision: str) -> Oid:
    found = repo.store.find(prefix)
    if len(prefix) == 2 * OID_BYTES or len(found) <= 1:
        if not found:
            raise _unknown(repo, prefix, revision)
        return found[0][0]
    named = [oid for oid, kind in found if kind in (Kind.COMMIT, Kind.TAG)]
    if len(named) == 1:
        return named[0]
    listed = ", ".join(oid.hex()[:16] for oid in (named or [oid for oid, _ in found])[:_SHOWN])
    raise RevisionError(
        f"`{prefix}` is ambiguous: {len(named or found)} objects start so.",
        hint=f"Write more digits: {listed}.",
    )


def _step(repo: Repo, oid: Oid, sign: str, value: str, revision: str) -> Oid:
    if sign == "^{":
        return peel(repo, oid, revision)
    if sign == "@":
        raise RevisionError(f"`{revision}` is not a revision: `@{{…}}` stands behind a name only.")
    oid = peel(repo, oid, revision)
    number = int(value) if value else 1
    if sign == "^":
        return oid if number == 0 else _parent(repo, oid, number, revision)
    for _ in range(number):
        oid = _parent(repo, oid, 1, revision)
    return oid


def _parent(repo: Repo, oid: Oid, number: int, revision: str) -> Oid:
    parents = repo.commit(oid).parents
    if number > len(parents):
        which = "no parent" if not parents else f"only {len(parents)} of them"
        raise RevisionError(
            f"`{revision}` names nothing: it asks for parent {number} of commit {oid.short}, "
            f"which has {which}."
        )
    return parents[number - 1]


def _earlier(repo: Repo, name: str, number: str, revision: str) -> Oid:
    """The value that a ref had `number` changes ago, out of the operation log."""
    if not re.fullmatch(r"-?\d{1,9}", number):
        raise RevisionError(
            f"`{revision}` is not a revision: `@{{{number}}}` has to hold a number.",
            hint="`main@{1}` is what `main` was before its last change.",
        )
    if number.startswith("-"):
        return _before_switch(repo, name, -int(number), revision)
    if name == "stash" and (kept := stashes(repo)):
        if int(number) < len(kept):
            return kept[int(number)][1]
        raise RevisionError(f"`{revision}` names nothing: there are only {len(kept)} stashes.")
    last: Oid | None = None
    for passed, value in enumerate(_values(repo, name)):
        last = value
        if passed == int(number):
            break
    else:
        raise RevisionError(f"`{revision}` names nothing: the operation log does not go so far.")
    if last is None:
        raise RevisionError(f"`{revision}` names nothing: there was no such ref or commit then.")
    return last


def _before_switch(repo: Repo, name: str, number: int, revision: str) -> Oid:
    if name:
        raise RevisionError(f"`{revision}` is not a revision: write `@{{-{number}}}` alone.")
    branch = previous_branch(repo, number)
    value = None if branch is None else repo.refs.branch(branch)
    if value is None:
        raise RevisionError(f"`{revision}` names nothing: HEAD was on no other branch before.")
    return value


def _values(repo: Repo, name: str) -> Iterator[Oid | None]:
    """The values of a ref or of HEAD, newest first, as they changed."""
    head = repo.head()
    if name in ("HEAD", "@") or (not name and head.branch is None):
        yield head.commit
        for record in repo.operations():
            if record.head.commit != record.head_before.commit:
                yield record.head_before.commit
        return
    ref = layout.HEADS + str(head.branch) if not name else find_ref(repo, name)
    ref = ref or layout.HEADS + name
    yield repo.refs.get(ref)
    for record in repo.operations():
        change = record.value(ref)
        if change is not None:
            yield change.old


def _kind(repo: Repo, oid: Oid) -> Kind | None:
    try:
        return repo.store.info(oid).kind
    except IntegrityError:
        return None


def _no_commit(oid: Oid, kind: Kind | None, revision: str) -> RepositoryError:
    if kind is not None:
        return RevisionError(f"`{revision}` is a {kind.name.lower()}, not a commit.")
    return ObjectMissing(
        f"`{revision}` leads to the object {oid}, which is missing or damaged.",
        hint="Run `tdv fsck` to see what else is, and which commits need it.",
    )


def _neither(repo: Repo, word: str) -> RevisionError:
    if re.search(r"[~^:@]|\.\.", word):
        try:
            for part in _ends(word):
                resolve_path(repo, part)
        except RevisionError as error:
            return error
    hint = _unknown(repo, word, word).hint
    return RevisionError(f"`{word}` is neither a revision nor a path here.", hint=hint)


def _unknown(repo: Repo, name: str, revision: str) -> RevisionError:
    import difflib  # only a mistake pays for it

    names = [ref.split("/", 2)[2] for ref in repo.refs.names()]
    near = difflib.get_close_matches(name, names, n=3)
    hint = f"Did you mean {' or '.join(f'`{each}`' for each in near)}?" if near else None
    within = "" if name == revision else f" in `{revision}`"
    return RevisionError(
        f"There is no branch, tag or commit `{name}`{within}.",
        hint=hint or "`tdv branch`, `tdv tag -l` and `tdv log` list what there is.",
    )
