"""Vectors that lie beside a file, row by row, and what is wrong with them.

`train.npy` holds the vectors of `train.jsonl` (or `.csv`, `.parquet` …): vector n is that of row n.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tdv.analysis.sources import shown_path, vectors_beside
from tdv.errors import ConfigError
from tdv.quality.configuring.settings import Settings
from tdv.quality.rules.embeddings import DIMENSION, MAX_DIM, MIN_DIM
from tdv.quality.vectors import VectorFault, vector_faults


@dataclass(frozen=True)
class Vectors:
    """What is wrong with the vectors of some files.

    Attributes:
        rows: number of the file -> its faults that are of one row, in order of row.
        whole: number of the file -> its other faults.
    """

    rows: Mapping[int, tuple[VectorFault, ...]]
    whole: Mapping[int, tuple[VectorFault, ...]]

    def within(self, file: int, start: int, count: int) -> list[VectorFault]:
        """The faults of some rows of a file."""
        faults = self.rows.get(file, ())
        low, high = (bisect_left(faults, at, key=_row) for at in (start, start + count))
        return list(faults[low:high])


def _row(fault: VectorFault) -> int:
    return fault.row or 0


NO_VECTORS = Vectors({}, {})


def faults_beside(
    files: Mapping[int, tuple[bytes, int]],
    settings: Settings,
    open_: Callable[[bytes], Path | None],
) -> Vectors:
    """The faults of the vectors beside files.

    Args:
        files: number -> path and rows.
        open_: gives a place on disk with the bytes of a file; None where there is no such file.

    Raises:
        ConfigError: a file that ends with `.npy` is no array of numbers.
    """
    if DIMENSION not in settings.rules:
        return NO_VECTORS
    subject = settings.subject
    least = subject.value(DIMENSION, "min_dim", MIN_DIM)
    most = subject.value(DIMENSION, "max_dim", MAX_DIM)
    rows: dict[int, tuple[VectorFault, ...]] = {}
    whole: dict[int, tuple[VectorFault, ...]] = {}
    for number, (path, count) in files.items():
        place = open_(vectors_beside(path))
        if place is None:
            continue
        name = shown_path(vectors_beside(path))
        found = list(vector_faults(_array(place, name), count, least, most, name))
        rows[number] = tuple(each for each in found if each.row is not None and each.row < count)
        whole[number] = tuple(each for each in found if each.row is None)
    return Vectors(rows, whole)


def _array(place: Path, name: str) -> Any:
    try:
        return np.load(place, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        told = str(error).partition("\n")[0].rstrip(".")
        raise ConfigError(
            f"{name} is no array of numbers that can be read: {told}.",
            hint="Write it with `numpy.save`, or rename it where it is something else.",
        ) from error
