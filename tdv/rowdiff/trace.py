"""Follow one row from a version of a file to an older one, at the cost of the changed chunks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tdv.formats.contents import Contents
from tdv.model.sequence import Child
from tdv.rowdiff.keys import KeyQuery, Place, find_rows
from tdv.rowdiff.layouts import same_layout
from tdv.store.seqdiff import Region, compare


def traced(old: Contents, new: Contents, place: Place | None, query: KeyQuery) -> Place | None:
    """Where the row with that key stands in the old version, or None when it has none.

    Args:
        place: where it stands in the new version; None when it is not there.
    """
    if old.entry.same_content(new.entry):
        return place
    if not (old.format.sliced and new.format.sliced) or not same_layout(old, new):
        return next(find_rows(old, query), None)
    shift = 0
    regions: list[Region] = []
    for region in compare(old.reader, old.sequence, new.reader, new.sequence):
        if place is not None and place.number < region.b_record:
            break
        count_a, count_b = _records(region.a), _records(region.b)
        # The record that a region ends in the middle of belongs to it.
        if place is not None and place.number <= region.b_record + count_b:
            found = _found(old, query, region)
            if found is not None:
                return found
            if place.number < region.b_record + count_b:
                # It came from elsewhere, or it is new.
                return _elsewhere(old, new, query)
        shift = (region.a_record + count_a) - (region.b_record + count_b)
        regions.append(region)
    if place is not None:
        return Place(place.number + shift, place.row)
    return next(filter(None, (_found(old, query, region) for region in regions)), None)


def _found(old: Contents, query: KeyQuery, region: Region) -> Place | None:
    stop = region.a_record + _records(region.a) + 1
    return next(find_rows(old, query, region.a_record, stop), None)


def _elsewhere(old: Contents, new: Contents, query: KeyQuery) -> Place | None:
    """What no changed stretch has is nowhere in the old version."""
    found: Iterator[Place | None] = (
        _found(old, query, region)
        for region in compare(old.reader, old.sequence, new.reader, new.sequence)
    )
    return next(filter(None, found), None)


def _records(children: Iterable[Child]) -> int:
    return sum(child.records for child in children)
