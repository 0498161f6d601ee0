"""What two byte strings start and end with alike."""

from __future__ import annotations

# Compared at a time: a slice of this size costs less than the call that makes it.
STRIDE = 4096
FIRST = 512


def common_start(a: bytes, b: bytes, at_a: int = 0, at_b: int = 0) -> int:
    """How many bytes from `at_a` in one are the same as those from `at_b` in the other."""
    limit = min(len(a) - at_a, len(b) - at_b)
    low, step = 0, FIRST
    while low < limit and a[at_a + low : at_a + low + step] == b[at_b + low : at_b + low + step]:
        low += step
        step = STRIDE
    low, high = min(low, limit), min(low + step, limit)
    while low < high:
        middle = (low + high + 1) // 2
        if a[at_a + low : at_a + middle] == b[at_b + low : at_b + middle]:
            low = middle
        else:
            high = middle - 1
    return low


def common_end(a: bytes, b: bytes, limit: int) -> int:
    """How many bytes two payloads end with alike, at most `limit`."""
    size_a, size_b, low = len(a), len(b), 0
    while (
        low + STRIDE <= limit
        and a[size_a - low - STRIDE : size_a - low] == b[size_b - low - STRIDE : size_b - low]
    ):
        low += STRIDE
    high = min(low + STRIDE, limit)
    while low < high:
        middle = (low + high + 1) // 2
        if a[size_a - middle : size_a - low] == b[size_b - middle : size_b - low]:
            low = middle
        else:
            high = middle - 1
    return low
