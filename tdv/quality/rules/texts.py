"""TXT: text that is empty, too short or long, repetitive, unclear or damaged."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from tdv.quality.extracting import columns as names
from tdv.quality.extracting.batch import Batch
from tdv.quality.finding import Fault, Level
from tdv.quality.rule import ColumnRule, Param, RowRule, Values
from tdv.quality.schemas.schemaerrors import shown
from tdv.quality.searching.screens import signed
from tdv.quality.searching.signs import BLANK, CONTROL, DAMAGE, SYMBOL
from tdv.quality.searching.written import written
from tdv.quality.subject import Roles, Row, Subject, value_at

if TYPE_CHECKING:
    from tdv.quality.extracting.summary import Summary
    from tdv.quality.rule import Columns, Mask

_BLANK, _CONTROL, _DAMAGE, _SYMBOL = map(re.compile, (BLANK, CONTROL, DAMAGE, SYMBOL))
MAX_SYMBOLS = 0.5
_SPACE = re.compile("[ \t\n\r\x0b\x0c]")
_DROP = "`tdv clean --drop-invalid` removes such rows."


def counted(count: int, thing: str) -> str:
    """`1 word`, `2 words`."""
    return f"{count:,} {thing}{'' if count == 1 else 's'}"


def _has_text(roles: Roles) -> bool:
    return bool(roles.text)


def _has_words(roles: Roles) -> bool:
    return bool(roles.text or roles.messages)


# --- TXT001 ------------------------------------------------------------------------------------


def _empty(row: Row, subject: Subject) -> Iterator[Fault]:
    """The main text is null, or shows nothing; a missing one is FLD001's."""
    path = subject.roles.text[0]
    text = value_at(row, path)
    if text is None and _is_there(row, path):
        yield Fault(path, f"`{path}` is null.")
    elif type(text) is str and _BLANK.match(text):
        said = f"has nothing but {shown(text, 30)}" if text else "is empty"
        yield Fault(path, f"`{path}` {said}.")


def _is_there(row: Row, path: str) -> bool:
    if path in row:
        return True
    within, _, name = path.rpartition(".")
    holder = value_at(row, within) if within else None
    return isinstance(holder, Mapping) and name in holder


def _blank_rows(batch: Batch) -> Mask:
    from tdv.quality.searching.textsearch import blank_rows

    return blank_rows(batch)


# --- TXT002 and TXT003 -------------------------------------------------------------------------


def _lengths(roles: Roles) -> tuple[str, ...]:
    main, *others = roles.text or ("",)
    return (
        *((names.CHARS, names.WORDS) if main else ()),
        *(column for field in others for column in (names.chars_of(field), names.words_of(field))),
    )


def _too_short(columns: Mapping[str, Any], limits: Values) -> dict[str, Any]:
    """Where lengths are below their bounds; no text and an empty one are no short texts."""
    return {
        name: (values > 0) & (values < limits["min_" + _unit(name)])
        for name, values in columns.items()
        if _unit(name)
    }


def _too_long(columns: Mapping[str, Any], limits: Values) -> dict[str, Any]:
    """Where lengths are above their bounds, of which 0 is none."""
    return {
        name: (values > limits["max_" + _unit(name)]) & (limits["max_" + _unit(name)] > 0)
        for name, values in columns.items()
        if _unit(name)
    }


def _unit(column: str) -> str:
    """What a column of lengths counts; "" for any other column of the rules."""
    unit = column.partition(":")[0]
    return unit if unit in (names.CHARS, names.WORDS) else ""


def _short_rows(columns: Columns, limits: Values, summary: Summary) -> Mask:
    mask: Mask = sum(_too_short(columns, limits).values()) > 0
    return mask


def _long_rows(columns: Columns, limits: Values, summary: Summary) -> Mask:
    mask: Mask = sum(_too_long(columns, limits).values()) > 0
    return mask


def _tell_short(values: Mapping[str, Any], limits: Values, summary: Summary, roles: Roles) -> Fault:
    column = next(name for name, short in _too_short(values, limits).items() if short)
    need = f"at least {limits['min_' + _unit(column)]:,}"
    return _length_fault(roles, column, int(values[column]), need)


