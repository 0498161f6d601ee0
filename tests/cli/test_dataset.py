"""Whole outputs of `tdv dataset`."""

from __future__ import annotations

import pytest


@pytest.fixture
def data(tdv):
    """A folder with two files of three rows, added."""
    for name in ("a", "b"):
        tdv.write(f"intents/{name}.jsonl", '{"id": 1}\n{"id": 2}\n{"id": 3}\n')
    tdv("add", ".")
    return tdv


NEW = ("dataset", "new", "intents", "--path", "intents", "--desc", "What people ask.")
MORE = (
    *("--tag", "prod", "--tag", "v2", "--format", "jsonl", "--schema", "intent"),
    *("--key", "id", "--text", "text", "--label", "expected_intent", "--label", "mood"),
    *("--split", "metadata.split", "--group", "user", "--licence", "CC-BY-4.0"),
)


def test_new_writes_a_table(data):
    result = data(*NEW, *MORE)
    assert result.out == ""
    assert result.err == ("tdv.toml describes the dataset intents: intents/** (2 files, 6 rows).\n")
    assert (data.folder / "tdv.toml").read_text() == (
        '[dataset.intents]\npaths = ["intents/**"]\ndescription = "What people ask."\n'
        'tags = ["prod", "v2"]\nlicence = "CC-BY-4.0"\ncreated_by = "Ada <ada@example.org>"\n'
        'format = "jsonl"\nschema = "intent"\nkey = "id"\ntext = "text"\n'
        'label = ["expected_intent", "mood"]\nsplit = "metadata.split"\ngroup = "user"\n'
    )


def test_two_are_listed_with_tags_and_author(data):
    """CAPABILITIES, source 000: create dataset, with name, description, author, format, tags."""
    data(*NEW, *MORE)
    data("dataset", "new", "chat", "--created-by", "Bob", "--desc", "Talks.")
    found = data("dataset", "ls", "--json").json
    assert found["schema"] == "tdv.datasets/1"
    assert [each["name"] for each in found["datasets"]] == ["chat", "intents"]
    chat, intents = found["datasets"]
    assert (intents["tags"], intents["created_by"]) == (["prod", "v2"], "Ada <ada@example.org>")
    assert (chat["created_by"], chat["paths"]) == ("Bob", ["chat/**"])
    assert data("dataset", "ls").out == (
        "chat     0 files, 0 rows  Talks.\nintents  2 files, 6 rows  What people ask.\n"
    )


def test_show(data):
    data(*NEW, *MORE)
    assert data("dataset", "show", "intents").out == (
        "name         intents\ndescription  What people ask.\ntags         prod, v2\n"
        "licence      CC-BY-4.0\ncreated by   Ada <ada@example.org>\nformat       jsonl\n"
        "schema       intent\ntext         text\nlabel        expected_intent, mood\n"
        "key          id\nsplit        metadata.split\ngroup        user\n"
        "paths        intents/**\nfiles        2 files, 6 rows\n"
        "  intents/a.jsonl  3 rows\n  intents/b.jsonl  3 rows\n"
    )
    document = data("dataset", "show", "intents", "--json").json
    assert document["schema"] == "tdv.dataset/1"
    assert document["roles"]["label"] == ["expected_intent", "mood"]
    assert document["list"][0] == {"path": "intents/a.jsonl", "rows": 3}


def test_of_a_revision(data):
    data(*NEW)
    data.commit("one")
    data("dataset", "rm", "intents")
    assert data("dataset", "ls").out == ""
    assert data("dataset", "ls", "HEAD").out == "intents  2 files, 6 rows  What people ask.\n"
    result = data("dataset", "show", "intent", "HEAD", code=2)
    assert result.err == (
        "error: There is no dataset `intent` in HEAD:tdv.toml.\nhint: Did you mean `intents`?\n"
    )


def test_rm_leaves_the_files_and_all_else(data):
    data.write("tdv.toml", "# Mine.\n\n[rules]\nselect = ['ALL']\n")
    data(*NEW)
    assert data("dataset", "rm", "intents").err == (
        "tdv.toml describes intents no more (2 files left as before).\n"
    )
    assert (data.folder / "tdv.toml").read_text() == "# Mine.\n\n[rules]\nselect = ['ALL']\n"
    assert (data.folder / "intents/a.jsonl").exists()


def test_from_a_subfolder_paths_are_those_of_the_repository(data):
    data("-C", str(data.folder / "intents"), "dataset", "new", "one", "--path", "*.jsonl")
    assert 'paths = ["intents/*.jsonl"]' in (data.folder / "tdv.toml").read_text()


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ("intents", "error: There is a dataset `intents` in tdv.toml already.\nhint: `tdv dataset"),
        ("x --format jsonk", "error: There is no format `jsonk`.\nhint: Did you mean `json` or"),
        ("x --profile intnt", "error: There is no profile `intnt`.\nhint: Did you mean `intent`"),
        ("x --schema nope.json", "error: "),
        ("x --path a[", "error: tdv.toml, line 6, column 1: 'a[' is not a pattern that matches"),
        ("a/b", "error: 'a/b' is no name for a dataset.\nhint: Use letters, digits, `-`, `_`"),
    ],
)
def test_what_cannot_be_described(data, words, error):
    data("dataset", "new", "intents")
    before = (data.folder / "tdv.toml").read_text()
    result = data("dataset", "new", *words.split(), code=2)
    assert result.err.startswith(error)
    assert (data.folder / "tdv.toml").read_text() == before


def test_a_description_that_is_wrong_stays(data):
    data.write("tdv.toml", "[dataset.a]\npaths = 'x'\nlable = 'y'\n")
    result = data("dataset", "new", "b", code=2)
    assert result.err == (
        "error: tdv.toml, line 3, column 1: `dataset.a` has no key `lable`.\n"
        "hint: Did you mean `label`?\n"
    )


def test_a_link_is_not_written_through(data):
    (data.folder / "tdv.toml").symlink_to("other.toml")
    assert "is a symbolic link" in data("dataset", "new", "b", code=3).err


def test_no_dataset(tdv):
    result = tdv("dataset", "ls")
    assert (result.out, result.err) == (
        "", "tdv.toml describes no dataset. `tdv dataset new NAME` describes one.\n",
    )  # fmt: skip


def test_a_schema_outside_of_the_repository_is_not_read(data):
    (data.folder.parent / "far.json").write_text('{"type": "object"}')
    error = data("dataset", "new", "x", "--schema", "../far.json", code=2).err
    assert error.startswith("error: ")
    assert "../far.json" in error
    assert not (data.folder / "tdv.toml").exists()
