"""What values are like: types as histograms, fields of objects, items of lists.

A `Shape` is a fold: shapes of parts merge to the shape of the whole, whatever the split and the
order; one that was merged into another must not be added to any more. Its memory is bounded: a
table of texts, fields or places is given up once all values together have too many of them, which
does not depend on who saw which.

| kept | up to | beyond |
|---|---|---|
| different texts | 64, of at most 64 characters | none are kept |
| fields of a row | 1000 (of an inner object 200) | one shape for the values of all fields |
| places of lists that have all the same length | 8 | one shape for all items |
| levels | 12 | the type alone |
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tdv.quality.schemas.schema import Validator
from tdv.quality.subject import JSON_TYPES

MOST_TEXTS, LONGEST_TEXT = 64, 64
MOST_FIELDS, MOST_INNER_FIELDS = 1000, 200
MOST_PLACES = 8
MOST_LEVELS = 12
_NONE = 1 << 62

# What texts may all be, the first that fits is proposed. `iso-date-time` is tdv's own.
FORMATS = ("date-time", "iso-date-time", "date", "uuid", "email", "uri")
_FORMATS = {name: Validator({"format": name}) for name in FORMATS}


@dataclass(slots=True)
class Seen:
    """How often something was seen, and the first row in which it was."""

    times: int
    row: int


class Shape:
    """What the values at one place of rows are like.

    Attributes:
        count: how many there are.
        first: (row, place in its object) of the first one, by which fields are put in order.
        types: JSON's name of a type -> how often, and where first.
        texts: text -> how often; None where there are too many, or long ones.
        formats: those that every text has; None before the first text.
        fields: of objects, by name; None where there are too many.
        others: one shape for the values of all fields, where there are too many.
        places: one shape for each place of lists of one length; None where that does not hold.
        items: one shape for the items of all lists; None where there are none.
        lengths: of the shortest and the longest list; None without lists.
    """

    __slots__ = (
        "count", "fields", "first", "formats", "items", "lengths", "others", "places", "texts",
        "types",
    )  # fmt: skip

    def __init__(self) -> None:
        self.count = 0
        self.first = (_NONE, 0)
        self.types: dict[str, Seen] = {}
        self.texts: dict[str, int] | None = {}
        self.formats: frozenset[str] | None = None
        self.fields: dict[str, Shape] | None = {}
        self.others: Shape | None = None
        self.places: list[Shape] | None = []
        self.items: Shape | None = None
        self.lengths: tuple[int, int] | None = None

    @classmethod
    def of(cls, value: Any, row: int = 0) -> Shape:
        """The shape of one value of a row."""
        shape = cls()
        shape.add(value, row)
        return shape

    def add(self, value: Any, row: int, place: int = 0, level: int = 0) -> None:
        """One more value.

        Args:
            row: its number in the whole data.
            place: of the field in its object.
            level: how deep it lies.
        """
        kind = JSON_TYPES.get(type(value)) or _kind_of(value)
        if row <= self.first[0] and (row, place) < self.first:
            self.first = (row, place)
        self.count += 1
        seen = self.types.get(kind)
        if seen is None:
            self.types[kind] = Seen(1, row)
        else:
            seen.times += 1
            if row < seen.row:
                seen.row = row
        if kind == "string":
            self._add_text(value)
        elif kind == "object" and level < MOST_LEVELS:
            self._add_object(value, row, level)
        elif kind == "array" and level < MOST_LEVELS:
            self._add_list(value, row, level)

    def merged(self, other: Shape, level: int = 0) -> Shape:
        """The shape of the values of both; neither is changed."""
        both = Shape()
        both.count = self.count + other.count
        both.first = min(self.first, other.first)
        for types in (self.types, other.types):
            for kind, seen in types.items():
                known = both.types.get(kind, Seen(0, seen.row))
                both.types[kind] = Seen(known.times + seen.times, min(known.row, seen.row))
        both.texts = _merged_texts(self.texts, other.texts)
        both.formats = self.formats if other.formats is None else other.formats
        if self.formats is not None and other.formats is not None:
            both.formats = self.formats & other.formats
        _merge_fields(both, self, other, level)
        _merge_lists(both, self, other, level)
        return both

    def _add_text(self, value: Any) -> None:
        if self.formats is None:
            self.formats = frozenset(FORMATS)
        if self.formats:
            self.formats = formats_of(value, self.formats)
        texts = self.texts
        if texts is None:
            return
        if type(value) is str and (value in texts or len(value) <= LONGEST_TEXT):
            texts[value] = texts.get(value, 0) + 1
            if len(texts) <= MOST_TEXTS:
                return
        self.texts = None

    def _add_object(self, value: Mapping[str, Any], row: int, level: int) -> None:
        fields = self.fields
        if fields is not None:
            for place, (name, each) in enumerate(value.items()):
                shape = fields.get(name)
                if shape is None:
                    shape = fields[name] = Shape()
                shape.add(each, row, place, level + 1)
            if len(fields) > (MOST_INNER_FIELDS if level else MOST_FIELDS):
                self._give_up_fields(level)
            return
        if self.others is None:
            self.others = Shape()
        for each in value.values():
            self.others.add(each, row, 0, level + 1)

    def _give_up_fields(self, level: int) -> None:
        """One shape instead of one for each field."""
        others = self.others or Shape()
        for shape in (self.fields or {}).values():
            others = others.merged(_unplaced(shape), level + 1)
        self.fields, self.others = None, others

    def _add_list(self, value: Sequence[Any], row: int, level: int) -> None:
        size = len(value)
        shortest, longest = self.lengths or (size, size)
        if self.lengths is None or not shortest <= size <= longest:
            self.lengths = min(shortest, size), max(longest, size)
        if self.places is not None:
            if self.lengths == (size, size) and size <= MOST_PLACES:
                self.places = self.places or [Shape() for _ in value]
                for shape, each in zip(self.places, value, strict=True):
                    shape.add(each, row, 0, level + 1)
                return
            self._give_up_places(level)
        for each in value:
            if self.items is None:
                self.items = Shape()
            self.items.add(each, row, 0, level + 1)

    def _give_up_places(self, level: int) -> None:
        """One shape for the items instead of one for each place."""
        for shape in self.places or ():
            self.items = shape if self.items is None else self.items.merged(shape, level + 1)
        self.places = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Shape) and all(
            getattr(self, name) == getattr(other, name) for name in self.__slots__
        )

    __hash__ = None  # type: ignore[assignment]  # it changes


def formats_of(text: Any, among: frozenset[str]) -> frozenset[str]:
    """Those of some formats that a text has."""
    found = {name for name in among if name != "iso-date-time" and _is_format(name, text)}
    # Every `date-time` is one of these too, and asking costs a microsecond.
    if "iso-date-time" in among and ("date-time" in found or _is_format("iso-date-time", text)):
        found.add("iso-date-time")
    return among if len(found) == len(among) else frozenset(found)


def _is_format(name: str, text: Any) -> bool:
    """Whether a text is of a format, more strictly than the format demands where that says nothing.

    `note:x` is a URI, and so is every word with a colon; here one needs `://`.
    """
    if type(text) is not str:
        return False
    if name in ("date-time", "iso-date-time", "date"):
        fits = len(text) >= 10 and text[4] == "-" and text[:4].isdigit()
    elif name == "uri":
        fits = "://" in text
    elif name == "email":
        fits = "@" in text
    else:
        fits = len(text) == 36
    return fits and _FORMATS[name].is_valid(text)


def _kind_of(value: Any) -> str:
    """The type of a rarer value; bytes are text, as validation takes them."""
    if isinstance(value, float | Decimal):
        return "number"
    return "array" if isinstance(value, tuple) else "string"


def _unplaced(shape: Shape) -> Shape:
    """The shape without the place of its field, which means nothing among those of others."""
    copy = Shape().merged(shape)
    copy.first = (shape.first[0], 0)
    return copy


def _merged_texts(
    one: dict[str, int] | None, other: dict[str, int] | None
) -> dict[str, int] | None:
    if one is None or other is None:
        return None
    both = dict(one)
    for text, count in other.items():
        both[text] = both.get(text, 0) + count
    return both if len(both) <= MOST_TEXTS else None


def _merge_fields(both: Shape, one: Shape, other: Shape, level: int) -> None:
    fields: dict[str, Shape] = {}
    for each in (one, other):
        for name, shape in (each.fields or {}).items():
            known = fields.get(name)
            fields[name] = shape if known is None else known.merged(shape, level + 1)
        if each.others is not None:
            known = both.others
            both.others = each.others if known is None else known.merged(each.others, level + 1)
    both.fields = fields
    too_many = len(fields) > (MOST_INNER_FIELDS if level else MOST_FIELDS)
    if one.fields is None or other.fields is None or too_many:
        both._give_up_fields(level)


def _merge_lists(both: Shape, one: Shape, other: Shape, level: int) -> None:
    lengths = [each.lengths for each in (one, other) if each.lengths is not None]
    if not lengths:
        return
    both.lengths = min(low for low, _ in lengths), max(high for _, high in lengths)
    both.items = one.items if other.items is None else other.items
    if one.items is not None and other.items is not None:
        both.items = one.items.merged(other.items, level + 1)
    if one.places is None or other.places is None or both.lengths[0] != both.lengths[1]:
        for each in (one, other):
            both.places = each.places
            both._give_up_places(level)
    elif one.places and other.places:
        pairs = zip(one.places, other.places, strict=True)
        both.places = [left.merged(right, level + 1) for left, right in pairs]
    else:
        both.places = one.places or other.places
