"""Every rule finds its own bad row, under its own code alone, and nothing in its good row."""

from __future__ import annotations

import pytest

from tdv.quality.extracting.batch import Batch
from tdv.quality.rule import RowRule
from tdv.quality.rules import (
    conversations,
    embeddings,
    fields,
    governance,
    media,
    privacy,
    quality_score,
    records,
    spans,
    texts,
)
from tdv.quality.subject import Roles, Subject

SCHEMA = {
    "type": "object",
    "required": ["text", "expected_intent"],
    "properties": {
        "text": {"type": "string", "minLength": 1},
        "confidence": {"type": "number", "minimum": 0, "maximum": 1},
        "expected_sentiment": {"enum": ["positive", "neutral", "negative"]},
        "created_at": {"type": "string", "format": "date-time"},
    },
}
CONDITIONAL = {
    "if": {"properties": {"task": {"const": "generation"}}},
    "else": {"required": ["output"]},
}
INTENT = Roles(text=("text",), entities="expected_entities")
FIELDS = Subject(INTENT, SCHEMA)
MODULES = (fields, spans, texts, conversations, embeddings, privacy, governance, quality_score)
SUBJECTS = {
    **{rule.code: FIELDS for rule in fields.RULES},
    "FLD004": Subject(INTENT, CONDITIONAL),
    **{rule.code: Subject(Roles(messages="messages")) for rule in conversations.RULES},
    **{rule.code: Subject(Roles(embedding="embedding")) for rule in embeddings.RULES},
    "QUA001": Subject(Roles(text=("input", "output"))),
}
RULES = [rule for module in (*MODULES, records, media) for rule in module.RULES]
ROW_RULES = [rule for module in MODULES for rule in module.RULES if isinstance(rule, RowRule)]
FAMILIES = {
    family: [rule for rule in ROW_RULES if rule.family == family]
    for family in {rule.family for rule in ROW_RULES}
}


def found(row, rule, subject):
    """The codes of the family that the row has faults of, by check and by screen."""
    batch = Batch([b""], [row], subject)
    by_check, by_screen = set(), set()
    for each in FAMILIES[rule.family]:
        if each.optional and each is not rule:
            continue
        if list(each.check(row, subject)):
            by_check.add(each.code)
        if each.screen is None or each.screen(batch).tolist() == [True]:
            by_screen.add(each.code)
    assert by_check <= by_screen
    return by_check


@pytest.mark.parametrize("rule", ROW_RULES, ids=lambda rule: rule.code)
def test_bad_row_and_good_row(rule):
    subject = SUBJECTS.get(rule.code, Subject(INTENT))
    assert rule.applies(subject.roles)
    assert found(rule.bad, rule, subject) == {rule.code}
    assert found(rule.good, rule, subject) == set()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_a_rule_explains_itself(rule):
    for text in (rule.summary, rule.why, rule.mend):
        assert text.endswith(".")
        assert text.isprintable()
    assert rule.name == rule.name.lower()
