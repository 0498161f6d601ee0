"""How changed rows look: for people, and as JSON."""

from __future__ import annotations

from typing import Any

import msgspec

from tdv.cli.output import Output
from tdv.cli.text import cut, plural, visible
from tdv.formats.rows import BadRecord
from tdv.rowdiff.changes import RowChange, RowCounts
from tdv.rowdiff.fields import MISSING, FieldChange, word_differences
from tdv.rowdiff.sides import canonical

MARKS = {"added": "+", "removed": "-", "changed": "~", "moved": ">"}
STYLES = {"added": "green", "removed": "red", "changed": "yellow", "moved": "cyan"}
# A text is compared word by word from this length on; of what stayed, so much is shown around
# each change.
LONG = 40
AROUND = 30
# A value is written out up to this length where there is no terminal to be too narrow for it.
MAX_VALUE = 10_000


def change_lines(out: Output, change: RowChange) -> list[str]:
    """The lines that show one change: where, and what it was or which fields differ."""
    mark = f"{MARKS[change.kind]} {_place(change)}"
    key = "" if change.key is None else f"  {', '.join(map(inline, change.key))}"
    head = out.style(mark, STYLES[change.kind]) + out.safe(key)
    if change.kind == "changed" and change.fields:
        return [head, *(f"    {line}" for each in change.fields for line in field_lines(out, each))]
    if change.kind == "changed":
        return [
            head,
            f"    {out.style('-', 'red')} {_row(out, change.old, 6)}",
            f"    {out.style('+', 'green')} {_row(out, change.new, 6)}",
        ]
    shown = change.old if change.new is None else change.new
    return [f"{head}  {_row(out, shown, len(mark) + len(key) + 2)}"]


def counts_text(out: Output, counts: RowCounts) -> str:
    """ "+12 -3 ~4 rows, 2 moved": the counts in a few words."""
    if counts.reordered and not counts.moved:
        return "same rows in another order"
    parts = [
        out.style(f"{sign}{count:,}", style)
        for sign, count, style in (
            ("+", counts.added, "green"),
            ("-", counts.removed, "red"),
            ("~", counts.changed, "yellow"),
        )
        if count
    ]
    only = counts.added or counts.removed or counts.changed
    words = [" ".join(parts) + (" row" if only == 1 and len(parts) == 1 else " rows")]
    if not parts:
        words = []
    if counts.moved:
        words.append(
            f"{plural(counts.moved, 'row')} moved" if not parts else f"{counts.moved:,} moved"
        )
    if counts.formatted:
        words.append(f"{plural(counts.formatted, 'row')} only formatted anew")
    if counts.separators:
        words.append("formatting only: the same rows in other bytes")
    elif counts.formatting_only:
        words = [f"formatting only ({plural(counts.formatted, 'row')})"]
    return ", ".join(words) or "no rows changed"


def counts_json(counts: RowCounts) -> dict[str, Any]:
    """The counts for programs."""
    return {
        "added": counts.added,
        "removed": counts.removed,
        "changed": counts.changed,
        "moved": counts.moved,
        "formatted": counts.formatted,
        "reordered": counts.reordered,
        "formatting_only": counts.formatting_only,
    }


def change_json(change: RowChange) -> dict[str, Any]:
    """A change for programs; a field that is not there is left out, which null is not."""
    record: dict[str, Any] = {
        "kind": change.kind,
        "key": None if change.key is None else list(change.key),
        "old_row": change.old_number,
        "new_row": change.new_number,
    }
    if change.old is not None:
        record["old"] = row_json(change.old)
    if change.new is not None and change.kind != "moved":
        record["new"] = row_json(change.new)
    if change.kind == "changed":
        record["fields"] = [field_json(each) for each in change.fields]
    return record


def row_json(row: Any) -> Any:
    """A row for programs; for one that does not decode, what is known of it."""
    if isinstance(row, BadRecord):
        return {
            "undecodable": row.reason,
            "line": row.line,
            "text": row.body.decode("utf-8", "backslashreplace"),
        }
    return row


def _place(change: RowChange) -> str:
    if change.kind == "moved":
        return f"row {change.old_number} to {change.new_number}"
    number = change.old_number if change.new_number is None else change.new_number
    if change.kind == "changed" and change.old_number != change.new_number:
        return f"row {number} (was {change.old_number})"
    return f"row {number}"


def _row(out: Output, row: Any, indent: int) -> str:
    if isinstance(row, BadRecord):
        where = "" if row.line is None else f" on line {row.line}"
        text = row.body.decode("utf-8", "backslashreplace")
        note = f"[not decodable{where}] "
        return out.style(note, "magenta") + fitted(out, text, indent + len(note))
    return fitted(out, inline(row), indent)


def field_lines(out: Output, change: FieldChange) -> list[str]:
    path = out.safe(change.path)
    before, after = change.before, change.after
    if before is MISSING:
        value = fitted(out, inline(after), len(path) + 8)
        return [f"{out.style('+', 'green')} {path}: {out.style(value, 'green')}"]
    if after is MISSING:
        value = fitted(out, inline(before), len(path) + 8)
        return [f"{out.style('-', 'red')} {path}: {out.style(value, 'red')}"]
    if isinstance(before, str) and isinstance(after, str) and max(len(before), len(after)) > LONG:
        return [f"{path}: {_words(out, before, after)}"]
    room = (out.width - len(path) - 12) // 2 if out.terminal else MAX_VALUE
    old, new = (cut(out.safe(inline(each)), max(room, 16)) for each in (before, after))
    return [f"{path}: {out.style(old, 'red')} → {out.style(new, 'green')}"]


def _words(out: Output, before: str, after: str) -> str:
    """A long text with what went and what came, and a little of what stayed around it."""
    segments = word_differences(before, after)
    parts: list[str] = []
    for number, (what, text) in enumerate(segments):
        shown = visible(text, keep="") if out.terminal else text.replace("\n", "\\n")
        if what == "=":
            parts.append(_around(shown, first=number == 0, last=number == len(segments) - 1))
        elif out.color:
            style = ("red", "underline") if what == "-" else ("green", "underline")
            parts.append(out.style(shown, *style))
        else:
            parts.append(f"[-{shown}-]" if what == "-" else f"{{+{shown}+}}")
    return "".join(parts)


def _around(text: str, *, first: bool, last: bool) -> str:
    """The ends of a text that stayed, next to what changed."""
    if first:
        return text if len(text) <= AROUND else "…" + text[-AROUND:]
    if last:
        return text if len(text) <= AROUND else text[:AROUND] + "…"
    if len(text) <= 2 * AROUND:
        return text
    return text[:AROUND] + "…" + text[-AROUND:]


def inline(value: Any) -> str:
    """A value in one line of JSON, as it is written and not with escapes for every letter."""
    try:
        return msgspec.json.Encoder(decimal_format="number").encode(value).decode()
    except (TypeError, ValueError, OverflowError, msgspec.MsgspecError):
        return canonical(value).decode("utf-8", "replace")


def fitted(out: Output, text: str, indent: int) -> str:
    """Data that fits into the line on a terminal, and is whole elsewhere."""
    if not out.terminal:
        return text.replace("\n", "\\n")
    return cut(visible(text), max(20, out.width - indent - 4))


def field_json(change: FieldChange) -> dict[str, Any]:
    record: dict[str, Any] = {"path": change.path}
    if change.before is not MISSING:
        record["before"] = change.before
    if change.after is not MISSING:
        record["after"] = change.after
    return record
