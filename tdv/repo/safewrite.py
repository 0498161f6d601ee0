"""Write files of the working copy: whole or not at all, and never through a symbolic link.

A file is written under `.tdv/tmp` and renamed into its place. Folders are opened one below the
other with O_NOFOLLOW, so that a link put in a folder's place leads nowhere. Nothing is synced:
the content of every file written here is in the store, which was, and the command that writes
them runs again after a crash and finishes.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from tdv.errors import PathError
from tdv.model.entry import Mode
from tdv.model.names import check_path
from tdv.repo.statcache import TICK
from tdv.store import files

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# Bytes, and blocks, that one call writes.
RUN_BYTES = 2 << 20
RUN_BLOCKS = 64
_NOT_A_FOLDER = (errno.ENOTDIR, errno.ELOOP, errno.EMLINK)


class WorkingCopyWriter:
    """Writes and removes files below one root; a context manager, since it keeps folders open.

    Args:
        root: of the working copy.
        scratch: `.tdv/tmp`.
    """

    def __init__(self, root: Path, scratch: Path) -> None:
        self._root = os.fsencode(root)
        self._scratch = os.fsencode(scratch)
        # The folders from the root to the one written last, with their descriptors.
        self._names: list[bytes] = []
        self._open: list[int] = []

    def __enter__(self) -> WorkingCopyWriter:
        self._open.append(os.open(self._root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        while self._open:
            os.close(self._open.pop())
        self._names.clear()

    def write(self, path: bytes, mode: Mode, blocks: Iterable[bytes]) -> os.stat_result:
        """Put a file or a link in place of what stands there, and its folders where they lack.

        Args:
            path: inside the repository.
            blocks: the content; of a link, its target.

        Returns:
            the new file's stat. Its time of modification lies a tick back, so that whatever
            changes the file from now on changes its stat too.

        Raises:
            PathError: a folder of the path is a link or a file, or a folder stands there.
            StorageError: the disk refused.
        """
        shown = os.fsdecode(path)
        with files.refusals(shown):
            folder, name = self._enter(path, make=True)
            temporary = b"%s/checkout.%s" % (self._scratch, os.urandom(8).hex().encode())
            try:
                self._fill(temporary, mode, blocks)
                self._put(temporary, folder, name, path)
            except BaseException:
                files.unlink(Path(os.fsdecode(temporary)))
                raise
            return os.stat(name, dir_fd=folder, follow_symlinks=False)

    def remove(self, path: bytes) -> None:
        """Remove a file or a link, and the folders that it leaves empty; missing is fine.

        Nothing is removed when a folder of the path is a link or a file, or when a folder
        stands there.
        """
        with files.refusals(os.fsdecode(path)):
            try:
                folder, name = self._enter(path, make=False)
                there = os.stat(name, dir_fd=folder, follow_symlinks=False)
            except (FileNotFoundError, PathError):
                return
            if stat.S_ISDIR(there.st_mode):
                return
            files.unlink_at(folder, name, path)
            self._remove_empty(path)

    def move(self, source: bytes, target: bytes) -> None:
        """Rename a file, link or folder, and make the folders of its new path where they lack.

        Raises:
            PathError: a folder of either path is a link or a file.
            StorageError: the disk refused.
        """
        with files.refusals(os.fsdecode(target)):
            folder, name = self._enter(source, make=False)
            held = os.dup(folder)
            try:
                into, new_name = self._enter(target, make=True)
                files.rename_at(name, into, new_name, target, source_folder=held)
            finally:
                os.close(held)
            self._enter(source, make=False)
            self._remove_empty(source)

    def make_way(self, path: bytes) -> None:
        """Remove the empty folders that stand where a file is to be; others are left."""
        full = os.path.join(self._root, path)
        if not os.path.isdir(full) or os.path.islink(full):
            return
        with files.refusals(os.fsdecode(path)), suppress(OSError):
            for above, _, _ in os.walk(full, topdown=False):
                inside = os.path.relpath(above, self._root)
                folder, name = self._enter(inside, make=False)
                files.remove_folder_at(folder, name, inside)

    def _enter(self, path: bytes, *, make: bool) -> tuple[int, bytes]:
        """The descriptor of a path's folder, and the last part of the path."""
        *above, name = check_path(path).split(b"/")
        common = 0
        while common < min(len(above), len(self._names)) and above[common] == self._names[common]:
            common += 1
        self._leave(common)
        for at in range(common, len(above)):
            inside = b"/".join(above[: at + 1])
            self._open.append(self._open_folder(above[at], inside, make))
            self._names.append(above[at])
        return self._open[-1], name

    def _leave(self, depth: int) -> None:
        while len(self._names) > depth:
            self._names.pop()
            os.close(self._open.pop())

    def _open_folder(self, name: bytes, inside: bytes, make: bool) -> int:
        try:
            return self._opened(name, inside)
        except FileNotFoundError:
            if not make:
                raise
            files.make_folder_at(self._open[-1], name, inside)
            return self._opened(name, inside)

    def _opened(self, name: bytes, inside: bytes) -> int:
        try:
            return os.open(name, _FOLDER, dir_fd=self._open[-1])
        except OSError as error:
            if error.errno not in _NOT_A_FOLDER:
                raise
            raise PathError(
                f"`{os.fsdecode(inside)}` is a symbolic link or a file; nothing is written "
                "through it.",
                hint="Move it out of the way, and run the command again.",
            ) from error

    def _fill(self, temporary: bytes, mode: Mode, blocks: Iterable[bytes]) -> None:
        if mode is Mode.SYMLINK:
            files.symlink(b"".join(blocks), temporary)
            return
        descriptor = files.create(temporary, 0o777 if mode is Mode.EXECUTABLE else 0o666)
        try:
            made = os.fstat(descriptor).st_mtime_ns - TICK
            for parts in _runs(blocks):
                files.write_parts(descriptor, parts, temporary)
            os.utime(descriptor, ns=(made, made))
        finally:
            os.close(descriptor)

    def _put(self, temporary: bytes, folder: int, name: bytes, path: bytes) -> None:
        try:
            files.rename_at(temporary, folder, name, path)
        except OSError as error:
            if error.errno == errno.EXDEV:
                raise PathError(
                    f"`{os.fsdecode(path)}` lies on another file system than `.tdv`, and so "
                    "cannot be replaced in one step.",
                    hint="Keep the working copy and `.tdv` on one file system; a folder mounted "
                    "from elsewhere can be a symbolic link.",
                ) from error
            if error.errno in (errno.EISDIR, errno.ENOTEMPTY, errno.EEXIST):
                raise PathError(
                    f"`{os.fsdecode(path)}` is a folder, and a file is to stand there.",
                    hint="Move the folder out of the way, and run the command again.",
                ) from error
            raise

    def _remove_empty(self, path: bytes) -> None:
        above = path.split(b"/")[:-1]
        while above:
            self._leave(len(above) - 1)
            try:
                files.remove_folder_at(self._open[-1], above[-1], b"/".join(above))
            except OSError:
                return
            above.pop()


def _runs(blocks: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Blocks in runs of about `RUN_BYTES`."""
    run: list[bytes] = []
    size = 0
    for block in blocks:
        if not block:
            continue
        run.append(block)
        size += len(block)
        if size >= RUN_BYTES or len(run) == RUN_BLOCKS:
            yield run
            run, size = [], 0
    if run:
        yield run
