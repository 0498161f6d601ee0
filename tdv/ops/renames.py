"""Renames: a file that went and one that came, with the same content."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Hashable, Sequence

# A path, and something that files share when their content is the same.
PathContent = tuple[bytes, Hashable]


def pair_renames(gone: Sequence[PathContent], came: Sequence[PathContent]) -> dict[bytes, bytes]:
    """Old path by new path. Each file is paired once; those whose name stayed come first."""
    pairs: dict[bytes, bytes] = {}
    taken: set[bytes] = set()
    for by_name in (True, False):
        waiting: dict[Hashable, deque[bytes]] = defaultdict(deque)
        for path, content in gone:
            if path not in taken:
                waiting[content, _name(path) if by_name else b""].append(path)
        for path, content in came:
            sources = waiting.get((content, _name(path) if by_name else b""))
            if sources and path not in pairs:
                pairs[path] = sources.popleft()
                taken.add(pairs[path])
    return pairs


def _name(path: bytes) -> bytes:
    return path.rpartition(b"/")[2]
