"""Where a JSON value ends, found without decoding it and without holding it in memory.

Only the structure is checked: brackets, strings, and what may follow what. A scalar is any run
of characters that have no meaning of their own, so every value that `msgspec` decodes ends
here where it ends there, and one that it refuses (`NaN`, a bad escape) is still one record.
"""

from __future__ import annotations

import re

SPACE = b" \t\n\r"
# A run of spaces or a scalar longer than this ends what is read as an array.
MAX_RUN = 64 << 10
MAX_DEPTH = 100_000

_SPACES = re.compile(rb"[ \t\n\r]*")
_SCALAR = re.compile(rb'[^\x00-\x20"\\,:\[\]{}]*')
# The bound on escapes bounds the memory of `re`; `_string` goes on where it is reached.
_STRING = re.compile(rb'[^"\\\x00-\x1f]*(?:\\[^\x00-\x1f][^"\\\x00-\x1f]*){0,999}')
# Short cuts, ten times as fast as token by token: more scalars and strings of an array, and
# more fields with such values of an object. What they leave, `_token` takes.
_TEXT = rb'"[^"\\\x00-\x1f]*(?:\\[^\x00-\x1f][^"\\\x00-\x1f]*){0,50}"'
_FLAT = rb'(?:[^\x00-\x20"\\,:\[\]{}]{1,99}(?=[ \t\n\r,%s])|' + _TEXT + rb")"
_MORE_ITEMS = re.compile(rb"(?:[ \t\n\r]*,[ \t\n\r]*" + _FLAT % b"\\]" + rb"){1,500}")
_MORE_FIELDS = re.compile(
    rb"(?:[ \t\n\r]*,[ \t\n\r]*" + _TEXT + rb"[ \t\n\r]*:[ \t\n\r]*" + _FLAT % b"}" + rb"){1,500}"
)

_VALUE, _FIRST_VALUE, _KEY, _FIRST_KEY, _COLON, _NEXT = range(6)
_OPEN_OBJECT, _OPEN_ARRAY = b"{["
_CLOSE_OBJECT, _CLOSE_ARRAY = b"}]"
_MARKS = b'"\\,:[]{}'
_QUOTE, _COMMA, _COLON_MARK, _ESCAPE = b'",:\\'


class ValueScan:
    """Reads one JSON value, piece by piece.

    Attributes:
        end: offset behind the value in the data fed last, once it is complete.
        error: offset of the first byte there that no JSON text could have, once there is one.
    """

    def __init__(self) -> None:
        self.end: int | None = None
        self.error: int | None = None
        self._stack = bytearray()
        self._expect = _VALUE
        self._in_string = self._escaped = False
        self._scalar = 0

    def feed(self, data: bytes | bytearray, position: int, stop: int, final: bool = False) -> bool:
        """Go on with `data[position:stop]`; True when the value has ended or is broken.

        Args:
            data, position, stop: the next bytes, and at least one.
            final: whether they are the last ones of the file.
        """
        while position < stop:
            if self._in_string:
                position = self._string(data, position, stop)
            elif self._scalar:
                position = self._scalar_on(data, position, stop)
            else:
                position = _spaces(data, position, stop)
                if position < stop:
                    position = self._token(data, position, stop)
            if self.end is not None or self.error is not None:
                return True
        if final and self._scalar and not self._stack:
            self.end = stop
        return self.end is not None

    def _token(self, data: bytes | bytearray, at: int, stop: int) -> int:
        """Take the token that starts at an offset; where to go on."""
        expect, byte = self._expect, data[at]
        if byte == _QUOTE and expect not in (_COLON, _NEXT):
            self._in_string = True
        elif byte in (_OPEN_OBJECT, _OPEN_ARRAY) and expect in (_VALUE, _FIRST_VALUE):
            self._stack.append(byte)
            self._expect = _FIRST_KEY if byte == _OPEN_OBJECT else _FIRST_VALUE
            if len(self._stack) > MAX_DEPTH:
                self.error = at
        elif self._closes(byte):
            self._stack.pop()
            self._complete(at + 1)
        elif byte == _COMMA and expect == _NEXT:
            more = _MORE_FIELDS if self._stack[-1] == _OPEN_OBJECT else _MORE_ITEMS
            if flat := more.match(data, at, stop):
                return flat.end()
            self._expect = _KEY if self._stack[-1] == _OPEN_OBJECT else _VALUE
        elif byte == _COLON_MARK and expect == _COLON:
            self._expect = _VALUE
        elif expect in (_VALUE, _FIRST_VALUE) and byte > 0x20 and byte not in _MARKS:
            self._scalar = 1
        else:
            self.error = at
        return at + 1

    def _closes(self, byte: int) -> bool:
        if not self._stack:
            return False
        if byte == _CLOSE_OBJECT:
            return self._stack[-1] == _OPEN_OBJECT and self._expect in (_FIRST_KEY, _NEXT)
        return (
            byte == _CLOSE_ARRAY
            and self._stack[-1] == _OPEN_ARRAY
            and self._expect in (_FIRST_VALUE, _NEXT)
        )

    def _complete(self, end: int) -> None:
        """A value has ended; so has the whole one, unless it stands inside another."""
        self._expect = _NEXT
        if not self._stack:
            self.end = end

    def _string(self, data: bytes | bytearray, position: int, stop: int) -> int:
        if self._escaped:
            self._escaped = False
            if data[position] < 0x20:
                self.error = position
            return position + 1
        matched = _STRING.match(data, position, stop)
        position = matched.end() if matched else position
        if position == stop:
            return stop
        byte = data[position]
        if byte == _QUOTE:
            self._in_string = False
            if self._expect in (_KEY, _FIRST_KEY):
                self._expect = _COLON
            else:
                self._complete(position + 1)
        elif byte == _ESCAPE:
            self._escaped = True
        else:
            self.error = position
        return position + 1

    def _scalar_on(self, data: bytes | bytearray, position: int, stop: int) -> int:
        matched = _SCALAR.match(data, position, stop)
        end = matched.end() if matched else position
        self._scalar += end - position
        if self._scalar > MAX_RUN:
            self.error = end
        elif end < stop:
            self._scalar = 0
            self._complete(end)
        return end


def _spaces(data: bytes | bytearray, position: int, stop: int) -> int:
    matched = _SPACES.match(data, position, stop)
    return matched.end() if matched else position
