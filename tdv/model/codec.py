"""Canonical msgpack: the one form in which metadata is stored.

A payload is an array whose first item is the version of its layout. Known items come next, in
a fixed order; items after those are optional fields of a later minor revision, which are kept
as they are when a value is rewritten.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgpack

from tdv.errors import ObjectCorrupt, UnsupportedVersion

# A payload of this size holds a million small items; larger ones are damage or an attack.
MAX_PAYLOAD = 64 << 20
# Nodes have two children at least, but for the last of a level: no tree or sequence is so high.
MAX_LEVEL = 32


def pack(version: int, fields: Sequence[Any]) -> bytes:
    """The canonical bytes of `fields` behind their layout's version."""
    packed: bytes = msgpack.packb([version, *fields], use_bin_type=True)
    return packed


def unpack(payload: bytes, version: int, fields: int, what: str) -> list[Any]:
    """The items behind the version number, at least `fields` of them.

    Args:
        payload: canonical msgpack, as `pack` writes it.
        version: the only version that is understood.
        fields: how many items the layout has; more are optional fields of a later tdv.
        what: what is being read, for messages: "commit".

    Raises:
        ObjectCorrupt: the payload is not an array of that many items, or is msgpack in another
            form than the canonical one: the same value would have two oids.
        UnsupportedVersion: the payload has another version.
    """
    if len(payload) > MAX_PAYLOAD:
        raise ObjectCorrupt(f"A {what} of {len(payload)} bytes is larger than any tdv writes.")
    try:
        items = msgpack.unpackb(payload, raw=False, use_list=True, strict_map_key=False)
    except (TypeError, ValueError, RecursionError, msgpack.exceptions.UnpackException) as error:
        raise ObjectCorrupt(f"A {what} cannot be decoded: {error}.") from error
    if not isinstance(items, list) or not items or not isinstance(items[0], int):
        raise ObjectCorrupt(f"A {what} is not an array that starts with its version.")
    if items[0] != version:
        raise UnsupportedVersion(
            f"A {what} has layout version {items[0]}; this tdv reads version {version}.",
            hint="A newer tdv wrote it: upgrade with `pip install --upgrade tdv`.",
        )
    if msgpack.packb(items, use_bin_type=True) != payload:
        raise ObjectCorrupt(f"A {what} is not written in canonical form.")
    if len(items) < fields + 1:
        raise ObjectCorrupt(f"A {what} has {len(items) - 1} fields where {fields} are needed.")
    return items[1:]
