"""What the source documents, and the issues of other tools, ask of validation: a test for each row.

The first digits of a test's name are those of the document, `pain` those of the list of issues.
Where a document names other commands or flags, its check is kept and the command is tdv's.
"""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest

WORDS = (
    *("amber", "birch", "cedar", "delta", "ember", "fjord", "grove"),
    *("heron", "islet", "jetty", "kayak", "lilac", "maple", "north"),
)
NUMBERED = " ".join(f"{word}{number}" for number in range(20) for word in WORDS)


def lines(rows):
    """JSON Lines; a row that is text already stays as it is."""
    return "".join((each if isinstance(each, str) else json.dumps(each)) + "\n" for each in rows)


def text_of(number):
    """A plain text, each of them different."""
    return f"{WORDS[number % 14]} {WORDS[number // 14 % 14]} {WORDS[number // 196 % 14]} by the sea"


def intent(number, **fields):
    """A plain row of document 000."""
    row = {
        "id": f"ex-{number}",
        "text": text_of(number),
        "expected_intent": ("greet", "order", "cancel")[number % 3],
        "expected_sentiment": "neutral",
        "expected_entities": [],
        "confidence": 0.9,
    }
    return {name: value for name, value in {**row, **fields}.items() if value is not ...}


def judged(tdv, rows, *words, code=0, name="data.jsonl"):
    """The JSON document of a validation of these rows."""
    tdv.write(name, lines(rows))
    return tdv("validate", name, "--json", *words, code=code).json


def found(document):
    """Code and line of each finding."""
    return [(each["code"], each["line"]) for each in document["issues"]]


# 000 Training Data Manager


def test_000_the_report_has_every_field_of_the_document(outside):
    rows = [intent(n) for n in range(19)] + [intent(19, text="")]
    document = judged(outside, rows, "--profile", "intent", code=1)
    assert document["dataset_id"] == "data.jsonl"
    assert len(document["validation_id"]) == 32
    assert document["run"]["timestamp"].endswith("+00:00")
    assert document["total_examples"] == 20
    assert document["valid_examples"] == 19
    assert document["invalid_examples"] == 1
    assert document["quality_score"] == 0.95
    assert document["statistics"]["counts"]["rows"] == 20
    assert document["recommendations"]
    (issue,) = document["issues"]
    assert (issue["code"], issue["level"], issue["line"]) == ("TXT001", "error", 20)


def test_000_only_warnings_pass_unless_it_is_strict(outside):
    rows = [intent(n) for n in range(19)] + [intent(19, confidence=1.5)]
    assert judged(outside, rows, "--profile", "intent")["counts"] == {
        "error": 0, "warning": 1, "info": 0,
    }  # fmt: skip
    strict = judged(outside, rows, "--profile", "intent", "--fail-on", "warning", code=1)
    assert strict["counts"]["warning"] == 1
    judged(outside, [intent(9, text="")], "--profile", "intent", "--fail-on", "never")


# What is wrong with a row -> its code, and whether that is an error.
PLANTED = {
    "empty text": (intent(50, text=""), "TXT001", "error"),
    "missing label": (intent(50, expected_intent=...), "FLD001", "error"),
    "invalid span": (
        intent(50, expected_entities=[["sea", "place", 500, 503]]), "SPN001", "error"
    ),
    "malformed": ('{"id": "ex-50", "text": ', "REC001", "error"),
    "short text": (intent(50, text="x"), "TXT002", "warning"),
    "long text": (intent(50, text=NUMBERED), "TXT003", "warning"),
    "confidence": (intent(50, confidence=1.2), "FLD003", "warning"),
    "duplicate": (intent(3), "DUP001", "warning"),
    "same text": (intent(3, id="other"), "DUP003", "warning"),
}  # fmt: skip


@pytest.mark.parametrize("kind", PLANTED)
def test_000_a_planted_fault_is_found_under_its_code_and_line(outside, kind):
    row, code, level = PLANTED[kind]
    rows = [intent(n) for n in range(15)]
    document = judged(outside, rows, "--profile", "intent")
    assert found(document) == []
    rows.append(row)
    document = judged(outside, rows, "--profile", "intent", code=int(level == "error"))
    assert found(document) == [(code, 16)]
    assert document["issues"][0]["level"] == level


