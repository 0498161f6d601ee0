"""Sequences, the Merkle B-trees over the chunks of files: build, read and compare them."""

from tdv.store.seqbuild import SequenceBuilder
from tdv.store.seqdiff import Region, compare
from tdv.store.seqread import (
    EMPTY_SEQUENCE,
    Position,
    SequenceRoot,
    chunks,
    find_offset,
    find_record,
    fingerprint_sum,
    read_node,
    sequence_of,
)

__all__ = [
    "EMPTY_SEQUENCE",
    "Position",
    "Region",
    "SequenceBuilder",
    "SequenceRoot",
    "chunks",
    "compare",
    "find_offset",
    "find_record",
    "fingerprint_sum",
    "read_node",
    "sequence_of",
]
