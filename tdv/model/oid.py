"""Object ids: BLAKE3-256 over a kind tag and the uncompressed payload."""

from __future__ import annotations

from enum import IntEnum

from blake3 import blake3

OID_BYTES = 32


class Kind(IntEnum):
    """What an object is. The number stands in packs and is never reused."""

    CHUNK = 1
    NODE = 2
    DICTIONARY = 3
    TREE = 4
    COMMIT = 5
    TAG = 6
    NOTE = 7
    GROUP = 8

    @property
    def tag(self) -> bytes:
        """The bytes that are hashed before the payload, so that kinds cannot be confused."""
        return _TAGS[self]


_TAGS = {kind: b"tdv:%s\0" % kind.name.lower().encode() for kind in Kind}


class Oid(bytes):
    """The id of an object: 32 bytes, shown as 64 lower-case hexadecimal digits."""

    __slots__ = ()

    def __str__(self) -> str:
        return self.hex()

    def __repr__(self) -> str:
        return f"Oid({self.hex()[:12]})"

    @property
    def short(self) -> str:
        """The first ten digits, for people."""
        return self.hex()[:10]

    @classmethod
    def parse(cls, text: str) -> Oid:
        """The oid that 64 hexadecimal digits write.

        Raises:
            ValueError: the text is not 64 hexadecimal digits.
        """
        oid = cls.fromhex(text)
        if len(text) != 2 * OID_BYTES:
            raise ValueError(f"an oid has {2 * OID_BYTES} hexadecimal digits, not {len(text)}")
        return oid


def oid_of(kind: Kind, payload: bytes | memoryview) -> Oid:
    """The id of an object of that kind with that payload."""
    hasher = blake3(_TAGS[kind])
    hasher.update(payload)
    return Oid(hasher.digest())
