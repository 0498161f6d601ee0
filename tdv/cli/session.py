"""One run of the program: its environment, its streams, its repository."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tdv.cli.output import Output
from tdv.errors import NotARepository, UsageError

if TYPE_CHECKING:
    from tdv.cli.bar import Bar
    from tdv.ops.progress import Progress
    from tdv.repo.config import Config
    from tdv.repo.identity import Caller
    from tdv.repo.repository import Repo


class Session:
    """What a command knows of the world.

    Attributes:
        argv: the words of the command line, without the program's name.
        env: the environment. Nothing else reads it.
        out: the streams.
        paging: whether long output may go through a pager (`--no-pager`).
    """

    def __init__(self, argv: Sequence[str], env: Mapping[str, str], out: Output) -> None:
        self.argv = tuple(argv)
        self.env = env
        self.out = out
        self.paging = True
        self._repo: Repo | None = None
        self._bar: Bar | None = None

    @classmethod
    def of(cls, ctx: Any) -> Session:
        """The session that this command runs in."""
        session = ctx.find_object(cls)
        assert isinstance(session, cls)
        return session

    @property
    def here(self) -> Path:
        """The folder that the user stands in (after `-C`)."""
        return Path.cwd()

    def enter(self, folder: str) -> None:
        """Go on as if started in that folder (`-C`).

        Raises:
            UsageError: it is no folder, or may not be entered.
        """
        try:
            os.chdir(folder)
        except OSError as error:
            raise UsageError(f"`-C {folder}` cannot be entered: {error.strerror}.") from error

    def repo(self) -> Repo:
        """The repository that holds the present folder; NotARepository when none does."""
        if self._repo is None:
            from tdv.repo.repository import Repo

            self._repo = Repo.discover(self.here, self.caller())
        return self._repo

    def repo_or_none(self) -> Repo | None:
        """The same, for what works without one; None when none holds the present folder."""
        try:
            return self.repo()
        except NotARepository:
            return None

    def config(self) -> Config:
        """The settings that hold here; outside of a repository the user's alone."""
        from tdv.repo.config import Config

        repo, caller = self.repo_or_none(), self.caller()
        return repo.config if repo else Config(None, caller.user_config, caller.environ)

    def caller(self) -> Caller:
        """What the library is told of this run: environment, user configuration, command."""
        from tdv.repo.identity import Caller

        return Caller(environ=self.env, user_config=self._user_config(), command=self.argv)

    def progress(self) -> Progress:
        """A bar on a terminal; nothing elsewhere and under `-q`."""
        if self.out.talk_terminal and self.out.loudness >= 0 and not self.out.json_talk:
            from tdv.cli.bar import Bar

            self._bar = self._bar or Bar(self.out.stderr, self.out.width)
            self.out.before_talk = self._bar.clear
            return self._bar
        from tdv.ops.progress import SILENT

        return SILENT

    def page(self) -> None:
        """Let long output go through a pager, where stdout is a terminal."""
        if not self.out.terminal or not self.paging or self.env.get("TERM") == "dumb":
            return
        from tdv.cli import pager

        command = pager.pager_command(self.env)
        if command is None:
            return

        def start() -> pager.Pager | None:
            if self._bar is not None:
                self._bar.stop()
            return pager.start(command, self.env)

        self.out.page(start, _screen_lines(self.env))

    def _user_config(self) -> Path | None:
        if self.env.get("TDV_CONFIG"):
            return Path(self.env["TDV_CONFIG"])
        if self.env.get("XDG_CONFIG_HOME"):
            return Path(self.env["XDG_CONFIG_HOME"], "tdv", "config.toml")
        home = self.env.get("HOME")
        return Path(home, ".config", "tdv", "config.toml") if home else None

    def close(self) -> None:
        """Leave the terminal clean."""
        if self._bar is not None:
            self._bar.clear()

    def path(self, text: str) -> bytes:
        """What the user typed, as a path inside the repository; b"" is its root.

        Raises:
            PathError: it lies outside the repository or inside `.tdv`.
        """
        from tdv.cli.paths import repository_path

        return repository_path(self.repo().root, self.here, text)

    def split(self, words: Sequence[str] | None) -> tuple[list[str], list[str] | None]:
        """Positional words before `--`, and those behind it, or None when there was no `--`."""
        given = list(words or ())
        if "--" not in self.argv:
            return given, None
        behind = len(self.argv) - self.argv.index("--") - 1
        return given[: len(given) - behind], given[len(given) - behind :]


def _screen_lines(env: Mapping[str, str]) -> int:
    lines = env.get("LINES", "")
    if lines.isdecimal() and int(lines):
        return int(lines)
    try:
        return os.get_terminal_size(1).lines or 24
    except OSError:
        return 24


def parse_color(wish: str, otherwise: bool) -> bool:
    """Whether to colour stdout, from `--color`; `otherwise` is what "auto" means here."""
    if wish not in ("auto", "always", "never"):
        raise UsageError(f"`--color` is `auto`, `always` or `never`, not `{wish}`.")
    return otherwise if wish == "auto" else wish == "always"