def test_000_imbalance_is_a_finding_over_the_dataset(outside):
    rows = [intent(n, expected_intent="greet" if n < 99 else "order") for n in range(100)]
    document = judged(outside, rows, "--profile", "intent", "--select", "label-imbalance")
    (issue,) = document["issues"]
    assert (issue["code"], issue["level"], issue["line"]) == ("LBL002", "warning", None)
    assert issue["field"] == "expected_intent"
    assert '"order" has 1 row, "greet" has 99' in issue["message"]


def test_000_info_statistics(outside):
    document = judged(outside, [intent(n) for n in range(12)], "--profile", "intent")
    statistics = document["statistics"]
    assert statistics["labels"]["expected_intent"]["values"] == {
        "cancel": 4, "greet": 4, "order": 4,
    }  # fmt: skip
    assert statistics["lengths"]["text"]["words"]["mean"] == 6


def test_000_same_text_with_two_labels_is_one_finding_that_names_both(outside):
    twin = intent(1, id="twin", text=f"  {text_of(1).upper()}", expected_intent="cancel")
    document = judged(outside, [*map(intent, range(15)), twin], "--profile", "intent")
    (issue,) = document["issues"]
    assert (issue["code"], issue["key"], issue["partner"]["key"]) == ("LBL004", ["twin"], ["ex-1"])
    assert issue["partner"]["line"] == 2


def test_000_the_training_example_is_a_schema(outside):
    schema = outside("schema", "show", "intent").json
    assert schema["properties"]["confidence"]["default"] == 1.0
    assert schema["required"] == [
        "text", "expected_intent", "expected_sentiment", "expected_entities",
    ]  # fmt: skip


def test_000_personal_data_is_found_and_not_shown(outside):
    rows = [intent(n) for n in range(12)] + [intent(12, text="Write to jo.doe@example.com today")]
    document = judged(outside, rows, "--select", "PII", "--profile", "intent")
    assert found(document) == [("PII001", 13)]
    assert "jo.doe" not in json.dumps(document)


def test_000_the_gate_of_the_learning_loop(outside):
    """A score of .7 does not pass a gate of .8, whatever the findings' levels."""
    rows = [intent(n, text=text_of(n) if n < 7 else "") for n in range(10)]
    words = ("--profile", "intent", "--set", "min_quality=0.8", "--fail-on", "never")
    document = judged(outside, rows, *words, code=1)
    (threshold,) = document["thresholds"]
    assert (threshold["got"], threshold["need"], threshold["passed"]) == (0.7, ">= 0.8", False)
    assert document["passed"] is False
    judged(outside, [intent(n) for n in range(10)], *words)


def test_000_what_was_judged_once_is_not_read_again(outside):
    rows = [intent(n) for n in range(100)]
    words = ("--profile", "intent", "--cache-dir", str(outside.folder / "cache"))
    first, again = judged(outside, rows, *words), judged(outside, rows, *words)
    changed = judged(outside, rows, *words, "--set", "TXT003.max_words=2")
    assert first["run"]["rows_decoded"] >= 100
    assert again["run"]["rows_decoded"] == 0
    assert changed["run"]["rows_decoded"] == 0
    assert changed["counts"]["warning"] == 100
    assert {**first, "run": None} == {**again, "run": None}


def test_000_a_rule_file_of_ten_lines_fires(tdv):
    rule = (
        "from tdv.rules import rule\n\n\n"
        '@rule("ACME001", "no-lorem", level="error", mend="Write a text.")\n'
        "def no_lorem(row):\n"
        '    """The text is placeholder text."""\n'
        '    if "lorem" in row["text"]:\n'
        '        yield "text", "It has placeholder text."\n'
    )
    tdv.write("rules/mine.py", rule)
    tdv.write("tdv.toml", '[dataset.d]\npaths = ["*.jsonl"]\n[rules]\nown = ["rules/mine.py"]\n')
    rows = [{"text": "fine words"}, {"text": "lorem ipsum"}]
    tdv.write("data.jsonl", lines(rows))
    assert "tdv config trust" in tdv("validate", "data.jsonl", code=2).err
    tdv("config", "trust", "rules/mine.py")
    assert "ACME001" in tdv("rules").out
    assert found(judged(tdv, rows, code=1)) == [("ACME001", 2)]