def _tell_long(values: Mapping[str, Any], limits: Values, summary: Summary, roles: Roles) -> Fault:
    column = next(name for name, long in _too_long(values, limits).items() if long)
    need = f"at most {limits['max_' + _unit(column)]:,}"
    return _length_fault(roles, column, int(values[column]), need)


def _length_fault(roles: Roles, column: str, length: int, need: str) -> Fault:
    unit, _, field = column.partition(":")
    field = field or roles.text[0]
    what = "character" if unit == names.CHARS else "word"
    count = counted(length, what)
    return Fault(field, f"`{field}` has {count}, and should have {need}.")


# --- TXT004 ------------------------------------------------------------------------------------


def _repetitive_rows(columns: Columns, limits: Values, summary: Summary) -> Mask:
    words, distinct = columns[names.WORDS], columns[names.DISTINCT]
    # In whole thousandths, so that every machine rounds alike.
    share = round(limits["min_distinct"] * 1000)
    mask: Mask = (words >= limits["min_words"]) & (
        distinct.astype("u8") * 1000 < words.astype("u8") * share
    )
    return mask


def _tell_repetitive(
    values: Mapping[str, Any], limits: Values, summary: Summary, roles: Roles
) -> Fault:
    words, distinct = int(values[names.WORDS]), int(values[names.DISTINCT])
    least = limits["min_distinct"]
    message = (
        f"Of {words:,} words only {distinct:,} {'is' if distinct == 1 else 'are'} different: "
        f"{round(distinct / words, 4):g}, and {least:g} is the least."
    )
    return Fault(roles.text[0], message)


# --- TXT005 ------------------------------------------------------------------------------------


def _unclear(row: Row, subject: Subject) -> Iterator[Fault]:
    """A text field with too large a share of punctuation and symbols."""
    most = symbol_thousandths(subject)
    for path in subject.roles.text:
        text = value_at(row, path)
        if type(text) is str:
            symbols = len(_SYMBOL.findall(text))
            size = len(text) - len(_SPACE.findall(text))
            if symbols * 1000 > size * most:
                message = (
                    f"Of {counted(size, 'character')} of `{path}`, {symbols:,} are punctuation or "
                    f"symbols: {shown(text, 40)}."
                )
                yield Fault(path, message)


def symbol_thousandths(subject: Subject) -> int:
    """The largest share of symbols, in whole thousandths, so that every machine rounds alike."""
    share: float = subject.value("TXT005", "max_symbols", MAX_SYMBOLS)
    return round(share * 1000)


def _unclear_rows(batch: Batch) -> Mask:
    from tdv.quality.searching.textsearch import symbolic_rows

    return symbolic_rows(batch, symbol_thousandths(batch.subject))


# --- TXT006 and TXT007 -------------------------------------------------------------------------


def _damaged(row: Row, subject: Subject) -> Iterator[Fault]:
    for field, text in written(row, subject.roles):
        found = _DAMAGE.search(text)
        if found:
            around = text[max(0, found.start() - 15) : found.end() + 15]
            said = (
                "holds U+FFFD, which stands for what could not be read"
                if found.group() == "\ufffd"
                else "looks like UTF-8 that was read as Windows-1252"
            )
            yield Fault(field, f"`{field}` {said}: {shown(around)}.")


def _controlled(row: Row, subject: Subject) -> Iterator[Fault]:
    for field, text in written(row, subject.roles):
        found = _CONTROL.findall(text)
        if found:
            first = f"U+{ord(found[0]):04X} at character {text.index(found[0])}"
            more = f", and {len(found) - 1:,} more" if len(found) > 1 else ""
            yield Fault(field, f"`{field}` has the control character {first}{more}.")


_GOOD = {"text": "Wake me at six, please."}

