"""Changes to a `tdv.toml`: whole tables are put in or taken out, the rest stays byte for byte.

tomlkit (0.15) moves comments and keys to other tables when it adds or removes one, so it only
spells values here. What comes out is parsed, and refused unless it says what was wanted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from tdv.errors import ConfigError, UsageError
from tdv.quality.finding import Finding
from tdv.quality.registry import did_you_mean
from tdv.repo.config import parse_toml
from tdv.repo.tomlplaces import Keys, headers

# Nobody wants so many entries; that there are too many is known by then.
MOST_HELD = 100_000
_LITERAL = str.maketrans({letter: f"\\{letter}" for letter in "*?[\\"})


class Block(NamedTuple):
    """A table with what belongs to it.

    Attributes:
        start: of its header in the text.
        end: behind its last key, or behind the comments that follow it directly.
    """

    keys: Keys
    start: int
    end: int


def add_dataset(text: str, name: str, values: Mapping[str, Any], shown: str = "tdv.toml") -> str:
    """The text with one more `[dataset.NAME]`, behind the others.

    Args:
        values: its keys, in the order in which they are to stand.

    Raises:
        UsageError: there is a dataset of that name.
        ConfigError: the text is no TOML, or not written in tables.
    """
    wanted = parse_toml(text, shown)
    held = wanted.setdefault("dataset", {})
    if name in held:
        raise UsageError(
            f"There is a dataset `{name}` in {shown} already.",
            hint=f"`tdv dataset show {name}` shows it.",
        )
    held[name] = dict(values)
    block = _spelled(f"[dataset.{_key(name)}]", values)
    return _checked(_put_behind(_plain(text), "dataset", [block]), wanted, shown, text)


def remove_dataset(text: str, name: str, shown: str = "tdv.toml") -> str:
    """The text without a `[dataset.NAME]`, and without the comments right above its header.

    Raises:
        UsageError: there is no dataset of that name; the hint has near ones.
        ConfigError: the text is no TOML, or the dataset is not written as a table.
    """
    wanted = parse_toml(text, shown)
    held = wanted.get("dataset", {})
    if name not in held:
        raise unknown_dataset(name, held, shown)
    del held[name]
    if not held:
        del wanted["dataset"]
    keys = ("dataset", name)
    plain = _plain(text)
    taken = [block for block in _blocks(plain) if block.keys[:2] == keys]
    return _checked(_without(plain, taken), wanted, shown, text)


def unknown_dataset(name: str, known: Iterable[str], shown: str = "tdv.toml") -> UsageError:
    """The error for a name that is that of no dataset."""
    hint = did_you_mean(name, known) or "`tdv dataset ls` lists them."
    return UsageError(f"There is no dataset `{name}` in {shown}.", hint=hint)


def add_allow(text: str, entries: Sequence[Mapping[str, Any]], shown: str = "tdv.toml") -> str:
    """The text with one more `[[allow]]` for each entry, behind the others.

    An entry that accepts the same already, with another reason or a day that is over, goes.

    Args:
        entries: as `allow_entries` makes them.

    Raises:
        ConfigError: the text is no TOML, or has its entries in one list instead of `[[allow]]`.
    """
    wanted = parse_toml(text, shown)
    held = wanted.get("allow", [])
    same = {_said(each) for each in entries}
    replaced = {number for number, each in enumerate(held) if _said(each) in same}
    plain = _plain(text)
    taken = [block for block in _blocks(plain) if block.keys[0] == "allow" and len(block.keys) > 1]
    rest = _without(plain, [block for block in taken if block.keys[1] in replaced])
    if entries:
        kept = [each for number, each in enumerate(held) if number not in replaced]
        wanted["allow"] = [*kept, *map(dict, entries)]
    blocks = [_spelled("[[allow]]", each) for each in entries]
    return _checked(_put_behind(rest, "allow", blocks), wanted, shown, text)


def allow_entries(
    findings: Iterable[Finding], reason: str, until: str = ""
) -> Iterator[dict[str, Any]]:
    """What accepts some findings: a baseline.

    Findings of a row with a key get an entry each, by code, path and key. Others get one for all of
    their rule in their file, which accepts those with a key as well.

    Args:
        until: the last day, as `2027-01-31`; "" for no end.
    """
    for code, path, key in _accepted(findings):
        entry: dict[str, Any] = {"code": code, "path": path.translate(_LITERAL)}
        if key:
            entry["key"] = key[0] if len(key) == 1 else list(key)
        entry["reason"] = reason
        if until:
            entry["until"] = until
        yield entry


def _accepted(findings: Iterable[Finding]) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Code, path and key of the entries; those of a rule in a file together."""
    held: dict[tuple[str, str], dict[tuple[str, ...], None]] = {}
    count = 0
    for finding in findings:
        keys = held.setdefault((finding.code, finding.path), {})
        key = finding.place.key if finding.place else ()
        if key in keys or () in keys:
            continue
        if not key:
            count -= len(keys)
            keys.clear()
        keys[key] = None
        count += 1
        if count > MOST_HELD:
            break
    for (code, path), keys in held.items():
        for key in keys:
            yield code, path, key


