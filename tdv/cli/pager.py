"""Long output on a terminal goes through a pager, as git's does."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from collections.abc import Mapping

# As git sets them: leave what fits on one screen alone, keep colours, clear nothing at the end.
DEFAULTS = {"LESS": "FRX", "LESSCHARSET": "utf-8", "LV": "-c"}


class Pager:
    """A pager that is running.

    Attributes:
        stream: what is written here is shown.
    """

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None
        self._process = process
        self.stream = process.stdin

    def close(self) -> None:
        """Wait until the user has left it."""
        with contextlib.suppress(BrokenPipeError):  # it was left before all was shown
            self.stream.close()
        while True:
            try:
                self._process.wait()
                return
            except KeyboardInterrupt:
                continue  # Ctrl-C is the pager's own key as long as it runs


def pager_command(env: Mapping[str, str]) -> str | None:
    """The shell command that shows long output; None for none."""
    for name in ("TDV_PAGER", "PAGER"):
        if name in env:
            command = env[name].strip()
            return None if command in ("", "cat") else command
    return "less" if shutil.which("less", path=env.get("PATH")) else None


def start(command: str, env: Mapping[str, str]) -> Pager | None:
    """Run the pager; None when it cannot be run."""
    try:
        process = subprocess.Popen(
            ["sh", "-c", command], stdin=subprocess.PIPE, env={**DEFAULTS, **env}
        )
    except OSError:
        return None
    return Pager(process)