RULES = (
    RowRule(
        code="TXT001",
        name="empty-text",
        level=Level.ERROR,
        summary="The main text is null, empty, or nothing but white space.",
        why=(
            "There is nothing to learn from, and the label is learnt for the empty text. "
            "Characters that show nothing (zero-width, control) count as white space. A text that "
            "is not there at all is `required`'s."
        ),
        bad={"text": "   "},
        good=_GOOD,
        mend=_DROP,
        applies=_has_text,
        check=_empty,
        screen=_blank_rows,
    ),
    ColumnRule(
        code="TXT002",
        name="short-text",
        level=Level.WARNING,
        summary="A text has fewer characters or words than it should.",
        why=(
            "Fragments carry labels that nothing in them gives away. Empty texts are those of "
            "`empty-text`."
        ),
        bad={"text": "k"},
        good=_GOOD,
        mend=f"`tdv clean --where 'len(text) < 2'` removes them. {_DROP}",
        applies=_has_text,
        params=(
            Param("min_chars", 2, "Fewest characters of a text."),
            Param(
                "min_words",
                0,
                "Fewest words of a text; 0 for no bound.",
                aliases=("min_sequence_length",),
            ),
        ),
        columns=_lengths,
        mask=_short_rows,
        tell=_tell_short,
    ),
    ColumnRule(
        code="TXT003",
        name="long-text",
        level=Level.WARNING,
        summary="A text has more words or characters than it should.",
        why=(
            "Trainers cut what is longer than the model reads, and with it often what the label "
            "rests on. Words stand for tokens here: English has some 1.3 tokens to a word. The "
            "default is `max_sequence_length` of the ingestion document."
        ),
        bad={"text": "so " * 600 + "on"},
        good=_GOOD,
        mend="`tdv apply` with a shorter text, or split the row into several.",
        applies=_has_text,
        params=(
            Param(
                "max_words",
                512,
                "Most words of a text; 0 for no bound.",
                aliases=("max_sequence_length",),
            ),
            Param("max_chars", 0, "Most characters of a text; 0 for no bound."),
        ),
        columns=_lengths,
        mask=_long_rows,
        tell=_tell_long,
    ),
    ColumnRule(
        code="TXT004",
        name="repetitive-text",
        level=Level.WARNING,
        summary="The main text says the same few words over and over.",
        why=(
            "Stuck generators and pasted lines look so. The share of different words falls with "
            "length in any text, so short texts are left alone, and the bound is low: English of "
            "100 words has a share of 0.5 and more."
        ),
        bad={"text": "yes " * 30},
        good=_GOOD,
        mend=_DROP,
        applies=_has_text,
        params=(
            Param("min_words", 20, "Texts with fewer words are left alone."),
            Param("min_distinct", 0.2, "Least share of different words."),
        ),
        columns=lambda roles: (names.WORDS, names.DISTINCT),
        mask=_repetitive_rows,
        tell=_tell_repetitive,
    ),
    RowRule(
        code="TXT005",
        name="unclear-text",
        level=Level.WARNING,
        summary="A text is mostly punctuation or symbols.",
        why=(
            "Rulers, broken markup and mashed keys look so. Letters and digits of all scripts, and "
            "emoji, count as text; white space does not count."
        ),
        bad={"text": "?!?? -- %%% ok"},
        good=_GOOD,
        mend=_DROP,
        applies=_has_text,
        params=(
            Param(
                "max_symbols",
                MAX_SYMBOLS,
                "Largest share of punctuation and symbols among the characters of a text.",
                extracts=True,
            ),
        ),
        check=_unclear,
        screen=_unclear_rows,
    ),
    RowRule(
        code="TXT006",
        name="damaged-encoding",
        level=Level.WARNING,
        summary="A text was damaged by a wrong decoding: `caf\u00c3\u00a9` for `café`.",
        why=(
            "UTF-8 that was read as Windows-1252 makes two or three odd characters of one, and "
            "U+FFFD of what cannot be read. Tokens of such words are learnt for nothing."
        ),
        bad={"text": "It\u00e2\u20ac\u2122s a caf\u00c3\u00a9."},
        good={"text": "It\u2019s a café."},
        mend="`tdv clean --fix-encoding` reads it right; what is U+FFFD is lost.",
        applies=_has_words,
        check=_damaged,
        screen=signed(DAMAGE),
    ),
    RowRule(
        code="TXT007",
        name="control-characters",
        level=Level.WARNING,
        summary="A text has control characters in it: NUL, escape codes, overrides of direction.",
        why=(
            "They come of terminals and binary files, are invisible, and make texts differ that "
            "look the same. Tabs and line ends are no fault."
        ),
        bad={"text": "wake me\u0000 at six"},
        good=_GOOD,
        mend="`tdv clean --strip-control` removes them.",
        applies=_has_words,
        check=_controlled,
        screen=signed(CONTROL),
    ),
)
