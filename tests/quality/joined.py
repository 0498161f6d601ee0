"""Rules on pairs as the engine applies them, on rows in memory: facts, joins, findings."""

from __future__ import annotations

import json

import numpy as np

from tdv.quality.extracting.extract import Decoded, Extractor
from tdv.quality.finding import Fault
from tdv.quality.subject import Subject


def facts_of(rows, roles, **values):
    """The facts of rows, as of one unit; parameters as `DUP002={"fields": [...]}`."""
    bodies = [json.dumps(row, ensure_ascii=False).encode() for row in rows]
    extractor = Extractor(
        Subject(roles, values=values), [], 7, lambda part: Decoded(list(map(json.loads, part)), {})
    )
    extractor.add(bodies)
    return extractor.finish(sum(map(len, bodies)), len(bodies))


def pairs_by_hand(match, columns):
    """(Row, partner) by the definition of a `PairRule`, row by row."""

    def value(name, row):
        return tuple(np.atleast_1d(columns[name][row]).tolist())

    first, met, found = {}, {}, []
    for row in range(len(columns["record"])) if match.by else ():
        if not any(value(match.by, row)) or (match.unless and not any(value(match.unless, row))):
            continue
        group = (value(match.by, row), *(value(name, row) for name in match.same))
        partner = first.setdefault(group, row)
        differs = not match.unless or value(match.unless, row) != value(match.unless, partner)
        seen = met.setdefault(group, set())
        again = match.once and value(match.unless, row) in seen
        seen.add(value(match.unless, row) if match.unless else row)
        if partner != row and differs and not again:
            found.append((row, partner))
    return found


def found_in(rule, rows, roles, **params) -> dict[int, Fault]:
    """Row -> what a rule on pairs says of it."""
    values = {**rule.defaults, **params}
    columns = facts_of(rows, roles, **{rule.code: values}).columns
    pairs = pairs_by_hand(rule.match(roles, values), columns)
    return {row: rule.tell(rows[row], rows[partner], values, roles) for row, partner in pairs}
