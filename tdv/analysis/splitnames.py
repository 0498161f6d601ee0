"""The split that a file is of, where its name says so and no field does."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tdv.quality.subject import BY_PATH as BY_PATH

_NAMES = {
    b"train": "train",
    b"training": "train",
    b"val": "validation",
    b"valid": "validation",
    b"validation": "validation",
    b"dev": "validation",
    b"test": "test",
    b"testing": "test",
    b"eval": "test",
    b"heldout": "test",
    b"holdout": "test",
}
_WORD = re.compile(rb"[a-z]+")


def split_of(path: bytes) -> str:
    """The split that a file's name, or else a folder's, says; "" where none does.

    `train.jsonl`, `gsm8k-test.jsonl`, `val_samples.json`, `train/part-1.csv`.
    """
    for part in reversed(path.lower().split(b"/")):
        found = {_NAMES[word] for word in _WORD.findall(part) if word in _NAMES}
        if len(found) == 1:
            return found.pop()
    return ""


def are_splits(paths: Iterable[bytes]) -> bool:
    """Whether files of these names are different splits of one dataset."""
    return len({split_of(path) for path in paths} - {""}) > 1
