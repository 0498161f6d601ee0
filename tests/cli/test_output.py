"""What reaches the streams, and how."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tdv.cli.output import Output, paint, strip
from tdv.cli.text import human_size, plural, quote_path, visible
from tdv.model.oid import Kind, oid_of


class Terminal(io.BytesIO):
    def isatty(self) -> bool:
        return True


def test_order_of_data_and_talk_is_kept():
    stream = io.BytesIO()
    out = Output(stream, stream)
    out.line("one")
    out.say("two")
    out.data(b"three" * 50_000)
    out.warn("four")
    assert stream.getvalue() == b"one\ntwo\n" + b"three" * 50_000 + b"warning: four\n"


@given(st.lists(st.binary(max_size=100)))
def test_bytes_are_written_as_they_are(blocks):
    stream = io.BytesIO()
    out = Output(stream, io.BytesIO())
    for block in blocks:
        out.data(block)
        out.text(block.decode("utf-8", "surrogateescape"))
    out.flush()
    assert stream.getvalue() == b"".join(block * 2 for block in blocks)


@pytest.mark.parametrize(
    ("loudness", "said"),
    [(1, "say detail warn hint"), (0, "say warn hint"), (-1, "warn"), (-2, "")],
)
def test_loudness(loudness, said):
    stderr = io.BytesIO()
    out = Output(io.BytesIO(), stderr)
    out.loudness = loudness
    for name in ("say", "detail", "warn", "hint"):
        getattr(out, name)(name)
    labels = {"warn": "warning: warn", "hint": "hint: hint"}
    assert stderr.getvalue().decode().splitlines() == [labels.get(w, w) for w in said.split()]


def test_talk_as_json():
    stderr = io.BytesIO()
    out = Output(io.BytesIO(), stderr)
    out.json_talk = True
    out.error("No.", "Yes.")
    assert json.loads(stderr.getvalue()) == {"level": "error", "message": "No.", "hint": "Yes."}


def test_json_knows_oids_and_paths():
    stdout = io.BytesIO()
    out = Output(stdout, io.BytesIO())
    oid = oid_of(Kind.CHUNK, b"")
    out.json("tdv.x/1", {"oid": oid, "path": [b"a\xff"], "text": "\udcff", b"key": (1, None)})
    out.flush()
    assert json.loads(stdout.getvalue()) == {
        "schema": "tdv.x/1",
        "oid": str(oid),
        "path": ["a\\xff"],
        "text": "\\udcff",
        "key": [1, None],
    }


def test_nothing_is_coloured_elsewhere_than_on_a_terminal():
    assert Output(io.BytesIO(), io.BytesIO()).style("x", "red") == "x"
    assert Output(Terminal(), io.BytesIO()).style("x", "red", "bold") == "\x1b[31;1mx\x1b[0m"
    assert strip(paint("x", ["cyan"])) == "x"


def test_control_characters_of_data_reach_no_terminal():
    evil = "a\x1b]0;title\x07\r\u202eb\tc"
    assert Output(io.BytesIO(), io.BytesIO()).safe(evil) == evil
    shown = Output(Terminal(), io.BytesIO()).safe(evil)
    assert shown == "a\\x1b]0;title\\a\\r\\u202eb\tc"


@given(st.lists(st.binary(max_size=5)))
def test_content_is_exact_elsewhere_and_harmless_on_a_terminal(blocks):
    plain, terminal = io.BytesIO(), Terminal()
    for stream in (plain, terminal):
        out = Output(stream, io.BytesIO())
        out.content(blocks)
        out.flush()
    assert plain.getvalue() == b"".join(blocks)
    assert all(
        c in "\n\t" or c.isprintable() or ord(c) >= 0xA0 for c in terminal.getvalue().decode()
    )


@given(st.text())
def test_visible_text_holds_no_control_characters(text):
    assert all(c == "\t" or (ord(c) >= 32 and ord(c) != 127) for c in visible(text))


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        (b"a b/c.jsonl", "a b/c.jsonl"),
        ("ünï.csv".encode(), "ünï.csv"),
        (b'a"b', '"a\\"b"'),
        (b"a\nb\tc\\", '"a\\nb\\tc\\\\"'),
        (b"\xff\x1b", '"\\xff\\x1b"'),
    ],
)
def test_quoted_paths(path, shown):
    assert quote_path(path) == shown


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (99_949, "99.9 kB"),
        (99_950, "100 kB"),
        (999_499, "999 kB"),
        (999_500, "1.0 MB"),
        (676_000_000, "676 MB"),
        (10**18, "1000 PB"),
    ],
)
def test_human_sizes(size, shown):
    assert human_size(size) == shown


def test_plurals():
    assert [plural(n, "row") for n in (0, 1, 1204)] == ["0 rows", "1 row", "1,204 rows"]
    assert plural(2, "entry", "entries") == "2 entries"
