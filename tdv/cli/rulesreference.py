"""Writes `docs/rules.md` out of the rules: `python -m tdv.cli.rulesreference > docs/rules.md`."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from tdv.cli.coming import not_yet
from tdv.cli.render.rowchanges import inline
from tdv.cli.render.rules import LONGEST, example_lines, level_in
from tdv.cli.text import cut
from tdv.quality.profiles import PROFILES
from tdv.quality.registry import FAMILIES, rules
from tdv.quality.rule import Rule

INTRODUCTION = """\
# Rules

This page is generated from the rules: `python -m tdv.cli.rulesreference > docs/rules.md`.
`tdv rules` shows the same in a terminal; [validate.md](validate.md) says how rules are selected
and set. A code is never used again for another rule.

The level is the one that holds unless `tdv.toml` or the profile says otherwise. A rule that is
*off* has to be asked for, by its code or its name.
"""


def pages() -> Iterator[str]:
    """The parts of the page, in order."""
    yield INTRODUCTION
    known = rules()
    coming = not_yet(*(rule.mend for rule in known.values()))
    if coming:
        yield f"{coming}\n"
    yield "| code | name | level | what it finds |\n|---|---|---|---|\n" + "".join(
        map(_row, known.values())
    )
    for letters, name in FAMILIES.items():
        of_family = [rule for rule in known.values() if rule.family == letters]
        if of_family:
            yield f"## {letters}: {name}\n"
        for rule in of_family:
            yield from _section(rule)


def page() -> str:
    """The whole page."""
    return "\n".join(part.rstrip("\n") + "\n" for part in pages())


def _row(rule: Rule) -> str:
    level = level_in(rule, None)
    state = rule.level.value if level else f"off ({rule.level.value})"
    anchor = f"{rule.code} {rule.name}".lower().replace(" ", "-")
    return f"| [{rule.code}](#{anchor}) | `{rule.name}` | {state} | {_cell(rule.summary)} |\n"


def _section(rule: Rule) -> Iterator[str]:
    yield f"### {rule.code} {rule.name}\n"
    yield f"{rule.summary}\n"
    if rule.why:
        yield f"{rule.why}\n"
    if rule.params:
        yield "| parameter | default | |\n|---|---|---|\n" + "".join(_params(rule))
    said = [_profile_text(name, rule) for name in PROFILES if rule.code in PROFILES[name].rules]
    if said:
        yield f"Profiles: {'; '.join(said)}.\n"
    yield "Found:\n"
    yield _block(rule.bad)
    yield "Not found:\n"
    yield _block(rule.good)
    if rule.mend:
        yield f"To mend it: {rule.mend}\n"


def _params(rule: Rule) -> Iterator[str]:
    for param in rule.params:
        also = ", ".join(f"`{name}`" for name in param.aliases)
        text = f"{param.help}{f' Also known as {also}.' if also else ''}"
        default = cut(inline(param.default), LONGEST)
        yield f"| `{param.name}` | `{_cell(default)}` | {_cell(text)} |\n"


def _profile_text(name: str, rule: Rule) -> str:
    said = PROFILES[name].rules[rule.code]
    return f"`{name}` " + ", ".join(f"`{key} = {inline(value)}`" for key, value in said.items())


def _block(example: object) -> str:
    lines = [cut(line, LONGEST) for line in example_lines(example)]
    return "".join(f"    {line}".rstrip() + "\n" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


if __name__ == "__main__":
    sys.stdout.write(page())
