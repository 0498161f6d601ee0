"""Where the values of a JSON text stand, for messages that name line and column."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import cached_property

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')


class JsonPlaces:
    """The places of one text, which is known to be JSON.

    Args:
        text: gives it, when a place is asked for.
    """

    def __init__(self, text: Callable[[], str]) -> None:
        self._read = text

    def __call__(self, pointer: str) -> str:
        """ ", line 2, column 9," for the value at a JSON pointer; "" where there is none."""
        offset = self._offsets.get(pointer)
        if offset is None:
            return ""
        line = self._text.count("\n", 0, offset) + 1
        return f", line {line}, column {offset - self._text.rfind(chr(10), 0, offset)},"

    @cached_property
    def _text(self) -> str:
        return self._read()

    @cached_property
    def _offsets(self) -> dict[str, int]:
        """Of a field that is there twice, the last one, which is what counts."""
        return dict(_values(self._text))


def _values(text: str) -> Iterator[tuple[str, int]]:
    """The pointer and the offset of every value, in order."""
    # Of each list or object around: whether it is an object, and the step to the present value.
    around: list[tuple[bool, str | int]] = []
    pointers = [""]
    named = False
    for token in _TOKEN.finditer(text):
        said = token[0]
        if said in "}]":
            around.pop()
            pointers.pop()
        elif said == ",":
            is_object, step = around[-1]
            if not is_object:
                around[-1] = False, int(step) + 1
            named = False
        elif said == ":":
            named = True
        elif around and around[-1][0] and not named:
            name: str = json.loads(said)
            around[-1] = True, name.replace("~", "~0").replace("/", "~1")
        else:
            pointer = f"{pointers[-1]}/{around[-1][1]}" if around else ""
            yield pointer, token.start()
            if said in "{[":
                around.append((said == "{", 0))
                pointers.append(pointer)
                named = False
