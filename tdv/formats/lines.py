"""Formats whose records are lines: JSON Lines and plain text."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator
from decimal import Decimal, InvalidOperation
from typing import Any, BinaryIO

import msgspec
import xxhash

from tdv.errors import RecordError
from tdv.formats.cut import DEFAULT_CUT, Cut, Window, choose_end
from tdv.formats.heldbody import HeldBody
from tdv.formats.rows import Layout, Piece, Row, refuse_damage

BOM = b"\xef\xbb\xbf"
BLANK = b" \t\r"
FINGERPRINTS = 1 << 128
# Numbers beyond a float's range keep their value; everything else as ever.
_WIDE = msgspec.json.Decoder(float_hook=lambda text: _float(text))
# Deeper rows do not decode: whoever walks them does so level by level, and Python sets a limit.
MAX_NESTING = 200
_TOO_DEEP = "it is JSON that is nested too deeply"
# Blank lines before the first record are prefix up to here; a longer run of them stays in the
# sequence, so that memory is bounded.
MAX_BLANK_PREFIX = 64 << 10
BLANK_PREFIX = re.compile(rb"(?:\xef\xbb\xbf)?(?:[ \t\r]*\n)*")


def line_bodies(block: bytes, blank: bytes = BLANK) -> list[bytes]:
    """The lines of a block that are not blank, without their ends."""
    lines = block.split(b"\n")
    if not lines[-1]:
        lines.pop()
    return without_blanks(lines, blank, b"\r" in block)


def without_blanks(lines: list[bytes], blank: bytes, returns: bool = True) -> list[bytes]:
    """The bodies among lines.

    Args:
        lines: without their `\\n`.
        blank: what a line may consist of that is no record.
        returns: whether there is a `\\r` in them; one at a line's end belongs to the separator.
    """
    # A blank line sorts before all others; `min` is half the cost of a look at each.
    if lines and min(lines)[:1] <= b" ":
        lines = [line for line in lines if line.strip(blank)]
    if returns:
        lines = [line.removesuffix(b"\r") for line in lines]
    return lines


def fingerprint_sum(bodies: Iterable[Any]) -> int:
    """The order-free sum over bodies that a sequence node keeps."""
    return sum(map(xxhash.xxh3_128_intdigest, bodies)) % FINGERPRINTS


class LineEnds:
    """Every `\\n` in view ends a record."""

    def __init__(self, window: Window) -> None:
        self._data, self._start = window.data, window.start

    def after(self, position: int, limit: int) -> Iterator[tuple[int, int, int]]:
        """The ends from `position` up to `limit`, both included, in order."""
        find = self._data.find
        at = find(b"\n", position - 1, limit)
        begin = max(self._data.rfind(b"\n", self._start, at) + 1, self._start) if at >= 0 else 0
        while at >= 0:
            yield begin, at, at + 1
            begin = at + 1
            at = find(b"\n", begin, limit)

    def before(self, position: int) -> int:
        """The last end before `position`, or 0 when there is none behind the chunk's start."""
        return self._data.rfind(b"\n", self._start, position - 1) + 1


class LongLine:
    """Counts and fingerprints one line, or one value, that comes in pieces."""

    def __init__(self, blank: bytes = BLANK) -> None:
        self._digest = xxhash.xxh3_128()
        self._held = b""
        self._blank, self._is_blank = blank, True

    def add(self, data: bytes) -> Piece:
        """The next piece, in which the line does not end."""
        self._held = self._update(data)
        return Piece(data, 0, 0)

    def end(self, data: bytes) -> Piece:
        """The last piece, in which the record ends unless the whole line is blank."""
        self._update(data.removesuffix(b"\n"))
        return Piece(data, 0, 0) if self._is_blank else Piece(data, 1, self._digest.intdigest())

    def finish(self, body: bytes | bytearray) -> int:
        """The fingerprint, when the body ends with these bytes and not with a line."""
        self._digest.update(self._held + body)
        fingerprint: int = self._digest.intdigest()
        return fingerprint

    def rest(self, window: Window, cut: Cut, position: int) -> Iterator[Piece]:
        """The pieces up to the first line end at or behind an offset."""
        while True:
            limit = min(window.stop, window.start + cut.piece)
            end = window.data.find(b"\n", position, limit) + 1
            if end or (window.ended and limit == window.stop):
                yield self.end(window.take(end or limit))
                return
            yield self.add(window.take(limit))
            window.fill()
            position = window.start

    def _update(self, data: bytes) -> bytes:
        """Count data in, but for a `\\r` behind it, which may belong to the separator."""
        data = self._held + data
        body = data.removesuffix(b"\r")
        self._digest.update(body)
        self._is_blank = self._is_blank and not body.strip(self._blank)
        return data[len(body) :]


def split_lines(window: Window, cut: Cut, blank: bytes = BLANK) -> Iterator[Piece]:
    """The rest of a window's stream, cut between lines."""
    window.fill()
    while window.start < window.stop:
        end = choose_end(window, cut, LineEnds(window), window.stop, window.ended)
        if end:
            data = window.take(end)
            bodies = line_bodies(data, blank)
            yield Piece(data, len(bodies), fingerprint_sum(bodies))
        else:
            yield from LongLine(blank).rest(window, cut, window.start)
        window.fill()


