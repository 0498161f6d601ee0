"""`.tdvignore`: which untracked files are left alone.

The rules are those of gitignore(5), byte for byte: a file in each folder, the last matching
line of the nearest folder decides, `!` takes back, a folder that is ignored is not entered.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import re

IGNORE_FILE = b".tdvignore"
# Never part of a data set, and never shown; forms such as `.TDV` are refused when a tree is made.
ALWAYS = frozenset((b".tdv", b".git"))
# A list of patterns larger than this is a mistake, and costs more to compile than to fix.
MAX_BYTES = 4 << 20


@dataclass(frozen=True)
class Rule:
    """One line of a `.tdvignore`.

    Attributes:
        source: path of the file that holds it, inside the repository.
        line: its number, from 1.
        pattern: the line as written.
        negated: it takes files back in.
        folders_only: it ends with a slash.
        by_name: it has no other slash, and so is held against the last part of a path only.
        regex: of the whole name, or of the path below the folder of the file.
    """

    source: bytes
    line: int
    pattern: bytes
    negated: bool
    folders_only: bool
    by_name: bool
    regex: re.Pattern[bytes]


class RuleFile:
    """The rules of one `.tdvignore`, and one expression that tells quickly that none matches."""

    def __init__(self, folder: bytes, content: bytes) -> None:
        from tdv.repo.wildmatch import joined  # 2 ms, for those who have a `.tdvignore`

        self.folder = folder
        self._skip = len(folder) + 1 if folder else 0
        source = folder + b"/" + IGNORE_FILE if folder else IGNORE_FILE
        self.rules = tuple(_rules(source, content))
        self._name = joined(rule.regex.pattern for rule in self.rules if rule.by_name)
        self._path = joined(rule.regex.pattern for rule in self.rules if not rule.by_name)

    def decide(self, path: bytes, name: bytes, is_folder: bool) -> Rule | None:
        """The last rule here that matches, or None."""
        below = path[self._skip :]
        by_name = self._name is not None and self._name.match(name)
        if not by_name and not (self._path is not None and self._path.match(below)):
            return None
        for rule in reversed(self.rules):
            if rule.folders_only and not is_folder:
                continue
            if rule.regex.match(name if rule.by_name else below):
                return rule
        return None


class Ignore:
    """Decides for the folders of one working copy; reads each `.tdvignore` once.

    Args:
        root: the working copy, as bytes.
    """

    def __init__(self, root: bytes) -> None:
        self._root = root
        self._files: dict[bytes, tuple[RuleFile, ...]] = {}

    def rules_for(self, folder: bytes, present: bool | None = None) -> tuple[RuleFile, ...]:
        """The rule files that hold for the items of a folder, nearest first.

        Args:
            folder: path inside the repository; empty for the root.
            present: whether the folder is known to hold a `.tdvignore`; None to look.
        """
        known = self._files.get(folder)
        if known is None:
            own = None if present is False else self._read(folder)
            above = self.rules_for(folder.rpartition(b"/")[0]) if folder else ()
            known = self._files[folder] = above if own is None else (own, *above)
        return known

    def decide(self, folder: bytes, name: bytes, is_folder: bool) -> Rule | None:
        """The rule that decides for one item of a folder that is not itself ignored."""
        files = self.rules_for(folder)
        if not files:
            return None
        path = folder + b"/" + name if folder else name
        for file in files:
            rule = file.decide(path, name, is_folder)
            if rule is not None:
                return rule
        return None

    def ignores(self, folder: bytes, name: bytes, is_folder: bool) -> bool:
        """Whether an item of a folder that is not itself ignored is to be left alone."""
        if name in ALWAYS:
            return True
        rule = self.decide(folder, name, is_folder)
        return rule is not None and not rule.negated

    def check(self, path: bytes, is_folder: bool) -> Rule | None:
        """The rule that decides for a path, its folders considered first; for `check-ignore`."""
        parts = path.split(b"/")
        rule: Rule | None = None
        for depth, name in enumerate(parts):
            folder = b"/".join(parts[:depth])
            rule = self.decide(folder, name, is_folder or depth + 1 < len(parts))
            if rule is not None and not rule.negated:
                return rule
        return rule

    def ignores_path(self, path: bytes, is_folder: bool) -> bool:
        """Whether a path, or a folder above it, is to be left alone."""
        if not ALWAYS.isdisjoint(path.split(b"/")):
            return True
        rule = self.check(path, is_folder)
        return rule is not None and not rule.negated

    def _read(self, folder: bytes) -> RuleFile | None:
        path = os.path.join(self._root, folder, IGNORE_FILE)
        try:
            # A link could point anywhere; git does not follow one here either.
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            return None
        with open(descriptor, "rb") as file:
            try:
                content = file.read(MAX_BYTES)
            except OSError:
                return None
        rules = RuleFile(folder, content)
        return rules if rules.rules else None


def _rules(source: bytes, content: bytes) -> list[Rule]:
    import re

    from tdv.repo.wildmatch import translate

    rules = []
    for number, line in enumerate(content.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        written = line.removesuffix(b"\r")
        pattern = _without_trailing_spaces(written)
        if not pattern or pattern.startswith(b"#"):
            continue
        negated = pattern.startswith(b"!")
        pattern = pattern[negated:]
        folders_only = pattern.endswith(b"/")
        pattern = pattern[: len(pattern) - folders_only]
        by_name = b"/" not in pattern
        expression = translate(pattern.removeprefix(b"/")) if pattern else None
        if expression is not None:
            regex = re.compile(expression, re.DOTALL)
            rules.append(Rule(source, number, written, negated, folders_only, by_name, regex))
    return rules


def _without_trailing_spaces(line: bytes) -> bytes:
    stripped = line.rstrip(b" ")
    backslashes = len(stripped) - len(stripped.rstrip(b"\\"))
    # An odd number of backslashes quotes the first of the spaces behind them.
    return line[: len(stripped) + 1] if backslashes % 2 and stripped != line else stripped
