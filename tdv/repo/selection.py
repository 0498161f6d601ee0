"""The paths that a command was given: files, folders and patterns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Set
from typing import TYPE_CHECKING

from tdv.errors import PathError

if TYPE_CHECKING:
    import re


class Selection:
    """Selects files by the paths that a command was given; all of them when it was given none.

    Args:
        paths: inside the repository. A folder selects all below it, b"" everything. A path with
            `*`, `?` or `[` in it is a pattern too, whose `*` matches slashes as well, and
            selects what is below a folder that it matches.
    """

    def __init__(self, paths: Iterable[bytes] = ()) -> None:
        self.paths = tuple(dict.fromkeys(paths))
        self.everything = not self.paths or b"" in self.paths
        self._exact = frozenset(self.paths)
        self._named: dict[bytes, set[bytes]] = {}
        for path in self.paths:
            while path:
                folder, _, name = path.rpartition(b"/")
                self._named.setdefault(folder, set()).add(name)
                path = folder
        self._patterns = {path: _pattern(path) for path in self.paths if _literal(path) != path}
        self._literal_starts = tuple(_literal(path) for path in self._patterns)

    def holds(self, path: bytes) -> bool:
        """Whether the path itself is selected, and with it all below it."""
        if self.everything or path in self._exact:
            return True
        if any(pattern.match(path) for pattern in self._patterns.values()):
            return True
        while path:
            path = path.rpartition(b"/")[0]
            if path and path in self._exact:
                return True
        return False

    def enters(self, folder: bytes) -> bool:
        """Whether anything in or below that folder may be selected."""
        if self.everything or not folder or folder in self._named or self.holds(folder):
            return True
        inside = folder + b"/"
        return any(
            start.startswith(inside) or inside.startswith(start) for start in self._literal_starts
        )

    def named(self, folder: bytes) -> Set[bytes] | None:
        """The only names in a folder that are of interest; None when all of them may be."""
        if self._patterns or self.holds(folder):
            return None
        return self._named.get(folder, frozenset())

    def require(
        self,
        exists: Callable[[bytes], bool],
        files: Callable[[], Iterable[bytes]],
        where: str,
        hint: str = "`tdv status` and `tdv ls` list what there is.",
    ) -> None:
        """Refuse a path that selects nothing.

        Args:
            exists: whether there is a file or a folder at a path.
            files: every file that patterns may match; called only when there are patterns.
            where: for the message: "the stage".
            hint: what to do next.

        Raises:
            PathError: one of the given paths selects nothing.
        """
        absent = [path for path in self.paths if path and not exists(path)]
        patterns = [path for path in absent if path in self._patterns]
        if patterns:
            names = list(files())
            absent = [
                path
                for path in absent
                if path not in patterns or not any(map(self._patterns[path].match, names))
            ]
        for path in absent:
            raise PathError(
                f"`{path.decode('utf-8', 'backslashreplace')}` matches no file of {where}.",
                hint=hint,
            )


def is_in(path: bytes, folder: bytes) -> bool:
    """Whether a path is that one or below it; everything is in b""."""
    return not folder or path == folder or path.startswith(folder + b"/")


def _literal(path: bytes) -> bytes:
    """The path up to the first character that makes it a pattern."""
    return path[: min(path.find(b"%c" % mark) % (len(path) + 1) for mark in b"*?[")]


def _pattern(path: bytes) -> re.Pattern[bytes]:
    import re

    from tdv.repo.wildmatch import (
        translate_across,  # patterns are rare, and status is to start fast
    )

    source = translate_across(path)
    # One that is no valid pattern (an open bracket) is only a name.
    return re.compile(source if source is not None else rb"(?!)", re.DOTALL)