def _said(entry: Mapping[str, Any]) -> tuple[str, ...]:
    """Which findings an entry accepts, but for the day."""
    key = entry.get("key", [])
    keys = key if isinstance(key, list) else [key]
    return tuple(str(entry.get(name, "")) for name in ("code", "path", "where")) + tuple(
        map(str, keys)
    )


def _blocks(text: str) -> list[Block]:
    found = headers(text)
    starts = [start for _, start in found] + [len(text)]
    return [
        Block(keys, start, _end(text, start, starts[number + 1]))
        for number, (keys, start) in enumerate(found)
    ]


def _end(text: str, start: int, limit: int) -> int:
    """Behind the last line before `limit` that is neither blank nor a comment apart from it."""
    lines = text[start:limit].splitlines(keepends=True)
    last = max(number for number, line in enumerate(lines) if not _is_idle(line))
    while last + 1 < len(lines) and lines[last + 1].strip():
        last += 1
    if start + sum(map(len, lines)) == limit < len(text) and last + 1 == len(lines) > 1:
        # No blank line parts the tables: comments belong to the one that they stand above.
        while _is_idle(lines[last]):
            last -= 1
    return start + sum(map(len, lines[: last + 1]))


def _is_idle(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def _put_behind(text: str, table: str, blocks: list[str]) -> str:
    """The text with blocks behind the last table of that name, or at its end."""
    if not blocks:
        return text
    ends = [block.end for block in _blocks(text) if block.keys[0] == table]
    end = max(ends, default=len(text))
    before, after = text[:end], text[end:]
    before += "" if not before or before.endswith("\n") else "\n"
    before += "" if not before or before.endswith("\n\n") else "\n"
    after = f"\n{after}" if after and not after.startswith("\n") else after
    return before + "\n".join(blocks) + after


def _without(text: str, blocks: list[Block]) -> str:
    for block in reversed(blocks):
        before, after = text[: block.start], text[block.end :]
        lines = before.splitlines(keepends=True)
        while lines and lines[-1].lstrip().startswith("#"):
            lines.pop()
        before = "".join(lines)
        # One blank line is left of two.
        if not before.strip() or before.endswith("\n\n"):
            after = after.lstrip("\n")
        if not after and before:
            before = before.rstrip("\n") + "\n"
        text = before + after
    return text


def _spelled(header: str, values: Mapping[str, Any]) -> str:
    from tomlkit import item  # 25 ms that only a write pays

    lines = [f"{_key(name)} = {item(value).as_string()}" for name, value in values.items()]
    return "\n".join((header, *lines)) + "\n"


def _key(name: str) -> str:
    from tomlkit import item

    bare = name.isascii() and name.replace("-", "").replace("_", "").isalnum()
    return name if bare else item(name).as_string()


def _is_windows(text: str) -> bool:
    return text.count("\n") == text.count("\r\n") > 0


def _plain(text: str) -> str:
    """The text with plain line ends, where it has those of Windows throughout."""
    return text.replace("\r\n", "\n") if _is_windows(text) else text


def _checked(text: str, wanted: Mapping[str, Any], shown: str, old: str) -> str:
    """The text with the line ends of the old one, if it says what was wanted."""
    text = text.replace("\n", "\r\n") if _is_windows(old) else text
    try:
        good = parse_toml(text, shown) == wanted
    except ConfigError:
        good = False
    if not good:
        raise ConfigError(
            f"{shown} is written in a way that tdv does not change.",
            hint="Write datasets as `[dataset.NAME]` and accepted findings as `[[allow]]`.",
        )
    return text
