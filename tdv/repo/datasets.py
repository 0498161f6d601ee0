"""`tdv.toml` at the root of the working copy: what is known of each dataset.

    [dataset.intents]
    paths = ["intents/*.jsonl"]
    key = "id"

Tables and keys that this tdv does not know belong to a later one, and are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tdv.errors import ConfigError
from tdv.formats.contents import Contents
from tdv.model.oid import Oid
from tdv.repo import layout
from tdv.repo.config import parse_toml
from tdv.repo.wildmatch import translate
from tdv.store import trees
from tdv.store.access import ObjectReader

# A description of a thousand datasets has 200 kB.
MAX_SIZE = 16 << 20


@dataclass(frozen=True, slots=True)
class Dataset:
    """One `[dataset.NAME]`.

    Attributes:
        paths: shell patterns over paths from the root; `*` stops at `/`, `**` does not.
        key: the fields that tell rows apart, or () where none do.
    """

    name: str
    paths: tuple[str, ...]
    key: tuple[str, ...]
    matcher: re.Pattern[bytes]


class Datasets:
    """The datasets that one `tdv.toml` describes."""

    def __init__(self, datasets: tuple[Dataset, ...] = ()) -> None:
        self.datasets = datasets

    @classmethod
    def parse(cls, text: str, shown: str = layout.DATASETS) -> Datasets:
        """The datasets that a text describes.

        Args:
            shown: how messages name the file: "tdv.toml", "HEAD:tdv.toml".

        Raises:
            ConfigError: it is no TOML, or a dataset is not described as it should be; the
                message names the line.
        """
        tables = parse_toml(text, shown).get("dataset", {})
        if not isinstance(tables, Mapping):
            raise ConfigError(f"{shown}: `dataset` has to be a table, as in `[dataset.NAME]`.")
        return cls(tuple(_dataset(name, table, text, shown) for name, table in tables.items()))

    @classmethod
    def of_working_copy(cls, root: Path) -> Datasets:
        """The datasets that the working copy's `tdv.toml` describes; none when it has none."""
        path = root / layout.DATASETS
        try:
            data = path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return cls()
        except OSError as error:
            raise ConfigError(f"{path} cannot be read: {error.strerror}.") from error
        return cls.parse(_decoded(data, layout.DATASETS))

    @classmethod
    def of_tree(cls, reader: ObjectReader, tree: Oid, shown: str = layout.DATASETS) -> Datasets:
        """The datasets that a tree's `tdv.toml` describes; none when it has none."""
        entry = trees.file_at(reader, tree, layout.DATASETS.encode())
        if entry is None:
            return cls()
        if entry.size > MAX_SIZE:
            raise ConfigError(f"{shown} has {entry.size} bytes, more than any description needs.")
        return cls.parse(_decoded(b"".join(Contents(entry, reader).blocks()), shown), shown)

    def of(self, path: bytes) -> Dataset | None:
        """The first dataset that a path belongs to, or None."""
        return next((each for each in self.datasets if each.matcher.match(path)), None)

    def key_for(self, path: bytes) -> tuple[str, ...] | None:
        """The key of the rows in a file, or None where nothing says what it is."""
        matching = (each.key for each in self.datasets if each.key and each.matcher.match(path))
        return next(matching, None)


def _dataset(name: str, table: Any, text: str, shown: str) -> Dataset:
    if not isinstance(table, Mapping):
        where = _line_of(text, "dataset", name)
        raise ConfigError(f"{shown}{where}: `dataset.{name}` has to be a table.")
    paths = _texts(table.get("paths"), name, "paths", text, shown)
    if not paths:
        where = _line_of(text, name, "paths")
        raise ConfigError(
            f"{shown}{where}: the dataset `{name}` does not say which files belong to it.",
            hint='Add `paths = ["folder/*.jsonl"]`.',
        )
    sources = [translate(_relative(path)) for path in paths]
    for path, source in zip(paths, sources, strict=True):
        if source is None:
            where = _line_of(text, name, "paths")
            raise ConfigError(f"{shown}{where}: {path!r} is not a pattern that matches anything.")
    matcher = re.compile(b"|".join(b"(?:%s)" % source for source in sources if source), re.DOTALL)
    return Dataset(name, paths, _texts(table.get("key"), name, "key", text, shown), matcher)


def _texts(value: Any, name: str, key: str, text: str, shown: str) -> tuple[str, ...]:
    """A text or a list of texts, none of them empty; () for None."""
    if value is None:
        return ()
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not all(isinstance(each, str) and each for each in values):
        where = _line_of(text, name, key)
        raise ConfigError(
            f"{shown}{where}: `{key}` of the dataset `{name}` has to be text or a list of texts."
        )
    return tuple(values)


def _line_of(text: str, name: str, key: str) -> str:
    """`, line 3` for a key below `[dataset.NAME]`, or for the table's own line."""
    header = re.compile(rf"\s*\[.*\b{re.escape(name)}\b.*\]")
    at = 0
    for number, line in enumerate(text.split("\n"), 1):
        if header.match(line):
            at = number
        elif at and line.lstrip().startswith("["):
            break
        elif (at or not name) and re.match(rf"\s*[\"']?{re.escape(key)}\b", line):
            at = number
            break
    return f", line {at}" if at else ""


def _relative(path: str) -> bytes:
    return path.removeprefix("./").strip("/").encode("utf-8", "surrogateescape")


def _decoded(data: bytes, shown: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ConfigError(f"{shown}, line {line}, is not valid UTF-8.") from error
