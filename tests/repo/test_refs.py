"""Names of refs, and the small files that hold them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdv.errors import IntegrityError, UsageError
from tdv.model.oid import Oid
from tdv.model.operation import Head
from tdv.repo.refs import check_ref_name, head_content, ref_name_fault
from tdv.repo.repository import Repo

ONE, TWO = Oid(bytes([1]) * 32), Oid(bytes([2]) * 32)


@pytest.fixture
def repo(tmp_path):
    return Repo.init(tmp_path / "r")


def set_refs(repo, **values):
    with repo.transaction("test") as transaction:
        for name, value in values.items():
            transaction.set_ref("refs/heads/" + name.replace("__", "/"), value)
        transaction.commit()


@pytest.mark.parametrize(
    "name", ["main", "a/b", "v1.0", "ä/ö", "a-b", "a@b", "日本", "a.lock.b", "x{y"]
)
def test_valid_names(name):
    assert check_ref_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "", "@", "HEAD", "-a", "a..b", "a b", "a~b", "a^b", "a:b", "a?b", "a*b", "a[b", "a\\b",
        "a@{b", "/a", "a/", "a//b", ".a", "a/.b", "a.lock", "a.lock/b", "a.", "a\nb", "a\x7fb",
        "a\tb", "a\udc80b", "x" * 201,
    ],
)  # fmt: skip
def test_invalid_names(name):
    with pytest.raises(UsageError, match="not a valid tag name"):
        check_ref_name(name, "tag")


@pytest.mark.skipif(shutil.which("git") is None, reason="compares with git")
def test_names_are_those_of_git():
    pieces = ["a", "..", ".", "/", "~", "@{", "@", "-", ".lock", " ", "é", "*", "\\", "{", "\x01"]
    names = sorted({a + b + c for a in pieces for b in pieces[:9] for c in ("", "x", ".")})
    for name in names[::3]:
        code = subprocess.run(
            ["git", "check-ref-format", "--branch", name], capture_output=True, check=False
        ).returncode
        # `@{…}` and `@` expand in git; `HEAD` is refused there too.
        if "@" not in name:
            assert (ref_name_fault(name) is None) == (code == 0), name


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=12))
def test_valid_name_is_one_path_below_its_folder(name):
    if ref_name_fault(name) is None:
        path = os.path.normpath(f"/refs/heads/{name}")
        assert path == f"/refs/heads/{name}"
        assert not re.search(r"[~^: ]", name)


def test_refs_are_listed_in_order(repo):
    set_refs(repo, main=ONE, a__c=TWO, a__b=ONE, z=ONE)
    set_refs(repo, z=None, b=TWO)
    assert list(repo.refs.items()) == [
        ("refs/heads/a/b", ONE),
        ("refs/heads/a/c", TWO),
        ("refs/heads/b", TWO),
        ("refs/heads/main", ONE),
    ]
    assert [name for name, _ in repo.refs.items("refs/heads/a/")] == [
        "refs/heads/a/b",
        "refs/heads/a/c",
    ]
    assert next(iter(repo.branches())) == ("a/b", ONE)
    assert repo.refs.branch("a/b") == ONE
    assert repo.refs.branch("a") is None
    assert repo.refs.tag("a/b") is None


@pytest.mark.parametrize("content", [b"", b"12", b"x" * 65, b"a" * 64, b"A" * 64 + b"\n"])
def test_torn_ref_is_named(repo, content):
    set_refs(repo, main=ONE)
    set_refs(repo, other=ONE)
    (repo.folder / "refs/heads/main").write_bytes(content)
    with pytest.raises(IntegrityError, match="refs/heads/main does not hold an oid"):
        repo.refs.branch("main")
    assert repo.refs.branch("other") == ONE


@pytest.mark.parametrize("content", [b"", b"ref: refs/heads/", b"ref: refs/heads/a b\n", b"main\n"])
def test_torn_head_is_named(repo, content):
    (repo.folder / "HEAD").write_bytes(content)
    with pytest.raises(IntegrityError, match="HEAD holds neither a branch nor a commit"):
        repo.refs.read_head()


def test_file_missing_inside_is_named(repo):
    (repo.folder / "HEAD").unlink()
    with pytest.raises(IntegrityError, match="HEAD is missing"):
        repo.refs.read_head()
    assert repo.head() == Head("main", None), "the operation log knows"


def test_one_ref_is_read_without_the_others(repo, monkeypatch):
    set_refs(repo, **{f"b{number}": ONE for number in range(50)})
    set_refs(repo, last=TWO)
    fresh = Repo.open(repo.root)
    opened = []
    monkeypatch.setattr(os, "scandir", lambda *_: pytest.fail("lists a folder"))
    really = os.open
    monkeypatch.setattr(
        os, "open", lambda path, *rest: opened.append(Path(path).name) or really(path, *rest)
    )
    assert fresh.refs.branch("b7") == ONE
    assert opened == ["oplog", "b7"]


@pytest.mark.parametrize("name", ["refs/heads/../../format", "../x", "refs/heads/a\0b", ""])
def test_names_that_leave_the_folder_are_no_refs(repo, name):
    assert repo.refs.get(name) is None


def test_head_content():
    assert head_content(Head("a/b", None)) == b"ref: refs/heads/a/b\n"
    assert head_content(Head(None, ONE)) == b"01" * 32 + b"\n"
    with pytest.raises(ValueError, match="detached"):
        head_content(Head(None, None))
