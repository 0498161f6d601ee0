"""The body of one record that comes in blocks, in bounded memory."""

from __future__ import annotations

from blake3 import blake3

from tdv.formats.rows import damage

# A record may be as large as this to have a row: decoded it takes a few times as much.
MAX_BODY = 8 << 20
# What may stand behind a body in its last block.
_SEPARATOR = b" \t\r\n,"


class HeldBody:
    """Joins the blocks of a record; of one over MAX_BODY bytes only a digest is kept.

    What stands for such a record does not decode, and differs when the record does.
    """

    def __init__(self) -> None:
        self._blocks: list[bytes] = []
        self._size = 0
        self._digest = blake3()
        self._blank = True

    def __bool__(self) -> bool:
        """Whether anything is held."""
        return bool(self._blocks)

    def add(self, block: bytes) -> None:
        """The next bytes of the record."""
        if self._size > MAX_BODY:
            self._consume()
        self._blocks.append(block)
        self._size += len(block)

    def release(self) -> bytes:
        """What is held, or what stands for it; nothing is held any more.

        The separator at the end does not count. Nothing but white space is as nothing.
        """
        body = b"".join(self._blocks)
        if self._size > MAX_BODY:
            body = self._stand_in(body)
        self._blocks.clear()
        self._size, self._digest, self._blank = 0, blake3(), True
        return body

    def _stand_in(self, last: bytes) -> bytes:
        body = last.rstrip(_SEPARATOR)
        self._blocks = [body]
        self._consume()
        reason = (
            f"it has {self._size - len(last) + len(body):,} bytes, more than the "
            f"{MAX_BODY >> 20} MiB that a row may have (BLAKE3 {self._digest.hexdigest()[:32]})"
        )
        return b"" if self._blank else damage(reason)

    def _consume(self) -> None:
        for block in self._blocks:
            self._digest.update(block)
            self._blank = self._blank and not block.strip(_SEPARATOR)
        self._blocks.clear()
