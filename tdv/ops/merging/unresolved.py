"""The conflicts of a merge in progress, as programs see them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tdv.errors import RepositoryError
from tdv.model.work import Merging
from tdv.ops.conflicts import conflicted_files, conflicts
from tdv.ops.merging.threefiles import Trees
from tdv.ops.resolve import Chosen, decisions, resolve
from tdv.rowdiff.fields import MISSING

if TYPE_CHECKING:
    from tdv.repo.repository import Repo
    from tdv.rowmerge.conflict import Conflict
    from tdv.rowmerge.values import Choice


@dataclass(frozen=True)
class Unresolved:
    """What a merge could not decide: a row, or a file as a whole.

    Attributes:
        path: of the file.
        reason: "changed on both sides", "removed here, changed there" …
        key: the values of the row's key; () for a file, and for a row of a file without a key.
        id: of a row's conflict, unique in its file; empty for a file.
        fields: field -> its values by side ("base", "ours", "theirs"), without the sides that
            lack it. Empty when the row, or the file, is in conflict as a whole.
    """

    path: str
    reason: str
    key: tuple[Any, ...] = ()
    id: str = ""
    fields: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def unresolved(repo: Repo) -> Iterator[Unresolved]:
    """The conflicts that are left, in order of paths and places.

    Raises:
        RepositoryError: nothing is in progress.
    """
    for file in conflicts(repo).files:
        path = file.path.decode("utf-8", "surrogateescape")
        if file.whole is not None:
            yield Unresolved(path, file.whole.reason)
        for row in file.rows():
            yield Unresolved(path, row.reason, row.key, row.id, _fields(row))


def decide(repo: Repo, choice: Choice, chosen: Sequence[Unresolved]) -> int:
    """Decide conflicts, all when none are chosen; how many are left.

    Raises:
        RepositoryError: one is resolved already, or nothing is in progress.
        WorkInTheWay: a file has changes that are not staged.
    """

    def choose(merging: Merging) -> list[Chosen]:
        files = {file.path: file for file in conflicted_files(repo.store, merging.conflicts)}
        if not chosen:
            return [Chosen(file) for file in files.values()]
        ids: dict[bytes, set[str]] = {}
        left: dict[bytes, set[str]] = {}
        for each in chosen:
            path = each.path.encode("utf-8", "surrogateescape")
            if path in files and path not in left:
                left[path] = {row.id for row in files[path].rows()}
            if path not in left or (each.id and each.id not in left[path]):
                raise RepositoryError(f"The conflict in {each.path} is resolved already.")
            ids.setdefault(path, set()).add(each.id)
        return [Chosen(files[path], frozenset(found)) for path, found in ids.items()]

    done = resolve(
        repo,
        choose,
        lambda writer, merging: decisions(
            repo.store, Trees(merging.base, merging.before, merging.other), choice
        ),
    )
    return done.left


def _fields(conflict: Conflict) -> dict[str, dict[str, Any]]:
    found = {}
    for each in conflict.fields:
        values = {"base": each.base, "ours": each.ours, "theirs": each.theirs}
        found[each.name] = {side: value for side, value in values.items() if value is not MISSING}
    return found
