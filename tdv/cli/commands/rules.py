"""`tdv rules`: which rules there are, and what one of them is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from tdv.cli.options import Json
from tdv.cli.session import Session
from tdv.cli.text import near_words, plural
from tdv.errors import UsageError

if TYPE_CHECKING:
    from tdv.quality.rule import Rule


def rules(
    ctx: typer.Context,
    name: Annotated[
        str,
        typer.Argument(metavar="[RULE]", help="A code or a name: `TXT003`, `long-text`."),
    ] = "",
    family: Annotated[
        str, typer.Option("--family", metavar="F", help="Only these: `TXT`, `text`.")
    ] = "",
    profile: Annotated[
        str,
        typer.Option("--profile", metavar="NAME", help="Show levels and parameters of a profile."),
    ] = "",
    json: Json = False,
) -> None:
    """List the rules of `tdv validate`, or explain one of them.

    Rules of your own are among them: those of installed packages, and of the trusted files that
    tdv.toml names.

    The list has each rule's level; `off` is one that has to be asked for. With --profile, it is
    off as well where the profile leaves it out or has no field that it looks at.

    What explains a rule says why it matters, names its parameters, shows a row that it finds and
    one that it does not, and says what mends such rows.
    """
    from tdv.cli.render import rules as render
    from tdv.ops.rules import rules
    from tdv.quality import profiles, registry

    session = Session.of(ctx)
    out = session.out
    about = profiles.profile(profile) if profile else None
    found = rules(session.repo_or_none())
    known = found.rules
    for error in found.failed:
        out.warn(error.message)
        if error.hint:
            out.hint(error.hint)
    if name:
        _refuse_both(name, family)
        chosen = [registry.rule_named(name, known)]
    else:
        letters = _family(family, known.values(), registry.FAMILIES) if family else ""
        chosen = [rule for rule in known.values() if not letters or rule.family == letters]
    if json:
        listed = [render.rule_json(rule, about) for rule in chosen]
        out.json("tdv.rules/1", {"profile": about.name if about else None, "rules": listed})
    elif name:
        render.write_rule(out, chosen[0], about)
    else:
        session.page()
        render.write_table(out, chosen, about)
        out.say(_closing(chosen))


def _refuse_both(name: str, family: str) -> None:
    if family:
        raise UsageError(
            "`--family` lists rules, and a rule was named as well.",
            hint=f"`tdv rules {name}` explains the rule.",
        )


def _family(word: str, known: Iterable[Rule], built_in: Mapping[str, str]) -> str:
    """The letters of a family that is named by them or by its word."""
    own = {rule.family: rule.family for rule in known if rule.family not in built_in}
    families = {**built_in, **own}
    for letters, name in families.items():
        if word.upper() == letters or word.lower() == name:
            return letters
    words = [*families.values(), *families]
    near = near_words(word.lower(), words) or near_words(word.upper(), words)
    listed = ", ".join(families.values())
    raise UsageError(
        f"There is no family of rules `{word}`.", hint=near or f"The families are {listed}."
    )


def _closing(chosen: list[Rule]) -> str:
    return f"{plural(len(chosen), 'rule')}. `tdv rules RULE` explains one."
