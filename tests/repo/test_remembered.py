"""Where analyses are remembered."""

from __future__ import annotations

from pathlib import Path

import pytest

from tdv.analysis.cachefolder import LIMIT_BYTES
from tdv.errors import ConfigError
from tdv.repo.config import Config
from tdv.repo.remembered import cache_folder, cache_limit


@pytest.fixture
def repository(tmp_path):
    folder = tmp_path / "work/.tdv"
    folder.mkdir(parents=True)
    return folder


def config(repository: Path, text: str = "", **environ: str) -> Config:
    path = repository / "config.toml"
    path.write_text(text)
    return Config(path, environ=environ)


def test_in_the_repository_unless_something_else_is_said(repository, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert cache_folder(config(repository), repository) == repository / "cache/analysis"
    assert cache_folder(Config(None), None) is None
    said = config(repository, '[cache]\ndir = "../shared"\n')
    assert cache_folder(said, repository) == tmp_path / "work/../shared"
    said = config(repository, '[cache]\ndir = "../shared"\n', TDV_CACHE_DIR="ci")
    assert cache_folder(said, repository) == tmp_path / "ci"
    assert cache_folder(said, None) == tmp_path / "ci"
    said = config(repository, '[cache]\ndir = "../shared"\n', TDV_CACHE_DIR="/var/cache/tdv")
    assert cache_folder(said, repository) == Path("/var/cache/tdv")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder(config(repository, TDV_CACHE_DIR="~/c"), repository) == tmp_path / "c"


def test_the_bound(repository):
    assert cache_limit(config(repository)) == LIMIT_BYTES
    assert cache_limit(config(repository, '[cache]\nlimit = "1.5GiB"\n')) == 3 << 29
    assert cache_limit(config(repository, TDV_CACHE_LIMIT="10MB")) == 10**7
    with pytest.raises(ConfigError, match=r"`cache.limit` is no size in .*config.toml: `much`"):
        cache_limit(config(repository, '[cache]\nlimit = "much"\n'))
