"""The folder of packs: which pack holds an object."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import NamedTuple, Protocol

import xxhash

from tdv.errors import (
    IntegrityError,
    ObjectCorrupt,
    ObjectMissing,
    StorageError,
    UnsupportedVersion,
)
from tdv.model.oid import Oid
from tdv.store import files
from tdv.store.packfile import (
    END_MAGIC,
    HEADER,
    MAGIC,
    SUFFIX,
    TRAILER,
    TRAILER_BYTES,
    VERSION,
    Descriptor,
)
from tdv.store.packindex import PackIndex, Row, index_bytes

# Larger indexes are mapped; a mapping costs a descriptor, of which macOS gives a process 256.
MAPPED_FROM = 1 << 20
OPEN_PACKS = 64
# A file beside the packs with the names of those that no longer count: others, which are durable,
# have taken their place, and whoever wrote them was stopped before all old ones were removed.
REPLACED = "replaced"


class PackGone(ObjectMissing):
    """A pack was removed after it was listed: another process has merged it into a new one."""


class EntrySource(Protocol):
    """A pack, finished or not: bytes by place."""

    @property
    def name(self) -> str:
        """How messages call it."""

    def read(self, offset: int, length: int) -> bytes:
        """That many bytes from that place; fewer at the end of the file."""


class Located(NamedTuple):
    """An object and where it lies."""

    oid: Oid
    row: Row
    source: EntrySource


class Descriptors:
    """Open packs, the least recently used closed beyond a bound. Safe for threads."""

    def __init__(self, bound: int = OPEN_PACKS) -> None:
        self._open: OrderedDict[Path, Descriptor] = OrderedDict()
        self._bound = bound
        self._lock = threading.Lock()

    def get(self, path: Path) -> Descriptor:
        """The open file; PackGone when it is there no more."""
        with self._lock:
            found = self._open.get(path)
            if found is not None:
                self._open.move_to_end(path)
                return found
            try:
                found = self._open[path] = Descriptor(os.open(path, os.O_RDONLY | os.O_CLOEXEC))
            except FileNotFoundError as error:
                raise PackGone(f"The pack {path} is missing.") from error
            except OSError as error:
                raise StorageError(f"{path} cannot be opened: {error.strerror}.") from error
            if len(self._open) > self._bound:
                self._open.popitem(last=False)
            return found

    def drop(self, path: Path) -> None:
        """Forget a file."""
        with self._lock:
            self._open.pop(path, None)

    def clear(self) -> None:
        """Forget all files."""
        with self._lock:
            self._open.clear()


class Pack:
    """A finished pack.

    Raises:
        PackGone: there is no such file.
        ObjectCorrupt: it is cut short or damaged where its index is found.
        UnsupportedVersion: a newer tdv wrote it.
    """

    def __init__(self, path: Path, descriptors: Descriptors) -> None:
        self.path = path
        self.name = path.name
        self._descriptors = descriptors
        descriptor = descriptors.get(path)
        self.size = os.fstat(descriptor.number).st_size
        self.place, count, self._index_checksum = self._read_ends()
        size = index_bytes(count)
        if self.place < HEADER.size or self.place + size + TRAILER_BYTES != self.size:
            raise ObjectCorrupt(f"The pack {path} is cut short or damaged: its sizes differ.")
        self._index_size = size
        if size >= MAPPED_FROM:
            mapped = mmap(descriptor.number, self.size, access=ACCESS_READ)
            self.index = PackIndex(mapped, self.place, count)
        else:
            self.index = PackIndex(self.read(self.place, size), 0, count)

    def read(self, offset: int, length: int) -> bytes:
        """That many bytes from that place; fewer at the end of the file."""
        descriptor = self._descriptors.get(self.path)
        try:
            return os.pread(descriptor.number, length, offset)
        except OSError as error:
            raise StorageError(f"{self.path} cannot be read: {error.strerror}.") from error

    def index_is_whole(self) -> bool:
        """Whether the index has its checksum. It is not asked on every opening: a damaged row
        leads to an entry that says otherwise, or to none."""
        data = self.read(self.place, self._index_size)
        return xxhash.xxh3_64_intdigest(data) == self._index_checksum

    def _read_ends(self) -> tuple[int, int, int]:
        head = self.read(0, HEADER.size)
        if len(head) < HEADER.size or not head.startswith(MAGIC):
            raise ObjectCorrupt(f"The pack {self.path} is damaged: it does not start as a pack.")
        version = HEADER.unpack(head)[1]
        tail = self.read(max(0, self.size - TRAILER_BYTES), TRAILER_BYTES)
        trailer, checksum = tail[: TRAILER.size], tail[TRAILER.size : TRAILER.size + 8]
        whole = tail[-8:] == END_MAGIC and xxhash.xxh3_64_digest(trailer) == checksum
        if version != VERSION and not (whole and TRAILER.unpack(trailer)[2] == VERSION):
            raise UnsupportedVersion(
                f"The pack {self.path} has version {version}; this tdv reads version {VERSION}.",
                hint="A newer tdv wrote it: upgrade with `pip install --upgrade tdv`.",
            )
        if not whole or version != VERSION:
            raise ObjectCorrupt(f"The pack {self.path} is cut short, or its ends are damaged.")
        place, count, _, index_checksum = TRAILER.unpack(trailer)
        return place, count, index_checksum


class Packs:
    """The packs of a repository. Safe for threads.

    Args:
        folder: `.tdv/packs`; when it is not there, there are no packs.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.descriptors = Descriptors()
        # Replaced as a whole, so that a thread goes on reading the tuple it has.
        self._packs: tuple[Pack, ...] | None = None
        self._last: Pack | None = None
        self._damaged: dict[str, IntegrityError] = {}
        self._lock = threading.Lock()

    def all(self) -> tuple[Pack, ...]:
        """The packs that can be opened, listed at the first call."""
        packs = self._packs
        return self.refresh() if packs is None else packs

    def damaged(self) -> dict[str, IntegrityError]:
        """Packs that cannot be opened, by name, and why."""
        self.all()
        return dict(self._damaged)

    def find(self, key: bytes) -> Located | None:
        """A copy of the object whose oid starts with `key`. The packs are not listed again."""
        return next(self.copies(key), None)

    def copies(self, key: bytes) -> Iterator[Located]:
        """All copies of it: two writers may have stored the same object at the same time."""
        packs = self.all()
        # Objects that are read together lie together: the pack that had the last one comes first.
        last = self._last
        if last in packs and (found := last.index.find(key)) is not None:
            yield Located(*found, last)
        for pack in packs:
            if pack is not last and (found := pack.index.find(key)) is not None:
                self._last = pack
                yield Located(*found, pack)

    def refresh(self) -> tuple[Pack, ...]:
        """List the folder again; packs that are still there stay open."""
        with self._lock:
            known = {pack.name: pack for pack in self._packs or ()}
            damaged: dict[str, IntegrityError] = {}
            packs = []
            for name in self._names():
                try:
                    packs.append(known.pop(name) if name in known else self._open(name))
                except PackGone:
                    continue
                except ObjectCorrupt as error:
                    self.descriptors.drop(self.folder / name)
                    damaged[name] = error
            for gone in known.values():
                self.descriptors.drop(gone.path)
            self._damaged = damaged
            self._last = None
            self._packs = tuple(packs)
            return self._packs

    def replace(self, old: Iterable[Path], scratch: Path) -> None:
        """Let packs no longer count, all of them at once, and remove them.

        Only under the exclusive lock, when the packs in their place are durable. After a crash
        `finish_replacing` goes on.

        Args:
            scratch: `.tdv/tmp`.
        """
        names = sorted(path.name for path in old)
        if names:
            content = "".join(f"{name}\n" for name in names).encode()
            files.write_file(self.folder / REPLACED, content, scratch=scratch)
        self.finish_replacing()
        self.refresh()

    def finish_replacing(self) -> None:
        """Remove the packs that no longer count; only under the exclusive lock."""
        names = self.replaced()
        if names:
            with files.refusals(self.folder):
                for name in sorted(names):
                    files.unlink(self.folder / name)
                files.sync_folder(self.folder)
                files.unlink(self.folder / REPLACED)
                files.sync_folder(self.folder)

    def replaced(self) -> frozenset[str]:
        """Names of packs that no longer count and may still be there."""
        try:
            data = (self.folder / REPLACED).read_bytes()
        except FileNotFoundError:
            return frozenset()
        except OSError as error:
            message = f"{self.folder / REPLACED} cannot be read: {error.strerror}."
            raise StorageError(message) from error
        return frozenset(filter(_is_pack, data.decode("ascii", "replace").splitlines()))

    def forget(self) -> None:
        """Close all packs; they are listed and opened again when they are next asked for."""
        with self._lock:
            self.descriptors.clear()
            self._packs = None

    def _open(self, name: str) -> Pack:
        return Pack(self.folder / name, self.descriptors)

    def _names(self) -> list[str]:
        try:
            names = os.listdir(self.folder)
        except FileNotFoundError:
            return []
        except OSError as error:
            raise StorageError(f"{self.folder} cannot be listed: {error.strerror}.") from error
        replaced = self.replaced() if REPLACED in names else frozenset()
        return sorted(name for name in names if _is_pack(name) and name not in replaced)


def _is_pack(name: str) -> bool:
    return name.startswith("pack-") and name.endswith(SUFFIX) and "/" not in name
