"""Words and numbers for people: plurals, sizes, paths, control characters made visible."""

from __future__ import annotations

import re
from collections.abc import Iterable

# C0 and C1 controls, DEL, and the marks by which text can be made to read differently.
_CONTROL = re.compile(
    "[\x00-\x08\x0a-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\a": "\\a", "\b": "\\b", "\f": "\\f", "\v": "\\v"}


def plural(count: int, word: str, words: str = "") -> str:
    """ "1 row", "2 rows", "1,204 rows"; `words` is the plural where an s does not make it."""
    return f"{count:,} {word if count == 1 else words or word + 's'}"


def human_size(size: int) -> str:
    """Bytes for people, in powers of 1000: "512 B", "1.5 MB"."""
    if size < 1000:
        return f"{size} B"
    amount = size / 1000
    units = iter(("kB", "MB", "GB", "TB", "PB"))
    unit = next(units)
    while amount >= 999.5 and unit != "PB":
        amount, unit = amount / 1000, next(units)
    return f"{amount:.1f} {unit}" if amount < 99.95 else f"{amount:.0f} {unit}"


def visible(text: str, *, keep: str = "") -> str:
    """The text with control characters written as escapes; tabs and `keep` stay.

    A byte that was not UTF-8 (a lone surrogate here) is written as `\\xff`.
    """
    return _CONTROL.sub(lambda found: _escape(found[0], keep), text)


def cut(text: str, columns: int) -> str:
    """The text, ending in "…" where it is wider than so many columns of a terminal."""
    if len(text) <= columns and (text.isascii() or _width(text) <= columns):
        return text
    if text.isascii():
        return text[: max(columns - 1, 1)] + "…"
    kept, room = 0, max(columns - 1, 1)
    for letter in text:
        room -= _width(letter)
        if room < 0:
            break
        kept += 1
    return text[:kept] + "…"


def _width(text: str) -> int:
    """How many columns a text takes: two for a wide letter, none for a mark on another one."""
    from unicodedata import combining, east_asian_width

    return sum(
        0 if combining(letter) else 2 if east_asian_width(letter) in "WF" else 1 for letter in text
    )


def quote_path(path: bytes) -> str:
    """A path as git shows it: plain, or in double quotes with escapes when it is unusual."""
    text = path.decode("utf-8", "surrogateescape")
    if '"' not in text and "\\" not in text and "\t" not in text and not _CONTROL.search(text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t")
    return f'"{visible(escaped)}"'


def near_words(word: str, words: Iterable[str], *, prefix: str = "") -> str | None:
    """ "Did you mean `status`?", for a word that is none of these; None when none is near."""
    import difflib  # only a mistake pays for it

    near = difflib.get_close_matches(word, list(words), n=3)
    return f"Did you mean {' or '.join(f'`{prefix}{name}`' for name in near)}?" if near else None


def _escape(character: str, keep: str) -> str:
    if character in keep:
        return character
    if character in _SHORT:
        return _SHORT[character]
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
