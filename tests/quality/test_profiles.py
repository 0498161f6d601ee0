"""Built-in profiles: what the source documents say is what holds, and their own examples pass."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tdv.errors import ConfigError
from tdv.quality.configuring.effective import settings_for
from tdv.quality.finding import Level
from tdv.quality.measuring.gate import is_threshold
from tdv.quality.profiles import GUESSES, PROFILES, guessed_roles, profile
from tdv.quality.registry import rules
from tdv.quality.schemas.schema import compile_schema
from tdv.quality.schemas.schemafiles import NAMES, built_in
from tdv.quality.subject import Roles

PAGE = Path(__file__).parents[2] / "docs" / "profiles.md"
SOURCES = {"intent": "000", "ingestion": "001", "instruction": "002", "stt": "003",
           "persona": "004", "session": "001", "chat": "001", "embedding": "001"}  # fmt: skip


def sections():
    """Profile -> its tables in the page, each a list of rows of cells."""
    text = PAGE.read_text("utf-8")
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)[1:]
    return {name: list(tables(body)) for name, body in zip(parts[::2], parts[1::2], strict=True)}


def tables(text):
    for block in re.findall(r"(?:^\|.*\n?)+", text, re.MULTILINE):
        lines = [line for line in block.splitlines() if not set(line) <= set("|-: ")]
        yield [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def settings(name):
    """The settings of a dataset with every role, so that every rule applies."""
    roles = {each.name: "x" if each.type == "str" else ("x",) for each in fields(Roles)}
    return settings_for("", PROFILES[name], roles=roles, schema={})


def test_the_names_and_their_sources():
    assert [*PROFILES] == [*SOURCES, "generic"]
    for name, found in PROFILES.items():
        assert found.name == name
        assert found.source == SOURCES.get(name, "")
        assert found.schema in (*NAMES, "")
        assert found.summary.endswith(".")
    assert {found.schema for found in PROFILES.values()} - {""} == set(NAMES)


def test_an_unknown_profile_is_answered_with_those_that_are_near():
    assert profile("intent") is PROFILES["intent"]
    with pytest.raises(ConfigError) as raised:
        profile("intnt", "tdv.toml, line 3, column 11: ")
    assert raised.value.message == "tdv.toml, line 3, column 11: There is no profile `intnt`."
    assert raised.value.hint == "Did you mean `intent`?"
    with pytest.raises(ConfigError) as raised:
        profile("xyz")
    assert raised.value.hint.startswith("The profiles are intent, ")


@pytest.mark.parametrize("name", PROFILES)
def test_rules_and_thresholds_exist(name):
    known = rules()
    for code, table in PROFILES[name].rules.items():
        assert code in known
        params = {param.name: param for param in known[code].params}
        for key, value in table.items():
            if key == "level":
                assert value in {"off", *(level.value for level in Level)}
            else:
                assert type(value) in (type(params[key].default), int, float)
    assert all(is_threshold(threshold) for threshold in PROFILES[name].gate)
    settings(name)


@pytest.mark.parametrize("name", [name for name in PROFILES if PROFILES[name].schema])
def test_roles_name_fields_of_the_schema(name):
    found = PROFILES[name]
    known = {*built_in(found.schema)["properties"], "id", "split"}
    for role in fields(Roles):
        value = getattr(found.roles, role.name)
        for path in value if isinstance(value, tuple) else (value,):
            assert path == "" or path.split(".")[0] in known, path


# The page.


def test_the_page_has_every_profile():
    assert list(sections()) == list(PROFILES)


@pytest.mark.parametrize("name", PROFILES)
def test_the_page_says_which_field_is_what(name):
    body = PAGE.read_text("utf-8").split(f"\n## {name}\n")[1]
    assert body.startswith(f"\n{PROFILES[name].summary}")
    said = dict(
        re.findall(r"(\w+): ((?:`[^`]+`(?:, )?)+)", body.split("Roles: ")[1].split("\n")[0])
    )
    roles = PROFILES[name].roles
    expected = {each.name: getattr(roles, each.name) for each in fields(Roles)}
    assert {role: tuple(re.findall(r"`([^`]+)`", text)) for role, text in said.items()} == {
        role: value if isinstance(value, tuple) else (value,)
        for role, value in expected.items()
        if value
    }


@pytest.mark.parametrize("name", [name for name in PROFILES if PROFILES[name].schema])
def test_the_page_has_the_fields_of_the_schema(name):
    (header, *rows), *_ = sections()[name]
    assert header == ["field", "type", "required", "default", "limits", "the source"]
    schema = built_in(PROFILES[name].schema)
    assert [row[0].strip("`") for row in rows] == list(schema["properties"])
    for field, kind, required, default, limits, words in rows:
        said = schema["properties"][field.strip("`")]
        types = said["type"] if isinstance(said["type"], list) else [said["type"]]
        assert kind == " or ".join(types)
        assert (required == "yes") is (field.strip("`") in schema["required"])
        assert default == (f"`{json.dumps(said['default'])}`" if "default" in said else "")
        assert limits == ", ".join(_limits(said))
        assert words


def _limits(said):
    if "minimum" in said or "maximum" in said:
        yield f"{said.get('minimum', '')}..{said.get('maximum', '')}"
    if "format" in said:
        yield said["format"]
    if said.get("minLength") == 1 or said.get("minItems") == 1:
        yield "not empty"


@pytest.mark.parametrize("name", PROFILES)
def test_the_page_has_the_rules_and_thresholds_that_hold(name):
    (header, *rows) = sections()[name][0 if name == "generic" else 1]
    assert header == ["the source", "rule", "level", "settings"]
    found, told, gate = settings(name), {}, {}
    for _, codes, level, said in rows:
        for part in said.split("; ") if said else ():
            code, key, value = re.fullmatch(r"`(\w+)\.(\w+)` = (.+)", part).groups()
            if code == "gate":
                gate[key] = float(value)
            else:
                told.setdefault(code, {})[key] = value
                assert _shown(found.rules[code].values[key]) == value
        for code in codes.split(", ") if codes not in ("", "gate") else ():
            now = found.rules[code].level if code in found.rules else None
            assert (now.value if now else "off") == level, code
            told.setdefault(code, {})["level"] = level
    assert gate == PROFILES[name].gate
    for code, table in PROFILES[name].rules.items():
        assert table.keys() <= told[code].keys(), f"{code} is not told"


def _shown(value):
    if isinstance(value, dict):
        return "; ".join(f"{key}: {_shown(each)}" for key, each in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def test_the_page_has_the_table_of_guesses():
    table = sections()["generic"][-1]
    assert table[0] == ["role", "names"]
    assert {role: tuple(re.findall(r"`([^`]+)`", names)) for role, names in table[1:]} == GUESSES


# Examples of the documents.

INTENT = {"text": "Hi", "expected_intent": "greet", "expected_sentiment": "neutral",
          "expected_entities": []}  # fmt: skip
PERSONA = {
    "sample_id": "sample_20260206_001",
    "persona_id": "persona_001",
    "persona_features": {"age_band": "25_34", "role": "engineer", "communication_style": "casual"},
    "original_query": "Help me write a Python script",
    "initial_query": "hey can u help me write some python",
    "prompt_trajectory": ["hey can u help me write some python", "make it handle csv files"],
    "full_conversation": [
        {"role": "user", "content": "hey can u help me write some python"},
        {"role": "assistant", "content": "Sure! What kind of Python script..."},
    ],
    "num_turns": 2,
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
}
CASE = {
    "audio_path": "audio/sample.wav",
    "original_transcript": "THIS IS ALL CAPS",
    "corrected_transcript": "This is proper text",
    "error_types": ["all_caps"],
    "error_score": 0.8,
    "inference_time": 0.5,
    "model_confidence": 0.85,
}
SESSION = {
    "session_id": "session_123",
    "user_id": "user_456",
    "conversation_data": {
        "messages": [{"role": "user", "content": "Hi", "timestamp": "2024-03-07T12:00:00"}],
        "metadata": {
            "session_id": "session_123",
            "start_time": "2024-03-07T12:00:00",
            "end_time": "2024-03-07T12:10:00Z",
        },
    },
}


def codes(name, row):
    """Code of each error -> its field."""
    found = compile_schema(built_in(name)).errors(row)
    return {error.code: error.field for error in found}


def but(row, *gone, **other):
    return {**{name: value for name, value in row.items() if name not in gone}, **other}


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("intent", INTENT),
        ("intent", but(INTENT, expected_entities=None, created_at=None, expected_persona=None)),
        ("intent", but(INTENT, expected_entities=[["Hi", "greeting", 0, 2]], confidence=1)),
        ("intent", but(INTENT, created_at="2024-03-07T12:00:00.123456", id="ex-1", other=[1])),
        ("instruction", {"input": "Translate 'Hello'", "output": "Hola", "task": "translation"}),
        ("instruction", {"input": "Write a poem", "task": "text-generation"}),
        ("instruction", {"input": "Write a poem", "output": None, "task": "generation"}),
        (
            "instruction",
            {"input": "a", "output": "b", "task": "qa", "metadata": {"source": "general"}},
        ),
        ("stt", CASE),
        ("stt", but(CASE, "model_confidence", corrected_transcript=None)),
        ("persona", PERSONA),
        ("session", SESSION),
        ("chat", {"messages": [{"role": "user", "content": "Hi"}]}),
        ("ingestion", {"text": "Hi"}),
        ("ingestion", {"text": "Hi", "embedding": [0.5] * 384}),
        ("embedding", {"embedding": [0.5, 1]}),
    ],
)
def test_rows_of_the_documents_are_valid(name, row):
    assert codes(name, row) == {}


@pytest.mark.parametrize(
    ("name", "row", "code", "field"),
    [
        ("intent", but(INTENT, "text"), "FLD001", "text"),
        ("intent", but(INTENT, "expected_intent"), "FLD001", "expected_intent"),
        ("intent", but(INTENT, "expected_sentiment"), "FLD001", "expected_sentiment"),
        ("intent", but(INTENT, "expected_entities"), "FLD001", "expected_entities"),
        ("intent", but(INTENT, confidence="high"), "FLD002", "confidence"),
        ("intent", but(INTENT, confidence=1.01), "FLD003", "confidence"),
        ("intent", but(INTENT, confidence=-0.01), "FLD003", "confidence"),
        ("intent", but(INTENT, created_at="yesterday"), "FLD005", "created_at"),
        (
            "intent",
            but(INTENT, expected_entities=[["a", "b", 0, "1"]]),
            "FLD002",
            "expected_entities[0][3]",
        ),
        (
            "intent",
            but(INTENT, expected_entities=[["a", "b", 0]]),
            "FLD006",
            "expected_entities[0]",
        ),
        ("instruction", {"input": "a", "task": "qa"}, "FLD004", "output"),
        ("instruction", {"input": "a", "output": None, "task": "qa"}, "FLD002", "output"),
        ("instruction", {"output": "b", "task": "qa"}, "FLD001", "input"),
        ("instruction", {"input": "a", "output": "b", "task": ""}, "FLD006", "task"),
        ("stt", but(CASE, "audio_path"), "FLD001", "audio_path"),
        ("stt", but(CASE, error_types="all_caps"), "FLD002", "error_types"),
        ("stt", but(CASE, error_score=1.2), "FLD003", "error_score"),
        ("persona", but(PERSONA, "persona_id"), "FLD001", "persona_id"),
        ("persona", but(PERSONA, persona_id=""), "FLD006", "persona_id"),
        ("persona", but(PERSONA, prompt_trajectory=[]), "FLD006", "prompt_trajectory"),
        ("persona", but(PERSONA, num_turns="2"), "FLD002", "num_turns"),
        ("session", but(SESSION, "user_id"), "FLD001", "user_id"),
        (
            "session",
            but(SESSION, conversation_data={"messages": []}),
            "FLD001",
            "conversation_data.metadata",
        ),
        ("chat", {}, "FLD001", "messages"),
        ("ingestion", {"text": 1}, "FLD002", "text"),
        ("embedding", {"text": "a"}, "FLD001", "embedding"),
    ],
)
def test_a_fault_is_found_once(name, row, code, field):
    assert codes(name, row) == {code: field}


def test_a_task_that_is_missing_needs_an_output_as_in_the_document():
    assert codes("instruction", {"input": "a"}) == {"FLD001": "task", "FLD004": "output"}


def test_rows_of_a_csv_file_count_as_what_they_spell():
    validator = compile_schema(built_in("intent"))
    row = but(
        INTENT, confidence="0.92", expected_entities='[["Hi", "greeting", 0, 2]]', metadata=""
    )
    assert validator.errors(validator.coerced(row)) == []
    row = but(INTENT, confidence="high", expected_entities="[broken", source="1")
    found = validator.errors(validator.coerced(row))
    assert [error.field for error in found] == ["confidence", "expected_entities"]


# Guessed roles.


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([], Roles()),
        (["Foo", "bar"], Roles()),
        (["text", "label"], Roles(text=("text",), label=("label",))),
        (["Text", "LABEL"], Roles(text=("Text",), label=("LABEL",))),
        (["output", "instruction", "input"], Roles(text=("instruction", "input", "output"))),
        (["completion", "prompt"], Roles(text=("prompt", "completion"))),
        (["answer", "question"], Roles(text=("question", "answer"))),
        (["uuid", "id"], Roles(key=("id",))),
        (["Sample ID"], Roles(key=("Sample ID",))),
        (["messages", "conversation"], Roles(messages="messages")),
        (["audio-path", "split", "vector"], Roles(media=("audio-path",), split="split",
                                                  embedding="vector")),
        (["expected_intent", "intent"], Roles(label=("intent", "expected_intent"))),
    ],
)  # fmt: skip
def test_guesses(names, expected):
    assert guessed_roles(names) == expected


@given(st.permutations(["text", "Text", "TEXT", "id", "uuid", "label", "messages", "x"]))
def test_guesses_do_not_depend_on_the_order(names):
    assert guessed_roles(names) == guessed_roles(sorted(names))


def test_only_the_generic_profile_guesses():
    assert [name for name, found in PROFILES.items() if found.guess] == ["generic"]
