"""Names inside `.tdv`, and the `format` file that says what may be read there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import xxhash

from tdv.errors import IntegrityError, UnsupportedVersion
from tdv.formats.cut import DEFAULT_CUT, Cut
from tdv.model.names import REPOSITORY_FOLDER

FORMAT = "format"
CONFIG = "config.toml"
HEAD = "HEAD"
STAGE = "stage"
OPLOG = "oplog"
LOCK = "lock"
PACKS_LOCK = "packs.lock"
PACKS = "packs"
CACHE = "cache"
# What analyses remember, where `cache.dir` names no other folder.
ANALYSIS = "cache/analysis"
TMP = "tmp"
# What `fsck --repair` put aside, as it was.
DAMAGED = "damaged"
# Receipts of `purge`.
PURGED = "purged"
REFS = "refs"
HEADS = "refs/heads/"
TAGS = "refs/tags/"
REMOTES = "refs/remotes/"
NOTES = "refs/notes/"
STASHES = "refs/stashes/"
DATASETS = "tdv.toml"
FOLDERS = (PACKS, CACHE, TMP, "refs/heads", "refs/tags", "refs/remotes", "refs/notes")

DEFAULT_BRANCH = "main"

MAGIC = "tdv-repository"
VERSION = 1
_CUTS = ("cut-min", "cut-extra", "cut-max", "cut-piece")
KNOWN_FEATURES: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class RepositoryFormat:
    """What the `format` file says.

    Attributes:
        cut: how files are cut into chunks, fixed when the repository is made, since the same
            bytes must give the same chunks.
        features: names of abilities that a reader must have.
    """

    cut: Cut = DEFAULT_CUT
    features: tuple[str, ...] = ()

    def to_bytes(self) -> bytes:
        """The file: lines of text, the last one a checksum over those before it."""
        lines = [
            f"{MAGIC} {VERSION}",
            f"cut-min {self.cut.min}",
            f"cut-extra {self.cut.extra}",
            f"cut-max {self.cut.max}",
            f"cut-piece {self.cut.piece}",
            *(f"feature {name}" for name in self.features),
        ]
        text = "".join(f"{line}\n" for line in lines).encode()
        return text + _checksum(text)

    @classmethod
    def from_bytes(cls, data: bytes, path: Path) -> RepositoryFormat:
        """The format that the file holds.

        Raises:
            UnsupportedVersion: another version, a feature or a line that is not known.
            IntegrityError: the file is not as tdv writes it.
        """
        lines = data.decode("utf-8", "replace").split("\n")
        magic, _, version = lines[0].partition(" ")
        if magic != MAGIC or not version.isascii() or not version.isdigit():
            raise _damaged(path)
        if int(version) != VERSION:
            raise _unsupported(f"{path} has version {version}; this tdv reads version {VERSION}.")
        text = "".join(f"{line}\n" for line in lines[:-2]).encode()
        if data != text + _checksum(text):
            raise _damaged(path)
        return cls._of_lines(lines[1:-2], path)

    @classmethod
    def _of_lines(cls, lines: list[str], path: Path) -> RepositoryFormat:
        numbers: dict[str, int] = {}
        features: list[str] = []
        for line in lines:
            name, _, value = line.partition(" ")
            if name == "feature":
                features.append(value)
            elif name in _CUTS and value.isdigit():
                numbers[name.removeprefix("cut-")] = int(value)
            else:
                raise _unsupported(f"{path} has a line that this tdv does not know: {line!r}.")
        unknown = sorted(set(features) - KNOWN_FEATURES)
        if unknown:
            named = ", ".join(unknown)
            raise _unsupported(f"The repository needs features that this tdv lacks: {named}.")
        try:
            return cls(Cut(**numbers), tuple(features))
        except ValueError:
            raise _damaged(path) from None


def folder_of(root: Path) -> Path:
    """The repository's own folder below the root of a working copy."""
    return root / REPOSITORY_FOLDER


def _checksum(text: bytes) -> bytes:
    return b"checksum %016x\n" % xxhash.xxh3_64_intdigest(text)


def _unsupported(message: str) -> UnsupportedVersion:
    hint = "A newer tdv made this repository: upgrade with `pip install --upgrade tdv`."
    return UnsupportedVersion(message, hint=hint)


def _damaged(path: Path) -> IntegrityError:
    return IntegrityError(
        f"{path} is damaged.",
        hint="It is written once, by `tdv init`: restore it from a backup or another repository "
        "with the same settings.",
    )