# 001 Data Ingestion


def ingestion(number, **fields):
    return {"id": f"t{number}", "text": text_of(number), **fields}


def test_001_too_few_and_too_many_examples(outside):
    few = judged(outside, map(ingestion, range(4)), "--profile", "ingestion", code=1)
    assert ("CNT001", None) in found(few)
    assert {each["message"] for each in few["issues"]} >= {
        "The dataset has 4 rows, and needs 5 at least."
    }
    judged(outside, map(ingestion, range(15)), "--profile", "ingestion")
    words = ("--profile", "ingestion", "--set", "CNT002.max_examples=5", "--select", "CNT002")
    assert found(judged(outside, map(ingestion, range(6)), *words, code=1)) == [("CNT002", None)]


def test_001_sequence_lengths(outside):
    words = ("--profile", "ingestion", "--set", "min_sequence_length=3")
    rows = [*map(ingestion, range(20)), ingestion(20, text="two words")]
    assert found(judged(outside, rows, *words, "--select", "TXT")) == [("TXT002", 21)]
    words = ("--profile", "ingestion", "--set", "max_sequence_length=6", "--select", "TXT")
    rows[-1]["text"] = "one two three four five six seven"
    assert found(judged(outside, rows, *words)) == [("TXT003", 21)]


def test_001_an_outlier_is_listed_first_with_its_score(outside):
    rows = [ingestion(n, text=" ".join(WORDS[: 6 + n % 5])) for n in range(40)]
    rows[25]["text"] = NUMBERED
    words = ("--profile", "ingestion", "--select", "outlier-length")
    issue = judged(outside, rows, *words)["issues"][0]
    assert (issue["code"], issue["line"]) == ("OUT001", 26)
    assert "z = " in issue["message"]
    assert issue["message"].endswith("and 2 is the most.")


@pytest.mark.parametrize(
    ("rows", "broken"),
    [
        ([ingestion(n) for n in range(20)], set()),
        ([ingestion(n, text=f"the sea {'the ' * n}") for n in range(1, 9)], {"CNT003"}),
        ([ingestion(n, text=text_of(n % 12)) for n in range(20)], {"CNT004"}),
        ([*map(ingestion, range(20)), *["{"] * 1, *["["] * 12], {"min_quality"}),
    ],
)
def test_001_each_threshold_breached_alone(outside, rows, broken):
    """min_unique_words 10, max_duplicate_ratio .3, quality_threshold .7."""
    words = ("--profile", "ingestion", "--select", "CNT", "--ignore", "CNT001")
    words = words if "min_quality" not in broken else ("--profile", "ingestion")
    document = judged(outside, rows, *words, code=int(bool(broken)))
    codes = {code for code, line in found(document) if line is None}
    assert codes | {each["name"] for each in document["thresholds"] if not each["passed"]} == broken


def test_001_embeddings_in_a_field(outside):
    vector = [0.5] * 383
    rows = [ingestion(n, embedding=[n / 9, *vector]) for n in range(1, 9)]
    rows[2]["embedding"] = [1.0] * 3
    rows[4]["embedding"] = [None, *vector]
    rows[5]["embedding"] = [0.0] * 384
    rows[7]["embedding"] = rows[0]["embedding"]
    document = judged(outside, rows, "--profile", "ingestion", code=1)
    assert found(document) == [("EMB001", 3), ("EMB002", 5), ("EMB003", 6), ("EMB004", 8)]
    assert document["issues"][0]["message"] == "The vector has 3 numbers, and 384 to 768 are right."


def test_001_embeddings_in_a_file_beside(outside):
    """A wrong dimension, a NaN, and another number of vectors than rows: three findings."""
    np = pytest.importorskip("numpy")
    vectors = np.linspace(0, 1, 9 * 10).reshape(9, 10)
    vectors[4, 3] = np.nan
    np.save(outside.folder / "data.npy", vectors)
    rows = [ingestion(n) for n in range(8)]
    document = judged(outside, rows, "--profile", "ingestion", "--select", "EMB", code=1)
    assert sorted(found(document), key=str) == [("EMB001", None), ("EMB002", 5), ("EMB005", None)]


