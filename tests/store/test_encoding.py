"""Encodings: what goes in comes out, and damage never gives other bytes."""

from __future__ import annotations

import random

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from tdv.errors import ObjectCorrupt
from tdv.store.encoding import (
    MAX_CHUNK,
    Dictionary,
    compress,
    compress_group,
    compress_many,
    decompress,
    frame_header,
)

LINES = b"".join(
    b'{"id": %d, "text": "a line of text, number %d"}\n' % (i, i * 7) for i in range(9000)
)

payloads = st.one_of(
    st.binary(max_size=600),
    st.integers(0, 70_000).map(lambda size: LINES[:size]),
    st.tuples(st.binary(min_size=1, max_size=9), st.integers(1, 20_000)).map(lambda t: t[0] * t[1]),
)


def restored(stored: bytes | None, payload: bytes, dictionary: Dictionary | None = None) -> bytes:
    """What reading gives, where None stands for a payload that is stored as it is."""
    return payload if stored is None else decompress(stored, len(payload), dictionary)


@settings(max_examples=80, deadline=None)
@given(payloads, st.sampled_from([1, 2, 3, 9]))
def test_plain_round_trip(payload: bytes, level: int) -> None:
    stored = compress(payload, level)
    assert restored(stored, payload) == payload
    assert stored is None or len(stored) < len(payload)


@settings(max_examples=60, deadline=None)
@given(payloads, st.binary(min_size=8, max_size=5000), st.sampled_from([2, 3, 9]))
def test_dictionary_round_trip(payload: bytes, content: bytes, level: int) -> None:
    dictionary = Dictionary(content)
    assert restored(compress(payload, level, dictionary), payload, dictionary) == payload


@settings(max_examples=40, deadline=None)
@given(st.lists(payloads.filter(bool), min_size=1, max_size=20))
def test_many_at_once_are_stored_as_one_by_one(many: list[bytes]) -> None:
    assert compress_many(many, 2) == [compress(payload, 2) for payload in many]


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 65791, 65792, 65793, 1 << 20, MAX_CHUNK])
def test_the_frame_header_is_the_one_that_zstd_writes(size: int) -> None:
    parameters = zstandard.ZstdCompressionParameters(
        compression_level=3,
        window_log=27,
        format=zstandard.FORMAT_ZSTD1_MAGICLESS,
        write_content_size=True,
        write_checksum=False,
    )
    frame = zstandard.ZstdCompressor(compression_params=parameters).compress(bytes(size))
    assert frame.startswith(frame_header(size))


def test_a_group_finds_what_is_far_back() -> None:
    noise = random.Random(1).randbytes(1 << 20)
    content = noise + bytes(range(256)) * 4096 + noise
    stored = compress_group(content, 3)
    assert stored is not None
    assert len(stored) < len(noise) + 20_000
    assert decompress(stored, len(content)) == content


def test_noise_is_not_compressed() -> None:
    assert compress(random.Random(2).randbytes(5000), 3) is None


@pytest.mark.parametrize("announced", [0, 1, 4095, 4097, 100_000])
def test_another_length_than_was_announced_is_refused(announced: int) -> None:
    stored = compress(LINES[:4096], 3)
    assert stored is not None
    with pytest.raises(ObjectCorrupt):
        decompress(stored, announced)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300), st.integers(0, 5000))
def test_any_bytes_decode_to_the_announced_length_or_are_refused(data: bytes, raw: int) -> None:
    try:
        payload = decompress(data, raw)
    except ObjectCorrupt:
        return
    assert len(payload) == raw


def test_bytes_behind_the_frame_are_refused() -> None:
    stored = compress(LINES[:4096], 3)
    assert stored is not None
    with pytest.raises(ObjectCorrupt):
        decompress(stored + b"x", 4096)
