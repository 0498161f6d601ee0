"""Which names may stand in a tree. Checked when a tree is written and when one is read."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from tdv.errors import PathError

REPOSITORY_FOLDER = ".tdv"
# Refused beside it: a checkout that could write `.git/hooks` could run programs.
_GIT_FOLDER = ".git"
# Folders are worked on one inside the other; nothing that people make is nested so deep.
MAX_DEPTH = 100
_DOT = ord(".")


def check_name(name: bytes) -> bytes:
    """The name itself, when it may stand in a tree.

    Raises:
        PathError: it is empty, `.`, `..`, holds `/` or NUL, or some file system would take it
            for the folder of a repository, tdv's or git's.
    """
    if not isinstance(name, bytes):
        raise PathError("A tree holds a name that is not bytes.")
    if not name or name in (b".", b"..") or b"/" in name or b"\0" in name:
        raise PathError(f"The name `{_shown(name)}` may not stand in a tree.")
    # Only a name that starts like one, or one that is not plain ASCII, can be a form of them.
    if (name[0] == _DOT or not name.isascii()) and _is_repository_folder(name):
        raise PathError(
            f"The name `{_shown(name)}` is a form of `.tdv` or `.git`, the folders of "
            "repositories, and is refused."
        )
    return name


def check_path(path: bytes) -> bytes:
    """The path itself, when each of its parts may stand in a tree; else PathError."""
    for name in path.split(b"/"):
        check_name(name)
    return check_depth(path)


def check_depth(path: bytes) -> bytes:
    """The path itself, unless it has more parts than MAX_DEPTH; then PathError."""
    if path.count(b"/") >= MAX_DEPTH:
        start = _shown(b"/".join(path.split(b"/")[:3]))
        raise PathError(
            f"A path below `{start}/` has more than {MAX_DEPTH} parts, which tdv does not store.",
            hint="Move the files up, or list their folder in `.tdvignore`.",
        )
    return path


def fold(name: bytes) -> bytes:
    """The form under which some file systems take two names for one: NFC, case folded."""
    if name.isascii():
        return name.lower()
    text = name.decode("utf-8", "surrogateescape")
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
    return folded.encode("utf-8", "surrogateescape")


def _shown(name: bytes) -> str:
    return ascii(name)[2:-1]


@lru_cache(maxsize=4096)
def _is_repository_folder(name: bytes) -> bool:
    if not name.isascii():
        text = name.decode("utf-8", "surrogateescape")
        # HFS+ ignores format characters (Cf: zero-width joiners, direction marks) in names.
        text = "".join(c for c in text if unicodedata.category(c) not in ("Cf", "Cc"))
        name = unicodedata.normalize("NFKC", text).casefold().encode("utf-8", "surrogateescape")
    # NTFS and FAT drop trailing dots and spaces, and read `name:stream` as the name.
    bare = name.split(b":")[0].lower().rstrip(b". ")
    return bare in (REPOSITORY_FOLDER.encode(), _GIT_FOLDER.encode())
