"""The error boundary: what becomes which words and which exit code."""

from __future__ import annotations

import pytest

from tdv.cli.gitwords import INSTEAD, OPTIONS_INSTEAD
from tdv.version import __version__


def test_version_stands_alone_and_behind_options(outside):
    assert outside("--version").out == f"tdv {__version__}\n"
    assert outside("-v", "--version").out == f"tdv {__version__}\n"


def test_help_shows_every_command_in_its_group(outside):
    from tdv.cli.commands import COMMANDS

    page = outside("--help").out
    assert all(f"\n  {name} " in page for name in COMMANDS)
    assert page.index("Start:") < page.index("\n  init") < page.index("Change the data:")


@pytest.mark.parametrize(
    ("words", "error", "hint"),
    [
        (["comit"], "There is no command `comit`.", "Did you mean `tdv commit`?"),
        (["rebase"], "There is no command `rebase`.", INSTEAD["rebase"]),
        (
            ["checkout", "--theirs", "a.jsonl"],
            "No such option: --theirs.",
            OPTIONS_INSTEAD["checkout --theirs"],
        ),
        (["log", "-Sspam"], "No such option: -S.", OPTIONS_INSTEAD["log -S"]),
        (["frobnicate"], "There is no command `frobnicate`.", "`tdv --help` lists the commands."),
        (["op", "lgo"], "There is no command `tdv op lgo`.", "Did you mean `tdv op log`?"),
        (["op", "x"], "There is no command `tdv op x`.", "`tdv op --help` lists the commands."),
        (["--vers"], "No such option: --vers.", "Did you mean `--verbose` or `--version`?"),
        (
            ["debug", "rev-parse", "--foo"],
            "No such option: --foo.",
            "`tdv debug rev-parse --help` explains the command.",
        ),
        (
            ["-C", "/nowhere/at/all", "debug", "packs"],
            "`-C /nowhere/at/all` cannot be entered: ",
            None,
        ),
    ],
)
def test_usage_errors(outside, words, error, hint):
    result = outside(*words, code=2)
    assert result.err.startswith(f"error: {error}")
    assert result.data == b""
    if hint:
        assert result.err.endswith(f"hint: {hint}\n")


def test_help_is_a_verb_too(outside):
    assert outside("help").out == outside("--help").out == outside().out
    assert outside("help", "ls").out == outside("ls", "--help").out == outside("ls", "-h").out


def test_other_names_of_commands_are_no_commands():
    from tdv.cli.commands import COMMANDS

    assert not INSTEAD.keys() & COMMANDS.keys()
