"""Which fields the rows of a file have, of which types, and how that changed."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import xxhash

from tdv.formats.rows import BadRecord, Row
from tdv.rowdiff.fields import child_path
from tdv.rowdiff.sides import canonical

# Below this many levels, an object or array is a value of its own.
MAX_DEPTH = 8
# With more paths than this (names that are data), no new ones are told apart.
MAX_PATHS = 10_000
# Values of the first rows, by which a renamed field is recognised, and the share that must agree.
SAMPLE_ROWS = 200
MOST = 0.8

_TYPES = {
    type(None): "null",
    bool: "boolean",
    int: "integer",
    float: "number",
    str: "string",
    list: "array",
    dict: "object",
}


class Rows(Protocol):
    """What a schema is gathered from: `tdv.formats.contents.Contents`."""

    def rows(self, start: int = 0, stop: int | None = None) -> Iterator[Row | BadRecord]: ...


@dataclass(frozen=True)
class Schema:
    """The fields of all rows of a file.

    Attributes:
        rows: how many rows there are.
        undecodable: records that are none.
        fields: path -> type -> in how many places; `messages[].role` stands for the field `role`
            of each element of `messages`.
        samples: path -> fingerprints of its values in the first rows.
    """

    rows: int = 0
    undecodable: int = 0
    fields: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    samples: Mapping[str, frozenset[int]] = field(default_factory=dict)


@dataclass(frozen=True)
class SchemaDiff:
    """How the fields of a file changed; what lies below an appeared or vanished one is implied.

    Attributes:
        appeared, vanished: paths.
        renamed: (before, after), with the same values in most of the first rows.
        retyped: (path, types before, types after) where a type is new or none is left.
    """

    appeared: tuple[str, ...] = ()
    vanished: tuple[str, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
    retyped: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = ()

    @property
    def breaking(self) -> bool:
        """Whether whoever reads the old fields may fail: one is gone, or has another type.

        A value that may now be null does not count.
        """
        return bool(self.vanished or self.renamed) or any(
            set(after) - {"null"} - set(before) or not set(before) & set(after)
            for _, before, after in self.retyped
        )

    def __bool__(self) -> bool:
        """Whether anything changed."""
        return bool(self.appeared or self.vanished or self.renamed or self.retyped)


def schema_of(contents: Rows) -> Schema:
    """The schema of a file; decodes every row."""
    gathered = _Gathered()
    rows = undecodable = 0
    for row in contents.rows():
        if isinstance(row, BadRecord):
            undecodable += 1
            continue
        gathered.add_object("", row, 0)
        if rows < SAMPLE_ROWS:
            gathered.sample("", row, 0)
        rows += 1
    return Schema(rows, undecodable, gathered.fields(), gathered.samples())


def compare_schemas(old: Schema, new: Schema) -> SchemaDiff:
    """What changed from one schema to another."""
    vanished = [path for path in old.fields if path not in new.fields]
    appeared = [path for path in new.fields if path not in old.fields]
    renamed = _renamed(old, new, _topmost(vanished), _topmost(appeared))
    gone, come = {pair[0] for pair in renamed}, {pair[1] for pair in renamed}
    retyped = []
    for path, types in new.fields.items():
        if path in old.fields and _is_retyped(set(old.fields[path]), set(types)):
            retyped.append((path, tuple(sorted(old.fields[path])), tuple(sorted(types))))
    return SchemaDiff(
        tuple(path for path in _topmost(appeared) if path not in come),
        tuple(path for path in _topmost(vanished) if path not in gone),
        tuple(renamed),
        tuple(retyped),
    )


class _Gathered:
    """Counts objects by place, names and types of values: one count a row, not one a field."""

    def __init__(self) -> None:
        self._shapes: Counter[tuple[str, tuple[str, ...], tuple[type, ...]]] = Counter()
        self._elements: dict[str, Counter[type]] = defaultdict(Counter)
        self._paths: dict[tuple[str, str], str] = {}
        self._samples: dict[str, set[int]] = defaultdict(set)

    def add_object(self, path: str, value: Mapping[str, Any], depth: int) -> None:
        """Count an object and everything in it."""
        types = tuple(map(type, value.values()))
        self._shapes[path, tuple(value), types] += 1
        if depth < MAX_DEPTH and (dict in types or list in types):
            for name, inner in value.items():
                if type(inner) is dict:
                    self.add_object(self._child(path, name), inner, depth + 1)
                elif type(inner) is list:
                    self._add_list(self._child(path, name), inner, depth + 1)

    def _add_list(self, path: str, values: list[Any], depth: int) -> None:
        below = f"{path}[]"
        self._elements[below].update(map(type, values))
        if depth >= MAX_DEPTH:
            return
        for inner in values:
            if type(inner) is dict:
                self.add_object(below, inner, depth + 1)
            elif type(inner) is list:
                self._add_list(below, inner, depth + 1)

    def sample(self, path: str, value: Mapping[str, Any], depth: int) -> None:
        """Remember the values of an object's fields."""
        for name, inner in value.items():
            below = self._child(path, name)
            self._samples[below].add(xxhash.xxh3_64_intdigest(canonical(inner)))
            if type(inner) is dict and depth < MAX_DEPTH:
                self.sample(below, inner, depth + 1)

    def fields(self) -> dict[str, dict[str, int]]:
        """Types by path, in the order in which the fields were met."""
        found: dict[str, Counter[str]] = {}
        for (path, names, types), count in self._shapes.items():
            for name, kind in zip(names, types, strict=True):
                below = self._child(path, name)
                found.setdefault(below, Counter())[_type_name(kind)] += count
        for path, kinds in self._elements.items():
            for kind, count in kinds.items():
                found.setdefault(path, Counter())[_type_name(kind)] += count
        return {path: dict(types) for path, types in found.items()}

    def samples(self) -> dict[str, frozenset[int]]:
        """Fingerprints of values by path."""
        return {path: frozenset(values) for path, values in self._samples.items()}

    def _child(self, path: str, name: str) -> str:
        known = self._paths.get((path, name))
        if known is None:
            known = child_path(path, name)
            if len(self._paths) >= MAX_PATHS:
                return f"{path}.*" if path else "*"
            self._paths[path, name] = known
        return known


