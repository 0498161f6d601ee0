"""The rows that `cherry-pick --key` and `restore --key` take, told by their keys."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from tdv.errors import UsageError
from tdv.formats.contents import Contents
from tdv.model.oid import Oid
from tdv.ops.keyerrors import SHOWN, no_key, not_unique
from tdv.ops.merging.treemerge import Rules, Wanted
from tdv.repo.selection import is_in
from tdv.rowdiff.keys import KeyQuery, find_rows
from tdv.rowdiff.sides import as_text
from tdv.store import trees

if TYPE_CHECKING:
    from tdv.ops.merging.threefiles import Trees
    from tdv.repo.repository import Repo


@dataclass
class RowChoice:
    """Rows with some keys, in some files or in all.

    Attributes:
        keys: as typed.
        paths: files and folders; () for all.
    """

    keys: tuple[str, ...]
    paths: tuple[bytes, ...] = ()
    _seen: set[str] = field(default_factory=set)
    # By path and key, of those that came up more than once: one row that moved, or several.
    _often: dict[tuple[bytes, str], KeyQuery] = field(default_factory=dict)
    _once: set[tuple[bytes, str]] = field(default_factory=set)
    _keyless: set[bytes] = field(default_factory=set)

    @property
    def shown(self) -> str:
        """The keys, for a message."""
        return ", ".join(f"`{key}`" for key in self.keys)

    def rules(self, rules: Rules) -> Rules:
        """The rules under which only these rows are merged."""
        return dataclasses.replace(rules, wanted=Wanted(self._has_path, self.row))

    def check(self, repo: Repo, oid: Oid, sides: Trees) -> None:
        """Refuse keys that the change has no row for, or several.

        Raises:
            UsageError: there is such a key.
        """
        for (path, _), query in self._often.items():
            for tree, side in ((sides.theirs, "after it"), (sides.base, "before it")):
                entry = trees.file_at(repo.store, tree, path)
                if entry is not None:
                    found = find_rows(Contents(entry, repo.store), query)
                    numbers = [place.number for place in islice(found, SHOWN + 1)]
                    if len(numbers) > 1:
                        shown = path.decode("utf-8", "backslashreplace")
                        raise not_unique(query, f"{shown}, {side}", numbers)
        missing = [key for key in self.keys if key not in self._seen]
        if not missing:
            return
        named = ", ".join(f"`{key}`" for key in missing)
        self.refuse_keyless()
        whole = any(
            None in (old, new)
            for path, old, new in trees.compare(repo.store, sides.base, sides.theirs)
            if self._has_path(path)
        )
        raise UsageError(
            f"Commit {oid.short} changed no row with the key {named}"
            f"{' in these files' if self.paths else ''}.",
            hint=f"`tdv show {oid.short}` lists the rows that it changed"
            + ("; files that it added or removed as a whole are left out." if whole else "."),
        )

    def refuse_keyless(self) -> None:
        """Refuse files for which nothing says what the key is, when no row was found.

        Raises:
            UsageError: there is such a file.
        """
        if self._keyless and not self._seen:
            raise no_key(min(self._keyless))

    def _has_path(self, path: bytes) -> bool:
        return not self.paths or any(is_in(path, folder) for folder in self.paths)

    def row(self, path: bytes, fields: Sequence[str]) -> Callable[[tuple[Any, ...] | None], bool]:
        """Whether a row of a file, told by the values of its key, is one of them."""
        if not fields:
            self._keyless.add(path)
            return lambda key: False
        queries = {text: KeyQuery.parse(text, fields) for text in self.keys}
        wanted = {query.texts: text for text, query in queries.items()}

        def is_wanted(key: tuple[Any, ...] | None) -> bool:
            text = None if key is None else wanted.get(tuple(map(as_text, key)))
            if text is None:
                return False
            if (path, text) in self._once:
                self._often[path, text] = queries[text]
            self._once.add((path, text))
            self._seen.add(text)
            return True

        return is_wanted
