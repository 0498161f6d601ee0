"""Bad input: what is broken is a finding with its line, never a traceback, and never raw."""

from __future__ import annotations

import gzip
import json

import pytest

GOOD = b'{"id": "a", "text": "fine words"}\n'
DEEP = 100_000


def good(key):
    return b'{"id": "%s", "text": "fine words, %s"}\n' % (key, key)


def concise(run, name, data, *words, code=1):
    """The lines that say where something is and what, without the file's name."""
    run.write(name, data)
    result = run("validate", name, "-o", "concise", *words, code=code)
    assert result.err == ""
    return [line.removeprefix(f"{name}:") for line in result.out.splitlines()]


def codes(lines):
    """`3:1 REC001`."""
    return [line.split(": ")[0] + " " + line.split(": ")[1].split(" ")[0] for line in lines]


JSONL = {
    "truncated": (b'{"id": "b", "text": "fi', ["2:1 REC001"]),
    "binary": (b"\x00\x01\x80\x81\xfe", ["2:1 REC001"]),
    "bytes in a text": (b'{"text": "a \xff\xfe b"}', ["2:1 REC002"]),
    "NUL": (b'{"text": "a \x00 b"}', ["2:1 REC001"]),
    "a lone surrogate": (b'{"text": "a \\ud800 b"}', ["2:1 REC001"]),
    "deep lists": (b'{"text": ' + b"[" * DEEP + b"]" * DEEP + b"}", ["2:1 REC001"]),
    "deep objects": (b'{"a": ' * DEEP + b"1" + b"}" * DEEP, ["2:1 REC001"]),
    "open brackets": (b"[" * DEEP, ["2:1 REC001"]),
    "two rows": (b'{"text": "a b"} {"text": "c d"}', ["2:1 REC001"]),
    "NaN": (b'{"text": "a b", "x": NaN}', ["2:1 REC001"]),
    "a field twice": (b'{"text": "a b", "text": "c d"}', ["2:1 REC003"]),
    "an empty text": (b'{"text": ""}', ["2:1 TXT001"]),
    "a null": (b'{"text": null}', ["2:1 TXT001"]),
    "control characters": (b'{"text": "a \\u0000\\u001b[31m b"}', ["2:1 TXT007"]),
    "blank lines": (b"\n  \n\r\n", []),
    "great numbers": (b'{"text": "a b", "score": 1e999, "n": 1' + b"0" * 400 + b"}", []),
    "no object": (b'[1, 2]\n3\n"x"\nnull', []),
    "odd names": (b'{"": 1, "text": "a b", "a.b": {"": {"c.": 2}}, ".": 3}', []),
    "texts that are none": (
        b'{"text": 5}\n{"text": ["a"]}\n{"text": {"b": 1}}\n{"text": true}',
        [],
    ),
    "keys that are none": (b'{"id": [1], "text": "a b"}\n{"id": {"x": null}, "text": "c d"}', []),
}


@pytest.mark.parametrize("kind", JSONL)
def test_json_lines(outside, kind):
    broken, expected = JSONL[kind]
    found = concise(outside, "a.jsonl", good(b"a") + broken + b"\n" + good(b"z"), code=None)
    assert codes(found) == expected
    lines = broken.count(b"\n") + 1
    last = concise(outside, "a.jsonl", good(b"a") + broken + b'\n{"z": 1, "text": ""}\n')
    assert codes(last) == [*expected, f"{lines + 2}:1 TXT001"]


def test_why_a_record_is_none(outside):
    data = GOOD + b'{"id": "b", "text": "fi\n{"a": "\xff"}\n' + b"[" * DEEP + b"\n"
    assert concise(outside, "a.jsonl", data) == [
        "2:1: REC001 The record does not decode: it is not JSON: it ends too early.",
        "3:1: REC002 The record is not UTF-8: byte 0xff at column 8.",
        "4:1: REC001 The record does not decode: it is JSON that is nested too deeply.",
    ]


