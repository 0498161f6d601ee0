"""CSV: where records end, the header, and lines where a quote stays open."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from split_checks import SMALL, split

from tdv.errors import RecordError
from tdv.formats.csvrow import header_names, split_fields
from tdv.formats.cut import Cut
from tdv.formats.registry import format_named
from tdv.formats.rows import Layout

CSV = format_named("csv")
WIDE = Cut(8, 8, 400, 4000)
MARKS = [b'"', b",", b'""', b'",', b',"', b"\n", b"\r\n", b"a", b" ", b"\0", b";"]
HEADER = Layout("csv", (("delimiter", ","),), b"a,b\n")


def record_ends(data: bytes, delimiter: bytes, piece: int) -> tuple[list[int], int | None]:
    """Where records end, one byte after another, and where lines start, if anywhere."""
    ends: list[int] = []
    start, state, at = 0, "start", 0
    while at < len(data):
        byte = data[at : at + 1]
        if state == "quoted":
            if byte == b'"' and data[at + 1 : at + 2] == b'"':
                at += 1
            elif byte == b'"':
                state = "inside"
        elif byte == b'"' and state == "start":
            state = "quoted"
        elif byte == b"\n":
            if at + 1 - start > piece:
                return ends, start
            start, state = at + 1, "start"
            ends.append(start)
        else:
            state = "start" if byte == delimiter else "inside"
        at += 1
    if start < len(data):
        if state == "quoted" or len(data) - start > piece:
            return ends, start
        ends.append(len(data))
    return ends, None


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.sampled_from(MARKS), max_size=80).map(b"".join),
    st.sampled_from([SMALL, Cut(8, 8, 30, 30), WIDE]),
)
def test_records_against_a_model(data, cut):
    layout, _, bodies = split("csv", b"name\n" + data, cut)
    ends, lines_at = record_ends(data, b",", cut.piece)
    begins = [0, *ends]
    records = [data[begin:end] for begin, end in zip(begins, ends, strict=False)]
    full = [record for record in records if record.strip(b" \t\r\n")]
    assert layout.lines_from == (None if lines_at is None else len(full))
    if lines_at is not None:
        full += [line for line in data[lines_at:].split(b"\n") if line.strip(b" \t\r")]
    assert bodies == [record.removesuffix(b"\n").removesuffix(b"\r") for record in full]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.lists(st.text(st.sampled_from('a",\n é;\t'), max_size=6), min_size=2, max_size=2),
        min_size=1,
        max_size=8,
    )
)
def test_what_python_writes_comes_back(rows):
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows([["x", "y"], *rows])
    layout, _, bodies = split("csv", out.getvalue().encode(), WIDE)
    assert [list(CSV.decode(layout, body).values()) for body in bodies] == rows


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(['"', ",", '""', '",', ',"', "a", " "]), min_size=1).map("".join))
def test_fields_are_those_of_python(text):
    try:
        fields = [field.decode() for field in split_fields(text.encode(), b",")]
    except RecordError:
        with pytest.raises(csv.Error):  # strict: an open quote at the end, among others
            list(csv.reader([text], strict=True))
        return
    assert fields == next(csv.reader([text]))


def test_the_header_is_prefix():
    layout, _, bodies = split("csv", b'\xef\xbb\xbf\n"a\nb",c\r\n1,2\r\n', WIDE)
    assert layout.prefix == b'\xef\xbb\xbf\n"a\nb",c\r\n'
    assert [CSV.decode(layout, body) for body in bodies] == [{"a\nb": "1", "c": "2"}]


@pytest.mark.parametrize(
    ("data", "delimiter"),
    [
        (b"a,b;c,d\n", ","),
        (b"a;b;c\n1,2,3,4,5\n", ";"),
        (b"a\tb\n", "\t"),
        (b'"a,b,c"|d\n', "|"),
        (b"a\n", ","),
        (b"", ","),
    ],
)
def test_delimiter(data, delimiter):
    assert split("csv", data)[0].params == (("delimiter", delimiter),)


def test_tsv_rows_of_empty_fields():
    layout, _, bodies = split("tsv", b"a\tb\n\t\n \n1\t2\n")
    assert [format_named("tsv").decode(layout, body) for body in bodies] == [
        {"a": "", "b": ""},
        {"a": "1", "b": "2"},
    ]


def test_a_quote_inside_a_field_is_a_character():
    layout, _, bodies = split("csv", b'a,b\n5" pipe,x\n"q" r,"s""t"\n', WIDE)
    assert [CSV.decode(layout, body) for body in bodies] == [
        {"a": '5" pipe', "b": "x"},
        {"a": "q r", "b": 's"t'},
    ]


def test_an_open_quote_hides_no_row_behind_it():
    layout, _, bodies = split("csv", b'a,b\n1,2\n3,"x\n\n4,5\n6,7,8\n', WIDE)
    assert layout.lines_from == 1
    shown = []
    for body in bodies:
        try:
            shown.append(CSV.decode(layout, body))
        except RecordError as error:
            shown.append(error.message)
    assert shown == [
        {"a": "1", "b": "2"},
        "a quote that opens at column 3 is not closed",
        {"a": "4", "b": "5"},
        "it has 3 fields where the header has 2",
    ]


def test_a_record_longer_than_a_piece_is_lines():
    layout, _, bodies = split("csv", b'a,b\n1,2\n3,"' + b"x\n" * 100 + b'"\n4,5\n', SMALL)
    assert layout.lines_from == 1
    assert len(bodies) == 103


def test_an_open_header_is_lines():
    layout, _, bodies = split("csv", b'"a,b\n1,2\n')
    assert (layout.lines_from, layout.prefix, len(bodies)) == (0, b"", 2)
    with pytest.raises(RecordError, match="no header"):
        CSV.decode(layout, bodies[1])


def test_many_doubled_quotes():
    field = b'"' + b'""' * 30_000 + b'"'
    _, _, bodies = split("csv", b"a\n" + field + b"\nx\n", Cut())
    assert bodies == [field, b"x"]


def test_lines_share_chunks_with_the_version_without_the_damage():
    rows = [b'%d,"text, %d"\n' % (number, number**3) for number in range(400)]
    cut = Cut(100, 60, 1000, 2000)
    good = {piece.data for piece in split("csv", b"a,b\n" + b"".join(rows), cut)[1]}
    rows[50] = b'50,"open\n'
    bad = split("csv", b"a,b\n" + b"".join(rows), cut)[1]
    assert sum(piece.data not in good for piece in bad) < 20


def test_a_record_of_many_lines_ends_a_chunk_by_its_whole_length():
    rows = [b'%d,"first\nsecond\n%d\n"\n' % (number, number**5) for number in range(2000)]
    cut = Cut(400, 200, 8000, 8000)
    sizes = [len(piece.data) for piece in split("csv", b"a,b\n" + b"".join(rows), cut)[1]]
    assert 500 < sum(sizes) / len(sizes) < 750
    assert max(sizes) < 3000


@pytest.mark.parametrize(
    ("header", "names"),
    [
        (b"a,b\n", ("a", "b")),
        (b"\xef\xbb\xbfa,a,a_2,a\r\n", ("a", "a_2", "a_2_2", "a_3")),
        (b",x,\n", ("column1", "x", "column3")),
        (b"\xff\n", ("\\xff",)),
    ],
)
def test_names(header, names):
    assert header_names(header, b",") == names


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"1,2,3", "3 fields where the header has 2"),
        (b"1,\x002", "NUL byte, at column 3"),
        (b"1,\xff", "not UTF-8: byte 0xff at column 3"),
        (b'"\xff",1', "not UTF-8"),
    ],
)
def test_rows_that_do_not_decode(body, reason):
    with pytest.raises(RecordError, match=reason):
        CSV.decode(HEADER, body)


def test_missing_fields_are_missing():
    assert CSV.decode(HEADER, b"1") == {"a": "1"}
