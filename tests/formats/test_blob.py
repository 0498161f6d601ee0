"""Blobs: the cut by content, against one that looks at every byte."""

from __future__ import annotations

import io
import random

import pytest
from split_checks import ShortReads, split

from tdv.errors import RecordError
from tdv.formats.blob import MULTIPLIER
from tdv.formats.cut import Cut
from tdv.formats.registry import format_named
from tdv.formats.rows import Layout

CUT = Cut(64, 32, 300, 300)


def ends(data: bytes, cut: Cut) -> list[int]:
    found, start = [], 0
    while start < len(data):
        end = min(start + cut.max, len(data))
        if len(data) - start <= cut.min:
            end = len(data)
        for at in range(start + cut.min, end):
            word = int.from_bytes(data[at - 8 : at], "little") * MULTIPLIER % (1 << 64)
            if word < (1 << 64) // cut.extra:
                end = at
                break
        found.append(end)
        start = end
    return found


@pytest.mark.parametrize("seed", range(8))
def test_ends_against_a_model(seed):
    data = random.Random(seed).randbytes(seed * 700 + seed)
    if seed == 3:
        data = bytes(2000)
    _, pieces, _ = split("blob", data, CUT)
    at, found = 0, []
    for piece in pieces:
        at += len(piece.data)
        found.append(at)
    assert found == ends(data, CUT)


def test_ends_are_found_again_behind_an_edit():
    data = random.Random(1).randbytes(2 << 20)
    format_ = format_named("blob")
    old = [piece.data for piece in format_.split(io.BytesIO(data))]
    new = [piece.data for piece in format_.split(ShortReads(b"edit" + data))]
    assert sum(chunk not in old for chunk in new) <= 2
    assert all(len(chunk) <= 512 << 10 for chunk in old)
    assert 10 <= len(old) <= 22


def test_a_blob_has_no_rows():
    format_ = format_named("blob")
    assert not format_.has_rows
    with pytest.raises(RecordError, match="no rows"):
        format_.decode(Layout("blob"), b"")
