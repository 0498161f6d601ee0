"""What the plumbing commands look at: chunks of a file, packs, the bytes of an object."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tdv.errors import RevisionError
from tdv.model.commit import Commit
from tdv.model.entry import FileEntry
from tdv.model.oid import Kind, Oid
from tdv.model.sequence import SequenceNode
from tdv.model.tag import Note, Tag
from tdv.model.tree import TreeNode
from tdv.store.sequences import chunks, sequence_of

if TYPE_CHECKING:
    from tdv.store.objects import ObjectInfo, ObjectStore


@dataclass(frozen=True, slots=True)
class ChunkInfo:
    """A chunk of a file.

    Attributes:
        records: how many records end in it.
        offset: its first byte in the sequence.
        info: how it is stored.
    """

    oid: Oid
    records: int
    offset: int
    size: int
    info: ObjectInfo


@dataclass(frozen=True, slots=True)
class PackInfo:
    """A pack: its name, bytes, objects, and of how many objects of each kind it consists."""

    name: str
    size: int
    objects: int
    kinds: tuple[tuple[str, int], ...]


# What each kind of metadata decodes to. Chunks and dictionaries are plain bytes.
DECODERS: dict[Kind, Any] = {
    Kind.NODE: SequenceNode.from_bytes,
    Kind.TREE: TreeNode.from_bytes,
    Kind.COMMIT: Commit.from_bytes,
    Kind.TAG: Tag.from_bytes,
    Kind.NOTE: Note.from_bytes,
}


def list_chunks(store: ObjectStore, entry: FileEntry) -> Iterator[ChunkInfo]:
    """The chunks of a file, in order."""
    offset = 0
    for chunk in chunks(store, sequence_of(entry, store)):
        yield ChunkInfo(chunk.oid, chunk.records, offset, chunk.size, store.info(chunk.oid))
        offset += chunk.size


def list_packs(store: ObjectStore) -> Iterator[PackInfo]:
    """The packs, in order of their names."""
    for pack in store.packs.refresh():
        kinds: dict[str, int] = {}
        for _, row in pack.index.entries():
            name = Kind(row.kind).name.lower()
            kinds[name] = kinds.get(name, 0) + 1
        yield PackInfo(pack.name, pack.size, pack.index.count, tuple(sorted(kinds.items())))


def find_object(store: ObjectStore, prefix: str) -> tuple[Oid, Kind]:
    """The object whose oid starts so.

    Raises:
        RevisionError: there is none, or more than one.
    """
    try:
        found = store.find(prefix)
    except ValueError as error:
        raise RevisionError(f"`{prefix}` is not the start of an oid: {error}.") from error
    if len(found) == 1:
        return found[0]
    if not found:
        raise RevisionError(f"There is no object `{prefix}`.")
    listed = ", ".join(
        f"{oid.hex()[: len(prefix) + 6]} ({kind.name.lower()})" for oid, kind in found[:8]
    )
    raise RevisionError(
        f"`{prefix}` is ambiguous: {len(found)} objects start so.",
        hint=f"Write more digits: {listed}.",
    )


def decoded(kind: Kind, payload: bytes) -> Any:
    """The value that a payload of metadata stands for; None for chunks and dictionaries."""
    decode = DECODERS.get(kind)
    return None if decode is None else decode(payload)
