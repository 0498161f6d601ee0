"""A key's value taken out of texts: messages, command lines."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

# In place of the key's value.
MARK = "[purged]"
# Shorter values are words and numbers of any text, and are taken out of command lines only.
TELLING = 4


class Redaction:
    """Takes the values of a key out of texts.

    Args:
        texts: the key as it was typed, and its values.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = tuple(dict.fromkeys(text for text in texts if text))
        self.telling = tuple(text for text in self.texts if len(text) >= TELLING)
        named = "|".join(map(re.escape, sorted(self.telling, key=len, reverse=True)))
        self._pattern = re.compile(rf"(?<!\w)(?:{named})(?!\w)") if named else None

    def text(self, text: str) -> str:
        """The text without the values that tell something by themselves."""
        return text if self._pattern is None else self._pattern.sub(MARK, text)

    def word(self, word: str) -> str:
        """A word of a command line; also a value that stands alone, or behind `=`."""
        before, sign, value = word.rpartition("=")
        if value in self.texts:
            return before + sign + MARK
        return self.text(word)

    def value(self, value: Any) -> Any:
        """A parameter of an operation: a text, or a list or mapping of such."""
        if isinstance(value, str):
            return MARK if value in self.texts else self.text(value)
        if isinstance(value, (list, tuple)):
            return [self.value(each) for each in value]
        if isinstance(value, dict):
            return {key: self.value(each) for key, each in value.items()}
        return value

    def needles(self) -> tuple[bytes, ...]:
        """What must not be found any more."""
        return tuple(text.encode("utf-8", "surrogatepass") for text in self.telling)