def test_001_conversations_for_language_models(outside):
    user, answer = ({"role": role, "content": f"{role} says"} for role in ("user", "assistant"))
    rows = [
        {"id": "a", "messages": [user, answer]},
        {"id": "b", "messages": [user, user, answer]},
        {"id": "c", "messages": [user, {"role": "wizard", "content": "x"}]},
        {"id": "d", "messages": [user, {"role": "assistant", "content": " "}]},
    ]
    document = judged(outside, rows, "--profile", "chat", "--select", "CNV", code=1)
    assert found(document) == [("CNV003", 2), ("CNV001", 3), ("CNV002", 4)]
    assert document["issues"][0]["field"] == "messages[1]"


def test_001_the_validation_results(outside):
    """is_valid, message and metrics; the unit of lengths is in the name."""
    rows = [ingestion(n) for n in range(9)] + [ingestion(9, text=text_of(0))]
    document = judged(outside, rows, "--profile", "ingestion")
    assert document["is_valid"] is True
    assert document["message"].startswith("Valid: ")
    metrics = document["metrics"]
    assert metrics["num_samples"] == 10
    assert metrics["avg_sequence_length_words"] == 6
    assert metrics["std_sequence_length_words"] == 0
    assert metrics["quality_score"] == 1
    assert metrics["duplicate_ratio"] == 0.1


def session(number=0, count=10, minutes=30, **fields):
    """A session of document 001."""
    messages = [
        {
            "role": ("user", "assistant")[at % 2],
            "content": f"{number} {text_of(number * 40 + at)}",
            "timestamp": f"2024-03-07T12:{at * minutes // max(count - 1, 1):02d}:00",
        }
        for at in range(count)
    ]
    return {
        "session_id": f"s{number}",
        "user_id": "u",
        "conversation_data": {
            "messages": messages,
            "metadata": {
                "session_id": f"s{number}",
                "start_time": "2024-03-07T12:00:00",
                "end_time": f"2024-03-07T12:{minutes:02d}:00",
            },
        },
        **fields,
    }


def test_001_sessions_are_checked(outside):
    plain = [session(n) for n in range(5)]
    assert found(judged(outside, plain, "--profile", "session")) == []
    few, short, yesterday, wizard = (session(n) for n in range(5, 9))
    few = session(5, count=9)
    short = session(6, minutes=4)
    yesterday["conversation_data"]["messages"][4]["timestamp"] = "yesterday"
    wizard["conversation_data"]["messages"][2]["role"] = "wizard"
    nobody = {name: value for name, value in session(9).items() if name != "user_id"}
    rows = [*plain, few, short, yesterday, wizard, nobody]
    document = judged(outside, rows, "--profile", "session", code=1)
    codes = {}
    for code, line in found(document):
        codes.setdefault(line, set()).add(code)
    assert codes[6] == {"CNV005"}
    assert codes[7] == {"CNV006"}
    assert codes[8] & {"CNV004", "FLD005"}
    assert codes[9] & {"CNV001", "FLD007"}
    assert codes[10] == {"FLD001"}
    assert set(codes) == {6, 7, 8, 9, 10}
    assert "CNT001" in {code for code, _ in found(
        judged(outside, plain[:4], "--profile", "session", code=1)
    )}  # fmt: skip


# 002 MCF


def example(number, **fields):
    row = {
        "input": f"Tell me of {text_of(number)}",
        "output": f"It is {text_of(number)}.",
        "task": ("qa", "generation")[number % 2],
        "metadata": {"quality": 0.9},
        **fields,
    }
    return {name: value for name, value in row.items() if value is not ...}


def test_002_an_output_is_optional_for_generation_tasks(outside):
    rows = [example(0, task="qa", output=...), example(1, task="text-generation", output=...)]
    document = judged(outside, rows, "--profile", "instruction", "--select", "FLD", code=1)
    assert [(each["code"], each["field"], each["line"]) for each in document["issues"]] == [
        ("FLD004", "output", 1)
    ]


