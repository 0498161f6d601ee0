"""Text in Arrow: thousands of strings as one buffer of bytes with offsets, and their normal form.

The normal form of a text, by which rows count as the same: Unicode NFKC, lower case, each run of
white space one space, none at the ends. Punctuation stays: `3 + 4` is not `3 - 4`.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple
from unicodedata import normalize

import numpy as np
import pyarrow
import pyarrow.compute as pc

Bytes = np.ndarray[Any, np.dtype[np.uint8]]
Offsets = np.ndarray[Any, np.dtype[np.int64]]

_SPACE = np.zeros(256, np.bool_)
_SPACE[list(b" \t\n\r\x0b\x0c")] = True


class Buffer(NamedTuple):
    """Texts one behind the other.

    Attributes:
        data: their bytes.
        offsets: where each starts, and where the last one ends. A null has no bytes.
    """

    data: Bytes
    offsets: Offsets


def as_arrow(texts: Sequence[str | None]) -> pyarrow.LargeStringArray:
    """Texts as Arrow has them; a lone surrogate becomes U+FFFD."""
    try:
        return pyarrow.array(texts, pyarrow.large_string())
    except UnicodeEncodeError:
        clean = [
            None if text is None else text.encode("utf-8", "replace").decode() for text in texts
        ]
        return pyarrow.array(clean, pyarrow.large_string())


def lowered(texts: pyarrow.LargeStringArray) -> Buffer:
    """The bytes of texts in NFKC and lower case."""
    if is_ascii(texts):
        data, offsets = buffer_of(texts)
        return Buffer(np.frombuffer(data.tobytes().lower(), np.uint8), offsets)
    # Not Arrow's `utf8_normalize`: before version 26 it decomposes whatever form is asked for.
    return buffer_of(as_arrow([_lower(text) for text in texts.to_pylist()]))


def _lower(text: str | None) -> str | None:
    if text is None or text.isascii():
        return text and text.lower()
    return normalize("NFKC", text).lower()


def is_ascii(texts: pyarrow.LargeStringArray) -> bool:
    """Whether all texts are of ASCII."""
    return bool(pc.all(pc.string_is_ascii(texts), skip_nulls=True, min_count=0).as_py())


def buffer_of(texts: pyarrow.LargeStringArray) -> Buffer:
    """The bytes of texts, not copied."""
    if not len(texts):
        return Buffer(np.empty(0, np.uint8), np.zeros(1, np.int64))
    buffers: list[Any] = texts.buffers()
    places = np.frombuffer(buffers[1], np.int64, len(texts) + 1, 8 * texts.offset)
    stop = int(places[-1])
    return Buffer(
        np.frombuffer(buffers[2], np.uint8, stop) if stop else np.empty(0, np.uint8), places
    )


def normalised(low: Buffer) -> list[memoryview | bytes]:
    """The normal form of texts that are in NFKC and lower case; empty for a null."""
    data, offsets = low
    view = data.data
    places = offsets.tolist()
    forms: list[memoryview | bytes] = [view[start:stop] for start, stop in pairwise(places)]
    for row in _loose(low).tolist():
        forms[row] = b" ".join(bytes(forms[row]).split())
    return forms


def _loose(low: Buffer) -> np.ndarray[Any, Any]:
    """Rows with white space that is not one single space between two words."""
    data, offsets = low
    space = _SPACE[data]
    odd = space & (data != 32)
    odd[1:] |= space[1:] & space[:-1]
    starts, stops = offsets[:-1], offsets[1:]
    filled = starts < stops
    odd[starts[filled]] |= space[starts[filled]]
    odd[stops[filled] - 1] |= space[stops[filled] - 1]
    places = np.flatnonzero(odd)
    return np.unique(np.searchsorted(offsets, places, side="right") - 1)
