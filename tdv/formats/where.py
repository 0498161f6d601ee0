"""A condition on a row, as people type it: `score >= 0.5 and len(meta.tags) > 2`.

The grammar is that of a Python expression, of which these parts are known: names of fields,
joined by dots where they are nested, and `field["any name"]`; texts, numbers, True, False, None
and lists of them; comparisons, `in`, `and`, `or`, `not`, `+ - * / %`; and a few functions.
Nothing of it is ever run as Python.

A field that a row lacks is None. Values that do not compare make a comparison false; a number
and a text that spells a number, as in CSV, are compared as numbers.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from tdv.errors import UsageError

Value: TypeAlias = "Callable[[Mapping[str, Any]], Any]"

MAX_LENGTH = 10_000
_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda item, held: item in held,
    ast.NotIn: lambda item, held: item not in held,
    ast.Is: lambda a, b: a is b,
    ast.IsNot: lambda a, b: a is not b,
}
_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Mod: operator.mod,
}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "len": len,
    "abs": abs,
    "lower": lambda text: text.lower(),
    "upper": lambda text: text.upper(),
    "startswith": lambda text, start: text.startswith(start),
    "endswith": lambda text, end: text.endswith(end),
    "words": lambda text: len(text.split()),
}


class Condition:
    """A condition on rows.

    Attributes:
        text: as it was typed.
    """

    def __init__(self, text: str) -> None:
        """Read a condition; UsageError says what in it is not known."""
        self.text = text
        if len(text) > MAX_LENGTH:
            raise UsageError(f"A condition has at most {MAX_LENGTH:,} characters.")
        try:
            parsed = ast.parse(text.strip(), mode="eval")
            self._value = _compiled(parsed.body)
        except SyntaxError as error:
            raise _unknown(text, error.msg) from error
        except _NotKnown as error:
            raise _unknown(text, f"`{error}` is no part of a condition") from error
        except (RecursionError, MemoryError, ValueError) as error:
            raise _unknown(text, "it cannot be read") from error

    def __call__(self, row: Mapping[str, Any]) -> bool:
        """Whether a row meets it."""
        return bool(self._value(row))


class _NotKnown(Exception):
    """Holds a part of an expression that is none of a condition."""


def _compiled(node: ast.expr) -> Value:
    match node:
        case ast.Constant(value):
            return lambda row: value
        case ast.Name(name):
            return lambda row: row.get(name)
        case ast.Attribute(inner, name):
            return _member(_compiled(inner), lambda row: name)
        case ast.Subscript(inner, place):
            return _member(_compiled(inner), _compiled(place))
        case ast.List(items) | ast.Tuple(items) | ast.Set(items):
            values = [_compiled(item) for item in items]
            return lambda row: [value(row) for value in values]
        case ast.Compare(first, ops, others):
            return _comparison(first, ops, others)
        case ast.Call(ast.Name(name), arguments, []) if name in _FUNCTIONS:
            return _guarded(_FUNCTIONS[name], *map(_compiled, arguments))
    return _operation(node)


def _operation(node: ast.expr) -> Value:
    match node:
        case ast.BoolOp(ast.And(), operands):
            return _all([_compiled(each) for each in operands])
        case ast.BoolOp(ast.Or(), operands):
            return _any([_compiled(each) for each in operands])
        case ast.UnaryOp(ast.Not(), operand):
            denied = _compiled(operand)
            return lambda row: not denied(row)
        case ast.UnaryOp(ast.USub(), operand):
            return _guarded(operator.neg, _compiled(operand))
        case ast.BinOp(left, op, right) if type(op) in _ARITHMETIC:
            return _guarded(_bounded(_ARITHMETIC[type(op)]), _compiled(left), _compiled(right))
    raise _NotKnown(ast.unparse(node))


def _comparison(first: ast.expr, ops: list[ast.cmpop], others: list[ast.expr]) -> Value:
    values = [_compiled(each) for each in (first, *others)]
    parts = [
        _compared(_COMPARISONS[type(op)], left, right)
        for op, left, right in zip(ops, values, values[1:], strict=False)
    ]
    return parts[0] if len(parts) == 1 else _all(parts)


def _compared(compare: Callable[[Any, Any], Any], left: Value, right: Value) -> Value:
    def value(row: Mapping[str, Any]) -> bool:
        a, b = left(row), right(row)
        try:
            return bool(compare(*_alike(a, b)))
        except (TypeError, ValueError):
            return False

    return value


def _alike(a: Any, b: Any) -> tuple[Any, Any]:
    """Two values; the text of a number becomes a number where the other one is."""
    if isinstance(a, str) and _is_number(b):
        return _number(a), b
    if isinstance(b, str) and _is_number(a):
        return a, _number(b)
    return a, b


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _number(text: str) -> Any:
    try:
        return float(text)
    except ValueError:
        return text


def _member(inner: Value, place: Value) -> Value:
    def value(row: Mapping[str, Any]) -> Any:
        held, at = inner(row), place(row)
        if isinstance(held, Mapping):
            return held.get(at)
        if isinstance(held, list) and isinstance(at, int) and -len(held) <= at < len(held):
            return held[at]
        return None

    return value


def _guarded(function: Callable[..., Any], *arguments: Value) -> Value:
    def value(row: Mapping[str, Any]) -> Any:
        try:
            return function(*(argument(row) for argument in arguments))
        except (TypeError, ValueError, AttributeError, ArithmeticError):
            return None

    return value


def _bounded(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Arithmetic on numbers alone: a text times a million would fill memory."""

    def value(a: Any, b: Any) -> Any:
        numbers = [float(each) if isinstance(each, str) else each for each in (a, b)]
        if not all(map(_is_number, numbers)):
            raise TypeError
        return function(*numbers)

    return value


def _all(parts: list[Value]) -> Value:
    return lambda row: all(part(row) for part in parts)


def _any(parts: list[Value]) -> Value:
    return lambda row: any(part(row) for part in parts)


def _unknown(text: str, why: str) -> UsageError:
    return UsageError(
        f"The condition {text!r} is not understood: {why}.",
        hint="`label == 'spam' and len(text) < 20 and meta.source in ['web', 'book']` is one.",
    )
