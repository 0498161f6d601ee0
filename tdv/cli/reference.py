"""Writes `docs/cli.md` out of the commands: `python -m tdv.cli.reference > docs/cli.md`."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from typing import Any

from tdv import errors
from tdv.cli.app import SETTINGS, build
from tdv.cli.commands import COMMANDS, GROUPS

INTRODUCTION = """\
# Command line reference

This page is generated from the program: `python -m tdv.cli.reference > docs/cli.md`.

Data goes to stdout, messages go to stderr. `-q` and `-v` may stand before or behind the command.
Where a revision is asked for, `HEAD~2`, `main@{1}`, `v1.2`, `-` (the branch before) and the first
digits of an oid all do; `REF:PATH` is a file of a revision, and `:PATH` a file of the stage.
Colour is used on a terminal only, and not when `NO_COLOR` is set.
"""

EXIT_CODES = """\
## Exit codes

| code | meaning |
|---|---|
| 0 | it worked; also when the reader of a pipe went away (`tdv log \\| head`) |
| 1 | findings: nothing to commit, or differences where `--exit-code` asked for them |
| 2 | usage: the command line, the configuration or `tdv.toml` is wrong |
| 3 | repository, revision or integrity: no repository, an unknown revision, damage, a full disk |
| 4 | unsaved work would be lost, or a file changed while it was read; nothing was changed |
| 5 | a remote or the network failed |
| 130 | interrupted by Ctrl-C, SIGTERM or SIGHUP |
| 70 | a bug in tdv |

By class of the error, in Python:

| class | code | |
|---|---|---|
"""

ENVIRONMENT = """\
## Environment

| variable | what |
|---|---|
| `TDV_AUTHOR_NAME`, `TDV_AUTHOR_EMAIL`, `TDV_AUTHOR_DATE` | who made the data, and when |
| `TDV_COMMITTER_NAME`, `TDV_COMMITTER_EMAIL`, `TDV_COMMITTER_DATE` | who makes the commit; \
the author by default |
| `SOURCE_DATE_EPOCH` | the time, where no date is given |
| `TDV_CONFIG` | the user's configuration file, instead of `~/.config/tdv/config.toml` |
| `TDV_PAGER`, `PAGER` | the command through which `diff`, `log`, `show` and `op log` show what \
is longer than the terminal; `less` by default, `cat` for none |
| `TDV_LOG` | `debug`, `info`, `warning` or `error`: how much is said on stderr |
| `NO_COLOR`, `TERM`, `COLUMNS` | how output looks on a terminal |
"""


def pages() -> Iterator[str]:
    """The parts of the page, in order."""
    app = build()
    top = app.make_context("tdv", ["--help"], resilient_parsing=True)
    yield INTRODUCTION
    yield "## Global options\n"
    yield _options(app, top)
    for group, title in GROUPS.items():
        names = [name for name, listed in COMMANDS.items() if listed.group == group]
        if names:
            yield f"## {title}\n"
        for name in names:
            yield from _command(app.get_command(top, name), name, top)
    yield EXIT_CODES + "".join(_error_rows())
    yield ENVIRONMENT


def _command(command: Any, name: str, parent: Any) -> Iterator[str]:
    ctx = command.context_class(command, info_name=name, parent=parent, **SETTINGS)
    usage = " ".join(command.collect_usage_pieces(ctx))
    depth = ctx.command_path.count(" ")
    yield f"{'#' * (depth + 2)} `{ctx.command_path}`\n"
    yield f"    {ctx.command_path} {usage}\n"
    yield inspect.cleandoc(command.help or "") + "\n"
    options = _options(command, ctx)
    if options:
        yield options
    for below, verb in getattr(command, "commands", {}).items():
        yield from _command(verb, below, ctx)


def _options(command: Any, ctx: Any) -> str:
    records = [param.get_help_record(ctx) for param in command.get_params(ctx)]
    rows = [
        f"| `{_cell(names)}` | {_cell(text)} |\n"
        for names, text in filter(None, records)
        if not names.startswith("-h,")
    ]
    return "".join(["| | |\n|---|---|\n", *rows]) if rows else ""


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def _error_rows() -> Iterator[str]:
    for name, error in vars(errors).items():
        if inspect.isclass(error) and issubclass(error, errors.TdvError):
            about = (inspect.getdoc(error) or "").split("\n", 1)[0]
            yield f"| `{name}` | {error.exit_code} | {_cell(about)} |\n"


def page() -> str:
    """The whole page."""
    return "\n".join(part.rstrip("\n") + "\n" for part in pages())


if __name__ == "__main__":
    sys.stdout.write(page())
