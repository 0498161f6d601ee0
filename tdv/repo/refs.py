"""Refs, HEAD and the stage: small files, with the newest operation record laid over them."""

from __future__ import annotations

import os
import re
from bisect import bisect_left
from collections.abc import Iterator
from pathlib import Path

from tdv.errors import IntegrityError, UsageError
from tdv.model.oid import Oid
from tdv.model.operation import Head, OperationRecord
from tdv.repo import layout
from tdv.repo.oplog import OperationLog

_HEX = re.compile(rb"[0-9a-f]{64}\n")
_LONGER_THAN_ANY = 128
_SYMBOLIC = b"ref: refs/heads/"
# As `git check-ref-format`: what would be read as something else in a revision or a path.
_REFUSED = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//")


def ref_name_fault(name: str) -> str | None:
    """Why a branch or tag may not have that name, or None when it may."""
    if not name or name in ("@", "HEAD"):
        return "it is empty or reserved"
    if name.startswith(("-", "/")) or name.endswith(("/", ".")):
        return "it starts with `-` or `/`, or ends with `/` or `.`"
    found = _REFUSED.search(name)
    if found:
        return f"it contains {found.group()!r}"
    for part in name.split("/"):
        if part.startswith(".") or part.endswith(".lock"):
            return "a part of it starts with `.` or ends with `.lock`"
    try:
        encoded = name.encode()
    except UnicodeEncodeError:
        return "it is not valid UTF-8"
    return "a part of it is longer than 200 bytes" if _too_long(encoded) else None


def check_ref_name(name: str, what: str = "branch") -> str:
    """The name itself, when a branch or tag may have it; UsageError with the reason if not."""
    fault = ref_name_fault(name)
    if fault is not None:
        raise UsageError(f"{name!r} is not a valid {what} name: {fault}.")
    return name


class Refs:
    """Reads refs, HEAD and the stage of one repository.

    Names are full: `refs/heads/main`. One ref is read without looking at any other.
    """

    def __init__(self, folder: Path, oplog: OperationLog) -> None:
        self._folder = folder
        self._oplog = oplog
        self._newest: OperationRecord | None = None
        self._values: dict[str, Oid | None] = {}
        self._sorted: list[str] = []

    def get(self, name: str) -> Oid | None:
        """The ref's value, or None when there is no such ref.

        Raises:
            IntegrityError: the ref's file is torn or damaged.
        """
        laid_over = self._laid_over()
        return laid_over[name] if name in laid_over else self.read_file(name)

    def branch(self, name: str) -> Oid | None:
        """The commit that a branch points at, or None when there is no such branch."""
        return self.get(layout.HEADS + name)

    def tag(self, name: str) -> Oid | None:
        """What a tag points at, a commit or a tag object; None when there is no such tag."""
        return self.get(layout.TAGS + name)

    def items(self, prefix: str = "refs/") -> Iterator[tuple[str, Oid]]:
        """The refs below a prefix that ends with `/`, in order of their names.

        Raises:
            IntegrityError: a ref's file is torn or damaged.
        """
        laid_over = self._laid_over()
        for name in self.names(prefix):
            value = laid_over[name] if name in laid_over else self.read_file(name)
            if value is not None:
                yield name, value

    def names(self, prefix: str = "refs/") -> list[str]:
        """Full names of the refs below a prefix that ends with `/`, sorted, unread."""
        found = set(_files_below(self._folder / prefix, prefix))
        values = self._laid_over()
        # Not a look at each: an `undo` may bring 10,000 refs back, and asks for each of them.
        first = bisect_left(self._sorted, prefix)
        last = bisect_left(self._sorted, prefix[:-1] + "0", first)  # "0" follows "/"
        for name in self._sorted[first:last]:
            (found.discard if values[name] is None else found.add)(name)
        return sorted(found)

    def _laid_over(self) -> dict[str, Oid | None]:
        """The values of refs that the newest record has, which stand over those in files."""
        newest = self._oplog.newest()
        if newest is not self._newest:
            changes = () if newest is None else newest.changes
            self._values = {change.name: change.new for change in changes}
            self._sorted = sorted(self._values)
            self._newest = newest
        return self._values

    def head(self) -> Head:
        """Where HEAD stands; IntegrityError when its file is damaged."""
        newest = self._oplog.newest()
        return self.read_head() if newest is None else newest.head

    def stage(self) -> Oid:
        """The tree that the stage holds; IntegrityError when its file is damaged."""
        newest = self._oplog.newest()
        if newest is not None:
            return newest.stage
        oid = self.read_file(layout.STAGE)
        if oid is None:
            raise self._damaged(layout.STAGE, "is missing")
        return oid

    def read_file(self, name: str) -> Oid | None:
        """The oid in the file of that name inside `.tdv`, whatever the operation log says."""
        if name != layout.STAGE and ref_name_fault(name) is not None:
            return None
        data = _read(f"{self._folder}/{name}")
        if data is None:
            return None
        if not _HEX.fullmatch(data):
            raise self._damaged(name, "does not hold an oid")
        return Oid.parse(data[:-1].decode())

    def read_head(self) -> Head:
        """HEAD by its file, whatever the operation log says."""
        head = self.read_head_file()
        return head if head.branch is None else Head(head.branch, self.branch(head.branch))

    def read_head_file(self) -> Head:
        """HEAD by its file alone: on a branch without the branch's commit."""
        try:
            data = (self._folder / layout.HEAD).read_bytes()
        except FileNotFoundError:
            raise self._damaged(layout.HEAD, "is missing") from None
        if _HEX.fullmatch(data):
            return Head(None, Oid.parse(data[:-1].decode()))
        if data.startswith(_SYMBOLIC) and data.endswith(b"\n"):
            name = data[len(_SYMBOLIC) : -1].decode("utf-8", "replace")
            if ref_name_fault(name) is None:
                return Head(name, None)
        raise self._damaged(layout.HEAD, "holds neither a branch nor a commit")

    def _damaged(self, name: str, what: str) -> IntegrityError:
        return IntegrityError(
            f"The file {self._folder / name} {what}.",
            hint="`tdv op log` shows the values that it had.",
        )


def _read(path: str) -> bytes | None:
    """The start of a small file; None when there is none. Of 10,000 refs, `Path` is the half."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        return os.read(descriptor, _LONGER_THAN_ANY)
    except IsADirectoryError:
        return None
    finally:
        os.close(descriptor)


def file_content(oid: Oid) -> bytes:
    """What the file of a ref or of the stage holds."""
    return f"{oid}\n".encode()


def head_content(head: Head) -> bytes:
    """What the file HEAD holds."""
    if head.branch is not None:
        return _SYMBOLIC + f"{head.branch}\n".encode()
    if head.commit is None:
        raise ValueError("a detached HEAD stands on a commit")
    return file_content(head.commit)


def _files_below(folder: Path, prefix: str) -> Iterator[str]:
    pending = [(os.fspath(folder), prefix)]
    while pending:
        place, below = pending.pop()
        try:
            with os.scandir(place) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        pending.append((entry.path, f"{below}{entry.name}/"))
                    else:
                        yield below + entry.name
        except (FileNotFoundError, NotADirectoryError):
            continue


def _too_long(encoded: bytes) -> bool:
    return any(len(part) > 200 for part in encoded.split(b"/")) or len(encoded) > 900