def test_a_csv_file(outside):
    data = (
        b'id,text,x\na,one two,1\nb,two\nc,three,y,z\nd,"a\nb",1\n\ne,four\0,1\nf,"open,z\ng,h,1\n'
    )
    assert concise(outside, "a.csv", data) == [
        "3:1: REC001 The record does not decode: it has 2 fields where the header has 3.",
        "4:1: REC001 The record does not decode: it has 4 fields where the header has 3.",
        "8:1: REC001 The record does not decode: it holds a NUL byte, at column 7.",
        "9:1: REC001 The record does not decode: a quote that opens at column 3 is not closed.",
    ]


def test_a_broken_array(outside):
    data = b'[\n {"id": "a", "text": "fine words"},\n {"id": "b", "text": ""},\n {"id":'
    assert codes(concise(outside, "a.json", data)) == ["3:1 TXT001", "4:1 REC001"]


@pytest.mark.parametrize("end", [b"", b"\n", b",", b",\n", b"]\n[]"])
def test_an_array_that_is_cut_off_between_two_records(outside, end):
    data = b'[\n {"id": "a", "text": "fine words"},\n {"id": "b", "text": "good words"}'
    (line,) = concise(outside, "a.json", data + end)
    assert line == " REC001 `a.json` is not one array: it is cut off, or more follows."


@pytest.mark.parametrize("data", [b"", b'{"error": "timeout"}', b"null"])
def test_a_dataset_whose_json_is_no_array_any_more(outside, data):
    toml = b'[dataset.a]\npaths = ["a.json"]\n[dataset.b]\npaths = ["b.jsonl", "b.png"]\n'
    outside.write("tdv.toml", toml)
    outside.write("a.json", b'[{"text": "fine words"}]')
    outside.write("b.jsonl", GOOD)
    outside.write("b.png", b"\x89PNG")
    assert outside("validate").code == 0
    outside.write("a.json", data)
    result = outside("validate", code=1)
    assert "No file with rows belongs to the dataset `a` of tdv.toml." in result.out
    assert "[a]: num_samples: The dataset has 0 rows, and needs 1 at least." in result.out


def test_which_of_the_arrays_are_cut_off(outside):
    outside.write("tdv.toml", b'[dataset.d]\npaths = ["*.json"]\n')
    for name in ("a", "b"):
        outside.write(f"{name}.json", b'[{"text": "fine words of %s"}]' % name.encode())
    assert outside("validate").code == 0
    outside.write("b.json", b'[{"text": "fine words of b"},')
    assert " [d]: `b.json` is not one array" in outside("validate", code=1).out
    toml = b'[dataset.d]\npaths = ["*.json"]\n[rules.REC001.paths."b.json"]\nlevel = "off"\n'
    outside.write("tdv.toml", toml)
    assert outside("validate").code == 0


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.jsonl.gz", gzip.compress(GOOD * 500, mtime=0)[:40]),
        ("a.jsonl.gz", gzip.compress(GOOD, mtime=0)[:-6] + b"abcdef"),
        ("a.jsonl.gz", b"no gzip"),
        ("a.csv.zst", b"no zstandard"),
        ("a.parquet", b"PAR1 and no more"),
        ("a.parquet", b"no parquet"),
        ("a.arrow", b"ARROW1 and no more"),
    ],
)
def test_files_that_cannot_be_opened(outside, name, data):
    (line,) = concise(outside, name, data)
    assert line.startswith("row0: REC001 The record does not decode: it cannot be ")


def test_a_truncated_table(outside):
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    file = outside.folder / "a.parquet"
    parquet.write_table(pa.table({"text": ["one", "two"] * 500}), file)
    whole = file.read_bytes()
    for data in (whole[: len(whole) // 2], whole[:-3], whole[:8] + b"\xff" * 60 + whole[68:]):
        assert {line.split(" ")[1] for line in concise(outside, "a.parquet", data)} == {"REC001"}


def test_a_line_of_many_megabytes(outside):
    """One over 8 MiB has no row; one below is judged, and shown in few words."""
    lines = [b'{"text": "' + b"word " * count + b'"}\n' for count in (10_000_000, 1_500_000)]
    found = concise(outside, "a.jsonl", GOOD + b"".join(lines) + b'{"text": ""}\n')
    assert codes(found) == ["2:1 REC001", "3:1 TXT004", "4:1 TXT001"]
    assert "it has 50,000,012 bytes, more than the 8 MiB that a row may have" in found[0]
    assert max(map(len, found)) < 200


WRONG = [None, True, 0, -1, 1e300, "", "x", [], {}, [None], [[]], [{}], ["x", 1], [[1, 2, 3, 4]]]
WRONG += [{"start": 0}, [{"start": "0", "end": [], "text": 1}], [["x", "y", 1e300, -5]]]
WRONG += [[{"role": 1, "content": {}}], [{"role": "user"}, 7], [{"from": None}], [1, "NaN", None]]


@pytest.mark.parametrize("profile", ["intent", "chat", "session", "persona", "embedding", "stt"])
def test_entities_messages_and_vectors_of_every_wrong_shape(outside, profile):
    field = {
        "intent": "expected_entities",
        "chat": "messages",
        "session": "conversation_data",
        "persona": "full_conversation",
        "embedding": "embedding",
        "stt": "error_types",
    }[profile]
    rows = [{field: value, "number": number} for number, value in enumerate(WRONG)]
    rows += [{field: {"messages": value}} for value in WRONG]
    data = b"".join(json.dumps(row).encode() + b"\n" for row in rows)
    outside.write("a.jsonl", data)
    document = outside("validate", "a.jsonl", "--profile", profile, "--json", code=1).json
    assert len(document["issues"]) == sum(document["counts"].values())
    wrong = {issue["line"] for issue in document["issues"] if issue["field"].startswith(field)}
    assert len(wrong) > len(WRONG) // 2


def test_control_characters_do_not_reach_a_terminal(outside):
    """In keys, labels, names of fields and names of files; in every form."""
    evil = "\x1b[31m\x07\x9b2J\u202e"
    name = f"evil{evil[:-1]}\n.jsonl"
    rows = [
        {"id": f"k{evil}", "text": f"a {evil}", "label": evil, evil: 1},
        {"id": f"k{evil}", "text": f"b {evil}", "label": f"{evil}x"},
        {"id": "c", "text": f"b {evil}", "label": evil},
    ]
    outside.write(name, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    outside.write("tdv.toml", '[dataset.d]\npaths = ["*.jsonl"]\nkey = "id"\ntext = "text"\n'
                  'label = ["label"]\n')  # fmt: skip
    outputs = [f"-o{form}=out.{form}" for form in ("concise", "junit", "sarif", "github", "text")]
    result = outside("validate", name, *outputs, "--extend-select", "LBL003", code=None)
    assert result.code in (0, 1)
    assert "TXT007" in result.out
    for form in ("concise", "junit", "sarif", "github", "text"):
        written = (outside.folder / f"out.{form}").read_text("utf-8")
        assert not [sign for sign in written if sign < " " and sign not in "\n\t"], form
        assert "\x9b" not in written, form
    assert not [sign for sign in result.out if sign < " " and sign != "\n"]
    assert "\x9b" not in result.out
    assert "\u202e" not in result.out


# What says how to judge


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ("[dataset.d\n", "tdv.toml is not valid TOML: "),
        ('[dataset.d]\npaths = ["*"]\nprofle = "x"\n',
         "tdv.toml, line 3, column 1: `dataset.d` has no key `profle`.\n"
         "hint: Did you mean `profile`?\n"),
        ('[dataset.d]\npaths = ["*"]\nprofile = "intents"\n',
         "tdv.toml, line 3, column 1: There is no profile `intents`.\n"
         "hint: Did you mean `intent`?\n"),
        ('[dataset.d]\npaths = ["*"]\n[rules.TXT01]\nlevel = "off"\n',
         "tdv.toml, line 3, column 1: There is no rule `TXT01`.\nhint: Did you mean `TXT001`"),
        ('[dataset.d]\npaths = ["*"]\n[rules.TXT003]\n  max_wrds = 1\n',
         "tdv.toml, line 4, column 3: TXT003 (long-text) has no parameter `max_wrds`.\n"
         "hint: Did you mean `max_words`"),
        ('[dataset.d]\npaths = ["*"]\n[gate]\nmax_dups = 1\n',
         "tdv.toml, line 4, column 1: There is no threshold `max_dups`.\n"
         "hint: Did you mean `max_duplicates`"),
        ('[dataset.d]\npaths = ["*"]\n[[allow]]\ncode = "TXT001"\n',
         "tdv.toml, line 3, column 1: This `[[allow]]` does not say its `reason`.\n"),
        ('[dataset.d]\npaths = ["*"]\nschema = "intnt"\n',
         "tdv.toml, line 3, column 1: The schema `intnt` cannot be read: there is no such file.\n"
         "hint: Did you mean `intent`?\n"),
    ],
)  # fmt: skip
def test_a_wrong_tdv_toml(outside, toml, message):
    outside.write("tdv.toml", toml)
    outside.write("a.jsonl", GOOD)
    result = outside("validate", code=2)
    assert result.out == ""
    assert result.err.startswith(f"error: {message}")


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ('{\n  "type": \n}', "`s.json`, line 3, column 1: it is no JSON: expecting value.\n"),
        ('{\n  "type": "objct"\n}', "`s.json`, line 2, column 11, is wrong at `/type`: "),
        ('{"properties": {"a":\n {"minimum": "x"}}}',
         "`s.json`, line 2, column 14, is wrong at `/properties/a/minimum`: "),
        ('{\n"$ref": "http://example.com/x.json"}',
         "`s.json`, line 2, column 9, refers to `http://example.com/x.json` at `/$ref`, which is "
         "not inside the repository.\n"),
        ('{"$ref": "t.json"}',
         "The schema `t.json`, to which `s.json`, line 1, column 10, at `/$ref` refers, cannot be "
         "read: there is no such file.\n"),
        ("[]", "`s.json` is no schema: it must be one JSON object.\n"),
    ],
)  # fmt: skip
def test_a_wrong_schema(outside, schema, message):
    outside.write("tdv.toml", '[dataset.d]\npaths = ["*.jsonl"]\nschema = "s.json"\n')
    outside.write("s.json", schema)
    outside.write("a.jsonl", GOOD)
    result = outside("validate", code=2)
    assert result.out == ""
    assert result.err.startswith(f"error: {message}")


