"""From what people type to paths in the repository, and back."""

from __future__ import annotations

import pytest

from tdv.cli.paths import repository_path, shown_path
from tdv.errors import PathError


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "repo"
    (folder / "d" / "e").mkdir(parents=True)
    return folder


@pytest.mark.parametrize(
    ("here", "text", "path"),
    [
        (".", "a", b"a"),
        (".", ".", b""),
        (".", "", b""),
        (".", "d/./x//y/", b"d/x/y"),
        ("d/e", "x", b"d/e/x"),
        ("d/e", "../x", b"d/x"),
        ("d/e", "../..", b""),
        ("d", "..a", b"d/..a"),
        (".", "\udcff", b"\xff"),
    ],
)
def test_inside(root, here, text, path):
    assert repository_path(root, root / here, text) == path


def test_absolute_paths(root):
    assert repository_path(root, root / "d", str(root / "a")) == b"a"
    assert repository_path(root, root / "d", str(root)) == b""


def test_through_a_link_to_the_repository(root, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(root)
    assert repository_path(root, tmp_path, "link/d/x") == b"d/x"


def test_a_link_itself_is_a_file(root):
    (root / "to").symlink_to(root / "d")
    assert repository_path(root, root, "to") == b"to"


@pytest.mark.parametrize("text", ["..", "../x", "/etc/passwd", "d/../../x", "../repo2/x"])
def test_outside(root, text):
    with pytest.raises(PathError, match="lies outside the repository"):
        repository_path(root, root, text)


@pytest.mark.parametrize("text", [".tdv", ".tdv/packs", "d/.TDV/x"])
def test_the_repositorys_own_folder(root, text):
    with pytest.raises(PathError, match="is a form of"):
        repository_path(root, root, text)


@pytest.mark.parametrize(
    ("here", "path", "shown"), [(".", b"a", b"a"), ("d/e", b"d/x", b"../x"), ("d", b"", b"..")]
)
def test_shown_from_here(root, here, path, shown):
    assert shown_path(root, root / here, path) == shown
