"""Vectors that lie beside a file as one array, row by row: an `.npy` for the rows of a `.jsonl`.

The same faults as in a field of the row (`rules/embeddings`), at numpy's speed. The array may be
mapped from a file: some thousand rows of it are looked at at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import xxhash

from tdv.quality.finding import Fault
from tdv.quality.rules.embeddings import ALL_ZERO, dimension_said

BLOCK_VALUES = 1 << 20


class VectorFault(NamedTuple):
    """A fault of one vector, or of all.

    Attributes:
        code: of the rule.
        row: from 0; None where it is about the array.
        partner: the row whose vector it repeats, or None.
    """

    code: str
    row: int | None
    fault: Fault
    partner: int | None = None


def vector_faults(
    vectors: np.ndarray[Any, Any], rows: int, min_dim: int, max_dim: int, field: str = ""
) -> Iterator[VectorFault]:
    """What is wrong with the vectors of a file, in order of the rows.

    Args:
        vectors: one vector a row.
        rows: of the file that they belong to.
        min_dim, max_dim: numbers that a vector has; 0 for no bound.
        field: as findings name it: `train.npy`.
    """
    if vectors.ndim != 2 or vectors.dtype.kind not in "fiu":
        shape = " x ".join(map(str, vectors.shape)) or "no"
        said = f"The array has {shape} values of type {vectors.dtype}, not one vector a row."
        yield VectorFault("EMB005", None, Fault(field, said))
        return
    if len(vectors) != rows:
        said = f"There are {len(vectors):,} vectors for {rows:,} rows."
        yield VectorFault("EMB005", None, Fault(field, said))
    size = vectors.shape[1]
    said = dimension_said(size, min_dim, max_dim)
    if said:
        yield VectorFault("EMB001", None, Fault(field, f"The vectors have {said}."))
    firsts = _Firsts(vectors)
    step = max(1, BLOCK_VALUES // max(size, 1))
    for start in range(0, len(vectors), step):
        block: Any = np.asarray(vectors[start : start + step])
        bad: Any = ~np.isfinite(block)
        wrong, zero = bad.any(1), np.all(block == 0, axis=1)
        for number, repeated in enumerate(firsts.of(block, start)):
            row = start + number
            if wrong[number]:
                place = int(bad[number].argmax())
                said = f"Number {place} of the vector is {block[number, place]}."
                yield VectorFault("EMB002", row, Fault(field, said))
            elif zero[number]:
                yield VectorFault("EMB003", row, Fault(field, ALL_ZERO))
            elif repeated is not None:
                said = f"The vector is the same as that of row {repeated}."
                yield VectorFault("EMB004", row, Fault(field, said), repeated)


class _Firsts:
    """Finds, for each vector, the first one that equals it."""

    def __init__(self, vectors: np.ndarray[Any, Any]) -> None:
        self._vectors = vectors
        self._met: dict[int, int] = {}

    def of(self, block: np.ndarray[Any, Any], start: int) -> Iterator[int | None]:
        """The first row with each vector of a block, None where that is its own."""
        # Adding 0 makes -0.0 the 0.0 that it equals.
        plain = np.ascontiguousarray(block + block.dtype.type(0))
        for number, vector in enumerate(plain):
            row = start + number
            first = self._met.setdefault(xxhash.xxh3_64_intdigest(vector.tobytes()), row)
            same = first != row and np.array_equal(self._vectors[first], block[number])
            yield first if same else None
