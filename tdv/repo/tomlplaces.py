"""Where in a TOML text a key stands; the standard library's parser does not say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple, TypeAlias

from tdv.repo.config import parse_toml

Keys: TypeAlias = "tuple[str | int, ...]"
"""The way to a value: names of tables and keys, and numbers of items from 0."""


class TextPlace(NamedTuple):
    """Line and column (in characters) of a text, both from 1."""

    line: int
    column: int


_SPACE = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_STRING = re.compile(
    r'"""(?:\\.|[^\\])*?"""(?:"{0,2})' r"|'''.*?'''(?:'{0,2})" r'|"(?:\\.|[^"\\])*"' r"|'[^']*'",
    re.DOTALL,
)
_DATE = r"\d{4}-\d\d-\d\d(?:[Tt ]\d\d:\d\d[\d:.]*(?:[Zz]|[+-]\d\d:\d\d)?)?"
_SCALAR = re.compile(rf"{_DATE}|[^\s,\]}}#]+")


def places(text: str) -> Mapping[Keys, TextPlace]:
    """The place of every table, key and item.

    Args:
        text: valid TOML; of any other text, what stands before the fault.
    """
    found: dict[Keys, int] = {}
    for keys, at in _Scan(text).run():
        found.setdefault(keys, at)
    starts = [0, *(each.end() for each in re.finditer("\n", text))]
    placed, line = {}, 0
    for keys, at in sorted(found.items(), key=lambda item: item[1]):
        while line + 1 < len(starts) and starts[line + 1] <= at:
            line += 1
        placed[keys] = TextPlace(line + 1, at - starts[line] + 1)
    return placed


def headers(text: str) -> list[tuple[Keys, int]]:
    """Each `[table]` and `[[table]]` of valid TOML in order, with where in the text it starts."""
    scan = _Scan(text)
    for _ in scan.run():
        pass
    return scan.headers


def where(text: str, shown: str, keys: Keys, known: Mapping[Keys, TextPlace] | None = None) -> str:
    """The beginning of a message about a key: "tdv.toml, line 12, column 1: ".

    Args:
        shown: how messages name the text.
        keys: the way to it; where it is not there, what is nearest above it.
        known: the places of that text, where somebody has them.
    """
    known = places(text) if known is None else known
    for depth in range(len(keys), 0, -1):
        if keys[:depth] in known:
            return (
                f"{shown}, line {known[keys[:depth]].line}, column {known[keys[:depth]].column}: "
            )
    return f"{shown}: "


class _Scan:
    """Goes through a text once; each method starts at `at` and leaves it behind what it read."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.counts: dict[Keys, int] = {}
        self.headers: list[tuple[Keys, int]] = []

    def run(self) -> Iterator[tuple[Keys, int]]:
        table: Keys = ()
        while self.space() and self.at < len(self.text):
            start = self.at
            if self.take("["):
                array = self.take("[")
                self.space()
                table = self.header([name for name, _ in self.key()], array)
                self.space()
                if not (self.take("]") and (not array or self.take("]"))):
                    return
                self.headers.append((table, start))
                for depth in range(1, len(table) + 1):
                    yield table[:depth], start
            else:
                yield from self.pair(table)
            if self.at == start:
                return

    def header(self, names: list[str], array: bool) -> Keys:
        """The way to a table; below an array of tables it goes through the last of them."""
        keys: Keys = ()
        for depth, name in enumerate(names, 1):
            keys = (*keys, name)
            if array and depth == len(names):
                self.counts[keys] = self.counts.get(keys, -1) + 1
            if keys in self.counts:
                keys = (*keys, self.counts[keys])
        return keys

    def pair(self, table: Keys) -> Iterator[tuple[Keys, int]]:
        keys = table
        for name, at in self.key():
            keys = (*keys, name)
            yield keys, at
        self.space()
        if self.take("="):
            self.space()
            yield from self.value(keys)

    def value(self, keys: Keys) -> Iterator[tuple[Keys, int]]:
        if self.take("["):
            number = 0
            while self.space() and not self.take("]") and self.at < len(self.text):
                start = self.at
                yield (*keys, number), start
                yield from self.value((*keys, number))
                number += 1
                self.separator()
                if self.at == start:
                    return
        elif self.take("{"):
            while self.space() and not self.take("}") and self.at < len(self.text):
                start = self.at
                yield from self.pair(keys)
                self.separator()
                if self.at == start:
                    return
        else:
            found = _STRING.match(self.text, self.at) or _SCALAR.match(self.text, self.at)
            self.at = found.end() if found else self.at

    def key(self) -> list[tuple[str, int]]:
        """The names of a dotted key, each with where it starts."""
        names: list[tuple[str, int]] = []
        while True:
            self.space()
            found = _BARE.match(self.text, self.at) or _STRING.match(self.text, self.at)
            if found is None:
                return names
            names.append((_named(found[0]), self.at))
            self.at = found.end()
            self.space()
            if not self.take("."):
                return names

    def space(self) -> bool:
        found = _SPACE.match(self.text, self.at)
        self.at = found.end() if found else self.at
        return True

    def separator(self) -> None:
        self.space()
        self.take(",")

    def take(self, sign: str) -> bool:
        taken = self.text.startswith(sign, self.at)
        self.at += taken
        return taken


def _named(spelled: str) -> str:
    """The name that a key spells, with or without quotes."""
    if spelled[0] == "'" or (spelled[0] == '"' and "\\" not in spelled):
        return spelled[1:-1]
    if spelled[0] == '"':
        return str(parse_toml(f"name = {spelled}", "a key")["name"])
    return spelled
