"""Groups: many similar chunks in one zstd frame, for versions that are rarely read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tdv.model.oid import Kind, Oid, oid_of
from tdv.store.encoding import BESIDE_BYTES, MAX_BESIDE, MAX_GROUP, Encoding, compress_group
from tdv.store.packfile import PackWriter, write_head

LEVEL = 9


class Entry(NamedTuple):
    """An entry for a pack: what `PackWriter.add` needs."""

    oid: Oid
    head: bytes
    stored: bytes
    decodes: int = 0


def group_entries(
    members: Sequence[tuple[Oid, Kind, bytes]],
    beside: Sequence[tuple[Oid, bytes]] = (),
    level: int = LEVEL,
) -> list[Entry]:
    """The entries of a group, itself the first, and of its members.

    Args:
        members: oid, kind and payload of distinct objects, the newest first; at most 16 MiB
            together. Reading one of them decodes the group, and as nothing may be a delta
            against a member, objects that are bases stay outside.
        beside: oid and payload of chunks that resemble them and are no members of any group:
            the newest version of the same file. Reading the group reads them first.
        level: of zstd.

    Raises:
        ValueError: the payloads are larger than a group can be, or stand beside too much.
    """
    content = b"".join(payload for _, _, payload in members)
    if len(content) > MAX_GROUP:
        raise ValueError(f"a group of {len(content)} bytes is larger than {MAX_GROUP}")
    base = b"".join(payload for _, payload in beside)
    if len(base) > BESIDE_BYTES or len(beside) > MAX_BESIDE:
        raise ValueError(f"a group stands beside at most {BESIDE_BYTES} bytes")
    group = oid_of(Kind.GROUP, content)
    entries = [_group(group, content, [oid for oid, _ in beside] if base else [], base, level)]
    start = 0
    for oid, kind, payload in members:
        head = write_head(kind, Encoding.MEMBER, len(payload), b"", bases=(group,), start=start)
        entries.append(Entry(oid, head, b""))
        start += len(payload)
    return entries


def _group(group: Oid, content: bytes, keys: Sequence[Oid], base: bytes, level: int) -> Entry:
    stored = compress_group(content, level, base)
    if stored is None:
        return Entry(group, write_head(Kind.GROUP, Encoding.RAW, len(content), content), content)
    form = Encoding.BESIDE if keys else Encoding.PLAIN
    return Entry(group, write_head(Kind.GROUP, form, len(content), stored, keys), stored)


def write_group(
    pack: PackWriter,
    members: Sequence[tuple[Oid, Kind, bytes]],
    beside: Sequence[tuple[Oid, bytes]] = (),
    level: int = LEVEL,
) -> Oid:
    """Append a group and its members to a pack, as `group_entries` makes them; its oid."""
    entries = group_entries(members, beside, level)
    for entry in entries:
        pack.add(*entry)
    return entries[0].oid
