"""Who makes a commit, and when. A missing name never stops a commit."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tdv.errors import UsageError
from tdv.model.commit import Signature
from tdv.repo.dates import local_offset, parse_date

_UNSAFE = re.compile(r"[\x00-\x1f\x7f<>\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Caller:
    """What a program hands to the library, which looks nothing up itself.

    Attributes:
        environ: environment variables.
        user_config: the user's own configuration file, or None for none.
        command: the command line for the operation log, word by word; empty for a program.
    """

    environ: Mapping[str, str] = field(default_factory=dict)
    user_config: Path | None = None
    command: tuple[str, ...] = ()


def signature(
    role: str, environ: Mapping[str, str], setting: Callable[[str], str | None]
) -> Signature:
    """The author or the committer of a commit that is made now.

    Args:
        role: "AUTHOR" or "COMMITTER", as it stands in the names of variables.
        setting: looks up `user.name` and `user.email` in the configuration.

    Raises:
        UsageError: a variable holds a date that is none.
    """
    fallback = "AUTHOR"  # a committer who says nothing is the author
    name = environ.get(f"TDV_{role}_NAME") or environ.get(f"TDV_{fallback}_NAME")
    email = environ.get(f"TDV_{role}_EMAIL") or environ.get(f"TDV_{fallback}_EMAIL")
    name = _clean(name or "") or _clean(setting("user.name") or "") or login()
    email = _clean(email or "") or _clean(setting("user.email") or "") or f"{login()}@{host()}"
    return Signature(name, email, *_when(role, environ))


def parse_person(text: str) -> tuple[str, str]:
    """Name and e-mail out of `Name <e-mail>`; UsageError when the text is not so."""
    found = re.fullmatch(r"\s*([^<>]+?)\s*<([^<>]*)>\s*", text)
    if found is None or not _clean(found[1]):
        raise UsageError(f"{text!r} does not name an author.", hint="Write it as `Name <e-mail>`.")
    return _clean(found[1]), _clean(found[2])


def login() -> str:
    """The login name of whoever runs this process."""
    import pwd  # needed only where no name is configured

    try:
        return _clean(pwd.getpwuid(os.getuid()).pw_name) or "unknown"
    except KeyError:
        return "unknown"


def host() -> str:
    """The name of this machine."""
    return _clean(os.uname().nodename) or "localhost"


def _when(role: str, environ: Mapping[str, str]) -> tuple[int, int]:
    for variable in (f"TDV_{role}_DATE", "SOURCE_DATE_EPOCH"):
        text = environ.get(variable)
        if text:
            try:
                return parse_date(text)
            except (ValueError, OverflowError) as error:
                raise UsageError(
                    f"{variable} is {text!r}, which is not a date.",
                    hint="Write 2026-01-31T12:00:00+01:00, @1767225600 or `1767225600 +0100`.",
                ) from error
    now = int(time.time())
    return now, local_offset(now)


def _clean(text: str) -> str:
    """Without the characters that would break a line `Name <e-mail>`."""
    return _UNSAFE.sub("", text).strip()
