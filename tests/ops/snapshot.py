"""Everything that a command may change."""

from __future__ import annotations

import os
from pathlib import Path

from tdv.repo.repository import Repo


def everything(root: Path):
    """Refs, HEAD, stage, work in progress, and every file with its bytes and its mode."""
    repo = Repo.open(root)
    files = {}
    for above, _, inside in os.walk(root):
        if ".tdv" not in Path(above).parts:
            for name in inside:
                path = Path(above, name)
                files[str(path.relative_to(root))] = (
                    os.readlink(path)
                    if path.is_symlink()
                    else (path.read_bytes(), path.stat().st_mode & 0o100)
                )
            for name in os.listdir(above):
                path = Path(above, name)
                if path.is_symlink():
                    files[str(path.relative_to(root))] = os.readlink(path)
    return repo.head(), dict(repo.refs.items()), repo.stage(), repo.work(), files
