"""Further counts of rows of a known kind: language pairs, noise, personas, tokens, corrections.

A tally is a name and a whole number; sums of them merge in any order (`Summary.tallies`). What
stands behind a name's first colon is from the data. Numbers in brackets are source documents.

| name | what is counted | fields |
|---|---|---|
| `pair:en -> es` | rows | `source_lang`, `target_lang` of the row or its `metadata` (002) |
| `quality:above_0.9` | rows of a tier | `quality` of the row or its `metadata` (002) |
| `case:rows`, `case:corrected` | cases, corrected ones | `corrected_transcript` (003) |
| `error:all_caps` | rows with such an error | `error_types` (003) |
| `persona:rows` | samples | any of `persona_features`, `prompt_trajectory` … (004) |
| `turns:rows`, `turns:sum` | samples that say so, turns | `num_turns` (004) |
| `trajectory:rows`, `trajectory:sum` | likewise, prompts | `prompt_trajectory` (004) |
| `role:engineer` | samples | `persona_features.role` (004) |
| `noise:rows` | samples with a noisy query | `noisy_initial_queries` (004) |
| `layer:surface_noise` | noisy queries | `noise_type` in them (004) |
| `strategy:typo_misspelling` | noisy queries | `applied_strategies` in them (004) |
| `tokens:prompt_tokens:openai/gpt-4o-mini` | tokens | `usage` of the row or its `metadata` (004) |
| `tokens:rows:openai/gpt-4o-mini` | rows of the model | `assistant_model` (004) |
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from typing import Any

from tdv.quality.subject import Row

# A row with none of these fields, neither itself nor in its `metadata`, has no tallies.
_PAIRS = (
    ("source_lang", "target_lang"),
    ("sourceLang", "targetLang"),
    ("source_language", "target_language"),
)
_USAGE = ("usage", "token_usage")
_CASE = ("original_transcript", "corrected_transcript", "error_types", "error_detection")
_PERSONA = ("persona_features", "noisy_initial_queries", "prompt_trajectory")
INNER = frozenset({"quality", "assistant_model", *_USAGE, *(pair[0] for pair in _PAIRS)})
TRIGGERS = INNER | {*_CASE, *_PERSONA}
# Above, at, or below: what the sampler of source 002 tells apart (`quality > 0.9` and so on).
TIERS = ((0.9, "above_0.9"), (0.7, "above_0.7"), (0.5, "above_0.5"))
LOWEST_TIER = "up_to_0.5"
# Whole numbers over this are no counts; sums of 2**31 smaller ones fit into 63 bits.
MOST = 1 << 32
_NOTHING: dict[str, Any] = {}
# Longer names are cut: they are for reading.
LONGEST = 100


def may_have_tallies(rows: Iterable[Row | None], names: Set[str]) -> bool:
    """Whether any of the rows may have tallies; if not, none has.

    Args:
        rows: None is one that does not decode.
        names: the fields that the rows have, all together.
    """
    if not TRIGGERS.isdisjoint(names):
        return True
    if "metadata" not in names:
        return False
    # Nearly all data is of this kind: 0.2 us a row, half of looking at each row.
    held = [inner for row in rows if row is not None and type(inner := row.get("metadata")) is dict]
    nothing: set[str] = set()
    return not INNER.isdisjoint(nothing.union(*held))


def tallies(row: Row) -> Iterator[tuple[str, int]]:
    """The tallies of one row: (name, how much)."""
    inner = _metadata(row)
    yield from _pair(row, inner)
    yield from _tier(row, inner)
    if not row.keys().isdisjoint(_CASE):
        yield from _case(row)
    if not row.keys().isdisjoint(_PERSONA):
        yield from _persona(row)
        yield from _noise(row)
    yield from _tokens(row, inner)


def _metadata(row: Row) -> dict[str, Any]:
    inner = row.get("metadata")
    return inner if type(inner) is dict else _NOTHING


def _pair(row: Row, inner: dict[str, Any]) -> Iterator[tuple[str, int]]:
    for source, target in _PAIRS:
        for held in (row, inner):
            if _is_name(held.get(source)) and _is_name(held.get(target)):
                yield f"pair:{_shown(held[source])} -> {_shown(held[target])}", 1
                return


def _tier(row: Row, inner: dict[str, Any]) -> Iterator[tuple[str, int]]:
    for held in (row, inner):
        quality = held.get("quality")
        if isinstance(quality, (int, float)) and not isinstance(quality, bool):
            yield f"quality:{tier_of(quality)}", 1
            return


def tier_of(quality: float) -> str:
    """The tier of a quality between 0 and 1."""
    return next((name for least, name in TIERS if quality > least), LOWEST_TIER)


def _case(row: Row) -> Iterator[tuple[str, int]]:
    yield "case:rows", 1
    if _is_name(row.get("corrected_transcript")):
        yield "case:corrected", 1
    detection = row.get("error_detection")
    types = row.get("error_types")
    if types is None and type(detection) is dict:
        types = detection.get("error_types")
    for name in _names(types):
        yield f"error:{name}", 1


def _persona(row: Row) -> Iterator[tuple[str, int]]:
    yield "persona:rows", 1
    if _is_count(row.get("num_turns")):
        yield "turns:rows", 1
        yield "turns:sum", row["num_turns"]
    trajectory = row.get("prompt_trajectory")
    if type(trajectory) is list:
        yield "trajectory:rows", 1
        yield "trajectory:sum", len(trajectory)
    features = row.get("persona_features")
    if type(features) is dict and _is_name(features.get("role")):
        yield f"role:{_shown(features['role'])}", 1


def _noise(row: Row) -> Iterator[tuple[str, int]]:
    queries = row.get("noisy_initial_queries")
    if type(queries) is not list or not queries:
        return
    yield "noise:rows", 1
    for query in queries:
        if type(query) is dict:
            if _is_name(query.get("noise_type")):
                yield f"layer:{_shown(query['noise_type'])}", 1
            for name in _names(query.get("applied_strategies")):
                yield f"strategy:{name}", 1


def _tokens(row: Row, inner: dict[str, Any]) -> Iterator[tuple[str, int]]:
    for held in (inner, row):
        for name in _USAGE:
            usage = held.get(name)
            if type(usage) is dict:
                yield from _usage(usage, inner, row)
                return
    model = _model(inner.get("assistant_model")) or _model(row.get("assistant_model"))
    if model:
        yield f"tokens:rows:{model}", 1


def _usage(usage: dict[str, Any], inner: dict[str, Any], row: Row) -> Iterator[tuple[str, int]]:
    """Tokens of one model, or of several: `{"user_model": {…}, "assistant_model": {…}}`."""
    nested = {name: part for name, part in usage.items() if _has_tokens(part)}
    parts = nested if nested and not _has_tokens(usage) else {"assistant_model": usage}
    for name, part in parts.items():
        model = _model(part) or _model(inner.get(name)) or _model(inner) or _model(row)
        model = model or (_shown(name) if part is not usage else "unknown")
        yield f"tokens:rows:{model}", 1
        for field, amount in part.items():
            if field.endswith("tokens") and ":" not in field and _is_count(amount):
                yield f"tokens:{field}:{model}", amount


def _model(held: Any) -> str:
    """`openai/gpt-4o-mini`, of `{"model": "gpt-4o-mini", "provider": "openai"}` or a name."""
    if type(held) is not dict:
        return _shown(held) if _is_name(held) else ""
    return "/".join(
        _shown(held[name]) for name in ("provider", "model") if _is_name(held.get(name))
    )


def _has_tokens(held: Any) -> bool:
    return type(held) is dict and any(
        type(name) is str and name.endswith("tokens") and _is_count(held[name]) for name in held
    )


def _names(held: Any) -> list[str]:
    """The different names in a list, the keys of an object, or one text."""
    if _is_name(held):
        return [_shown(held)]
    if type(held) not in (list, dict):
        return []
    return list(dict.fromkeys(_shown(each) for each in held if _is_name(each)))


def _is_name(held: Any) -> bool:
    return type(held) is str and not (held == "" or held.isspace())


def _is_count(held: Any) -> bool:
    return type(held) is int and 0 <= held < MOST


def _shown(name: str) -> str:
    return name if len(name) <= LONGEST else name[: LONGEST - 1] + "…"
