"""`init`: make a repository in a folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tdv.errors import StorageError
from tdv.model.names import REPOSITORY_FOLDER
from tdv.repo import layout
from tdv.repo.config import Config
from tdv.repo.identity import Caller
from tdv.repo.repository import Repo
from tdv.store import files

_EXCLUDED = f"{REPOSITORY_FOLDER}/"


@dataclass(frozen=True, slots=True)
class Initialised:
    """What `init` did.

    Attributes:
        created: False when there was a repository already, which is left as it is.
        branch: that HEAD is on; None when it is detached.
        around: the root of a repository that the new one lies in, or None.
        excluded_in: git's file that now keeps git from seeing `.tdv`, or None when there was
            nothing to write.
        excluded_failed: why that file could not be written, or "".
    """

    repo: Repo
    created: bool
    branch: str | None
    around: Path | None = None
    excluded_in: Path | None = None
    excluded_failed: str = ""


def init(root: Path, *, branch: str | None = None, caller: Caller | None = None) -> Initialised:
    """Make a repository, or say that there is one.

    Args:
        root: the folder; it is created when there is none.
        branch: the first branch; by default `init.branch` of the user's configuration, or main.

    Raises:
        UsageError: the branch may not have that name.
        StorageError: the folder cannot be written.
    """
    caller = caller or Caller()
    existed = (layout.folder_of(root) / layout.FORMAT).exists()
    if branch is None:
        branch = Config(None, caller.user_config, caller.environ).get("init.branch")
    repo = Repo.init(root, branch=branch or layout.DEFAULT_BRANCH, caller=caller)
    around = None if existed else _repository_around(root)
    excluded, failed = None, ""
    try:
        excluded = _exclude_from_git(root)
    except (OSError, StorageError, UnicodeDecodeError) as error:
        failed = str(error)
    return Initialised(repo, not existed, repo.head().branch, around, excluded, failed)


def _repository_around(root: Path) -> Path | None:
    above = root.absolute().parents
    return next((path for path in above if (layout.folder_of(path) / layout.FORMAT).exists()), None)


def _exclude_from_git(root: Path) -> Path | None:
    """Add `.tdv/` to git's own list of what it ignores; None when no git is there, or it is in."""
    folder = _git_folder(root.absolute())
    if folder is None:
        return None
    path = folder / "info" / "exclude"
    lines = path.read_bytes().decode("utf-8").splitlines() if path.exists() else []
    if {line.strip().strip("/") for line in lines} & {REPOSITORY_FOLDER, f"**/{REPOSITORY_FOLDER}"}:
        return None
    files.make_folder(path.parent)
    with files.refusals(path):
        text = "".join(f"{line}\n" for line in [*lines, _EXCLUDED])
        files.write_file(path, text.encode(), scratch=path.parent)
    return path


def _git_folder(root: Path) -> Path | None:
    """The folder with `info/exclude` of the git repository that holds `root`, or None.

    `.git` is a folder; in a worktree and a submodule it is a file that names one, and a
    worktree's folder names the repository's in `commondir`.
    """
    for place in (root, *root.parents):
        dot_git = place / ".git"
        if dot_git.is_dir():
            return dot_git if (dot_git / "HEAD").exists() else None
        if dot_git.is_file():
            text = dot_git.read_text("utf-8").strip()
            if not text.startswith("gitdir:"):
                return None
            folder = place / text.removeprefix("gitdir:").strip()
            shared = folder / "commondir"
            if shared.is_file():
                folder = folder / shared.read_text("utf-8").strip()
            return folder.resolve() if folder.is_dir() else None
    return None
