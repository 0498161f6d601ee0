"""Rules on labels: what each finds, and nothing else."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tdv.quality.extracting.batch import Batch
from tdv.quality.extracting.columns import category_of, label_of
from tdv.quality.extracting.summary import Summary
from tdv.quality.profiles import profile
from tdv.quality.rules.labels import RULES, balance
from tdv.quality.subject import Roles, Subject

BY_CODE = {rule.code: rule for rule in RULES}
UNKNOWN, IMBALANCE, RARE, CONFLICT, BIAS = (
    BY_CODE[code] for code in ("LBL001", "LBL002", "LBL003", "LBL004", "GOV003")
)
INTENT = Roles(text=("text",), label=("expected_intent", "expected_sentiment"), key=("id",))
TASK = Roles(text=("text",), label=("task",))
SENTIMENTS = {"expected_sentiment": ["positive", "negative", "neutral", "mixed"]}


def subject(labels=SENTIMENTS, roles=INTENT):
    return Subject(roles, values={"LBL001": {"labels": labels}})


def totals(field="task", **counts):
    return Summary(rows=sum(counts.values()), values={label_of(field): counts})


def summary_of(rows, field):
    return totals(field, **Counter(row[field] for row in rows))


# --- LBL001 ------------------------------------------------------------------------------------


def unknown(row, known=SENTIMENTS):
    found = list(UNKNOWN.check(row, subject(known)))
    batch = Batch([json.dumps(row).encode()], [row], subject(known))
    assert not found or UNKNOWN.screen(batch).tolist() == [True]
    return found


def test_an_unknown_label_is_found_and_a_known_one_is_not():
    assert [fault.field for fault in unknown(UNKNOWN.bad)] == ["expected_sentiment"]
    assert unknown(UNKNOWN.good) == []


def test_the_intent_profile_knows_the_sentiments_of_its_rows():
    labels = profile("intent").rules.get("LBL001", {}).get("labels", SENTIMENTS)
    (fault,) = unknown({"expected_sentiment": "sideways"}, labels)
    assert fault.message == '`expected_sentiment` is "sideways", which is no known label.'
    for known in ("positive", "negative", "neutral", "mixed"):
        assert unknown({"expected_sentiment": known}, labels) == []


@pytest.mark.parametrize(
    ("label", "suggestion"),
    [
        ("postive", 'Did you mean "positive"?'),
        ("NEUTRAL", 'Did you mean "neutral"?'),
        ("xyz", 'The labels are "mixed", "negative", "neutral", "positive".'),
        ("", 'The labels are "mixed", "negative", "neutral", "positive".'),
    ],
)
def test_the_nearest_known_label_is_named(label, suggestion):
    (fault,) = unknown({"expected_sentiment": label})
    assert fault.suggestion == suggestion


def test_of_equally_near_labels_the_first_by_name_is_named():
    known = {"tone": ["abcy", "abcx"]}
    assert unknown({"tone": "abcz"}, known)[0].suggestion == 'Did you mean "abcx"?'


def test_many_labels_are_listed_in_part():
    (fault,) = unknown({"task": "?"}, {"task": [f"t{i}" for i in range(20)]})
    assert fault.suggestion.endswith('"t15", ….')


def test_each_item_of_a_list_of_labels_is_looked_at():
    found = unknown({"expected_sentiment": ["positive", "sad", "neutral", 3]})
    fields = [fault.field for fault in found]
    assert fields == ["expected_sentiment[1]", "expected_sentiment[3]"]


def test_a_missing_label_is_none_and_an_unlisted_field_is_free():
    assert unknown({"expected_sentiment": None, "expected_intent": "whatever"}) == []
    assert unknown({}) == []


def test_labels_that_are_no_texts_are_compared_as_json():
    known = {"label": [0, 1, True]}
    assert unknown({"label": 1}, known) == []
    assert len(unknown({"label": "2"}, known)) == 1
    assert len(unknown({"label": {"a": 1}}, known)) == 1


def test_labels_of_a_nested_field():
    assert [fault.field for fault in unknown({"m": {"l": "x"}}, {"m.l": ["y"]})] == ["m.l"]


def test_the_screen_leaves_out_rows_with_known_labels():
    rows = [{"expected_sentiment": each} for each in ("mixed", "sideways", None, ["mixed"])]
    batch = Batch([b""] * 5, [*rows, None], subject())
    assert UNKNOWN.screen(batch).tolist() == [False, True, False, True, False]
    assert not UNKNOWN.screen(Batch([b""], rows[1:2], subject({}))).any()


ANY = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from(["", "mixed", "a", "b"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.just("k"), inner),
    max_leaves=4,
)


@given(rows=st.lists(st.fixed_dictionaries({}, optional={"expected_sentiment": ANY}), max_size=6))
def test_the_screen_is_never_narrower_than_the_check(rows):
    screen = UNKNOWN.screen(Batch([b""] * len(rows), rows, subject())).tolist()
    checked = [any(UNKNOWN.check(row, subject())) for row in rows]
    assert all(seen or not wrong for seen, wrong in zip(screen, checked, strict=True))


def test_one_label_may_be_given_without_a_list():
    assert unknown({"task": "qa"}, {"task": "qa"}) == []
    assert len(unknown({"task": "q"}, {"task": "qa"})) == 1


# --- LBL002, LBL003 ----------------------------------------------------------------------------


def judged(rule, summary, roles=TASK, **params):
    return list(rule.judge(summary, roles, {**rule.defaults, **params}))


@pytest.mark.parametrize("rule", [IMBALANCE, RARE], ids=lambda rule: rule.code)
def test_bad_rows_and_good_rows(rule):
    assert judged(rule, summary_of(rule.bad, "task"))
    assert not judged(rule, summary_of(rule.good, "task"))


def test_an_imbalance_names_both_labels():
    (fault,) = judged(IMBALANCE, totals(qa=1000, summary=99, chat=500))
    assert fault.field == "task"
    assert fault.message == (
        '`task` is out of balance: "summary" has 99 rows, "qa" has 1,000; that is 0.099, '
        "and 0.1 is the least."
    )
    assert not judged(IMBALANCE, totals(qa=1000, summary=100))
    assert not judged(IMBALANCE, totals(qa=1000))


def test_a_low_representation_is_told_in_percent():
    summary = totals(qa=500, chat=468, translation=32)
    (fault,) = judged(IMBALANCE, summary, min_share=0.05, min_balance=0)
    assert fault.field == "task=translation"
    assert fault.message == (
        '`task` "translation" has low representation (3.2%): 32 rows of 1,000.'
    )
    assert not judged(IMBALANCE, totals(qa=95, chat=5), min_share=0.05, min_balance=0)


def test_every_label_field_is_judged():
    summary = Summary(values={label_of("expected_sentiment"): {"a": 1, "b": 100}})
    assert [fault.field for fault in judged(IMBALANCE, summary, INTENT)] == ["expected_sentiment"]


def test_rare_labels_come_from_the_rarest_on():
    found = judged(RARE, totals(qa=5, b=4, a=4, c=1))
    assert [fault.field for fault in found] == ["task=c", "task=a", "task=b"]
    assert found[0].message == '`task` "c" has 1 row, and needs 5 at least.'


def test_long_labels_are_told_apart_by_a_hash():
    long = {"x" * 500 + end: 1 for end in "ab"}
    first, second = (fault.field for fault in judged(RARE, totals(**long)))
    assert first != second
    assert len(first) == len("task=") + 60 + 1 + 16


def test_balance_is_of_the_first_label():
    assert balance(totals(qa=10, chat=4), TASK) == 0.4
    assert balance(totals(qa=10), TASK) == 1.0
    assert balance(Summary(), TASK) is None
    assert balance(Summary(), Roles()) is None


# --- LBL004 ------------------------------------------------------------------------------------


def test_a_conflict_joins_texts_with_different_labels():
    match = CONFLICT.match(INTENT, CONFLICT.defaults)
    assert match == ("text", "label:expected_intent", (), False)
    other = CONFLICT.match(INTENT, {"field": "expected_sentiment"})
    assert other.unless == "label:expected_sentiment"
    assert CONFLICT.match(INTENT, {"field": "unheard-of"}).by == ""


def test_a_conflict_names_both_keys_and_both_labels():
    later = {"id": "b", "text": "x", "expected_intent": "travel"}
    first = {"id": "a", "text": "X", "expected_intent": "weather"}
    fault = CONFLICT.tell(later, first, CONFLICT.defaults, INTENT)
    assert fault == (
        "expected_intent",
        'Row "b" says `expected_intent` is "travel"; with the same text, row "a" says "weather".',
        "",
    )
    without = CONFLICT.tell({}, first, CONFLICT.defaults, INTENT)
    assert without.message.startswith("This row says `expected_intent` is null;")


# --- GOV003 ------------------------------------------------------------------------------------


def crossed(rows, label="tone", field="speaker"):
    counts = Counter((row[label], row[field]) for row in rows)
    return Summary(crossed={(label_of(label), category_of(field)): counts})


def test_bias_bad_rows_and_good_rows():
    roles = Roles(label=("tone",))
    found = judged(BIAS, crossed(BIAS.bad), roles, field="speaker")
    assert [fault.field for fault in found] == ["tone by speaker=a", "tone by speaker=b"]
    assert found[0].message == (
        'Of the rows with `speaker` "a", 100.0% have `tone` "bad"; of the others, 0.0%.'
    )
    assert not judged(BIAS, crossed(BIAS.good), roles, field="speaker")
    assert not judged(BIAS, crossed(BIAS.bad), roles)
    assert not judged(BIAS, crossed(BIAS.bad), roles, field="speaker", min_rows=31)
    assert not judged(BIAS, crossed(BIAS.bad), roles, field="speaker", max_difference=1.0)


def test_rules_apply_where_there_is_a_label():
    for rule in (IMBALANCE, RARE, CONFLICT, BIAS):
        assert rule.applies(INTENT)
        assert not rule.applies(Roles(text=("text",)))
    assert BIAS.optional
