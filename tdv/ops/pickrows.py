"""The rows that `cherry-pick --key` and `restore --key` take, told by their keys."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tdv.errors import UsageError
from tdv.model.oid import Oid
from tdv.ops.treemerge import Rules, Wanted
from tdv.rowdiff.keys import KeyQuery
from tdv.rowdiff.sides import as_text

if TYPE_CHECKING:
    from tdv.ops.threefiles import Trees
    from tdv.repo.repository import Repo

SHOWN = 5


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
    _keyless: set[bytes] = field(default_factory=set)

    @property
    def shown(self) -> str:
        """The keys, for a message."""
        return ", ".join(f"`{key}`" for key in self.keys)

    def rules(self, repo: Repo, sides: Trees, rules: Rules) -> Rules:
        """The rules under which only these rows are merged."""
        return dataclasses.replace(rules, wanted=Wanted(self._has_path, self.row))

    def check(self, oid: Oid) -> None:
        """Refuse keys that the change has no row for.

        Raises:
            UsageError: there is such a key.
        """
        missing = [key for key in self.keys if key not in self._seen]
        if not missing:
            return
        named = ", ".join(f"`{key}`" for key in missing)
        self.refuse_keyless()
        raise UsageError(
            f"Commit {oid.short} changed no row with the key {named}"
            f"{' in these files' if self.paths else ''}.",
            hint=f"`tdv show {oid.short}` lists the rows that it changed.",
        )

    def refuse_keyless(self) -> None:
        """Refuse files for which nothing says what the key is, when no row was found.

        Raises:
            UsageError: there is such a file.
        """
        if self._keyless and not self._seen:
            path = min(self._keyless).decode("utf-8", "backslashreplace")
            raise UsageError(
                f"Nothing says which field of {path} tells its rows apart.",
                hint='Give it with `--on FIELD`, or write `key = "FIELD"` for the file into '
                "tdv.toml.",
            )

    def _has_path(self, path: bytes) -> bool:
        return not self.paths or any(
            not under or path == under or path.startswith(under + b"/") for under in self.paths
        )

    def row(self, path: bytes, fields: Sequence[str]) -> Callable[[tuple[Any, ...] | None], bool]:
        if not fields:
            self._keyless.add(path)
            return lambda key: False
        wanted = {KeyQuery.parse(text, fields).texts: text for text in self.keys}

        def is_wanted(key: tuple[Any, ...] | None) -> bool:
            text = None if key is None else wanted.get(tuple(map(as_text, key)))
            if text is not None:
                self._seen.add(text)
            return text is not None

        return is_wanted
