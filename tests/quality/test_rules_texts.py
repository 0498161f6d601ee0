"""TXT: which texts are empty, short, long, repetitive, unclear or damaged, and which are not."""

from __future__ import annotations

import numpy as np
import pytest

from tdv.quality.extracting.summary import Summary
from tdv.quality.rules.texts import RULES
from tdv.quality.subject import Roles, Subject

BY_CODE = {rule.code: rule for rule in RULES}
ROLES = Roles(text=("text", "answer"), messages="messages")


def said(code, row, roles=ROLES, **values):
    """Field and message of each fault of a row."""
    subject = Subject(roles, values={code: values})
    return [(each.field, each.message) for each in BY_CODE[code].check(row, subject)]


def judged(code, columns, **limits):
    """What a rule on columns says of each row; None for nothing."""
    rule = BY_CODE[code]
    values = {**rule.defaults, **limits}
    # Columns of other rules stand among them.
    arrays = {name: np.array(each, np.uint32) for name, each in columns.items()}
    arrays["turns"] = np.zeros(len(next(iter(arrays.values()))), np.uint32)
    mask = rule.mask(arrays, values, Summary())
    rows = [{name: array[row] for name, array in arrays.items()} for row in range(len(mask))]
    return [
        rule.tell(row, values, Summary(), ROLES).message if wrong else None
        for row, wrong in zip(rows, mask.tolist(), strict=True)
    ]


@pytest.mark.parametrize("text", ["", " ", "\t\n", "\u00a0\u3000", "\u200b\ufeff", "\x00\x07"])
def test_texts_that_show_nothing(text):
    [(field, _)] = said("TXT001", {"text": text})
    assert field == "text"


@pytest.mark.parametrize("row", [{}, {"text": "0"}, {"text": 0}, {"text": "\u200b."}])
def test_texts_that_are_not_empty_or_not_there(row):
    assert said("TXT001", row) == []


def test_null_is_empty_and_missing_is_not():
    assert said("TXT001", {"text": None}) == [("text", "`text` is null.")]
    inner = Roles(text=("a.b",))
    assert said("TXT001", {"a": {"b": None}}, inner) == [("a.b", "`a.b` is null.")]
    assert said("TXT001", {"a": {}}, inner) == []
    assert said("TXT001", {"a": None}, inner) == []


def test_short_texts():
    columns = {"chars": [0, 1, 2, 9], "words": [0, 1, 1, 2]}
    assert judged("TXT002", columns) == [
        None,
        "`text` has 1 character, and should have at least 2.",
        None,
        None,
    ]
    assert judged("TXT002", columns, min_chars=0, min_words=2)[1:] == [
        "`text` has 1 word, and should have at least 2.",
        "`text` has 1 word, and should have at least 2.",
        None,
    ]


def test_long_texts():
    columns = {"chars": [2, 9_000], "words": [1, 512], "words:answer": [0, 1_513]}
    assert judged("TXT003", columns) == [
        None,
        "`answer` has 1,513 words, and should have at most 512.",
    ]
    assert judged("TXT003", columns, max_words=0) == [None, None]
    assert judged("TXT003", columns, max_words=0, max_chars=8_999) == [
        None,
        "`text` has 9,000 characters, and should have at most 8,999.",
    ]


def test_repetitive_texts():
    columns = {"words": [19, 20, 20, 400], "distinct": [1, 3, 4, 79]}
    assert judged("TXT004", columns) == [
        None,
        "Of 20 words only 3 are different: 0.15, and 0.2 is the least.",
        None,
        "Of 400 words only 79 are different: 0.1975, and 0.2 is the least.",
    ]


@pytest.mark.parametrize(
    "text", ["...", "?!?! ok", "-----====-----", "«»", "→→→ x", "！！！あ", "\ufffd\ufffd1"]
)
def test_unclear_texts(text):
    assert [field for field, _ in said("TXT005", {"text": text})] == ["text"]


@pytest.mark.parametrize(
    "text",
    [
        *("", "ok?", "a.b.c", "42", "4940 - (995 + 818) = $60.", "👍👍", "❤️", "नमस्ते", "สวัสดีครับ"),
        *("「こんにちは。」", "I write C++ & C#", "\u00a0"),
    ],
)
def test_clear_texts(text):
    assert said("TXT005", {"text": text}) == []


def test_the_share_of_symbols_is_a_parameter():
    assert said("TXT005", {"text": "a.b.c"}, max_symbols=0.3)
    assert not said("TXT005", {"text": "a.b.c"}, max_symbols=0.4)


DAMAGED = "café It’s naïve “quoted” – ünïcödé ÀÉ Ñandú señor £5 ™ € 👍 Привет š ž"


@pytest.mark.parametrize("word", DAMAGED.split())
@pytest.mark.parametrize("codec", ["cp1252", "latin-1"])
def test_damage_by_each_wrong_decoding(word, codec):
    # Bytes that Windows-1252 does not know stay as they are, as browsers have it.
    raw = word.encode()
    text = "".join(
        bytes([byte]).decode(codec, "ignore") or chr(byte) for byte in raw
    )  # fmt: skip
    if text != word:
        assert [field for field, _ in said("TXT006", {"text": f"so {text} it is"})] == ["text"]


@pytest.mark.parametrize(
    "text",
    [
        DAMAGED,
        "NÃO! SÃO… IRMÃ” MAÇÃ» Ã",
        "À la carte, CAFÉ… «É», Ýmir",
        "Â propos, pâté, château, voilà",
        "Åse Åland ÅÄÖ, Ðorđe Ñ, Ελληνικά, 日本語, العربية",
        "naïf, Hawaïï, Citroën",
        "ðe and Ðe in Old English; ï»",
    ],
)
def test_what_looks_odd_and_is_right(text):
    assert said("TXT006", {"text": text}) == []


def test_damage_is_shown_where_it_is_and_in_messages():
    row = {"text": "fine", "messages": [{"role": "user", "content": "x" * 50 + " caf\u00c3\u00a9"}]}
    assert said("TXT006", row) == [
        (
            "messages[0].content",
            "`messages[0].content` looks like UTF-8 that was read as Windows-1252: "
            '"xxxxxxxxxxx caf\u00c3\u00a9".',
        )
    ]
    [(_, message)] = said("TXT006", {"text": "caf\ufffd"})
    assert "U+FFFD, which stands for what could not be read" in message


def test_control_characters_are_named_and_counted():
    assert said("TXT007", {"text": "a\x1b[1mb\x00\r\n\tc"}) == [
        ("text", "`text` has the control character U+001B at character 1, and 1 more.")
    ]
    assert said("TXT007", {"text": "a\u202eb"}) == [
        ("text", "`text` has the control character U+202E at character 1.")
    ]
    assert said("TXT007", {"text": "زن\u200cدگی \u200f👨\u200d👩\u200d👧"}) == []
