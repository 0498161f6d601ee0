"""Dictionaries: which raw content zstd is given for the chunks of a large file, if any.

The content is 64 slices of 8 KiB spread over the file. Training one gained less and took
3-5 s on 676 MB (zstd's COVER, `ZDICT_trainFromBuffer`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from tdv.store.encoding import LEVEL, Dictionary, compress

SLICES, SLICE_BYTES = 64, 8 << 10
# Below this size a dictionary costs about what it saves.
LEAST_FILE = 4 << 20
# What candidates are tried on: so many stretches of the file, each the size of a chunk.
TRIALS, TRIAL_BYTES = 2, 128 << 10
# A new dictionary must make the file so much smaller than the old one, or none, does.
LEAST_GAIN = 0.95

# (offset, count) -> bytes, fewer at the file's end
ReadAt: TypeAlias = Callable[[int, int], bytes]


def sample(read_at: ReadAt, size: int) -> bytes:
    """The content of a new dictionary for a file of that size."""
    step = size / SLICES
    return b"".join(read_at(int(number * step), SLICE_BYTES) for number in range(SLICES))


def choose(read_at: ReadAt, size: int, old: bytes | None) -> bytes | None:
    """Whichever of the old dictionary, a new one and none makes a file smallest.

    Args:
        read_at: reads the file.
        size: of the file, in bytes.
        old: what the previous version was compressed with. A new dictionary's own stored bytes
            count against it; the old one is there anyway.
    """
    # Midway between two slices, so that a large file's own slices are not what is tried.
    places = [size * (SLICES // TRIALS * (2 * n + 1) + 1) // (2 * SLICES) for n in range(TRIALS)]
    stretches = [read_at(place, TRIAL_BYTES) for place in places]
    total = sum(map(len, stretches)) or 1

    def stored(content: bytes | None) -> float:
        dictionary = None if content is None else Dictionary(content)
        parts = [(stretch, compress(stretch, LEVEL, dictionary)) for stretch in stretches]
        return sum(len(raw if part is None else part) for raw, part in parts) * (size / total)

    best, cost = None, stored(None)
    if old is not None and (cost_of_old := stored(old)) < cost:
        best, cost = old, cost_of_old
    new = sample(read_at, size)
    own = compress(new, LEVEL)
    cost_of_new = stored(new) + len(new if own is None else own)
    return new if cost_of_new < cost * LEAST_GAIN else best
