"""A file that is written to while it is read says so, and leaves nothing wrong behind."""

from __future__ import annotations

import gzip
from datetime import date

import pytest

from tdv.errors import FileChanged
from tdv.ops.validate import validate
from tdv.ops.validating.chosen import of_files
from tdv.ops.validating.engine import Computing, Engine
from tdv.ops.validating.grouping import Wanted


def content(name, word, rows=30):
    data = b"".join(b'{"text": "%s number %d"}\n' % (word, n) for n in range(rows))
    return gzip.compress(data, mtime=0) if name.endswith(".gz") else data


def words(engine, chosen):
    report = validate(engine, chosen, Wanted(), today=date(2026, 11, 21))
    return report.metrics["avg_sequence_length_words"]


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.jsonl"])
def test_facts_are_never_remembered_for_other_bytes(tmp_path, name):
    file = tmp_path / name
    first, second = content(name, b"one"), content(name, b"one two three")
    file.write_bytes(first)
    with Engine(Computing(tmp_path / "cache", 1)) as engine:
        chosen = of_files(tmp_path, [name])
        file.write_bytes(second)
        with pytest.raises(FileChanged, match="was written to while it was read"):
            words(engine, chosen)
        file.write_bytes(first)
        assert words(engine, of_files(tmp_path, [name])) == 3
        file.write_bytes(second)
        assert words(engine, of_files(tmp_path, [name])) == 5


def test_a_file_that_changes_while_a_library_reads_it(tmp_path, monkeypatch):
    file = tmp_path / "a.jsonl.gz"
    file.write_bytes(content(file.name, b"one"))
    chosen = of_files(tmp_path, [file.name])
    source = chosen.files[0].source
    opened = type(source).open

    def open_and_write(self, entry):
        stream = opened(self, entry)
        file.write_bytes(content(file.name, b"one two"))
        return stream

    monkeypatch.setattr(type(source), "open", open_and_write)
    with Engine(Computing(tmp_path / "cache", 1)) as engine, pytest.raises(FileChanged):
        words(engine, chosen)
