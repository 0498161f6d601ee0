"""The fold: exact totals over rows that merge in any order and any split to the same.

`summarise` makes the summary of a unit from its columns; `Summary.merged` joins two. Nothing in it
is a running mean: counts, exact sums, and bounded lists of (value, count).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tdv.quality.distribution import Distinct, Distribution


@dataclass(frozen=True)
class Summary:
    """Totals over some rows of a dataset.

    Attributes:
        rows: records, the undecodable included.
        bad: records that do not decode.
        bytes: of the records, with their separators.
        lines: line ends in them.
        numbers: column (`chars`, `words`, `number:confidence`, `turns` …) -> distribution; rows
            without a value do not count.
        values: column of codes (`label:expected_intent`, `split` …) -> value -> rows. Rows
            without a value do not count; a value is shown as text, JSON where it is none.
        shapes: (field, type) -> rows, of the rows' own fields; the types are those of JSON:
            null, boolean, integer, number, string, array, object.
        vocabulary: the different words of the main text, as hashes.
        tallies: further counts by name, of the profile's own statistics
            (`noise:surface_noise`, `tokens:openai/gpt-4o-mini`).
    """

    rows: int = 0
    bad: int = 0
    bytes: int = 0
    lines: int = 0
    numbers: Mapping[str, Distribution] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    shapes: Mapping[tuple[str, str], int] = field(default_factory=dict)
    vocabulary: Distinct = field(default_factory=Distinct)
    tallies: Mapping[str, int] = field(default_factory=dict)
