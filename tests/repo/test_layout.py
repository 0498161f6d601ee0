"""The `format` file, and making a repository."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import xxhash
from hypothesis import given, settings
from hypothesis import strategies as st

from tdv.errors import IntegrityError, NotARepository, RepositoryError, UnsupportedVersion
from tdv.formats.cut import DEFAULT_CUT
from tdv.model.operation import Head
from tdv.repo import layout
from tdv.repo.layout import RepositoryFormat
from tdv.repo.repository import Repo
from tdv.store import files
from tdv.store.trees import EMPTY_TREE

PATH = Path("format")


def signed(*lines):
    text = "".join(f"{line}\n" for line in lines).encode()
    return text + b"checksum %016x\n" % xxhash.xxh3_64_intdigest(text)


def test_format_file_is_as_documented():
    data = RepositoryFormat().to_bytes()
    assert data == signed(
        "tdv-repository 1",
        "cut-min 98304",
        "cut-extra 32768",
        "cut-max 524288",
        "cut-piece 1048576",
    )
    assert RepositoryFormat.from_bytes(data, PATH) == RepositoryFormat()
    assert RepositoryFormat().cut == DEFAULT_CUT


def test_other_cut_parameters_are_kept():
    other = RepositoryFormat(dataclasses.replace(DEFAULT_CUT, min=1000, extra=10, max=4000))
    assert RepositoryFormat.from_bytes(other.to_bytes(), PATH) == other


@pytest.mark.parametrize(
    ("data", "named"),
    [
        (b"tdv-repository 2\nanything", "version 2"),
        (signed("tdv-repository 1", "feature sparse", "feature a"), "features .* lacks: a, sparse"),
        (signed("tdv-repository 1", "colour red"), "'colour red'"),
    ],
)
def test_what_a_later_tdv_writes_is_refused(data, named):
    with pytest.raises(UnsupportedVersion, match=named) as caught:
        RepositoryFormat.from_bytes(data, PATH)
    assert "upgrade" in caught.value.hint


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"tdv-repository",
        b"something else 1\n",
        RepositoryFormat().to_bytes()[:-1],
        RepositoryFormat().to_bytes()[:40],
        RepositoryFormat().to_bytes().replace(b"32768", b"32769"),
        signed("tdv-repository 1", "cut-min 0"),
    ],
)
def test_damage_is_named(data):
    with pytest.raises(IntegrityError, match="format is damaged"):
        RepositoryFormat.from_bytes(data, PATH)


@settings(max_examples=100, deadline=None)
@given(place=st.integers(0, 200), value=st.integers(0, 255))
def test_any_changed_byte_is_noticed(place, value):
    data = bytearray(RepositoryFormat().to_bytes())
    place %= len(data)
    if data[place] != value:
        data[place] = value
        with pytest.raises(RepositoryError):
            RepositoryFormat.from_bytes(bytes(data), PATH)


def test_new_repository(tmp_path):
    repo = Repo.init(tmp_path / "new" / "place", branch="trunk")
    assert repo.head() == Head("trunk", None)
    assert repo.stage() == EMPTY_TREE
    assert repo.head_tree() == EMPTY_TREE
    assert repo.head_commit() is None
    assert list(repo.branches()) == []
    assert [record.number for record in repo.oplog.backwards()] == [1]
    names = {path.name for path in repo.folder.iterdir()}
    assert names == {
        "format", "config.toml", "HEAD", "refs", "stage", "packs", "oplog", "cache", "tmp", "lock"
    }  # fmt: skip
    assert list((repo.folder / "tmp").iterdir()) == []


def test_init_where_there_is_a_repository_changes_nothing(tmp_path):
    Repo.init(tmp_path, branch="trunk")
    before = {p: p.stat().st_mtime_ns for p in layout.folder_of(tmp_path).rglob("*")}
    assert Repo.init(tmp_path, branch="other").head().branch == "trunk"
    assert {p: p.stat().st_mtime_ns for p in layout.folder_of(tmp_path).rglob("*")} == before


def test_init_that_stops_anywhere_can_be_repeated(tmp_path):
    steps = []
    files.fault = lambda what, path: steps.append(what)
    Repo.init(tmp_path / "count")
    assert len(steps) > 20
    try:
        for failing in range(len(steps)):
            root = tmp_path / f"r{failing}"
            root.mkdir()
            taken = []

            def fail(what, path, failing=failing, taken=taken):
                taken.append(what)
                if len(taken) > failing:
                    raise KeyboardInterrupt

            files.fault = fail
            with pytest.raises(KeyboardInterrupt):
                Repo.init(root)
            files.fault = None
            repo = Repo.init(root)
            assert repo.head() == Head("main", None)
            assert [record.number for record in repo.oplog.backwards()] == [1]
    finally:
        files.fault = None


def test_lost_format_file_is_not_written_anew_over_data(tmp_path):
    repo = Repo.init(tmp_path)
    (repo.folder / "packs" / "some").write_bytes(b"x")
    (repo.folder / "format").unlink()
    with pytest.raises(IntegrityError, match="format is missing"):
        Repo.open(tmp_path)
    with pytest.raises(RepositoryError, match="holds data, but its file `format` was lost"):
        Repo.init(tmp_path)


def test_discovery_goes_upwards(tmp_path):
    Repo.init(tmp_path / "a")
    deep = tmp_path / "a" / "b" / "c"
    deep.mkdir(parents=True)
    assert Repo.discover(deep).root == tmp_path / "a"
    Repo.init(tmp_path / "a" / "b")
    assert Repo.discover(deep).root == tmp_path / "a" / "b"
    with pytest.raises(NotARepository) as caught:
        Repo.open(deep)
    assert caught.value.hint == "`tdv init` makes one here."


def test_file_in_place_of_the_folder(tmp_path):
    (tmp_path / ".tdv").write_bytes(b"")
    with pytest.raises(NotARepository):
        Repo.open(tmp_path)
