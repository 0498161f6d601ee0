"""Records that are too long to be rows are told apart without being held."""

from __future__ import annotations

from io import BytesIO

import pytest
from memory_store import MemoryStore

from tdv.errors import RecordError
from tdv.formats import heldbody
from tdv.formats.contents import Contents
from tdv.formats.cut import Cut
from tdv.formats.ingest import ingest
from tdv.formats.rows import BadRecord
from tdv.model.entry import Mode

SMALL = Cut(min=64, extra=32, max=400, piece=500)


@pytest.fixture(autouse=True)
def small_bound(monkeypatch):
    monkeypatch.setattr(heldbody, "MAX_BODY", 2_000)


def contents(name: bytes, data: bytes) -> Contents:
    store = MemoryStore()
    return Contents(ingest(BytesIO(data), name, Mode.FILE, store, store, None, SMALL), store)


FORMS = {
    b"a.jsonl": b'{"a": 1}\n%s\n{"a": 2}\n',
    b"a.txt": b"one\n%s\ntwo",
    b"a.json": b'[{"a": 1}, %s,\n{"a": 2}]',
    b"a.csv": b"a,b\n1,2\n%s\n3,4\n",
}


@pytest.mark.parametrize("name", FORMS)
def test_the_rows_around_are_read(name):
    long = b'"' + b"x, y" * 2_000 + b'"'
    read = contents(name, FORMS[name] % long)
    rows = list(read.rows())
    assert len(rows) == len(read) == 3
    assert isinstance(rows[1], BadRecord)
    assert rows[1].reason.startswith("it has 8,002 bytes, more than the 0 MiB")
    assert [isinstance(row, dict) for row in rows] == [True, False, True]
    with pytest.raises(RecordError, match="8,002 bytes"):
        read.row(1)


@pytest.mark.parametrize("name", FORMS)
def test_what_stands_for_a_record_differs_when_it_does_and_not_with_its_separator(name):
    def stand_in(long: bytes, form: bytes = FORMS[name]) -> bytes:
        return list(contents(name, form % long).bodies())[1]

    one = b'"' + b"x" * 5_000 + b'"'
    assert stand_in(one) == stand_in(one)
    assert stand_in(one) == stand_in(one, FORMS[name].replace(b"\n", b"\r\n"))
    for at in (1, 2_500, 4_999):
        assert stand_in(one[:at] + b"y" + one[at + 1 :]) != stand_in(one)


def test_a_long_blank_line_is_no_record():
    assert list(contents(b"a.txt", b"a\n" + b" " * 9_000 + b"\nb\n").bodies()) == [b"a", b"b"]


def test_up_to_the_bound_a_record_has_its_bytes():
    long = b'"' + b"x" * 1_900 + b'"'
    assert list(contents(b"a.jsonl", b"1\n" + long + b"\n2").bodies()) == [b"1", long, b"2"]
