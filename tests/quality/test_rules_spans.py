"""SPN: every misaligned span is found, one fault each, in words that say what to do."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tdv.quality.rules.spans import RULES, span_faults
from tdv.quality.subject import Roles, Subject

SUBJECT = Subject(Roles(text=("text",), entities="spans"))
TEXT = "Ava left Oslo at 5"


def found(spans, text=TEXT, subject=SUBJECT):
    return list(span_faults({"text": text, "spans": spans}, subject))


def codes(spans, text=TEXT, **values):
    subject = Subject(SUBJECT.roles, values={"SPN003": values})
    return [(code, fault.field) for code, fault in found(spans, text, subject)]


def told(spans, text=TEXT):
    [(_, fault)] = found(spans, text)
    return fault.message, fault.suggestion


def test_all_misaligned_spans_are_found():
    spans = [
        ["Ava", "person", 0, 3],
        ["Oslo", "city", 8, 12],
        ["5", "number", 17, 19],
        ["left", "verb", 8, 4],
        ["at", "word", 14, 14],
        ["Ava", "person", "0", 3],
    ]
    assert codes(spans) == [
        ("SPN004", "spans[1]"),
        ("SPN001", "spans[2]"),
        ("SPN002", "spans[3]"),
        ("SPN002", "spans[4]"),
        ("SPN005", "spans[5]"),
    ]


def test_the_message_shows_both_texts_and_where_the_right_one_stands():
    message, suggestion = told([["Oslo", "city", 8, 12]])
    assert message == 'The text from 8 to 12 is " Osl", not "Oslo".'
    assert suggestion == '"Oslo" stands from 9 to 13.'


def test_of_several_places_the_nearest_is_told():
    assert told([["a", "x", 4, 5]], "a..a....a")[1] == '"a" stands from 3 to 4.'
    assert told([["a", "x", 6, 7]], "a..a....a")[1] == '"a" stands from 8 to 9.'


def test_a_surface_that_the_text_does_not_have():
    message, suggestion = told([["Rome", "city", 9, 13]])
    assert message == 'The text from 9 to 13 is "Oslo", not "Rome".'
    assert suggestion.startswith('The text does not have "Rome"')


def test_bounds_and_order_in_words():
    assert told([["Rome", "city", 21, 25]])[0] == (
        'The span "Rome" ("city") goes from 21 to 25, outside the text, which has 18 characters.'
    )
    assert told([["Oslo", "city", 13, 9]])[0] == (
        'The span "Oslo" ("city") ends at 9, before it starts at 13.'
    )
    assert told([["Oslo", "city", 9, 9]])[0] == (
        'The span "Oslo" ("city") is empty: it starts and ends at 9.'
    )


def test_offsets_count_code_points():
    assert codes([["5", "number", 3, 4]], "é👍 5") == []
    assert codes([["5", "number", 8, 9]], "é👍 5") == [("SPN001", "spans[0]")]


def test_negative_offsets_do_not_count_from_the_end():
    assert codes([["5", "number", -1, 18]]) == [("SPN001", "spans[0]")]


def test_objects_and_lists_of_spacy():
    good = [
        {"start": 0, "end": 3, "value": "Ava", "type": "person"},
        {"start": 9, "end": 13, "text": "Oslo", "label": "city"},
        {"start": 14, "end": 16, "label": "word"},
        [17, 18, "number"],
    ]
    assert codes(good) == []
    bad = [{"start": 0, "end": 3, "value": "Bob", "type": "person"}, [17, 20, "number"]]
    assert codes(bad) == [("SPN004", "spans[0]"), ("SPN001", "spans[1]")]


def test_form_says_what_is_missing():
    assert told([{"start": 0, "label": "x"}])[0] == (
        "This is no span: its end is missing; a span is an object with `start`, `end` and `label`."
    )
    assert told(["Ava"])[0] == (
        'This is no span: it is "Ava", a string, not `[surface, label, start, end]` or an object.'
    )
    assert told("Ava")[0] == 'The entities are "Ava", a string, not an array of spans.'
    assert codes([["Ava", "person", True, 3]]) == [("SPN005", "spans[0]")]
    assert codes([["Ava", None, 0, 3]]) == [("SPN005", "spans[0]")]
    assert codes([[None, "person", 0, 3]]) == [("SPN005", "spans[0]")]


def test_no_spans_and_no_text():
    assert codes(None) == codes([]) == codes("") == []
    assert codes([["Ava", "person", 0, 3]], None) == []
    assert codes([["Ava", "person", 3, 0]], None) == [("SPN002", "spans[0]")]


def test_overlaps_do_not_depend_on_the_order_of_the_list():
    spans = [["Ava left", "event", 0, 8], ["left", "verb", 4, 8]]
    assert codes(spans) == [("SPN003", "spans[1]")]
    assert codes(spans[::-1]) == [("SPN003", "spans[0]")]
    assert codes([["Oslo", "city", 9, 13], ["Ava", "person", 0, 3]]) == []


def test_touching_spans_do_not_overlap():
    assert codes([["Ava", "person", 0, 3], [" ", "gap", 3, 4]]) == []


def test_nested_spans_can_be_accepted():
    inner = [["Ava left", "event", 0, 8], ["left", "verb", 4, 8]]
    assert codes(inner, nested=True) == []
    crossing = [["Ava left", "event", 0, 8], ["left Oslo", "event", 4, 13]]
    assert codes(crossing, nested=True) == [("SPN003", "spans[1]")]
    same = [["Ava", "person", 0, 3], ["Ava", "name", 0, 3]]
    assert codes(same, nested=True) == [("SPN003", "spans[1]")]


def test_a_misaligned_span_overlaps_nothing():
    assert codes([["left", "verb", 0, 4], ["Ava", "person", 0, 3]]) == [("SPN004", "spans[0]")]


def test_many_overlapping_spans_take_no_square_of_time():
    spans = [[number, 9_999, "x"] for number in range(9_000)]
    assert len(codes(spans, "x" * 10_000)) == 8_999


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 8), st.integers(1, 4)), max_size=6), st.booleans())
def test_overlaps_are_those_of_a_look_at_every_pair(pairs, nested):
    extents = [(start, start + size) for start, size in pairs]
    spans = [[start, end, "x"] for start, end in extents]
    order = sorted(range(len(spans)), key=lambda each: (extents[each][0], -extents[each][1], each))

    def clash(one, two):
        (a, b), (c, d) = extents[one], extents[two]
        inside = (a, b) != (c, d) and ((a <= c and d <= b) or (c <= a and b <= d))
        return a < d and c < b and not (nested and inside)

    expected = {two for at, two in enumerate(order) if any(clash(one, two) for one in order[:at])}
    assert {int(field[6:-1]) for _, field in codes(spans, "x" * 12, nested=nested)} == expected


def test_rules_apply_where_there_are_entities():
    for rule in RULES:
        assert rule.applies(SUBJECT.roles)
        assert not rule.applies(Roles(text=("text",)))
