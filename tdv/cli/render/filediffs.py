"""How the files of a comparison look: `diff` and `show` in all their forms."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from tdv.cli.output import Output
from tdv.cli.render.rowchanges import change_json, change_lines, counts_json, counts_text, row_json
from tdv.cli.text import human_size, plural
from tdv.model.entry import Mode

if TYPE_CHECKING:
    from tdv.ops.diff import FileDiff
    from tdv.ops.version import Version
    from tdv.rowdiff.changes import RowChange, RowCounts
    from tdv.rowdiff.layouts import LayoutChange
    from tdv.rowdiff.schema import SchemaDiff

SCHEMA = "tdv.diff/1"
WORDS = {"A": "added", "D": "removed", "R": "renamed", "T": "type", "M": "modified"}
LETTER_STYLES = {"A": "green", "D": "red", "R": "cyan", "T": "yellow", "M": "yellow"}
# Rows shown of a file that is new or gone as a whole; `--json` gives all of them.
FIRST_ROWS = 10


def write_names(out: Output, files: Iterable[FileDiff], *, status: bool, nul: bool) -> int:
    """One path a line; with its letter under `status`. How many there were."""
    count = 0
    for file in files:
        count += 1
        if nul:
            paths = [file.path] if file.old_path is None else [file.old_path, file.path]
            letter = [file.letter.encode()] if status else []
            out.data(
                b"".join(part + b"\0" for part in [*letter, *(paths if status else paths[-1:])])
            )
        else:
            out.line(
                (f"{file.letter}\t" if status else "") + _path(out, file, "\t" if status else "")
            )
    return count


def write_stat(out: Output, files: Iterable[FileDiff]) -> int:
    """One line a file with its rows, and the totals. How many there were."""
    count = added = removed = changed = moved = 0
    has_rows = False
    for file in files:
        count += 1
        counts, layout = file.summary()
        letter = out.style(file.letter, LETTER_STYLES[file.letter])
        out.line(f"{letter}  {_path(out, file)}  {_what(out, file, counts, layout)}")
        if counts is not None:
            added, removed = added + counts.added, removed + counts.removed
            changed, moved = changed + counts.changed, moved + counts.moved
            has_rows = has_rows or not file.same_content
    if count:
        rows = f"; rows: {added:,} added, {removed:,} removed, {changed:,} changed"
        rows += f", {moved:,} moved" if moved else ""
        out.line(plural(count, "file") + (rows if has_rows else ""))
    return count


def write_rows(out: Output, files: Iterable[FileDiff]) -> int:
    """Every change of every file. How many files there were."""
    seen: list[bytes] = []
    for line in rows_lines(out, files, seen):
        out.line(line)
    return len(seen)


def rows_lines(
    out: Output, files: Iterable[FileDiff], seen: list[bytes] | None = None
) -> Iterator[str]:
    """The lines of every change of every file; `seen` takes the paths."""
    for number, file in enumerate(files):
        if seen is not None:
            seen.append(file.path)
        if number:
            yield ""
        yield from _file_lines(out, file)


def write_schema(out: Output, files: Iterable[FileDiff]) -> int:
    """The fields that appeared, vanished, were renamed or changed type. How many files differ."""
    count = 0
    for file in files:
        change = file.schema()
        if not change:
            continue
        count += 1
        out.line(out.style(_path(out, file), "bold"))
        for line in _schema_lines(out, change):
            out.line(f"  {line}")
    return count


def write_json(out: Output, files: Iterable[FileDiff], *, rows: bool, schema: bool) -> int:
    """JSON Lines: a record for each file, and under `rows` one for each change of a row."""
    count = 0
    for file in files:
        count += 1
        for record in _records(file, rows=rows, schema=schema):
            out.json_line({"schema": SCHEMA, **record})
    return count


def _records(file: FileDiff, *, rows: bool, schema: bool) -> Iterator[dict[str, Any]]:
    record: dict[str, Any] = {
        "type": "file",
        "path": file.path,
        "kind": WORDS[file.letter],
        "old_path": file.old_path,
        "key": list(file.key) or None,
        "old": _version_json(file.old),
        "new": _version_json(file.new),
    }
    if schema:
        change = file.schema()
        record["fields"] = None if change is None else _schema_json(change)
        yield record
    elif not rows:
        counts, layout = file.summary()
        record["rows"] = None if counts is None else counts_json(counts)
        if layout is not None:
            record["layout"] = _layout_json(layout)
        yield record
    else:
        yield record
        yield from _row_records(file)


def _row_records(file: FileDiff) -> Iterator[dict[str, Any]]:
    if not file.has_rows or file.same_content:
        return
    where = {"type": "row", "path": file.path}
    if file.old is None or file.new is None:
        yield from ({**where, **record} for record in _whole_file(file))
        return
    diff = file.rows()
    for change in diff:
        yield {**where, **change_json(change)}
    end: dict[str, Any] = {"type": "rows", "path": file.path, **counts_json(diff.counts)}
    if diff.layout is not None:
        end["layout"] = _layout_json(diff.layout)
    yield end


def _whole_file(file: FileDiff) -> Iterator[dict[str, Any]]:
    version, kind = (file.new, "added") if file.new is not None else (file.old, "removed")
    assert version is not None
    side, other = ("new", "old") if kind == "added" else ("old", "new")
    for number, row in enumerate(version.contents.rows()):
        places = {f"{other}_row": None, f"{side}_row": number}
        yield {"kind": kind, "key": None, **places, side: row_json(row)}


def _file_lines(out: Output, file: FileDiff) -> Iterator[str]:
    title = f"{file.letter} {_path(out, file)}"
    yield out.style(title, "bold")
    if file.mode_changed and file.old is not None and file.new is not None:
        yield f"  mode: {_mode(file.old.mode)} → {_mode(file.new.mode)}"
    if file.same_content:
        return
    if not file.has_rows:
        yield f"  {_what(out, file, None)}"
    elif file.old is None or file.new is None:
        yield from _first_rows(out, file)
    else:
        yield from _changed_rows(out, file)


def _changed_rows(out: Output, file: FileDiff) -> Iterator[str]:
    diff = file.rows()
    told = False
    for change in diff:
        if diff.layout is not None and not told:
            yield from _layout_lines(out, diff.layout)
        told = True
        yield from (f"  {line}" for line in change_lines(out, change))
    if diff.layout is not None and not told:
        yield from _layout_lines(out, diff.layout)
    yield f"  {counts_text(out, diff.counts)}"


def _first_rows(out: Output, file: FileDiff) -> Iterator[str]:
    from tdv.rowdiff.changes import RowChange

    kind, version = ("added", file.new) if file.new is not None else ("removed", file.old)
    assert version is not None
    total = len(version.contents)
    for number, row in enumerate(islice(version.contents.rows(0, FIRST_ROWS), FIRST_ROWS)):
        change: RowChange
        if kind == "added":
            change = RowChange("added", None, None, number, None, row)
        else:
            change = RowChange("removed", None, number, None, row, None)
        yield from (f"  {line}" for line in change_lines(out, change))
    if total > FIRST_ROWS:
        yield f"  … and {plural(total - FIRST_ROWS, 'more row', 'more rows')}"
    counts = file.counts()
    assert counts is not None
    yield f"  {counts_text(out, counts)}"


def _what(
    out: Output, file: FileDiff, counts: RowCounts | None, layout: LayoutChange | None = None
) -> str:
    """What happened to a file, in a few words: its rows, or for blobs sizes and media type."""
    if file.same_content:
        return "mode" if file.mode_changed else "same content"
    if counts is not None:
        return ", ".join([*_layout_words(layout), counts_text(out, counts)])
    sizes = [human_size(each.size) for each in (file.old, file.new) if each is not None]
    text = " → ".join(sizes)
    if file.old is None or file.new is None:
        text = f"{WORDS[file.letter]}, {text}"
    return f"{_media_type(file.path)}, {text}"


def _layout_words(change: LayoutChange | None) -> Iterator[str]:
    """What changed in the form of a file, in a few words each."""
    if change is None:
        return
    if change.old_format != change.new_format:
        yield f"{change.old_format} → {change.new_format}"
    yield from (f"{name} changed" for name, _, _ in change.params)
    for count, what in (
        (len(change.fields_added), "added"),
        (len(change.fields_removed), "removed"),
        (len(change.fields_renamed), "renamed"),
    ):
        if count:
            yield f"{plural(count, 'field')} {what}"
    if change.fields_reordered:
        yield "fields in another order"


def _media_type(path: bytes) -> str:
    import mimetypes  # 10 ms, for blobs only

    return mimetypes.guess_type(os.fsdecode(path))[0] or "application/octet-stream"


def _path(out: Output, file: FileDiff, between: str = "") -> str:
    if file.old_path is None:
        return out.path(file.path)
    return f"{out.path(file.old_path)}{between or ' → '}{out.path(file.path)}"


def _mode(mode: Mode) -> str:
    return {Mode.EXECUTABLE: "executable", Mode.SYMLINK: "link"}.get(mode, "file")


def _layout_lines(out: Output, change: LayoutChange) -> Iterator[str]:
    if change.old_format != change.new_format:
        yield f"  format: {change.old_format} → {change.new_format}"
    for name, before, after in change.params:
        yield f"  {name}: {out.safe(repr(before))} → {out.safe(repr(after))}"
    for old, new in change.fields_renamed:
        yield f"  {out.style('~', 'yellow')} field {out.safe(old)} → {out.safe(new)}"
    for name in change.fields_added:
        yield f"  {out.style('+', 'green')} field {out.safe(name)}"
    for name in change.fields_removed:
        yield f"  {out.style('-', 'red')} field {out.safe(name)}"
    if change.fields_reordered:
        yield "  fields in another order"


def _layout_json(change: LayoutChange) -> dict[str, Any]:
    return {
        "old_format": change.old_format,
        "new_format": change.new_format,
        "params": [{"name": name, "before": a, "after": b} for name, a, b in change.params],
        "fields_added": change.fields_added,
        "fields_removed": change.fields_removed,
        "fields_renamed": [{"before": a, "after": b} for a, b in change.fields_renamed],
        "fields_reordered": change.fields_reordered,
    }


def _schema_lines(out: Output, change: SchemaDiff) -> Iterator[str]:
    for old, new in change.renamed:
        yield f"{out.style('~', 'yellow')} {out.safe(old)} → {out.safe(new)}"
    for path in change.appeared:
        yield f"{out.style('+', 'green')} {out.safe(path)}"
    for path in change.vanished:
        yield f"{out.style('-', 'red')} {out.safe(path)}"
    for path, before, after in change.retyped:
        mark = out.style("!", "magenta")
        yield f"{mark} {out.safe(path)}: {' or '.join(before)} → {' or '.join(after)}"


def _schema_json(change: SchemaDiff) -> dict[str, Any]:
    return {
        "appeared": change.appeared,
        "vanished": change.vanished,
        "renamed": [{"before": old, "after": new} for old, new in change.renamed],
        "retyped": [
            {"path": path, "before": before, "after": after}
            for path, before, after in change.retyped
        ],
        "breaking": change.breaking,
    }


def _version_json(version: Version | None) -> dict[str, Any] | None:
    if version is None:
        return None
    entry = version.entry
    return {
        "type": version.mode.name.lower(),
        "format": entry.format,
        "bytes": entry.size,
        "rows": entry.records if version.has_rows else None,
    }
