"""Built-in profiles: which field is what, which schema and thresholds, for a known kind of data.

A profile carries over the fields, defaults and thresholds of one source document, whose words
docs/profiles.md sets beside them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from tdv.errors import ConfigError
from tdv.quality.registry import did_you_mean
from tdv.quality.subject import Roles


@dataclass(frozen=True, slots=True)
class Profile:
    """A kind of data.

    Attributes:
        name: `intent`.
        summary: one sentence.
        source: the source document that its defaults come from ("000" to "004"), or "".
        roles: which field is what; `tdv.toml` may say otherwise, role by role.
        schema: name of its JSON Schema, or "" for none.
        rules: code -> {"level": …, parameter: value}, where it differs from the rule's default.
            `"level": "off"` leaves the rule out.
        gate: name of a threshold -> bound: `{"max_duplicates": 0.05}`.
        guess: roles that the data may show by their names (`generic`): see `guessed_roles`.
    """

    name: str
    summary: str
    source: str = ""
    roles: Roles = field(default_factory=Roles)
    schema: str = ""
    rules: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    gate: Mapping[str, float] = field(default_factory=dict)
    guess: bool = False


_ALL = (
    Profile(
        "intent",
        "Texts with an expected intent, sentiment and entities.",
        source="000",
        roles=Roles(
            text=("text",),
            label=("expected_intent", "expected_sentiment"),
            key=("id",),
            numbers=("confidence",),
            categories=("source", "expected_persona", "metadata.lang"),
            split="metadata.split",
            entities="expected_entities",
        ),
        schema="intent",
        rules={
            # "WARNING: Confidence scores out of range"
            "FLD003": {"level": "warning"},
            "LBL001": {
                "labels": {"expected_sentiment": ("positive", "negative", "neutral", "mixed")}
            },
            # The schema says what form an entity has, item by item.
            "SPN005": {"level": "off"},
            "TXT003": {"max_words": 200},
        },
    ),
    Profile(
        "ingestion",
        "Texts, perhaps with embeddings, that go into training.",
        source="001",
        roles=Roles(text=("text",), key=("id",), embedding="embedding", split="split"),
        schema="ingestion",
        rules={
            "TXT002": {"min_chars": 1, "min_words": 1},
            "TXT003": {"max_words": 512},
            "CNT001": {"min_examples": 5},
            "CNT002": {"level": "error", "max_examples": 10_000},
            "CNT003": {"level": "error", "min_unique_words": 10},
            "CNT004": {"level": "error", "max_duplicate_ratio": 0.3},
            "OUT001": {"level": "warning", "threshold": 2.0},
            "EMB001": {"min_dim": 384, "max_dim": 768},
        },
        gate={"min_quality": 0.7},
    ),
    Profile(
        "instruction",
        "Inputs with their outputs for named tasks.",
        source="002",
        roles=Roles(
            text=("input", "output"),
            label=("task",),
            key=("id",),
            numbers=("metadata.quality", "quality"),
            split="split",
        ),
        schema="instruction",
        rules={
            # "Check for duplicate inputs"
            "DUP002": {"level": "warning", "fields": ("input",)},
            "DUP003": {"level": "off"},
            "LBL002": {"min_share": 0.05, "min_balance": 0.1},
            # One input may serve several tasks.
            "LBL004": {"level": "off"},
            "QUA001": {"level": "warning", "min_quality": 0.7},
        },
        gate={"min_quality": 0.7, "max_duplicates": 0.05, "min_task_balance": 0.1},
    ),
    Profile(
        "stt",
        "Failed transcriptions with their corrections.",
        source="003",
        roles=Roles(
            text=("original_transcript", "corrected_transcript"),
            key=("case_id",),
            numbers=("error_score", "inference_time", "model_confidence"),
            split="split",
            media=("audio_path",),
        ),
        schema="stt",
        rules={"MED001": {"level": "warning"}},
        gate={
            "min_completeness": 0.95,
            "min_consistency": 0.90,
            "min_validity": 0.95,
            "min_uniqueness": 1.0,
        },
    ),
    Profile(
        "persona",
        "Conversations of personas with the prompts that led through them.",
        source="004",
        roles=Roles(
            text=("initial_query", "original_query"),
            key=("sample_id",),
            numbers=("num_turns",),
            categories=("persona_id", "persona_features.role"),
            split="split",
            messages="full_conversation",
        ),
        schema="persona",
    ),
    Profile(
        "session",
        "Sessions of a user with their messages.",
        source="001",
        roles=Roles(
            key=("session_id",),
            categories=("user_id",),
            messages="conversation_data.messages",
        ),
        schema="session",
        rules={
            "CNV001": {"roles": ("user", "assistant")},
            "CNV005": {"min_messages": 10, "max_messages": 1000},
            "CNV006": {"level": "error", "min_seconds": 300, "max_seconds": 86_400},
            "CNT001": {"min_examples": 5},
        },
    ),
    Profile(
        "chat",
        "Conversations as language models are trained on.",
        source="001",
        roles=Roles(key=("id",), split="split", messages="messages"),
        schema="chat",
    ),
    Profile(
        "embedding",
        "Vectors, perhaps with the texts that they stand for.",
        source="001",
        roles=Roles(text=("text",), key=("id",), embedding="embedding", split="split"),
        schema="embedding",
        rules={"EMB001": {"min_dim": 384, "max_dim": 768}},
    ),
    Profile(
        "generic",
        "Any rows: fields are known by their usual names, and only what is wrong anywhere counts.",
        # What depends on what the data is for, or on a guess that may be wrong, is left out or
        # is a warning.
        rules={
            **{code: {"level": "off"} for code in ("TXT002", "TXT003", "TXT005")},
            **{code: {"level": "off"} for code in ("LBL002", "LBL003", "EMB001")},
            **{code: {"level": "off"} for code in ("CNV001", "CNV003", "CNV004", "CNV005")},
            **{code: {"level": "off"} for code in ("CNV007", "CNV008")},
            **{code: {"level": "warning"} for code in ("CNV002", "DUP004", "SPL001", "MED001")},
        },
        guess=True,
    ),
)
PROFILES: Mapping[str, Profile] = MappingProxyType({each.name: each for each in _ALL})


def profile(name: str, where: str = "") -> Profile:
    """The profile of a name.

    Args:
        where: begins the message of the error: "tdv.toml, line 3, column 1: ".

    Raises:
        ConfigError: there is none; the hint has names that are near.
    """
    found = PROFILES.get(name)
    if found is None:
        hint = did_you_mean(name, PROFILES) or f"The profiles are {', '.join(PROFILES)}."
        raise ConfigError(f"{where}There is no profile `{name}`.", hint=hint)
    return found


# Role -> the names by which it is usually known, the likeliest first; docs/profiles.md has the
# same table. Names are compared without case, and with `_` for `-` and blanks.
GUESSES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "text": (
            *("text", "content", "sentence", "utterance", "transcript", "document", "body"),
            *("prompt", "instruction", "input", "question", "query", "premise", "source_text"),
            *("output", "response", "completion", "answer", "target_text", "hypothesis"),
            *("summary", "translation"),
        ),
        "label": (
            *("label", "labels", "intent", "expected_intent", "category", "class", "sentiment"),
            *("expected_sentiment", "topic", "task"),
        ),
        "key": ("id", "uuid", "guid", "key", "example_id", "sample_id", "row_id", "uid"),
        "split": ("split", "fold", "subset"),
        "messages": ("messages", "conversation", "conversations", "full_conversation", "dialog",
                     "dialogue", "turns", "chat"),
        "embedding": ("embedding", "embeddings", "vector"),
        "media": ("audio", "audio_path", "audio_file", "image", "image_path", "image_file",
                  "video", "video_path"),
        "numbers": ("confidence", "score", "quality", "rating"),
        "categories": ("source", "lang", "language"),
    }
)  # fmt: skip
# Roles with many fields; of the others the first name that is there is taken.
_MANY = {"text", "label", "media", "numbers", "categories"}


def guessed_roles(names: Iterable[str]) -> Roles:
    """The roles of fields with these names, by `GUESSES`; the order of the names does not count."""
    known: dict[str, str] = {}
    for name in sorted(set(names), reverse=True):
        known[name.lower().replace("-", "_").replace(" ", "_")] = name
    found: dict[str, Any] = {}
    for role, usual in GUESSES.items():
        there = tuple(known[each] for each in usual if each in known)
        if there and role in _MANY:
            found[role] = there
        elif there:
            found[role] = there[:1] if role == "key" else there[0]
    return Roles(**found)
