"""Rules of the user's own: Python files that `tdv.toml` names, and installed packages.

    from tdv.rules import rule

    @rule("ACME001", "no-lorem", level="warning")
    def no_lorem(row, *, word="lorem"):
        "The text is placeholder text."
        if word in row["text"].lower():
            yield "text", f"It has the placeholder `{word}`."

Whoever calls `own_rules` has made sure that the text may run (`tdv.repo.trust`). The rules are made
of the texts alone, so a worker process makes the same ones of `Subject.own`.
"""

from __future__ import annotations

import builtins
import inspect
import re
import sys
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeVar

from blake3 import blake3

from tdv.entrypoints import entry_points
from tdv.errors import ConfigError, RuleFailed
from tdv.quality.finding import Fault, Level
from tdv.quality.registry import FAMILIES
from tdv.quality.rule import Param, RowRule
from tdv.quality.subject import Row, Subject

GROUP = "tdv.rules"
INSTALLED = "entry point "
"""Begins the name under which `Subject.own` has the rules of a package; the text is its version."""

MAX_SOURCE = 1 << 20
_CODE = re.compile(r"([A-Z]{2,10})[0-9]{3}")
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_MARK = "__tdv_rule__"
_MOST_TEXT = 1000
_CONTAINERS = (dict, list)

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True)
class OwnRules:
    """Rules of the user's own.

    Attributes:
        sources: as `Subject.own` has them.
        rules: by code, sorted.
    """

    sources: Mapping[str, str] = field(default_factory=dict)
    rules: Mapping[str, RowRule] = field(default_factory=dict)


def rule(
    code: str,
    name: str,
    *,
    level: str = "warning",
    summary: str = "",
    why: str = "",
    mend: str = "",
) -> Callable[[Function], Function]:
    """Make a rule of a function on one row.

    The function takes the row, a dict that it may change as it likes, and behind `*` parameters
    with defaults, which `[rules.CODE]` and `--set` give other values. It yields `(field, message)`
    or `(field, message, suggestion)` for each fault, or a message alone for the whole row; nothing
    for a good row. It has to say the same of the same row always. The function stays as it is.

    Args:
        code: two or more capitals that are no family of tdv's, and three digits: `ACME001`.
        name: `no-lorem`.
        level: `error`, `warning` or `info`, unless `tdv.toml` says otherwise.
        summary: one sentence; the first line of the function's docstring without it.
        why: why it matters.
        mend: what to do about such rows.

    Raises:
        ValueError: one of these is not as it should be.
    """
    found = _CODE.fullmatch(code)
    if found is None:
        raise ValueError(f"the code {code!r} is not capitals and three digits, as in 'ACME001'")
    if found[1] in FAMILIES:
        raise ValueError(f"the code {code!r} is of a family of tdv's own rules")
    if _NAME.fullmatch(name) is None:
        raise ValueError(f"the name {name!r} is not small letters and hyphens, as in 'no-lorem'")
    held = Level(level)

    def mark(function: Function) -> Function:
        params = tuple(_params(function))
        said = (inspect.getdoc(function) or "").strip().split("\n")[0]
        made = RowRule(
            code=code,
            name=name,
            level=held,
            summary=summary or said or f"A rule of your own: {name}.",
            why=why,
            bad=None,
            good=None,
            mend=mend,
            params=params,
            check=_check(code, name, function, params),
        )
        setattr(function, _MARK, made)
        return function

    return mark


@lru_cache(maxsize=8)
def _made(sources: tuple[tuple[str, str], ...]) -> Mapping[str, RowRule]:
    found: dict[str, tuple[RowRule, str]] = {}
    for name, text in sources:
        made = _installed(name, text) if name.startswith(INSTALLED) else _of_file(name, text)
        for each in made:
            for other, where in found.values():
                if each is not other and (each.code == other.code or each.name == other.name):
                    raise ConfigError(
                        f"{name} has a rule {each.code} ({each.name}), and {where} has "
                        f"{other.code} ({other.name}).",
                        hint="Codes and names of rules have to be different.",
                    )
            found.setdefault(each.code, (each, name))
    return {code: found[code][0] for code in sorted(found)}


def own_rules(sources: Mapping[str, str]) -> OwnRules:
    """The rules of trusted texts and of installed packages.

    Args:
        sources: path of a file -> its text, and what `installed_sources` gave: `Subject.own`.

    Raises:
        ConfigError: a text is no Python, raises when it runs, has no rule, or has one whose code or
            name another one has too; the message names the file and the line.
    """
    ordered = dict(sorted(sources.items()))
    return OwnRules(ordered, _made(tuple(ordered.items())))


def installed_sources() -> dict[str, str]:
    """The rules of installed packages, as `own_rules` takes them: by name and version."""
    return {f"{INSTALLED}{each.name}": each.made_by for each in entry_points(GROUP)}


