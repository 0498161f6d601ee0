"""EMB: vectors in a field of the row. Those beside the file are judged by `vectors`, alike."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any

from tdv.quality.extracting.batch import Batch
from tdv.quality.extracting.columns import VECTOR
from tdv.quality.finding import Fault, Level
from tdv.quality.rule import PairRule, Param, RowRule, Rule, Values
from tdv.quality.schemas.schemaerrors import shown, type_name
from tdv.quality.searching.screens import Walk
from tdv.quality.subject import Roles, Row, Subject, value_at

DIMENSION, NOT_A_NUMBER, ZERO = "EMB001", "EMB002", "EMB003"
MIN_DIM, MAX_DIM = 384, 768
ALL_ZERO = "All numbers of the vector are 0."
_NUMBERS = {int, float}


def _bounds(subject: Subject) -> tuple[int, int]:
    least: int = subject.value(DIMENSION, "min_dim", MIN_DIM)
    most: int = subject.value(DIMENSION, "max_dim", MAX_DIM)
    return least, most


def dimension_said(size: int, least: int, most: int) -> str:
    """How a vector's size breaks its bounds (`most` 0 is none), "" if it does not."""
    if size >= least and (size <= most or not most):
        return ""
    need = f"{least:,} to {most:,}" if most else f"{least:,} or more"
    return f"{size:,} numbers, and {f'{least:,}' if least == most else need} are right"


def vector_faults(row: Row, subject: Subject) -> Iterator[tuple[str, Fault]]:
    """What is wrong with the vector of a row."""
    path = subject.roles.embedding
    vector = value_at(row, path)
    if vector is None:
        return
    if not isinstance(vector, list):
        said = f"`{path}` is {shown(vector, 30)}, {type_name(vector)}, not an array of numbers."
        yield NOT_A_NUMBER, Fault(path, said)
        return
    said = dimension_said(len(vector), *_bounds(subject))
    if said:
        yield DIMENSION, Fault(path, f"The vector has {said}.")
    wrong = [number for number, value in enumerate(vector) if not _is_number(value)]
    if wrong:
        place = wrong[0]
        more = f", and {len(wrong) - 1:,} more are none" if len(wrong) > 1 else ""
        said = f"`{path}[{place}]` is {shown(vector[place], 30)}, no finite number{more}."
        yield NOT_A_NUMBER, Fault(path, said)
    elif vector and not any(vector):
        yield ZERO, Fault(path, ALL_ZERO)


def _is_number(value: Any) -> bool:
    try:
        return type(value) in _NUMBERS and math.isfinite(value)
    except OverflowError:
        return False


def _suspects(batch: Batch) -> Iterable[int]:
    """The rows with a vector that is not plainly right."""
    least, most = _bounds(batch.subject)
    return [
        number
        for number, vector in enumerate(batch.values(batch.subject.roles.embedding))
        if vector is not None and not _plain(vector, least, most)
    ]


def _plain(vector: Any, least: int, most: int) -> bool:
    if type(vector) is not list or len(vector) < least or (most and len(vector) > most):
        return False
    try:
        # A sum is finite only if all its terms are, and costs a quarter of a look at each.
        return (
            {*map(type, vector)} <= _NUMBERS and math.isfinite(sum(vector)) and any(vector)
        ) or not vector
    except (TypeError, OverflowError, ValueError):
        return False


def _tell_duplicate(row: Row, partner: Row, values: Values, roles: Roles) -> Fault:
    return Fault(roles.embedding, f"`{roles.embedding}` is the same vector as in an earlier row.")


WALK = Walk(vector_faults, _suspects)
_VECTOR = [0.25, -0.5, 0.125] * 128


def _applies(roles: Roles) -> bool:
    return bool(roles.embedding)


def _rule(
    code: str, name: str, bad: Row, params: tuple[Param, ...] = (), *, summary: str, why: str
) -> RowRule:
    return RowRule(
        code=code,
        name=name,
        level=Level.ERROR,
        summary=summary,
        why=why,
        bad=bad,
        good={"embedding": _VECTOR},
        mend="Compute the vector anew; `tdv clean --drop-invalid` removes such rows.",
        applies=_applies,
        params=params,
        check=WALK.check(code),
        screen=WALK.screen(code),
        counts=WALK.counts(code),
    )


RULES: tuple[Rule, ...] = (
    _rule(
        DIMENSION,
        "embedding-dimension",
        {"embedding": _VECTOR[:3]},
        (
            Param(
                "min_dim",
                MIN_DIM,
                "Fewest numbers of a vector.",
                extracts=True,
                aliases=("min_embedding_dim",),
            ),
            Param(
                "max_dim",
                MAX_DIM,
                "Most numbers of a vector; 0 for no bound.",
                extracts=True,
                aliases=("max_embedding_dim",),
            ),
        ),
        summary="A vector has too few or too many numbers.",
        why=(
            "The bounds are those of the ingestion document. Set both to the size that your model "
            "gives, and vectors of another model are found."
        ),
    ),
    _rule(
        NOT_A_NUMBER,
        "embedding-not-a-number",
        {"embedding": [*_VECTOR[:-1], None]},
        summary="A vector has null, NaN, an infinite number or something else that is no number.",
        why="One NaN makes every distance to the vector, and every mean over it, NaN.",
    ),
    _rule(
        ZERO,
        "zero-vector",
        {"embedding": [0.0] * MIN_DIM},
        summary="All numbers of a vector are 0.",
        why="It has no direction: its cosine to anything is undefined. Empty texts often give it.",
    ),
    PairRule(
        code="EMB004",
        name="duplicate-vector",
        level=Level.WARNING,
        summary="A vector is the same, number by number, as that of an earlier row.",
        why=(
            "Equal texts have equal vectors; of different texts, one was not computed, or rows and "
            "vectors have slipped against each other."
        ),
        bad=[{"text": "yes", "embedding": _VECTOR}, {"text": "no", "embedding": _VECTOR}],
        good=[{"text": "yes", "embedding": _VECTOR}, {"text": "no", "embedding": _VECTOR[1:]}],
        mend="Compute the vectors anew, or remove rows with `tdv dedup --by embedding`.",
        applies=_applies,
        by=lambda roles, values: VECTOR,
        tell=_tell_duplicate,
    ),
    Rule(
        code="EMB005",
        name="vector-count",
        level=Level.ERROR,
        summary="The array of vectors beside a file has another number of rows than the file.",
        why=(
            "Vectors and rows go together by number: with one missing, all that follow are those "
            "of other rows. `train.npy` lies beside `train.jsonl`."
        ),
        bad="train.jsonl with 4 rows, train.npy with 3 vectors",
        good="train.jsonl with 4 rows, train.npy with 4 vectors",
        mend="Compute the array anew from the file.",
    ),
)
