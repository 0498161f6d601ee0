"""What two byte strings start and end with alike."""

from __future__ import annotations

# Compared at a time: a slice of this size costs less than the call that makes it.
STRIDE = 4096


def common_start(a: bytes, b: bytes) -> int:
    """How many bytes two payloads start with alike."""
    limit = min(len(a), len(b))
    low = 0
    while low < limit and a[low : low + STRIDE] == b[low : low + STRIDE]:
        low += STRIDE
    low, high = min(low, limit), min(low + STRIDE, limit)
    while low < high:
        middle = (low + high + 1) // 2
        if a[low:middle] == b[low:middle]:
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
