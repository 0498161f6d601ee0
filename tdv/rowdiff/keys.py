"""One row of a file, told apart by its key: what people type, and where it stands."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from tdv.errors import RecordError, UsageError
from tdv.formats.contents import Contents
from tdv.formats.rows import Row
from tdv.rowdiff.bonds import key_of
from tdv.rowdiff.sides import as_text

# What stands in a record exactly as in the value, however a writer escapes and spaces it.
_PLAIN = re.compile(rb"[0-9A-Za-z_\-]+")


class Place(NamedTuple):
    """A row in one version of a file.

    Attributes:
        number: of the record, from 0.
        row: what it decodes to.
    """

    number: int
    row: Row


@dataclass(frozen=True)
class KeyQuery:
    """The key that rows are looked up by.

    Attributes:
        fields: of the key.
        texts: the value of each, as CSV would write it; so `7` finds the number and the text.
    """

    fields: tuple[str, ...]
    texts: tuple[str, ...]

    @classmethod
    def parse(cls, text: str, fields: Sequence[str]) -> KeyQuery:
        """What a person typed: a value; for several fields a JSON list, or values and commas.

        Raises:
            UsageError: there are more or fewer values than fields.
        """
        if len(fields) == 1:
            return cls(tuple(fields), (text,))
        values = _values(text)
        if len(values) != len(fields):
            named = ", ".join(f"`{field}`" for field in fields)
            raise UsageError(
                f"A key has {len(fields)} values here, of {named}; {text!r} has {len(values)}.",
                hint="Part them by commas, or give a JSON list: '[\"en\", 7]'.",
            )
        return cls(tuple(fields), tuple(values))

    def matches(self, row: Row) -> bool:
        """Whether the row has this key."""
        values = key_of(row, self.fields)
        return values is not None and tuple(map(as_text, values)) == self.texts

    def may_match(self, body: bytes) -> bool:
        """Whether a record can have this key; no decoding is needed to know that most cannot.

        An escape may hide any letter, so records with one are taken.
        """
        return all(needle in body for needle in self._needles) or b"\\u" in body

    @cached_property
    def _needles(self) -> tuple[bytes, ...]:
        longest = (
            max(_PLAIN.findall(text.encode("utf-8", "surrogatepass")), key=len, default=b"")
            for text in self.texts
        )
        return tuple(needle for needle in longest if needle)

    def __str__(self) -> str:
        return ", ".join(self.texts)


def find_rows(
    contents: Contents, query: KeyQuery, start: int = 0, stop: int | None = None
) -> Iterator[Place]:
    """The rows with that key among the records `start` to `stop`, in order."""
    # Typed rows and numbers are not spelled alike: 1.0 is the text 1.0, and 1e0 in the file.
    sure = contents.format.sliced and not any(_is_number(text) for text in query.texts)
    may_match, decode, layout = query.may_match, contents.format.decode, contents.layout
    for number, body in enumerate(contents.bodies(start, stop), start):
        if sure and not may_match(body):
            continue
        try:
            row = decode(layout, body)
        except RecordError:
            continue
        if query.matches(row):
            yield Place(number, row)


def _is_number(text: str) -> bool:
    """Whether a float may spell it in another way; whole numbers have one spelling."""
    try:
        float(text)
    except ValueError:
        return False
    return not re.fullmatch(r"-?(0|[1-9][0-9]{0,14})", text)


def _values(text: str) -> list[str]:
    if text.startswith("["):
        try:
            values = json.loads(text)
        except ValueError as error:
            raise UsageError(f"The key {text!r} is no JSON list: {error}.") from error
        return [as_text(value) for value in values]
    return text.split(",")
