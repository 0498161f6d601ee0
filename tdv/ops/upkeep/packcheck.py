"""Verify packs: the file against its name, the index, and each entry's bytes against its oid."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from blake3 import blake3

from tdv.errors import IntegrityError
from tdv.model.oid import Oid
from tdv.ops.progress import Progress
from tdv.store.decode import Decoder, Dictionaries, Payloads, verified
from tdv.store.packindex import kind_of
from tdv.store.packs import Located, Pack
from tdv.store.workers import Task, Workers

if TYPE_CHECKING:
    from tdv.store.objects import ObjectStore

RUN = 16
RUNS_AHEAD = 4
BLOCK = 4 << 20


@dataclass
class Verified:
    """What came of verifying the packs.

    Attributes:
        packs, objects, size: how many were looked at, and the bytes of the packs.
        packs_damage: ("pack" or "index", name of the pack, reason).
        bad: objects of which no copy can be read, and why.
        unreadable: the entries that cannot be read, good copies or not.
    """

    packs: int = 0
    objects: int = 0
    size: int = 0
    packs_damage: list[tuple[str, str, str]] = field(default_factory=list)
    bad: dict[Oid, str] = field(default_factory=dict)
    unreadable: list[Located] = field(default_factory=list)


def verify_packs(store: ObjectStore, progress: Progress) -> Verified:
    """Read every byte of every pack, and decode every object in it."""
    found = Verified()
    packs = store.packs.refresh()
    for name, error in store.packs.damaged().items():
        found.packs_damage.append(("pack", name, error.message))
    progress.step("Verifying objects", sum(pack.size for pack in packs), "bytes")
    # What was decoded before may come from a copy that is damaged by now.
    decoder = Decoder(store.packs.copies, Payloads(), Dictionaries())
    with Workers() as workers:
        for pack in packs:
            found.packs += 1
            found.size += pack.size
            _verify_file(pack, found)
            _verify_entries(pack, decoder, workers, found, progress)
    return found


def _verify_file(pack: Pack, found: Verified) -> None:
    """The file's content gives its name, and the index has its checksum."""
    hasher = blake3()
    for offset in range(0, pack.size, BLOCK):
        hasher.update(pack.read(offset, BLOCK))
    if hasher.hexdigest() not in pack.name:
        reason = f"The bytes of the pack {pack.path} do not give its name."
        found.packs_damage.append(("pack", pack.name, reason))
        if not pack.index_is_whole():
            reason = f"The index of the pack {pack.path} does not have its checksum."
            found.packs_damage.append(("index", pack.name, reason))


def _verify_entries(
    pack: Pack, decoder: Decoder, workers: Workers, found: Verified, progress: Progress
) -> None:
    # In the order in which they lie: neighbours share bases and dictionaries.
    entries = sorted(pack.index.entries(), key=lambda entry: entry[1].offset)
    places = iter([Located(oid, row, pack) for oid, row in entries])
    ahead: deque[tuple[list[Located], Task[list[str | None]]]] = deque()
    while True:
        while len(ahead) < RUNS_AHEAD and (run := list(islice(places, RUN))):
            ahead.append((run, workers.submit(partial(_reasons, run, decoder))))
        if not ahead:
            return
        run, task = ahead.popleft()
        for located, reason in zip(run, task.result(), strict=True):
            found.objects += 1
            progress.advance(located.row.length)
            if reason is not None:
                found.unreadable.append(located)
                copies = (copy for copy in decoder.copies(located.oid) if copy != located)
                if all(_reason(copy, decoder) is not None for copy in copies):
                    found.bad.setdefault(located.oid, reason)


def _reasons(run: list[Located], decoder: Decoder) -> list[str | None]:
    """For each entry why it cannot be read, or None."""
    return [_reason(located, decoder) for located in run]


def _reason(located: Located, decoder: Decoder) -> str | None:
    try:
        verified(decoder, located, kind_of(located.row.form))
    except IntegrityError as error:
        return error.message
    return None
