"""Merge small texts line by line: `tdv.toml` and `.tdvignore`, which people write by hand."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

# Larger ones are no such texts, and comparing lines takes time that grows with their square.
MAX_SIZE = 1 << 20


def merge_text(base: bytes, ours: bytes, theirs: bytes) -> bytes | None:
    """The text with the changes of both sides; None where both changed the same lines.

    Lines that both added at one place stand ours first, and once where they are the same.
    """
    if max(map(len, (base, ours, theirs))) > MAX_SIZE:
        return None
    lines = _ended(base)
    edits = _edits(lines, _ended(ours)), _edits(lines, _ended(theirs))
    merged: list[bytes] = []
    at = 0
    for start, stop, new in _joined(*edits):
        if new is None:
            return None
        merged += lines[at:start] + new
        at = stop
    return b"".join(_terminated(merged + lines[at:], ours))


_Edit = tuple[int, int, "list[bytes] | None"]


def _joined(ours: list[_Edit], theirs: list[_Edit]) -> list[_Edit]:
    """The edits of both sides in order; one whose lines are None is a conflict."""
    joined: list[_Edit] = []
    for edit in sorted((*ours, *theirs), key=lambda edit: edit[:2]):
        if not joined or edit[0] > joined[-1][1] or _apart(joined[-1], edit):
            joined.append(edit)
            continue
        start, stop, new = joined[-1]
        if edit == joined[-1]:
            continue
        if start == stop == edit[0] == edit[1] and new is not None and edit[2] is not None:
            joined[-1] = (start, stop, [*new, *edit[2]])
        else:
            joined[-1] = (start, max(stop, edit[1]), None)
    return joined


def _apart(first: _Edit, second: _Edit) -> bool:
    """Whether an edit begins just where the one before ends, and neither only adds lines."""
    return first[0] < first[1] == second[0] < second[1]


def _edits(base: Sequence[bytes], new: Sequence[bytes]) -> list[_Edit]:
    matcher = SequenceMatcher(None, base, new, autojunk=False)
    return [
        (a_start, a_stop, list(new[b_start:b_stop]))
        for tag, a_start, a_stop, b_start, b_stop in matcher.get_opcodes()
        if tag != "equal"
    ]


def _ended(text: bytes) -> list[bytes]:
    """The lines, the last one with an end, so that another may follow it."""
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith((b"\n", b"\r")):
        lines[-1] += b"\n"
    return lines


def _terminated(lines: list[bytes], ours: bytes) -> list[bytes]:
    """The lines, the last one with an end as our side has it."""
    if lines and ours and not ours.endswith((b"\n", b"\r")):
        lines[-1] = lines[-1].rstrip(b"\r\n")
    return lines
