from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tdv.repo.statfolder import SEARCHES, FolderRecords

WIDTH = 3
# Few letters and few names, so that one is often the start or the end of another.
NAMES = st.text("ab\n", min_size=1, max_size=3).map(str.encode)
RECORDS = st.binary(min_size=WIDTH, max_size=WIDTH)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), NAMES, RECORDS),
        st.tuples(st.just("get"), NAMES, st.none()),
        st.tuples(st.just("drop"), NAMES, st.none()),
    ),
    max_size=3 * SEARCHES,
)


def packed(table: dict[bytes, bytes]) -> FolderRecords:
    return FolderRecords(WIDTH, b"\0".join(table), b"".join(table.values()))


@settings(max_examples=150, deadline=None)
@given(before=st.dictionaries(NAMES, RECORDS, max_size=12), steps=STEPS)
def test_records_are_those_of_a_table(
    before: dict[bytes, bytes], steps: list[tuple[str, bytes, bytes | None]]
) -> None:
    table, records = dict(before), packed(before)
    for what, name, record in steps:
        if record is not None:
            records.put(name, record)
            table[name] = record
        elif what == "get":
            assert records.get(name) == table.get(name)
        else:
            assert records.drop(name) is (table.pop(name, None) is not None)
        assert bool(records) is bool(table)
    assert records.table() == table
    again = FolderRecords(WIDTH, *records.packed())
    assert again.table() == table


def test_a_few_searches_do_not_open_the_folder() -> None:
    table = {b"f%d" % number: b"%03d" % number for number in range(1000)}
    records = packed(table)
    names = records.packed()[0]
    assert records.get(b"f500") == b"500"
    records.put(b"f500", b"new")
    assert records.packed()[0] is names
    assert records.table() == {**table, b"f500": b"new"}


def test_names_are_counted_in_lower_case() -> None:
    records = packed({b"A": b"111", b"b": b"222", b"a": b"333", b"aa": b"444"})
    assert records.count_folded(b"a") == 2
    assert records.count_folded(b"b") == 1
    assert records.count_folded(b"c") == 0
    records.put("ä".encode(), b"555")
    assert records.count_folded(b"a") is None
