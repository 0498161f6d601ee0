"""What installed packages add, found without importing it."""

from __future__ import annotations

import sys

import pytest

from tdv.entrypoints import entry_points
from tdv.errors import ConfigError


def package(folder, name, version, *lines):
    info = folder / f"{name}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    (info / "entry_points.txt").write_text("[tdv.test]\n" + "\n".join(lines) + "\n")


def test_entry_points(tmp_path, monkeypatch):
    package(tmp_path, "acme", "1.2", "z = json:dumps", "a = no_such_module")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    first, second = entry_points("tdv.test")
    assert (first.name, first.made_by) == ("a", "acme 1.2")
    assert second.load()([1]) == "[1]"
    with pytest.raises(ModuleNotFoundError):
        first.load()
    assert entry_points("tdv.nothing") == ()


def test_two_packages_with_one_name(tmp_path, monkeypatch):
    package(tmp_path / "x", "acme", "1.2", "a = json")
    package(tmp_path / "y", "other", "3", "a = json")
    paths = [str(tmp_path / "x"), str(tmp_path / "y"), str(tmp_path / "x")]
    monkeypatch.setattr(sys, "path", [*paths, *sys.path])
    with pytest.raises(ConfigError, match=r"acme 1\.2 and other 3 both have an entry point `a`"):
        entry_points("tdv.test")
