"""Words and normal forms of thousands of texts at once, against one text at a time."""

from __future__ import annotations

import re
import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st

from tdv.quality.extracting.arrowtext import as_arrow, buffer_of, lowered, normalised
from tdv.quality.extracting.textcolumns import STEP_ROWS, WordCounter

ALPHABET = "abcxyz019 ' \t\n.,-éßЖ中\u00a0ＡZ\x00"
TEXTS = st.lists(st.none() | st.text(ALPHABET, max_size=40) | st.text(max_size=20), max_size=60)
# Longer than eight bytes, than sixteen, and than what is hashed at once.
LONG = ["x" * 8, "x" * 9, "x" * 16, "x" * 17, "x" * 255, "x" * 256, "x" * 257, "x" * 1000]


def words_in(text: str | None) -> list[str]:
    form = unicodedata.normalize("NFKC", text or "").lower()
    return re.findall(r"[^\x00-\x26\x28-\x2f\x3a-\x60\x7b-\x7f]+", form)


def texts_of(values: list[str | None]) -> list[str | None]:
    """Without lone surrogates, which become U+FFFD."""
    return [v and v.encode("utf-8", "replace").decode() for v in values]


@given(values=TEXTS)
@settings(max_examples=150, deadline=None)
def test_words_are_those_of_each_text(values):
    counter = WordCounter()
    count, distinct = counter.count(lowered(as_arrow(values)))
    words = [words_in(text) for text in texts_of(values)]
    assert count.tolist() == [len(each) for each in words]
    assert distinct.tolist() == [len(set(each)) for each in words]
    assert len(counter.met()) == len({word for each in words for word in each})


@given(values=TEXTS, at=st.integers(0, 60))
@settings(max_examples=50, deadline=None)
def test_words_met_do_not_depend_on_the_split(values, at):
    whole, parts = WordCounter(), WordCounter()
    whole.count(lowered(as_arrow(values)))
    for part in (values[:at], values[at:]):
        parts.count(lowered(as_arrow(part)))
    assert whole.met().tolist() == parts.met().tolist()


def test_long_words_are_told_apart():
    counter = WordCounter()
    texts = [*LONG, *(word + "y" for word in LONG), *("y" + word[1:] for word in LONG)]
    count, _ = counter.count(lowered(as_arrow([" ".join(texts), *texts])))
    assert count.tolist() == [len(texts), *[1] * len(texts)]
    assert len(counter.met()) == len(set(texts))


def test_more_texts_than_are_counted_at_once():
    texts = [f"word{number} again" for number in range(3 * STEP_ROWS + 5)] + ["long " * 100_000]
    counter = WordCounter()
    count, distinct = counter.count(lowered(as_arrow(texts)))
    assert count.tolist() == [2] * (len(texts) - 1) + [100_000]
    assert distinct.tolist() == [2] * (len(texts) - 1) + [1]
    assert len(counter.met()) == len(texts) - 1 + 2


@given(values=TEXTS)
@settings(max_examples=150, deadline=None)
def test_normal_forms_are_those_of_each_text(values):
    forms = [bytes(each).decode() for each in normalised(lowered(as_arrow(values)))]
    ascii_space = re.compile(r"[ \t\n\r\x0b\x0c]+")
    wanted = [
        ascii_space.sub(" ", unicodedata.normalize("NFKC", text or "").lower()).strip(" ")
        for text in texts_of(values)
    ]
    assert forms == wanted


def test_no_texts():
    assert normalised(lowered(as_arrow([]))) == []
    assert buffer_of(as_arrow([None, ""])).offsets.tolist() == [0, 0, 0]
