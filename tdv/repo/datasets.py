"""`tdv.toml` at the root of the working copy: what is known of each dataset.

    [dataset.intents]
    paths = ["intents/*.jsonl"]
    key = "id"

Here only paths and keys are looked at, since `tdv status` and `tdv diff` need no more: tables and
keys that this tdv does not know may belong to a later one, and are left alone. What judges the data
asks for all of it, checked (`Datasets.described`, `Datasets.description`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tdv.errors import ConfigError
from tdv.formats.contents import Contents
from tdv.model.oid import Oid
from tdv.repo import layout
from tdv.repo.config import parse_toml
from tdv.repo.wildmatch import from_root, translate
from tdv.store import trees
from tdv.store.access import ObjectReader

if TYPE_CHECKING:
    from tdv.quality.configuring.description import Description
    from tdv.repo.described import Described, Reading

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
    """The datasets that one `tdv.toml` describes.

    Attributes:
        text: the whole of it.
        shown: how messages name it.
    """

    def __init__(
        self,
        datasets: tuple[Dataset, ...] = (),
        text: str = "",
        tables: Mapping[str, Any] | None = None,
        shown: str = layout.DATASETS,
    ) -> None:
        self.datasets = datasets
        self.text = text
        self.shown = shown
        self._tables = tables or {}

    @classmethod
    def parse(cls, text: str, shown: str = layout.DATASETS) -> Datasets:
        """The datasets that a text describes.

        Args:
            shown: how messages name the file: "tdv.toml", "HEAD:tdv.toml".

        Raises:
            ConfigError: it is no TOML, or a dataset is not described as it should be; the
                message names the line.
        """
        tables = parse_toml(text, shown)
        named = tables.get("dataset", {})
        if not isinstance(named, Mapping):
            raise ConfigError(f"{shown}: `dataset` has to be a table, as in `[dataset.NAME]`.")
        datasets = tuple(_dataset(name, table, text, shown) for name, table in named.items())
        return cls(datasets, text, tables, shown)

    @classmethod
    def of_file(cls, path: Path, shown: str) -> Datasets:
        """The datasets that some file describes; ConfigError when it cannot be read."""
        try:
            data = path.read_bytes()
        except OSError as error:
            raise ConfigError(f"{shown} cannot be read: {error.strerror}.") from error
        return cls.parse(_decoded(data, shown), shown)

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

    @staticmethod
    def text_of(data: bytes, shown: str = layout.DATASETS) -> str:
        """The text that a file's bytes are; ConfigError, naming the line, when they are none."""
        return _decoded(data, shown)

    def of(self, path: bytes) -> Dataset | None:
        """The first dataset that a path belongs to, or None."""
        return next((each for each in self.datasets if each.matcher.match(path)), None)

    @cached_property
    def described(self) -> Mapping[str, Described]:
        """All that is said of each dataset, by name.

        Raises:
            ConfigError: a key is unknown or has a wrong value; the message has line and column.
        """
        return self._reading.datasets()

    @cached_property
    def description(self) -> Description:
        """All that is said of rules, gate and accepted findings.

        Raises:
            ConfigError: as `described`.
        """
        return self._reading.description()

    @cached_property
    def _reading(self) -> Reading:
        from tdv.repo.described import Reading  # only what judges the data needs it

        return Reading(self.text, self._tables, self.shown)

    def key_for(self, path: bytes) -> tuple[str, ...] | None:
        """The key of the rows in a file, or None where nothing says what it is."""
        matching = (each.key for each in self.datasets if each.key and each.matcher.match(path))
        return next(matching, None)


def _dataset(name: str, table: Any, text: str, shown: str) -> Dataset:
    if not isinstance(table, Mapping):
        raise ConfigError(f"{_where(text, shown, name)}`dataset.{name}` has to be a table.")
    paths = _texts(table.get("paths"), name, "paths", text, shown)
    if not paths:
        raise ConfigError(
            f"{_where(text, shown, name, 'paths')}the dataset `{name}` does not say which files "
            "belong to it.",
            hint='Add `paths = ["folder/*.jsonl"]`.',
        )
    sources = [translate(from_root(path)) for path in paths]
    for path, source in zip(paths, sources, strict=True):
        if source is None:
            where = _where(text, shown, name, "paths")
            raise ConfigError(f"{where}{path!r} is not a pattern that matches anything.")
    matcher = re.compile(b"|".join(b"(?:%s)" % source for source in sources if source), re.DOTALL)
    return Dataset(name, paths, _texts(table.get("key"), name, "key", text, shown), matcher)


def _texts(value: Any, name: str, key: str, text: str, shown: str) -> tuple[str, ...]:
    """A text or a list of texts, none of them empty; () for None."""
    if value is None:
        return ()
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not all(isinstance(each, str) and each for each in values):
        raise ConfigError(
            f"{_where(text, shown, name, key)}`{key}` of the dataset `{name}` has to be text or a "
            "list of texts."
        )
    return tuple(values)


def _where(text: str, shown: str, *keys: str) -> str:
    from tdv.repo.tomlplaces import where  # only a mistake pays for it

    return where(text, shown, ("dataset", *keys))


def _decoded(data: bytes, shown: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ConfigError(f"{shown}, line {line}, is not valid UTF-8.") from error
