"""git's file name patterns, as regular expressions over bytes.

Source: gitignore(5) and git's wildmatch.c with WM_PATHNAME. A pattern can come with somebody
else's data, so the expressions never backtrack more than once over a name: between two stars the
leftmost match is kept, by a lookahead and a back reference (Python 3.10 has no atomic groups).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable

_CLASSES = {
    b"alnum": rb"0-9A-Za-z",
    b"alpha": rb"A-Za-z",
    b"blank": rb" \t",
    b"cntrl": rb"\x00-\x1f\x7f",
    b"digit": rb"0-9",
    b"graph": rb"\x21-\x7e",
    b"lower": rb"a-z",
    b"print": rb"\x20-\x7e",
    b"punct": rb"\x21-\x2f\x3a-\x40\x5b-\x60\x7b-\x7e",
    b"space": rb" \t-\r",
    b"upper": rb"A-Z",
    b"xdigit": rb"0-9A-Fa-f",
}
_STAR, _STARS, _SLASH = b"*", b"**", b"/"
_ANY = rb"[^/]"
_group = itertools.count()


def translate(pattern: bytes) -> bytes | None:
    """The source of the expression that matches, whole, what the pattern matches.

    Args:
        pattern: `*`, `?`, `[…]`, `\\`, and between slashes `**`.

    Returns:
        None for a pattern that matches nothing, such as one with an open bracket. Compile it
        with `re.DOTALL`; several may be joined by `|`.
    """
    try:
        parts = _split(_tokens(pattern), _STARS)
    except ValueError:
        return None
    first, *rest = [_sequence(part) for part in parts]
    if not rest:
        return rb"%s\Z" % first
    *middle, last = rest
    found = [_leftmost(rb"(?:[^/]+/)*?" + part) for part in middle]
    end = rb"(?:[^/]+/)*%s\Z" % last if last else rb"(?s:.+)\Z"
    return b"".join((first, *found, end))


def translate_across(pattern: bytes) -> bytes | None:
    """As `translate`, for a path that a command was given: stars and `?` match slashes as well.

    What lies below a folder that matches is matched too.
    """
    try:
        tokens = _tokens(pattern)
    except ValueError:
        return None
    wider = {_STAR: rb".*", _STARS: rb"(?:.*/)?" if tokens[-1] != _STARS else rb".*", _ANY: rb"."}
    return b"".join(wider.get(token, token) for token in tokens) + rb"(?:/.*)?\Z"


def from_root(pattern: str) -> bytes:
    """A pattern over paths from the root, without what only marks the root."""
    return pattern.removeprefix("./").strip("/").encode("utf-8", "surrogateescape")


def joined(patterns: Iterable[bytes]) -> re.Pattern[bytes] | None:
    """One expression that matches where any of the translated patterns does; None for none."""
    source = b"|".join(rb"(?:%s)" % pattern for pattern in patterns)
    return re.compile(source, re.DOTALL) if source else None


def _tokens(pattern: bytes) -> list[bytes]:
    tokens, at, end = [], 0, len(pattern)
    while at < end:
        character = pattern[at : at + 1]
        start, at = at, at + 1
        if character == b"*":
            while pattern[at : at + 1] == b"*":
                at += 1
            before, after = pattern[max(start - 1, 0) : start], pattern[at : at + 1]
            if at - start == 1 or before not in (b"/", b"") or after not in (b"/", b""):
                tokens.append(_STAR)
            else:
                # The slash behind `**/` goes with it: it matches no folder as well.
                tokens.append(_STARS)
                at += 1
                if at == end:
                    raise ValueError("no path ends with a slash")
        elif character == b"?":
            tokens.append(_ANY)
        elif character == b"[":
            token, at = _bracket(pattern, at)
            tokens.append(token)
        elif character == b"\\":
            if at == end:
                raise ValueError("a backslash quotes nothing")
            tokens.append(re.escape(pattern[at : at + 1]))
            at += 1
        else:
            tokens.append(re.escape(character))
    return tokens


def _bracket(pattern: bytes, at: int) -> tuple[bytes, int]:
    negated = pattern[at : at + 1] in (b"!", b"^")
    at += negated
    start, members = at, []
    while pattern[at : at + 1] != b"]" or at == start:
        named = re.compile(rb"\[:([a-z]+):\]").match(pattern, at)
        if named:
            if named[1] not in _CLASSES:
                raise ValueError("an unknown class of characters")
            members.append(_CLASSES[named[1]])
            at = named.end()
            continue
        low, at = _member(pattern, at)
        if pattern[at : at + 1] == b"-" and pattern[at + 1 : at + 2] not in (b"]", b""):
            high, at = _member(pattern, at + 1)
            # A range that runs backwards holds nothing.
            if low <= high:
                members.append(rb"\x%02x-\x%02x" % (low, high))
        else:
            members.append(rb"\x%02x" % low)
    body = b"".join(members)
    if negated:
        return rb"[^/%s]" % body, at + 1
    return (rb"(?!/)[%s]" % body if body else rb"(?!)"), at + 1


def _member(pattern: bytes, at: int) -> tuple[int, int]:
    if pattern[at : at + 1] == b"\\":
        at += 1
    if at >= len(pattern):
        raise ValueError("an open bracket")
    return pattern[at], at + 1


def _sequence(tokens: list[bytes]) -> bytes:
    return _SLASH.join(_name(part) for part in _split(tokens, _SLASH))


def _name(tokens: list[bytes]) -> bytes:
    first, *rest = [b"".join(part) for part in _split(tokens, _STAR)]
    if not rest:
        return first
    *middle, last = rest
    found = [_leftmost(rb"[^/]*?" + part) for part in middle if part]
    return b"".join((first, *found, rb"[^/]*%s(?![^/])" % last))


def _leftmost(source: bytes) -> bytes:
    number = next(_group)
    return rb"(?=(?P<g%d>%s))(?P=g%d)" % (number, source, number)


def _split(tokens: list[bytes], at: bytes) -> list[list[bytes]]:
    parts: list[list[bytes]] = [[]]
    for token in tokens:
        if token == at:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts
