"""Groups: many similar chunks in one zstd frame, for versions that are rarely read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tdv.model.oid import Kind, Oid, oid_of
from tdv.store.encoding import MAX_GROUP, Encoding, compress_group
from tdv.store.packfile import PackWriter, write_head

LEVEL = 9


def write_group(
    pack: PackWriter, members: Sequence[tuple[Oid, Kind, bytes]], level: int = LEVEL
) -> Oid:
    """Append a group and its members to a pack.

    Args:
        members: oid, kind and payload of distinct objects, the newest first; at most 16 MiB
            together. Reading one of them decodes the group up to its end, and as nothing may
            be a delta against a member, objects that are bases stay outside.
        level: of zstd.

    Returns:
        The oid of the group itself.

    Raises:
        ValueError: the payloads are larger than a group can be.
    """
    content = b"".join(payload for _, _, payload in members)
    if len(content) > MAX_GROUP:
        raise ValueError(f"a group of {len(content)} bytes is larger than {MAX_GROUP}")
    group = oid_of(Kind.GROUP, content)
    stored = compress_group(content, level)
    form = Encoding.RAW if stored is None else Encoding.PLAIN
    stored = content if stored is None else stored
    pack.add(group, write_head(Kind.GROUP, form, len(content), stored), stored)
    start = 0
    for oid, kind, payload in members:
        head = write_head(kind, Encoding.MEMBER, len(payload), b"", bases=(group,), start=start)
        pack.add(oid, head, b"")
        start += len(payload)
    return group


def fill_groups(
    objects: Iterable[tuple[Oid, Kind, bytes]], bound: int = MAX_GROUP
) -> Iterable[list[tuple[Oid, Kind, bytes]]]:
    """The same objects in runs of at most `bound` bytes, in order."""
    run: list[tuple[Oid, Kind, bytes]] = []
    size = 0
    for item in objects:
        if run and size + len(item[2]) > bound:
            yield run
            run, size = [], 0
        run.append(item)
        size += len(item[2])
    if run:
        yield run
