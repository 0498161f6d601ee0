"""What is said of commands that rules name and this version does not have."""

from __future__ import annotations

import re

from tdv.cli.coming import BY_HAND, COMING, not_yet
from tdv.cli.commands import COMMANDS
from tdv.quality.registry import rules


def test_what_comes_is_not_there_yet():
    assert not set(COMING) & set(COMMANDS)


def test_rules_name_only_commands_that_are_there_or_come():
    for rule in rules().values():
        for name in re.findall(r"`tdv ([a-z-]+)", f"{rule.mend} {rule.why} {rule.summary}"):
            assert name in {*COMMANDS, *COMING}, rule.code


def test_sentences():
    assert not_yet("Fill in the field.", "`tdv diff` shows it.") == ""
    assert not_yet("`tdv dedup` drops them.") == (
        f"`tdv dedup` comes with a later version. {BY_HAND}"
    )
    assert not_yet("`tdv split`, `tdv dedup`", "`tdv apply --x`") == (
        f"`tdv apply`, `tdv dedup` and `tdv split` come with a later version. {BY_HAND}"
    )


def test_typing_one_says_so(outside):
    result = outside("dedup", code=2)
    assert result.err == (
        "error: There is no command `dedup`.\n"
        f"hint: `tdv dedup` comes with a later version. {BY_HAND}\n"
    )
    assert "comes with a later version" in outside("clean", code=2).err
