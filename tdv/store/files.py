"""The one seam through which tdv writes to disk.

Every write, fsync, rename and unlink inside `.tdv` and in the working copy goes through a
function of this module, and each of them calls `fault` first, so that a test can make any of
them fail, write short or stop the process.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from tdv.errors import StorageError

# Called as fault(what, path) before each step; tests put a function here that raises or kills.
fault: Callable[[str, str], None] | None = None


def write_file(path: Path, data: bytes, *, scratch: Path) -> None:
    """Replace a file of the repository atomically and durably.

    Args:
        path: the file to replace or create; its folder exists.
        data: the whole new content.
        scratch: a folder on the same file system for the temporary file (`.tdv/tmp`).

    After a crash at any moment the file holds the old content or the new one, whole; a
    temporary file may be left in `scratch`, which the next command removes. When this returns,
    the new content survives a power cut: file and folder have been synced.
    """
    replace_file(path, data, scratch=scratch)
    with refusals(path):
        sync_folder(path.parent)


def replace_file(path: Path, data: bytes, *, scratch: Path) -> None:
    """As `write_file`, but the caller syncs the folder, when all files in it are written."""
    temporary = scratch / f"{path.name}.{os.urandom(8).hex()}"
    with refusals(path):
        descriptor = create(temporary)
        try:
            write_all(descriptor, data, temporary)
            sync(descriptor, temporary)
        finally:
            os.close(descriptor)
        rename(temporary, path)


def create(path: Path | bytes, mode: int = 0o666) -> int:
    """Open a new file for writing; FileExistsError when something stands there."""
    _checkpoint("create", path)
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
    return os.open(path, flags, mode)


def write_all(descriptor: int, data: bytes | memoryview, path: Path | bytes) -> None:
    """Write every byte, however the system splits it."""
    _checkpoint("write", path)
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def write_parts(descriptor: int, parts: Sequence[bytes], path: Path | bytes) -> None:
    """Write every byte of some blocks, one after the other, in as few calls as may be.

    Each call lets go of the interpreter's lock, and waits for it beside threads that decode.
    """
    _checkpoint("write", path)
    written = os.writev(descriptor, parts)
    if written < sum(map(len, parts)):
        view = memoryview(b"".join(parts))[written:]
        while view:
            view = view[os.write(descriptor, view) :]


def sync(descriptor: int, path: Path) -> None:
    """Make a file's bytes survive a power cut (F_FULLFSYNC on macOS)."""
    _checkpoint("fsync", path)
    if sys.platform == "darwin":
        import fcntl  # only on macOS does fsync leave the drive's own cache unflushed

        try:
            fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
            return
        except OSError as error:
            if error.errno not in (errno.ENOTSUP, errno.EINVAL, errno.ENOTTY):
                raise
    os.fsync(descriptor)


def sync_folder(path: Path) -> None:
    """Make the names in a folder survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        sync(descriptor, path)
    finally:
        os.close(descriptor)


def rename(source: Path, target: Path) -> None:
    """Put a file in another's place in one step."""
    _checkpoint("rename", target)
    os.rename(source, target)


def unlink(path: Path) -> None:
    """Remove a file; nothing happens when there is none."""
    _checkpoint("unlink", path)
    path.unlink(missing_ok=True)


def remove_folder(path: Path) -> None:
    """Remove an empty folder; nothing happens when there is none."""
    _checkpoint("rmdir", path)
    with suppress(FileNotFoundError):
        path.rmdir()


def rename_at(
    source: bytes, folder: int, name: bytes, path: bytes, *, source_folder: int | None = None
) -> None:
    """Put a file in another's place in one step.

    Args:
        source: a path, or a name inside `source_folder` where that is given.
        folder: descriptor of the target's folder, so that no link can lead elsewhere.
        name: of the target inside that folder.
        path: of the target, for whoever watches.
    """
    _checkpoint("rename", path)
    os.rename(source, name, src_dir_fd=source_folder, dst_dir_fd=folder)


def symlink(target: bytes, path: bytes) -> None:
    """Make a new symbolic link."""
    _checkpoint("symlink", path)
    os.symlink(target, path)


def unlink_at(folder: int, name: bytes, path: bytes) -> None:
    """Remove a file or a link from an open folder; nothing happens when there is none."""
    _checkpoint("unlink", path)
    with suppress(FileNotFoundError):
        os.unlink(name, dir_fd=folder)


def make_folder_at(folder: int, name: bytes, path: bytes) -> None:
    """Create a folder in an open folder; nothing happens when something is there."""
    _checkpoint("mkdir", path)
    with suppress(FileExistsError):
        os.mkdir(name, dir_fd=folder)


def remove_folder_at(folder: int, name: bytes, path: bytes) -> None:
    """Remove an empty folder from an open folder; OSError when it is not empty."""
    _checkpoint("rmdir", path)
    os.rmdir(name, dir_fd=folder)


def truncate(descriptor: int, size: int, path: Path) -> None:
    """Cut a file to that many bytes."""
    _checkpoint("truncate", path)
    os.ftruncate(descriptor, size)


def make_folder(path: Path) -> None:
    """Create a folder and those above it; nothing happens when it is there."""
    if not path.is_dir():
        _checkpoint("mkdir", path)
        path.mkdir(parents=True, exist_ok=True)


@contextmanager
def refusals(path: Path | str) -> Iterator[None]:
    """Turn what a disk refuses into a StorageError that names the path.

    Raises:
        StorageError: no space, no quota, a read-only file system or folder, no permission.
    """
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            message = f"There is no space left to write {path}."
            hint = "Free some space and run the command again; nothing was changed."
        elif error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
            message = f"{path} cannot be written: {error.strerror}."
            hint = "Check who owns the folder, and whether it is mounted read-only."
        else:
            raise
        raise StorageError(message, hint=hint) from error


def _checkpoint(what: str, path: Path | bytes) -> None:
    if fault is not None:
        fault(what, os.fsdecode(path))
