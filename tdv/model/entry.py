"""What a tree says of a file or of a folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, TypeAlias

from tdv.errors import ObjectCorrupt
from tdv.model.codec import MAX_LEVEL
from tdv.model.oid import OID_BYTES, Oid

Param: TypeAlias = "str | int | bool | bytes | None"


class Mode(IntEnum):
    """The kind of a tree's item; the number is stored."""

    FOLDER = 0
    FILE = 1
    EXECUTABLE = 2
    SYMLINK = 3


_FILE_MODES = {int(mode): mode for mode in Mode if mode is not Mode.FOLDER}


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A file as a tree holds it: everything needed to give its very bytes back.

    The file is `prefix + sequence + suffix`. The sequence is the bytes of the chunks below
    `root`, in order.

    Attributes:
        mode: FILE, EXECUTABLE or SYMLINK (whose bytes are the target).
        format: name of the format in `tdv.formats`, "jsonl" for example.
        params: the format's parameters, in order of their names: a CSV delimiter, or
            `lines_from`, the number of the first record that is a plain line because the file
            stops following its format there.
        size: bytes of the whole file.
        records: how many records the sequence holds, or None where only decoding tells.
        prefix: bytes before the first record (a CSV header, `[`), or the oid of a chunk with
            them where they are longer than 1 KiB.
        suffix: bytes after the last record, likewise.
        root: oid of the sequence, or None when it is empty.
        height: 0 when `root` is a chunk, else the level of the root node plus one.
        extra: optional fields of a later tdv, kept as they are.
    """

    mode: Mode
    format: str
    size: int
    records: int | None
    root: Oid | None
    height: int = 0
    prefix: bytes | Oid = b""
    suffix: bytes | Oid = b""
    params: tuple[tuple[str, Param], ...] = ()
    extra: tuple[Any, ...] = ()

    def param(self, name: str, default: Param = None) -> Param:
        """The format's parameter of that name, or `default`."""
        return next((value for key, value in self.params if key == name), default)

    def to_wire(self) -> list[Any]:
        """The items that stand for this entry inside a tree's payload."""
        return [
            int(self.mode),
            self.format,
            self.size,
            self.records,
            self.root,
            self.height,
            _affix_to_wire(self.prefix),
            _affix_to_wire(self.suffix),
            [list(pair) for pair in self.params],
            *self.extra,
        ]

    @classmethod
    def from_wire(cls, items: list[Any]) -> FileEntry:
        """The entry that `to_wire` wrote; ObjectCorrupt when it cannot be one."""
        try:
            mode, format_, size, records, root, height, prefix, suffix, params, *extra = items
            if type(format_) is not str or size < 0 or (records or 0) < 0:
                raise ValueError("a name or a count of it cannot be")
            if not 0 <= height <= MAX_LEVEL + 1:
                raise ValueError("a name or a count of it cannot be")
            # A tree of 100,000 files makes as many of these: no generator where none is needed.
            return cls(
                _FILE_MODES[mode],
                format_,
                size,
                records,
                None if root is None else oid_field(root),
                height,
                prefix if type(prefix) is bytes else _affix_from_wire(prefix),
                suffix if type(suffix) is bytes else _affix_from_wire(suffix),
                tuple((key, value) for key, value in params) if params else (),
                tuple(extra) if extra else (),
            )
        except (ValueError, TypeError, KeyError) as error:
            raise ObjectCorrupt(f"A file entry cannot be decoded: {error}.") from error

    def references(self) -> list[Oid]:
        """The oids that this entry names: the root, and a prefix or suffix kept apart."""
        named = (self.root, self.prefix, self.suffix)
        return [oid for oid in named if isinstance(oid, Oid)]

    def same_content(self, other: FileEntry) -> bool:
        """Whether both are the same bytes in the same format; the mode may differ."""
        return self.content_key() == other.content_key()

    def content_key(self) -> tuple[Any, ...]:
        """A hashable value that two entries share when they hold the same bytes alike."""
        return (self.format, self.params, self.size, self.prefix, self.suffix, self.root)


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder as its parent tree holds it, with totals over everything below.

    Attributes:
        oid: the folder's tree.
        files: files below it, at any depth.
        size: their bytes.
        records: their records, as far as they are known.
    """

    oid: Oid
    files: int
    size: int
    records: int
    extra: tuple[Any, ...] = field(default=())

    def to_wire(self) -> list[Any]:
        """The items that stand for this folder inside a tree's payload."""
        return [int(Mode.FOLDER), self.oid, self.files, self.size, self.records, *self.extra]

    @classmethod
    def from_wire(cls, items: list[Any]) -> Folder:
        """The folder that `to_wire` wrote; ObjectCorrupt when it cannot be one."""
        try:
            _, oid, files, size, records, *extra = items
            if files < 0 or size < 0 or records < 0:
                raise ValueError("a count of it is negative")
            return cls(oid_field(oid), files, size, records, tuple(extra))
        except (ValueError, TypeError) as error:
            raise ObjectCorrupt(f"A folder entry cannot be decoded: {error}.") from error


Entry: TypeAlias = "FileEntry | Folder"


def entry_from_wire(items: Any) -> Entry:
    """A file entry or a folder, whichever the items are."""
    if not isinstance(items, list) or not items:
        raise ObjectCorrupt("A tree's item holds no entry.")
    return Folder.from_wire(items) if items[0] == Mode.FOLDER else FileEntry.from_wire(items)


def sorted_params(params: Mapping[str, Param]) -> tuple[tuple[str, Param], ...]:
    """Parameters in the one order in which they are stored."""
    return tuple(sorted(params.items()))


def oid_field(value: Any) -> Oid:
    """A stored oid; ValueError unless it is 32 bytes."""
    if not isinstance(value, bytes) or len(value) != OID_BYTES:
        raise ValueError("an oid has 32 bytes")
    return Oid(value)


def _affix_to_wire(affix: bytes | Oid) -> Any:
    return [bytes(affix)] if isinstance(affix, Oid) else affix


def _affix_from_wire(value: Any) -> bytes | Oid:
    if isinstance(value, list):
        (oid,) = value
        return oid_field(oid)
    if not isinstance(value, bytes):
        raise ValueError("a prefix or suffix is bytes")
    return value
