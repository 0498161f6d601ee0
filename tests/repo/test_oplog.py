"""The operation log: any records come back, backwards, and damage is found."""

from __future__ import annotations

import contextlib
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdv.errors import IntegrityError, ObjectCorrupt, UnsupportedVersion
from tdv.model.commit import Signature
from tdv.model.oid import Oid
from tdv.model.operation import (
    NO_PREVIOUS,
    FilesChange,
    Head,
    OperationRecord,
    Position,
    RefChange,
)
from tdv.repo.oplog import HEADER, OVERHEAD, OperationLog

oids = st.binary(min_size=32, max_size=32).map(Oid)
words = st.binary(max_size=20).map(lambda raw: raw.decode("utf-8", "surrogateescape"))
texts = st.text(st.characters(codec="utf-8"), max_size=20)
heads = st.builds(Head, st.none() | texts, st.none() | oids)
numbers = st.integers(1, 2**40)
records = st.builds(
    OperationRecord,
    number=numbers,
    previous=st.binary(min_size=32, max_size=32),
    command=st.lists(words, max_size=5).map(tuple),
    who=st.builds(Signature, texts, texts, st.integers(0, 2**40), st.integers(-1440, 1440)),
    changes=st.lists(
        st.builds(RefChange, texts, st.none() | oids, st.none() | oids), max_size=9
    ).map(tuple),
    head_before=heads,
    head=heads,
    stage_before=oids,
    stage=oids,
    work=st.none() | st.dictionaries(texts, st.integers(0, 9), max_size=2),
    files=st.none() | st.builds(FilesChange, oids, oids),
    position=st.none() | st.builds(Position, numbers, st.none() | numbers),
    oldest=numbers,
    extra=st.lists(st.integers(0, 9), max_size=2).map(tuple),
)


def record(number, previous=NO_PREVIOUS, **more):
    oid = Oid(bytes(32))
    values = {
        "command": ("test",),
        "who": Signature("Ada", "a@b", 0, 0),
        "changes": (),
        "head_before": Head("main", None),
        "head": Head("main", None),
        "stage_before": oid,
        "stage": oid,
    }
    return OperationRecord(number, previous, **{**values, **more})


def log_of(folder, *appended):
    log = OperationLog.create(folder / "oplog", folder)
    for each in appended:
        log.append(each)
    return log


@settings(max_examples=60, deadline=None)
@given(records)
def test_record_round_trip(each):
    assert OperationRecord.from_bytes(each.to_bytes()) == each


@settings(max_examples=30, deadline=None)
@given(appended=st.lists(records, max_size=6))
def test_log_gives_back_what_was_appended(tmp_path_factory, appended):
    log = log_of(tmp_path_factory.mktemp("log"), *appended)
    assert list(log.backwards()) == appended[::-1]
    assert log.newest() == (appended[-1] if appended else None)


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_log_cut_anywhere_keeps_the_whole_records(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("log")
    log = OperationLog.create(folder / "oplog", folder)
    ends = [len(HEADER)]
    for number in range(1, 4):
        log.append(record(number, command=("x" * data.draw(st.integers(0, 9000)),)))
        ends.append(log.path.stat().st_size)
    cut = data.draw(st.integers(len(HEADER), ends[-1]))
    os.truncate(log.path, cut)
    whole = sum(end <= cut for end in ends) - 1
    assert [each.number for each in log.backwards()] == list(range(whole, 0, -1))
    assert log.tail().torn == (cut not in ends)
    assert (log.newest() is None) == (cut not in ends or whole == 0)
    tail = log.repair()
    assert not tail.torn
    assert tail.end == ends[whole]
    log.append(record(9))
    assert log.newest().number == 9


@settings(max_examples=60, deadline=None)
@given(junk=st.binary(min_size=1, max_size=300))
def test_anything_behind_the_last_record_is_cut_off(tmp_path_factory, junk):
    log = log_of(tmp_path_factory.mktemp("log"), record(1), record(2))
    size = log.path.stat().st_size
    with open(log.path, "ab") as file:
        file.write(junk)
    assert log.tail().torn
    assert log.repair().end == size
    assert log.newest().number == 2


def test_records_are_chained_by_checksum(tmp_path):
    log = log_of(tmp_path, record(1))
    first = log.tail().checksum
    assert first != NO_PREVIOUS
    log.append(record(2, first))
    assert log.newest().previous == first
    assert log.tail().checksum != first


def test_newest_record_is_read_without_the_rest(tmp_path, monkeypatch):
    log = log_of(tmp_path, *(record(number) for number in range(1, 300)))
    read = []
    pread = os.pread

    def counting(descriptor, size, offset):
        data = pread(descriptor, size, offset)
        read.append(len(data))
        return data

    monkeypatch.setattr(os, "pread", counting)
    assert log.newest().number == 299
    assert sum(read) < 5000
    read.clear()
    assert log.newest().number == 299
    assert sum(read) <= len(HEADER), "an unchanged log is not read again"


def test_reader_notices_what_another_appended(tmp_path):
    log = log_of(tmp_path, record(1))
    assert log.newest().number == 1
    OperationLog(log.path).append(record(2))
    assert log.newest().number == 2


def test_damage_inside_is_named(tmp_path):
    log = log_of(tmp_path, record(1), record(2), record(3))
    data = bytearray(log.path.read_bytes())
    data[len(HEADER) + OVERHEAD] ^= 1
    log.path.write_bytes(data)
    reading = log.backwards()
    assert [next(reading).number, next(reading).number] == [3, 2]
    with pytest.raises(IntegrityError, match="ends at byte"):
        next(reading)


def test_log_that_is_none_is_refused(tmp_path):
    path = tmp_path / "oplog"
    with pytest.raises(IntegrityError, match="missing"):
        OperationLog(path).newest()
    path.write_bytes(b"something")
    with pytest.raises(IntegrityError, match="first bytes"):
        OperationLog(path).newest()
    path.write_bytes(HEADER[:-4] + b"\x09\0\0\0")
    with pytest.raises(UnsupportedVersion, match="version 9"):
        OperationLog(path).newest()


def test_record_of_a_later_layout_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("tdv.model.operation.VERSION", 2)
    log = log_of(tmp_path, record(1))
    monkeypatch.undo()
    with pytest.raises(UnsupportedVersion, match="operation record has layout version 2"):
        log.newest()


@settings(max_examples=80, deadline=None)
@given(each=records, place=st.integers(0, 10**6), value=st.integers(0, 255))
def test_damaged_payload_is_an_error_of_ours(each, place, value):
    payload = bytearray(each.to_bytes())
    payload[place % len(payload)] = value
    with contextlib.suppress(ObjectCorrupt, UnsupportedVersion):
        OperationRecord.from_bytes(bytes(payload))
