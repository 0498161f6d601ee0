"""One fault of each kind among plain rows: `validate --profile intent` finds it in its line."""

from __future__ import annotations

import json
import random

import pytest

WORDS = (
    *("amber", "birch", "cedar", "delta", "ember", "fjord", "grove"),
    *("heron", "islet", "jetty", "kayak", "lilac", "maple", "north"),
)
INTENTS = ("timezone", "maybe", "greeting")
SENTIMENTS = ("positive", "negative", "neutral", "mixed")
ROWS = 240


def row(number, rng):
    """A plain row; its text occurs once."""
    words = [rng.choice(WORDS) for _ in range(12)]
    text = f"Order {number} of {' '.join(words)}."
    end = 6 + len(str(number))
    return {
        "id": f"ex-{number}",
        "text": text,
        "expected_intent": INTENTS[number % 3],
        "expected_sentiment": SENTIMENTS[number % 4],
        "expected_entities": [[str(number), "number", 6, end]],
        "confidence": round(rng.random(), 4),
        "source": "crowd",
        "metadata": {"lang": "en", "split": "train" if number % 5 else "val"},
        "created_at": "2024-01-01T00:00:48Z",
    }


def dump(value):
    return json.dumps(value, ensure_ascii=False).encode()


def entity(shift):
    def edit(row):
        (surface, label, start, end), *rest = row["expected_entities"]
        return dump({**row, "expected_entities": [[surface, label, *shift(start, end)], *rest]})

    return edit


def changed(**fields):
    return lambda row: dump({**row, **fields})


def text(made):
    return lambda row: dump({**row, "text": made(row["text"]), "expected_entities": []})


# Kind -> the faulty record, and the codes that its line has then.
KINDS = {
    "broken": (lambda row: dump(row)[:-9], {"REC001"}),
    "not UTF-8": (lambda row: dump(row).replace(b"Order", b"\xff\xfeOrder"), {"REC002"}),
    "empty text": (text(lambda old: "   "), {"TXT001"}),
    "no intent": (
        lambda row: dump({k: v for k, v in row.items() if k != "expected_intent"}),
        {"FLD001"},
    ),
    "type": (changed(confidence="high"), {"FLD002"}),
    "range": (changed(confidence=-3.5), {"FLD003"}),
    "outside": (entity(lambda a, b: (a + 500, b + 500)), {"SPN001"}),
    "reversed": (entity(lambda a, b: (b, a)), {"SPN002"}),
    "surface": (entity(lambda a, b: (a + 1, b + 1)), {"SPN004"}),
    "entity's form": (changed(expected_entities=[["x", "y", "0", 1]]), {"FLD002"}),
    "mojibake": (text(lambda old: "Itâ€™s cafÃ©. " + old), {"TXT006"}),
    "repetitive": (text(lambda old: "yes " * 60), {"TXT004"}),
    "e-mail": (text(lambda old: old + " Write to jo@example.com today."), {"PII001"}),
    "long": (text(lambda old: " ".join(f"{n}th {old}" for n in range(60))), {"TXT003", "TXT004"}),
    "sentiment": (changed(expected_sentiment="sideways"), {"LBL001"}),
    "time": (changed(created_at="yesterday"), {"FLD005"}),
}


@pytest.fixture
def plain():
    rng = random.Random(7)
    return [row(number, rng) for number in range(100, 100 + ROWS)]


def found(outside, lines):
    """Line -> codes of what is found in it."""
    (outside.folder / "rows.jsonl").write_bytes(b"".join(line + b"\n" for line in lines))
    result = outside("validate", "rows.jsonl", "--profile", "intent", "-o", "jsonl=-", code=None)
    codes: dict[int | None, set[str]] = {}
    for finding in result.json_lines:
        if finding["schema"] == "tdv.finding/1":
            codes.setdefault(finding["line"], set()).add(finding["code"])
    codes.pop(None, None)
    return result.code, codes


def test_plain_rows_have_no_findings(outside, plain):
    assert found(outside, map(dump, plain)) == (0, {})


def test_every_fault_is_found_in_its_line_and_no_other(outside, plain):
    lines = [dump(each) for each in plain]
    expected = {}
    for place, (edit, codes) in enumerate(KINDS.values()):
        lines[place * 10] = edit(plain[place * 10])
        expected[place * 10 + 1] = codes
    lines.append(lines[5])
    expected[len(lines)] = {"DUP001"}
    lines.append(dump({**plain[7], "id": "other", "expected_intent": "another"}))
    expected[len(lines)] = {"LBL004"}
    assert found(outside, lines) == (1, expected)


def test_only_warnings_do_not_fail(outside, plain):
    lines = [*map(dump, plain[1:]), KINDS["range"][0](plain[0])]
    assert found(outside, lines) == (0, {len(lines): {"FLD003"}})