def _type_name(kind: type) -> str:
    return _TYPES.get(kind, kind.__name__)


def _is_retyped(old: set[str], new: set[str]) -> bool:
    """Whether a type is new (an integer is also a number), or none of the old ones is left."""
    fresh = new - old
    if "number" in old:
        fresh.discard("integer")
    return bool(fresh) or not old & new


def _topmost(paths: list[str]) -> list[str]:
    """Paths that lie below no other one of them."""
    chosen = set(paths)
    return [path for path in paths if not any(above in chosen for above in _above(path))]


def _above(path: str) -> Iterator[str]:
    for at, character in enumerate(path):
        if at and character in ".[":
            yield path[:at]


def _renamed(
    old: Schema, new: Schema, vanished: list[str], appeared: list[str]
) -> list[tuple[str, str]]:
    """Fields of one object, one gone and one new, whose values agree in the first rows."""
    found: list[tuple[str, str]] = []
    free = list(appeared)
    for path in vanished:
        shares = {
            other: _overlap(old.samples.get(path), new.samples.get(other))
            for other in free
            if _parent(other) == _parent(path)
        }
        other = max(shares, key=lambda each: shares[each], default="")
        if other and shares[other] >= MOST:
            found.append((path, other))
            free.remove(other)
    return found


def _overlap(old: frozenset[int] | None, new: frozenset[int] | None) -> float:
    if not old or not new:
        return 0.0
    return len(old & new) / max(len(old), len(new))


def _parent(path: str) -> str:
    return max(_above(path), key=len, default="")