def test_fields_that_no_row_has_are_suggested(outside):
    toml = '[dataset.d]\npaths = ["*.jsonl"]\ntext = "txt"\nlabel = ["text"]\n'
    outside.write("tdv.toml", toml)
    outside.write("a.jsonl", GOOD)
    assert (
        "\ntdv.toml, line 3, column 1: `text` names the field `txt`, which no row has. "
        "Did you mean `text`?\n"
    ) in outside("validate").out


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_rule_that_raises_is_reported_with_its_row(outside, workers):
    outside.write(
        "mine.py",
        "from tdv.rules import rule\n\n\n"
        '@rule("ACME001", "no-x", level="error", mend="x")\n'
        "def no_x(row):\n"
        '    """There is no x."""\n'
        '    if row["text"][0] == "x":\n'
        '        yield "text", "There is an x."\n',
    )
    outside.write("tdv.toml", '[dataset.d]\npaths = ["*.jsonl"]\n[rules]\nown = ["mine.py"]\n')
    outside.write("a.jsonl", good(b"a") + b'{"text": "x"}\n{"text": ""}\n')
    outside("config", "trust", "mine.py")
    result = outside("validate", "-j", workers, code=2)
    assert result.out == ""
    assert result.err == (
        "error: mine.py, line 7: the rule ACME001 (no-x) raised IndexError: string index out of "
        "range. It was given row 2 of a.jsonl.\n"
    )