def test_002_scores_of_rows_are_those_computed_by_hand(outside):
    rows = [
        example(0),
        example(1, input="Hm?"),
        example(2, output="y", metadata=...),
        example(3, input="no " * 20),
        example(4, input="x", output="y", metadata=...),
    ]
    words = ("--profile", "instruction", "--set", "QUA001.min_quality=1")
    document = judged(outside, rows, *words, "--select", "QUA001", code=None)
    told = {each["line"]: each["message"].split(",")[0] for each in document["issues"]}
    assert told == {
        2: "The row's score is 0.7",
        3: "The row's score is 0.6",
        4: "The row's score is 0.8",
        5: "The row's score is 0.3",
    }
    assert document["quality_score"] == pytest.approx((1 + 0.7 + 0.6 + 0.8 + 0.3) / 5)


def test_002_consistency(outside):
    """Inputs that repeat, counted; a task below five percent, with its share."""
    rows = [example(n, task="qa" if n else "rare") for n in range(30)]
    rows += [example(n, output=f"Another {n}.", task="qa") for n in (7, 8)]
    document = judged(outside, rows, "--profile", "instruction", code=1)
    (task,) = (each for each in document["issues"] if each["field"] == "task=rare"
               and each["code"] == "LBL002")  # fmt: skip
    assert task["message"] == '`task` "rare" has low representation (3.1%): 1 row of 32.'
    assert [line for code, line in found(document) if code == "DUP002"] == [31, 32]
    (counts,) = (each for each in document["by_rule"] if each["code"] == "DUP002")
    assert counts["findings"] == 2


@pytest.mark.parametrize(
    ("rows", "failing"),
    [
        ([example(n) for n in range(40)], []),
        ([example(n, input="Hm?", output="y") for n in range(40)],
         ["minQuality", "maxDuplicates"]),
        ([example(n, input=f"Hi{n:02d}", output="y", metadata=...) for n in range(40)],
         ["minQuality"]),
        ([example(n % 36) for n in range(40)], ["maxDuplicates"]),
        ([example(n, task="qa" if n else "generation") for n in range(40)], ["minTaskBalance"]),
    ],
)  # fmt: skip
def test_002_each_threshold_flips_the_exit_code(outside, rows, failing):
    words = ("--set", "minQuality=0.7", "--set", "maxDuplicates=0.05", "--set",
             "minTaskBalance=0.1")  # fmt: skip
    document = judged(outside, rows, "--profile", "instruction", *words, code=int(bool(failing)))
    assert document["counts"]["error"] == 0
    failed = [each["name"] for each in document["thresholds"] if not each["passed"]]
    assert failed == failing


def test_002_the_checks_that_run_can_be_listed(outside):
    """`checks: ['schema', 'quality', 'consistency', 'balance']` are families here."""
    rows = [example(n, task=3 if n == 2 else "qa") for n in range(30)] + [example(1, task="qa")]
    rows.append(example(31, input="Hm?", metadata=...))
    for family, expected in (
        ("fields", [("FLD002", 3)]),
        ("quality", [("QUA001", 32)]),
        ("DUP001", [("DUP001", 31)]),
        ("label-imbalance,CNT", []),
    ):
        words = ("--profile", "instruction", "--select", family, "--set", "max_duplicates=1")
        words += ("--set", "min_task_balance=0")
        document = judged(outside, rows, *words, code=int(family == "fields"))
        assert [each for each in found(document) if each[1]] == expected


def test_002_strict_mode_of_the_configuration(tdv):
    toml = '[dataset.d]\npaths = ["*.jsonl"]\nprofile = "instruction"\n'
    tdv.write("tdv.toml", toml)
    rows = [example(n) for n in range(40)] + [example(41, input="Hm?", metadata=...)]
    assert found(judged(tdv, rows)) == [("QUA001", 41)]
    tdv.write("tdv.toml", toml + '[gate]\nfail-on = "warning"\n')
    assert found(judged(tdv, rows, code=1)) == [("QUA001", 41)]


