"""How rules look: a table of them, one explained, and both for programs."""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from tdv.cli.coming import not_yet
from tdv.cli.output import Output
from tdv.cli.render.rowchanges import inline
from tdv.cli.text import cut, visible
from tdv.quality.finding import Level
from tdv.quality.profiles import Profile
from tdv.quality.registry import FAMILIES
from tdv.quality.rule import Param, Rule

STYLES = {"error": "red", "warning": "yellow", "info": "cyan", "off": "dim"}
OFF = "off"
# Columns of prose, and characters of an example, which may be a very long text.
PROSE = 90
LONGEST = 400
# An example of more lines shows equal ones once.
MOST_LINES = 12
# What stands between backticks is not broken.
_CODE = re.compile("`[^`]*`")
_UNBROKEN = "\0"


def level_in(rule: Rule, profile: Profile | None) -> Level | None:
    """The level that a rule has where nothing else is said; None when it is off.

    Args:
        profile: of the dataset; None for what holds in general. A profile that finds out which
            field is what (`generic`) applies every rule that the data has fields for.
    """
    said = {} if profile is None else profile.rules.get(rule.code, {})
    if said.get("level") == OFF or (rule.optional and not said):
        return None
    if profile is not None and not profile.guess and not rule.applies(profile.roles):
        return None
    return Level(said.get("level", rule.level))


def write_table(out: Output, rules: Iterable[Rule], profile: Profile | None) -> None:
    """Write code, name, level and summary of each rule, below the name of its family."""
    listed = list(rules)
    width = max((len(rule.name) for rule in listed), default=0)
    family = ""
    for rule in listed:
        if rule.family != family:
            if family:
                out.line()
            family = rule.family
            out.line(out.style(f"{FAMILIES.get(family, family)} ({family})", "bold"))
        level = level_in(rule, profile)
        word = level.value if level else OFF
        head = f"  {rule.code}  {rule.name.ljust(width)}  "
        summary = out.safe(rule.summary)
        if out.terminal:
            summary = cut(summary, max(out.width - len(head) - 9, 20))
        out.line(f"{head}{out.style(word.ljust(7), STYLES[word])}  {summary}")


def write_rule(out: Output, rule: Rule, profile: Profile | None) -> None:
    """Write everything that there is to know of a rule."""
    level = level_in(rule, profile)
    state = f"off, else {rule.level.value}" if level is None else level.value
    where = f", profile {profile.name}" if profile else ""
    family = FAMILIES.get(rule.family, rule.family)
    out.line(out.style(f"{rule.code} {rule.name}", "bold") + f" ({state}; {family}{where})")
    out.line()
    _write_prose(out, rule.summary)
    if rule.why:
        out.line()
        _write_prose(out, rule.why)
    if rule.params:
        out.line()
        out.line(out.style("Parameters", "bold"))
        said = {} if profile is None else profile.rules.get(rule.code, {})
        for param in rule.params:
            _write_param(out, param, said.get(param.name, param.default))
    examples = (("Found", rule.bad), ("Not found", rule.good))
    for title, example in examples if rule.bad is not None else ():
        out.line()
        out.line(out.style(title, "bold"))
        for line in example_lines(example):
            out.line(f"  {cut(line, LONGEST)}")
    if rule.mend:
        out.line()
        out.line(out.style("To mend it", "bold"))
        _write_prose(out, rule.mend, "  ")
        if not_yet(rule.mend):
            _write_prose(out, not_yet(rule.mend), "  ")
    out.line()
    out.line(out.style("In tdv.toml", "bold"))
    for line in settings_lines(rule):
        out.line(f"  {out.safe(line)}")


def rule_json(rule: Rule, profile: Profile | None) -> dict[str, Any]:
    """A rule for programs."""
    said = {} if profile is None else profile.rules.get(rule.code, {})
    level = level_in(rule, profile)
    return {
        "code": rule.code,
        "name": rule.name,
        "family": FAMILIES.get(rule.family, rule.family),
        "level": (level or rule.level).value,
        "on": level is not None,
        "summary": rule.summary,
        "why": rule.why,
        "mend": rule.mend,
        "bad": rule.bad,
        "good": rule.good,
        "params": [
            {
                "name": param.name,
                "value": said.get(param.name, param.default),
                "default": param.default,
                "help": param.help,
                "aliases": list(param.aliases),
                "reads_rows_again": param.extracts,
            }
            for param in rule.params
        ],
    }


def example_lines(example: Any) -> Iterator[str]:
    """An example as lines of data: rows as JSON, a record's text as it is.

    Of many rows those that are equal share a line.
    """
    if isinstance(example, bytes):
        example = example.decode("utf-8", "backslashreplace")
    if isinstance(example, str):
        yield from map(visible, example.split("\n"))
    elif isinstance(example, (list, tuple)):
        lines = [line for each in example for line in example_lines(each)]
        if len(lines) <= MOST_LINES:
            yield from lines
            return
        for line, count in Counter(lines).items():
            yield line if count == 1 else f"{line} ({count} times)"
    else:
        yield visible(inline(example))


def settings_lines(rule: Rule) -> Iterator[str]:
    """What tdv.toml says to have the rule as it is."""
    yield f"[rules.{rule.code}]"
    yield f'level = "{rule.level.value}"'
    for param in rule.params:
        if param.default is not None:
            yield f"{param.name} = {inline(param.default)}"


def _write_param(out: Output, param: Param, value: Any) -> None:
    also = ", ".join(f"`{name}`" for name in param.aliases)
    text = f"{param.help}{f' Also known as {also}.' if also else ''}"
    if param.extracts:
        text += " Another value reads the rows again."
    out.line(f"  {param.name} = {out.safe(cut(inline(value), LONGEST))}")
    _write_prose(out, text, "      ")


def _write_prose(out: Output, text: str, indent: str = "") -> None:
    width = min(out.width if out.terminal else PROSE, PROSE)
    wrapper = textwrap.TextWrapper(
        width, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False
    )
    # Rules of the user's own may say anything.
    for paragraph in (out.safe(" ".join(each.split())) for each in text.split("\n\n")):
        joined = _CODE.sub(lambda found: found[0].replace(" ", _UNBROKEN), paragraph)
        out.line(wrapper.fill(joined).replace(_UNBROKEN, " "))
