"""`resolve --with FILE`: conflicts decided by content that the user gives."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import msgspec

from tdv.errors import RecordError, UsageError
from tdv.formats.contents import Contents
from tdv.formats.ingest import ingest
from tdv.formats.lines import decode_json, line_bodies
from tdv.formats.registry import TABLES
from tdv.formats.rows import BadRecord, Row
from tdv.model.entry import FileEntry, Mode
from tdv.model.work import Merging
from tdv.ops.encoderows import encode_rows
from tdv.ops.merging.conflictedits import entry_at, key_of_file
from tdv.ops.resolve import Decisions
from tdv.rowdiff.bonds import key_of
from tdv.rowdiff.sides import as_text
from tdv.store.writer import ObjectWriter

if TYPE_CHECKING:
    from tdv.ops.conflicts import FileConflict
    from tdv.repo.repository import Repo
    from tdv.rowmerge.conflict import Conflict

_JSON = ("json", "jsonl")
_OTHER_SUFFIXES = (".csv", ".tsv", ".parquet", ".arrow", ".feather", ".txt")


class Given:
    """Content for conflicts: rows, each of which decides one, or a file as a whole.

    Args:
        name: of the file that it comes from: its suffix tells tables and text from JSON.
    """

    def __init__(
        self, repo: Repo, writer: ObjectWriter, merging: Merging, name: str, data: bytes
    ) -> None:
        self._repo, self._writer, self._merging = repo, writer, merging
        self._name, self._data = name, data
        self._rows: list[tuple[Row, bytes | None]] | None = None
        self._used: set[int] = set()
        # For the fields of a key, and its values as text: places in the rows.
        self._places: dict[tuple[str, ...], dict[tuple[str, ...], list[int]]] = {}

    def decisions(self) -> Decisions:
        """How it decides."""
        return Decisions(self._row, self._file)

    def _file(self, path: bytes, conflict: FileConflict) -> FileEntry:
        repo, merging = self._repo, self._merging
        mine = entry_at(repo.store, merging.before, conflict.ours)
        other = mine or entry_at(repo.store, merging.other, conflict.theirs)
        mode = Mode.FILE if other is None or other.mode is Mode.SYMLINK else other.mode
        source = io.BytesIO(self._data)
        return ingest(source, path, mode, self._writer, repo.store, other, repo.cut)

    def _row(self, path: bytes, conflict: Conflict, contents: Contents) -> tuple[bytes, ...]:
        rows = self._parsed()
        key = key_of_file(self._repo.store, self._merging, path) if conflict.key else ()
        texts = tuple(map(as_text, conflict.key))
        alone = [0] if len(rows) == 1 else []
        found = self._by_key(key).get(texts, []) if key else alone
        if len(found) != 1 or found[0] in self._used:
            shown = ", ".join(texts) or conflict.id
            count = "no row" if not found else "several rows" if len(found) > 1 else "one row"
            wanted = f"with the key `{shown}`" if key else "for each conflict"
            raise UsageError(
                f"{self._name} has {count} {wanted}; nothing was changed.",
                hint="It has to hold one row for each conflict that is chosen, told by its key.",
            )
        self._used.add(found[0])
        row, body = rows[found[0]]
        return (self._written(row, body, contents),)

    def _by_key(self, key: tuple[str, ...]) -> dict[tuple[str, ...], list[int]]:
        """The places of rows by the values of their key, as text."""
        places = self._places.get(key)
        if places is None:
            places = self._places[key] = {}
            for at, (row, _) in enumerate(self._parsed()):
                values = key_of(row, key)
                if values is not None:
                    places.setdefault(tuple(map(as_text, values)), []).append(at)
        return places

    def _written(self, row: Row, body: bytes | None, contents: Contents) -> bytes:
        """The row as a record of the file."""
        name = contents.format.name
        if name in _JSON:
            if body is not None:
                return body
            return encode_rows(b"row.jsonl", [row]).read().rstrip(b"\n")
        if name in ("csv", "tsv"):
            return self._csv_record(row, contents)
        if name in TABLES.values():
            return msgspec.msgpack.encode(row)
        if name == "text" and isinstance(text := row.get("text"), str) and "\n" not in text:
            return text.encode("utf-8", "surrogateescape")
        raise UsageError(f"{self._name} has no row that a {name} file can hold.")

    def _csv_record(self, row: Row, contents: Contents) -> bytes:
        from tdv.formats.csvrow import delimiter_of, header_names
        from tdv.rowmerge.rewrite import csv_field, csv_record

        delimiter = delimiter_of(contents.layout)
        names = header_names(contents.layout.prefix, delimiter)
        unknown = next((name for name in row if name not in names), None)
        if unknown is not None:
            raise UsageError(
                f"{self._name} has a field {unknown!r} that the header of the file lacks."
            )
        fields = [csv_field(as_text(row.get(name)), delimiter) for name in names]
        return csv_record(fields, delimiter)

    def _parsed(self) -> list[tuple[Row, bytes | None]]:
        """The rows, with their bytes where these are JSON."""
        if self._rows is None:
            self._rows = self._parse()
        return self._rows

    def _parse(self) -> list[tuple[Row, bytes | None]]:
        if self._name.lower().endswith(_OTHER_SUFFIXES):
            return self._decoded(self._name)
        data = self._data.strip()
        if data.startswith(b"["):
            return self._decoded("rows.json")
        try:
            one = msgspec.json.format(data, indent=-1)
            return [(decode_json(one), data if b"\n" not in data else one)]
        except (msgspec.DecodeError, UnicodeDecodeError):
            bodies = line_bodies(data)
        try:
            return [(decode_json(body), body) for body in bodies]
        except RecordError as error:
            raise UsageError(f"{self._name} holds no rows: {error.message}.") from error

    def _decoded(self, name: str) -> list[tuple[Row, bytes | None]]:
        """The rows of a table, of lines of text, or of a JSON array."""
        store, source = self._repo.store, io.BytesIO(self._data)
        entry = ingest(source, name.encode(), Mode.FILE, self._writer, store, None, self._repo.cut)
        rows = list(Contents(entry, self._writer).rows())
        bad = next((row for row in rows if isinstance(row, BadRecord)), None)
        if bad is not None:
            raise UsageError(f"{self._name}, row {bad.number}: {bad.reason}.")
        return [(row, None) for row in rows if not isinstance(row, BadRecord)]
