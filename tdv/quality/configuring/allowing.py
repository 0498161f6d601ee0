"""`[[allow]]`: which findings are accepted, and which entries accept nothing any more.

An entry accepts what has its code (or begins with it), lies in a file that matches its path, is of
a row with its key, and meets its condition; what it does not say, it does not ask for. A day in
`until` is its last. The first entry that accepts a finding is the one that is used.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import date

from tdv.quality.configuring.description import Allowed
from tdv.quality.finding import Finding, Level, Place, finding_id

UNUSED, EXPIRED = "ALW001", "ALW002"


class Allowing:
    """The entries of one `tdv.toml`, matched against what one validation finds.

    Args:
        allow: the entries, in the order of the text, their codes resolved (`Settings.allow`).
        today: the day up to which `until` counts.

    Attributes:
        active: those that are not expired; the others accept nothing.
    """

    def __init__(self, allow: Sequence[Allowed], today: date) -> None:
        self._allow = tuple(allow)
        self._today = today.isoformat()
        self.active = tuple(each for each in self._allow if not self.is_expired(each))
        self._used: set[int] = set()
        # Of each code that was asked for, entries by key, with their place in the order; a baseline
        # may have ten thousand, and a validation as many findings.
        self._by_code: dict[str, dict[tuple[str, ...], list[tuple[int, Allowed]]]] = {}

    def is_expired(self, entry: Allowed) -> bool:
        """Whether the entry's last day is over."""
        return bool(entry.until) and entry.until < self._today

    def of(self, code: str, path: bytes) -> tuple[Allowed, ...]:
        """The entries that may accept findings of a rule in a file.

        Args:
            path: of the file; of a finding over a dataset, the dataset's name in brackets.
        """
        return tuple(each for each in self.active if _is_about(each, code) and _is_at(each, path))

    def accepting(
        self, code: str, path: bytes, key: tuple[str, ...], meets: Callable[[str], bool]
    ) -> Allowed | None:
        """The entry that accepts a finding, which is used from now on; None for none.

        Args:
            key: of the row; () where it has none, or the finding is of no row.
            meets: whether the row meets a condition; asked last, since it reads the row.
        """
        by_key = self._of_code(code)
        anyway = by_key.get((), [])
        found = sorted([*anyway, *by_key[key]], key=_number) if key and key in by_key else anyway
        for number, each in found:
            if _is_at(each, path) and (not each.where or meets(each.where)):
                self._used.add(number)
                return each
        return None

    def _of_code(self, code: str) -> dict[tuple[str, ...], list[tuple[int, Allowed]]]:
        if code not in self._by_code:
            by_key: dict[tuple[str, ...], list[tuple[int, Allowed]]] = {}
            for number, each in enumerate(self._allow):
                if _is_about(each, code) and not self.is_expired(each):
                    by_key.setdefault(each.key, []).append((number, each))
            self._by_code[code] = by_key
        return self._by_code[code]

    def findings(
        self,
        level_of: Callable[[str], Level | None],
        shown: str = "tdv.toml",
        judged: Callable[[Allowed], bool] = lambda entry: True,
    ) -> Iterator[Finding]:
        """What is wrong with the entries themselves, in the order of the text.

        Args:
            level_of: the level of a rule; None where it is off.
            shown: how messages name the text.
            judged: whether everything that an entry can match was validated; of others nobody
                knows whether they are unused.
        """
        seen: Counter[str] = Counter()
        for number, entry in enumerate(self._allow):
            who = _who(entry)
            seen[who] += 1
            if self.is_expired(entry):
                code = EXPIRED
                message = f"{_told(entry)} ended with {entry.until} and accepts nothing any more."
            elif number not in self._used and judged(entry):
                code, message = UNUSED, f"{_told(entry)} accepts nothing that is found."
            else:
                continue
            level = level_of(code)
            if level is not None:
                yield Finding(
                    id=finding_id(code, "tdv.toml", who, seen[who] - 1, ""),
                    code=code,
                    level=level,
                    path=shown,
                    place=Place(shown, entry.line - 1, entry.line),
                    field="",
                    message=message,
                )


def _number(numbered: tuple[int, Allowed]) -> int:
    return numbered[0]


def _is_about(entry: Allowed, code: str) -> bool:
    return code.startswith(entry.code) and code not in (UNUSED, EXPIRED)


def _is_at(entry: Allowed, path: bytes) -> bool:
    if not entry.path or entry.path.encode("utf-8", "surrogateescape") == path:
        return True
    return entry.matcher is not None and entry.matcher.match(path) is not None


def _who(entry: Allowed) -> str:
    """The entry without its place and its reason: the same while it says the same."""
    return json.dumps([entry.code, entry.path, list(entry.key), entry.where])


def _told(entry: Allowed) -> str:
    """The entry in words: `The [[allow]] of DUP003 with key ex-17 (“A real repeat.”)`."""
    parts = [f"of {entry.code or 'ALL'}"]
    parts += [f"in {entry.path}"] if entry.path else []
    parts += [f"with key {', '.join(entry.key)}"] if entry.key else []
    parts += [f"where {entry.where}"] if entry.where else []
    return f"The `[[allow]]` {' '.join(parts)} (reason: {entry.reason})"