def _of_file(name: str, text: str) -> list[RowRule]:
    """Run a text, and take the rules that it made."""
    module = types.ModuleType(f"tdv_own_{blake3(f'{name}|{text}'.encode()).hexdigest(length=8)}")
    module.__file__ = name
    # What a rule prints to find a mistake does not belong between what tdv prints.
    vars(module)["print"] = _print
    # Dataclasses look for the module of a class by its name.
    sys.modules[module.__name__] = module
    try:
        exec(compile(text, name, "exec", dont_inherit=True), vars(module))
    except SyntaxError as error:
        where = f", line {error.lineno}" if error.lineno else ""
        raise ConfigError(f"{name}{where}: this is no Python: {error.msg}.") from error
    except (Exception, SystemExit) as error:  # anything may be raised by what a user wrote
        raise ConfigError(f"{name}{_line(error, name)}: it raised {_told(error)}.") from error
    return _rules_in(vars(module).values(), name)


def _print(*values: Any, **options: Any) -> None:
    """`print` for rule files: on stderr unless they say otherwise."""
    builtins.print(*values, **{"file": sys.stderr, **options})  # noqa: T201  a rule's words


def _installed(name: str, version: str) -> list[RowRule]:
    """The rules of an installed package: those of a module, or a function that is one."""
    short = name.removeprefix(INSTALLED)
    entry = next((each for each in entry_points(GROUP) if each.name == short), None)
    if entry is None or entry.made_by != version:
        present = "nothing" if entry is None else entry.made_by
        message = f"The rules `{short}` are of {version}, but {present} is installed here."
        raise ConfigError(message)
    try:
        loaded = entry.load()
    except (Exception, SystemExit) as error:  # anything may be raised by another package
        raise ConfigError(f"The rules of {version} cannot be loaded: {_told(error)}.") from error
    values = vars(loaded).values() if isinstance(loaded, types.ModuleType) else (loaded,)
    return _rules_in(values, f"{version} ({short})")


def _rules_in(values: Iterable[Any], name: str) -> list[RowRule]:
    found = [getattr(value, _MARK, None) for value in list(values)]
    made = [each for each in found if isinstance(each, RowRule)]
    if not made:
        hint = 'Put `@rule("ACME001", "no-lorem")` of `tdv.rules` above a function on a row.'
        raise ConfigError(f"{name} has no rule.", hint=hint)
    return list({id(each): each for each in made}.values())


def _params(function: Callable[..., Any]) -> Iterator[Param]:
    """The parameters of a rule: what its function takes by keyword only."""
    rows = 0
    for each in inspect.signature(function).parameters.values():
        if each.kind is each.KEYWORD_ONLY:
            default = tuple(each.default) if isinstance(each.default, list) else each.default
            if not isinstance(default, bool | int | float | str | tuple):
                raise ValueError(
                    f"the parameter {each.name!r} needs a default that is a text, a number, "
                    "a boolean or a list"
                )
            yield Param(each.name, default, "A parameter of your own rule.", extracts=True)
        elif each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD):
            rows += each.default is each.empty
        else:
            raise ValueError(f"a rule takes the row, and no {each}")
    if rows != 1:
        raise ValueError("a rule takes the row, and its parameters behind `*`")


def _check(
    code: str, name: str, function: Callable[..., Any], params: tuple[Param, ...]
) -> Callable[[Row, Subject], Iterable[Fault]]:
    file = getattr(getattr(function, "__code__", None), "co_filename", "")
    defaults = {each.name: each.default for each in params}

    def check(row: Row, subject: Subject) -> Iterable[Fault]:
        given = subject.values.get(code, {})
        values = {each: given.get(each, default) for each, default in defaults.items()}
        try:
            told = function(_copied(row), **values)
            return [_fault(each) for each in _each(told)]
        except (Exception, SystemExit) as error:  # anything may be raised by what a user wrote
            where = f"{file}{_line(error, file)}: " if file else ""
            raise RuleFailed(f"{where}the rule {code} ({name}) raised {_told(error)}.") from error

    return check


def _each(told: Any) -> Iterable[Any]:
    if told is None:
        return ()
    if isinstance(told, str) or (isinstance(told, tuple) and told and isinstance(told[0], str)):
        return (told,)
    items: Iterable[Any] = iter(told)
    return items


def _fault(told: Any) -> Fault:
    parts = ("", told) if isinstance(told, str) else told
    if (
        not isinstance(parts, tuple)
        or len(parts) not in (2, 3)
        or not all(isinstance(part, str) for part in parts)
    ):
        raise TypeError("a rule yields (field, message) or a message, all of them text")
    return Fault(*(part[:_MOST_TEXT] for part in parts))


def _copied(value: Any) -> Any:
    """The value, so that a rule that changes it changes nothing for the next."""
    held: Any = value.copy()
    for name, each in value.items() if type(value) is dict else enumerate(value):
        if type(each) in _CONTAINERS:
            held[name] = _copied(each)
    return held


def _told(error: BaseException) -> str:
    text = " ".join(str(error).split())[:_MOST_TEXT]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _line(error: BaseException, file: str) -> str:
    """`, line 12`: the last line of the file that the error went through."""
    number, trace = 0, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == file:
            number = trace.tb_lineno
        trace = trace.tb_next
    return f", line {number}" if number else ""
