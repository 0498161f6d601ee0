"""`tdv.toml`: which dataset a path belongs to, and its key."""

from __future__ import annotations

import pytest

from tdv.errors import ConfigError
from tdv.repo.datasets import Datasets
from tdv.store.trees import EMPTY_TREE

TEXT = """
title = "unknown keys and tables stay alone"

[dataset.intents]
paths = ["intents/*.jsonl", "./extra.csv"]
key = "id"
owner = "ada"

[dataset.chat]
paths = "chat/**"
key = ["session", "turn"]

[dataset.loose]
paths = ["**/*.txt"]

[dataset.last]
paths = ["chat/special.jsonl", "loose.txt"]
key = "n"

[other]
x = 1
"""


@pytest.mark.parametrize(
    ("path", "name", "key"),
    [
        (b"intents/a.jsonl", "intents", ("id",)),
        (b"extra.csv", "intents", ("id",)),
        (b"intents/deep/a.jsonl", None, None),
        (b"chat/a/b.jsonl", "chat", ("session", "turn")),
        (b"chat/special.jsonl", "chat", ("session", "turn")),
        (b"a/b.txt", "loose", None),
        (b"loose.txt", "loose", ("n",)),
        (b"caf\xff.csv", None, None),
    ],
)
def test_datasets(path, name, key):
    datasets = Datasets.parse(TEXT)
    found = datasets.of(path)
    assert (None if found is None else found.name) == name
    assert datasets.key_for(path) == key


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "[dataset.a]\nkey = 'x'\n",
            "tdv.toml, line 1, column 1: the dataset `a` does not say which files",
        ),
        (
            "\n[dataset.a]\npaths = ['x']\nkey = 3\n",
            "tdv.toml, line 4, column 1: `key` of the dataset `a` has to be text",
        ),
        ("[dataset.a]\npaths = [1]\n", "tdv.toml, line 2, column 1: `paths` of the dataset `a`"),
        ("[dataset.a]\npaths = ['']\n", "tdv.toml, line 2, column 1: `paths` of the dataset `a`"),
        ("[dataset.a]\npaths = ['a[']\n", "tdv.toml, line 2, column 1: 'a[' is not a pattern"),
        ("[dataset]\na = 1\n", "tdv.toml, line 2, column 1: `dataset.a` has to be a table."),
        ("dataset = 1\n", "tdv.toml: `dataset` has to be a table"),
        ("[dataset\n", "tdv.toml is not valid TOML"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(text, message):
    with pytest.raises(ConfigError) as caught:
        Datasets.parse(text)
    assert caught.value.message.startswith(message)
    assert caught.value.exit_code == 2


def test_toml_error_has_its_line():
    with pytest.raises(ConfigError, match="line 2"):
        Datasets.parse("[dataset.a]\npaths = \n")


def test_working_copy(tmp_path):
    assert Datasets.of_working_copy(tmp_path).datasets == ()
    (tmp_path / "tdv.toml").write_text(TEXT)
    assert Datasets.of_working_copy(tmp_path).key_for(b"extra.csv") == ("id",)
    (tmp_path / "tdv.toml").write_bytes(b"a = 1\n# \xff")
    with pytest.raises(ConfigError, match=r"tdv.toml, line 2, is not valid UTF-8"):
        Datasets.of_working_copy(tmp_path)


def test_tree_without_the_file():
    assert Datasets.of_tree(None, EMPTY_TREE).datasets == ()