def bodies_of_lines(blocks: Iterable[bytes], blank: bytes = BLANK) -> Iterator[bytes]:
    """The bodies of the lines in consecutive chunks."""
    held = HeldBody()
    for block in blocks:
        if block.endswith(b"\n") and not held:
            yield from line_bodies(block, blank)
            continue
        held.add(block)
        if block.endswith(b"\n"):
            yield from line_bodies(held.release(), blank)
    if held:
        yield from line_bodies(held.release(), blank)


class LineSplit:
    """A pass over a file of lines."""

    def __init__(self, name: str, source: BinaryIO, cut: Cut) -> None:
        self._source, self._cut = source, cut
        self.ahead = cut_ahead(cut)
        self.layout = Layout(name)

    def __iter__(self) -> Iterator[Piece]:
        yield from self.start(Window(self._source, self.ahead))

    def start(self, window: Window) -> Iterator[Piece]:
        """The pieces of a file from its start on."""
        start = BLANK_PREFIX.match(window.data, 0, min(window.stop, MAX_BLANK_PREFIX))
        prefix = window.take(start.end() if start else 0)
        self.layout = Layout(self.layout.format, prefix=prefix)
        yield from split_lines(window, self._cut)

    def go_on(self, window: Window, layout: Layout, records: int) -> Iterator[Piece]:
        """The pieces that follow; see `rows.ResumableSplit`."""
        self.layout = layout
        yield from split_lines(window, self._cut)


def cut_ahead(cut: Cut) -> int:
    """How many bytes a window over lines must hold: the longest piece or chunk, and one more."""
    return max(cut.max, cut.piece, MAX_BLANK_PREFIX) + 1


class TextFormat:
    """A file of lines; each is the row `{"text": line}`."""

    name = "text"
    sliced = True
    has_rows = True

    def split(self, source: BinaryIO, cut: Cut = DEFAULT_CUT) -> LineSplit:
        """Cut a stream into pieces between lines."""
        return LineSplit(self.name, source, cut)

    def bodies(self, layout: Layout, blocks: Iterable[bytes], first: int = 0) -> Iterator[bytes]:
        """The lines in consecutive chunks, without their ends; blank lines are none."""
        return bodies_of_lines(blocks)

    def decode(self, layout: Layout, body: bytes) -> Row:
        """The row of a line; RecordError when it is not UTF-8."""
        return {"text": decode_text(body)}


class JsonLinesFormat(TextFormat):
    """A JSON value on each line; one that is no object is the row `{"value": it}`."""

    name = "jsonl"

    def decode(self, layout: Layout, body: bytes) -> Row:
        """The row of a line; RecordError when it is not JSON."""
        return decode_json(body)


def decode_text(body: bytes) -> str:
    """The text of UTF-8 bytes; RecordError names the column of the first other byte."""
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        refuse_damage(body)
        byte = body[error.start]
        raise RecordError(
            f"it is not UTF-8: byte 0x{byte:02x} at column {error.start + 1}"
        ) from error


def decode_json(body: bytes) -> Row:
    """The row of a JSON value; RecordError says why the bytes are none."""
    try:
        value = _decode_wide(body)
    except UnicodeDecodeError:
        decode_text(body)
        raise RecordError("it is not JSON: a text in it is not UTF-8") from None
    except (msgspec.ValidationError, InvalidOperation) as error:
        raise RecordError("it is JSON with a number that has too many digits") from error
    except msgspec.DecodeError as error:
        refuse_damage(body)
        raise RecordError(f"it is not JSON: {_told(str(error))}") from error
    except RecursionError as error:
        raise RecordError(_TOO_DEEP) from error
    if body.count(b"{") + body.count(b"[") > MAX_NESTING and _is_deep(value):
        raise RecordError(_TOO_DEEP)
    return value if isinstance(value, dict) else {"value": value}


def _is_deep(value: Any) -> bool:
    """Whether objects and arrays stand in one another more than MAX_NESTING levels deep."""
    level = [value] if isinstance(value, (dict, list)) else []
    for _ in range(MAX_NESTING):
        held, level = level, []
        for each in held:
            values = each.values() if isinstance(each, dict) else each
            level += [inner for inner in values if isinstance(inner, (dict, list))]
        if not level:
            return False
    return True


def _decode_wide(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except msgspec.ValidationError:  # a number beyond what a float holds
        return _WIDE.decode(body)


def _float(text: str) -> float | Decimal:
    value = float(text)
    return value if math.isfinite(value) else Decimal(text)


def duplicate_keys(body: bytes) -> list[str]:
    """The keys that stand twice in an object of a JSON value, each once, sorted.

    Decoding keeps the last of them. Empty when the bytes are no JSON.
    """
    found: set[str] = set()

    def note(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        keys = [key for key, _ in pairs]
        found.update(key for key in keys if keys.count(key) > 1)
        return {}

    try:
        json.loads(body, object_pairs_hook=note)
    except (ValueError, RecursionError):
        return []
    return sorted(found)


def _told(reason: str) -> str:
    """What msgspec says, in a reader's words; its byte offsets become columns from 1."""
    if "truncated" in reason:
        return "it ends too early"
    what, _, place = reason.removeprefix("JSON is malformed: ").partition(" (byte ")
    column = place.removesuffix(")")
    return f"{what} at column {int(column) + 1}" if column.isdigit() else what
