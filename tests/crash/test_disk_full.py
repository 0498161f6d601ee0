"""A disk that is full at any moment leaves the old state or the new one, and a message."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from everywrite import check_left, command, state, working_copy
from mounts import mounted
from test_every_write import CASES, Case, prepared

__all__ = ["prepared"]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
PAGE = 4096
SIZE = 4 << 20
# What every command line fits into.
ENOUGH = 1 << 20


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A small file system in memory."""
    with mounted(tmp_path_factory.mktemp("disk"), "-t", "tmpfs", "-o", f"size={SIZE}", "tdv") as at:
        yield at


def fill(disk: Path, left: int) -> Path:
    """Leave so many bytes of the disk free."""
    filler = disk / "filler"
    stat = os.statvfs(disk)
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(1, stat.f_bavail * stat.f_frsize - left))
    assert os.statvfs(disk).f_bavail * stat.f_frsize == left
    return filler


@pytest.mark.parametrize("name", CASES)
def test_every_amount_of_space(
    tmp_path: Path,
    disk: Path,
    prepared: Callable[[Case], Path],
    name: str,
    record_property: Callable[[str, object], None],
) -> None:
    case = CASES[name]
    before = prepared(case)
    whole = tmp_path / "whole"
    shutil.copytree(before, whole, symlinks=True)
    assert command(whole, case.words).code == case.code
    old, new = (state(before), working_copy(before)), (state(whole), working_copy(whole))
    tried = worked = 0
    for left in range(0, ENOUGH, PAGE):
        folder = disk / "work"
        shutil.copytree(before, folder, symlinks=True)
        filler = fill(disk, left)
        outcome = command(folder, case.words)
        filler.unlink()
        where = f"{case.words} with {left} bytes free"
        assert outcome.code in (3, case.code), (where, outcome.err)
        if outcome.code == 3:
            assert "There is no space left" in outcome.err, (where, outcome.err)
        check_left(folder, case, old, new, where)
        shutil.rmtree(folder)
        tried += 1
        worked += outcome.code == case.code
        # What cannot be written behind the commit point, small files and caches, may have failed.
        if worked == 3:
            break
    assert worked == 3
    record_property("full disks", tried)
