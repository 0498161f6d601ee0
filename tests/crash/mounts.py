"""File systems of a test's own, where the system lets it have them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def mounted(folder: Path, *words: str) -> Iterator[Path]:
    """Mount something on a folder, which is made, and unmount it in any case.

    The test is skipped where that is not permitted.

    Args:
        words: for `mount`, without the folder.
    """
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root on Linux may mount a file system")
    folder.mkdir(exist_ok=True)
    done = subprocess.run(["mount", *words, str(folder)], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"no file system may be mounted here: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        if subprocess.run(["umount", str(folder)], capture_output=True).returncode:
            # Something still has a file open; it goes as soon as that is closed.
            subprocess.run(["umount", "--lazy", str(folder)], check=True)


def formatted(image: Path, size: int) -> Path:
    """A file of so many bytes that holds an empty ext4 file system."""
    if shutil.which("mkfs.ext4") is None:
        pytest.skip("there is no mkfs.ext4")
    with image.open("wb") as file:
        file.truncate(size)
    subprocess.run(["mkfs.ext4", "-q", str(image)], check=True)
    return image