def test_002_consent_licence_and_bias(outside):
    rows = [example(n, consent=n != 3, licence="CC-BY-4.0", group="ab"[n // 20]) for n in range(40)]
    rows[5]["licence"] = "proprietary"
    for row in rows[:20]:
        row["task"] = "qa"
    words = (
        "--profile", "instruction", "--select", "consent,licence,label-bias",
        "--set", 'licence.allowed=["CC-BY-4.0"]', "--set", "label-bias.field=group",
        "--set", "label-bias.min_rows=10",
    )  # fmt: skip
    document = judged(outside, rows, *words, code=None)
    assert [each for each in found(document) if each[1]] == [("GOV001", 4), ("GOV002", 6)]
    assert "GOV003" in {code for code, line in found(document) if line is None}


# 003 STT data management


def case(number, **fields):
    return {
        "case_id": f"c{number}",
        "audio_path": "audio/a.wav",
        "original_transcript": text_of(number).upper(),
        "corrected_transcript": text_of(number),
        "error_types": ["all_caps"],
        "error_score": 0.8,
        "inference_time": 0.5,
        "model_confidence": 0.85,
        **fields,
    }


def test_003_missing_audio_is_a_warning(outside):
    outside.write("audio/a.wav", b"RIFF")
    rows = [case(n) for n in range(39)] + [case(39, audio_path="audio/gone.wav")]
    document = judged(outside, rows, "--profile", "stt")
    (issue,) = document["issues"]
    assert (issue["code"], issue["level"], issue["line"]) == ("MED001", "warning", 40)
    assert "audio/gone.wav" in issue["message"]


def test_003_gates(outside):
    """Completeness .94 where .95 is needed: exit 1, and a line with metric, got and need."""
    outside.write("audio/a.wav", b"RIFF")
    rows = [case(n) for n in range(100)]
    assert judged(outside, rows, "--profile", "stt")["passed"] is True
    for row in rows[:6]:
        del row["error_types"]
    document = judged(outside, rows, "--profile", "stt", code=1)
    failed = [each for each in document["thresholds"] if not each["passed"]]
    assert [(each["name"], each["got"], each["need"]) for each in failed] == [
        ("min_completeness", 0.94, ">= 0.95")
    ]
    text = outside("validate", "data.jsonl", "--profile", "stt", code=1).out
    assert (
        "failed min_completeness: completeness of data.jsonl: got 0.94, need >= 0.95 (profile stt)"
        in text
    )


def test_003_uniqueness_is_total_and_leakage_counts(outside):
    outside.write("audio/a.wav", b"RIFF")
    rows = [case(n, split="train") for n in range(40)]
    rows.append(case(3, case_id="c3-again", split="test"))
    document = judged(outside, rows, "--profile", "stt", code=1)
    failed = [each["name"] for each in document["thresholds"] if not each["passed"]]
    assert failed == ["min_uniqueness"]
    assert ("SPL001", 41) in found(document)


def test_003_the_quality_report(outside):
    outside.write("audio/a.wav", b"RIFF")
    rows = [case(n) for n in range(9)] + [case(9, audio_path="gone.wav")]
    document = judged(outside, rows, "--profile", "stt")
    assert document["passed"] is True
    assert document["metrics"].items() >= {
        "completeness": 1, "consistency": 0.9, "validity": 1, "uniqueness": 1,
    }.items()  # fmt: skip
    assert len(document["issues"]) == len(document["warnings"]) == 1


def test_003_versions_by_quality(tdv):
    toml = '[dataset.d]\npaths = ["*.jsonl"]\ntext = "text"\n'
    good, bad = ([{"text": text_of(n) if n < most else ""} for n in range(10)] for most in (10, 5))
    tdv.commit("good", tdv__toml=toml, a__jsonl=lines(good))
    tdv("validate", "HEAD", "--record")
    tdv.commit("bad", a__jsonl=lines(bad))
    tdv("validate", "HEAD", "--record", code=1)
    shown = tdv("log", "--oneline", "--min-quality", "0.9").out
    assert "good" in shown
    assert "bad" not in shown


# 004 PersonaGym


def sample(number=0, **fields):
    """The example of document 004."""
    row = {
        "sample_id": f"sample_20260206_{number:03d}",
        "persona_id": "persona_001",
        "persona_features": {
            "age_band": "25_34", "role": "engineer", "communication_style": "casual",
        },
        "original_query": f"Help me write a Python script {number}",
        "initial_query": f"hey can u help me write some python {number}",
        "prompt_trajectory": [
            f"hey can u help me write some python {number}",
            "make it handle csv files",
            "add error handling too",
        ],
        "full_conversation": [
            {"role": "user", "content": "hey can u help me write some python"},
            {"role": "assistant", "content": "Sure! What kind of Python script..."},
            {"role": "user", "content": "make it handle csv files"},
            {"role": "assistant", "content": "Here's a script that handles CSV..."},
            {"role": "user", "content": "add error handling too"},
            {"role": "assistant", "content": "I've added try-except blocks..."},
        ],
        "num_turns": 3,
        "noisy_initial_queries": [
            {
                "noisy_text": "hey help me writ python",
                "noise_type": "surface_noise",
                "applied_strategies": ["typo_misspelling", "colloquial_speech"],
            }
        ],
        "metadata": {
            "interaction_id": "interaction_persona_001_...",
            "distractor_applied": True,
            "assistant_model": {"model": "gpt-4o-mini", "provider": "openai"},
        },
        **fields,
    }  # fmt: skip
    return {name: value for name, value in row.items() if value is not ...}


def test_004_the_example_of_the_document_is_valid(outside):
    assert found(judged(outside, [sample()], "--profile", "persona", "--fail-on", "warning")) == []


def test_004_what_is_checked_of_a_sample(outside):
    """Missing persona_id, empty trajectory, fewer turns than one, turns that are not its length."""
    rows = [
        sample(0, persona_id=...),
        sample(1, prompt_trajectory=[], num_turns=0),
        sample(2, num_turns=0),
        sample(3, num_turns=4),
        sample(4, persona_id=""),
    ]
    document = judged(outside, rows, "--profile", "persona", code=1)
    told = {}
    for each in document["issues"]:
        told.setdefault(each["line"], []).append((each["code"], each["field"], each["message"]))
    assert ("FLD001", "persona_id", "`persona_id` is missing.") in told[1]
    assert "prompt_trajectory" in {field for _, field, _ in told[2]}
    assert "num_turns" in {field for _, field, _ in told[3]}
    assert ("CNV007", "num_turns") in {each[:2] for each in told[4]}
    assert "persona_id" in {field for _, field, _ in told[5]}


def test_004_issues_are_grouped_by_sample(outside):
    rows = [sample(n, num_turns=0, persona_id=...) for n in range(3)]
    document = judged(outside, rows, "--profile", "persona", code=1)
    keys = [each["key"] for each in document["issues"]]
    assert keys == sorted(keys)
    assert {tuple(key) for key in keys} == {(f"sample_20260206_00{n}",) for n in range(3)}
    assert len(keys) >= 6


# Part B: what users of other tools ask for


def test_pain_12_types_are_told_with_row_field_and_both_types(outside):
    """The hundredth row has another type than the first ones."""
    rows = [{"n": number} for number in range(200)] + [{"n": "many"}]
    outside.write("first.jsonl", lines(rows[:200]))
    outside.write("all.jsonl", lines(rows))
    wide = outside("schema", "infer", "all.jsonl").json
    assert sorted(wide["properties"]["n"]["type"]) == ["integer", "string"]
    narrow = outside("schema", "infer", "first.jsonl").json
    outside.write("schema.json", json.dumps(narrow))
    outside.write("tdv.toml", '[dataset.d]\npaths = ["all.jsonl"]\nschema = "schema.json"\n')
    (issue,) = outside("validate", "--json", code=1).json["issues"]
    assert (issue["code"], issue["line"], issue["field"]) == ("FLD002", 201, "n")
    assert issue["message"] == '`n` is "many", a string, but has to be an integer.'


def test_pain_13_repeated_fields_and_great_numbers(outside):
    rows = ['{"id": 1, "text": "a b", "id": 2}', '{"id": 123456789012345678901, "text": "c d"}']
    rows.append('{"id": 123456789012345678902, "text": "e f"}')
    document = judged(outside, rows, code=1)
    assert found(document) == [("REC003", 1)]
    assert document["issues"][0]["message"] == 'The field "id" is there twice in one object.'


def test_pain_14_any_name_of_a_version(tdv):
    toml = '[dataset.d]\npaths = ["*.jsonl"]\ntext = "text"\n'
    tdv.commit("one", tdv__toml=toml, a__jsonl='{"text": ""}\n')
    tdv("tag", "v1.0")
    tdv.commit("two", a__jsonl='{"text": "fine words"}\n')
    for old in ("v1.0", "HEAD~1", "main~1", "main@{1}", "v1.0:a.jsonl"):
        assert found(tdv("validate", old, "--json", code=1).json) == [("TXT001", 1)]
    same = [tdv("validate", new, "--json").json["validation_id"] for new in ("HEAD", "main")]
    assert same[0] == same[1]


def test_pain_17_leakage_between_splits(outside):
    """Exact, by group, over the files of a dataset; what is near comes with near duplicates."""
    toml = '[dataset.d]\npaths = ["*.jsonl"]\ntext = "text"\ngroup = "user"\n'
    outside.write("tdv.toml", toml)
    train = [{"text": text_of(n), "user": f"u{n}"} for n in range(9)]
    test = [{"text": f"{text_of(3).upper()} ", "user": "x"}, {"text": text_of(20), "user": "u5"}]
    outside.write("train.jsonl", lines(train))
    outside.write("test.jsonl", lines(test))
    document = outside("validate", "--json", "--select", "SPL", code=None).json
    told = {(each["code"], each["path"]): each for each in document["issues"]}
    assert set(told) == {("SPL001", "train.jsonl"), ("SPL002", "train.jsonl")}
    assert told["SPL001", "train.jsonl"]["partner"]["path"] == "test.jsonl"
    assert told["SPL002", "train.jsonl"]["line"] == 6


def test_pain_22_codes_help_and_machines(outside):
    """Frozen exit codes, JUnit and the other forms, rules under version control."""
    outside.write("data.jsonl", lines([{"text": ""}]))
    assert "Exit codes: 0 valid; 1 findings" in outside("validate", "--help").out
    outside("validate", "data.jsonl", "-o", "junit=a.xml", "-o", "sarif=a.sarif", code=1)
    root = ElementTree.parse(outside.folder / "a.xml").getroot()
    (failed,) = (each for each in root.iter("testcase") if each.find("failure") is not None)
    assert failed.get("name") == "TXT001 empty-text"
    sarif = json.loads((outside.folder / "a.sarif").read_bytes())
    assert sarif["version"] == "2.1.0"
    outside("validate", "data.jsonl", "--select", "NOPE", code=2)
    outside("validate", "gone.jsonl", code=3)


def test_pain_25_every_misaligned_span_is_listed(outside):
    spans = [
        ["sea", "place", 0, 3],
        ["by", "word", 1, 3],
        ["amber", "word", 0, 5],
        ["q", "w", 9, 9],
    ]
    row = intent(0, text="amber stones by the sea", expected_entities=spans)
    document = judged(outside, [row], "--profile", "intent", "--select", "SPN", code=1)
    fields = {each["field"] for each in document["issues"]}
    assert fields >= {f"expected_entities[{n}]" for n in (0, 1, 3)}
    assert "expected_entities[2]" not in {
        each["field"] for each in document["issues"] if each["code"] == "SPN004"
    }


def test_pain_25_markup_in_data_is_text_in_reports(outside):
    rows = [{"id": "<script>&]]>", "text": ""}]
    outside.write("data.jsonl", lines(rows))
    outside("validate", "data.jsonl", "-o", "junit=a.xml", code=1)
    written = (outside.folder / "a.xml").read_text("utf-8")
    assert "<script>" not in written
    assert "<script>" in "".join(ElementTree.fromstring(written).itertext())


def test_pain_25_branches_with_a_slash(tdv):
    tdv.commit("one", tdv__toml='[dataset.d]\npaths = ["*.jsonl"]\n', a__jsonl='{"text": ""}\n')
    tdv("branch", "feature/x")
    assert found(tdv("validate", "feature/x:a.jsonl", "--json", code=1).json) == [("TXT001", 1)]
