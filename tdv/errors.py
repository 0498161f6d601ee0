"""Every error that tdv raises on purpose.

TdvError                     70  (never raised itself)
├── Findings                  1  the command worked; what it found calls for attention
├── UsageError                2  the command line, the configuration or `tdv.toml` is wrong
│   ├── ConfigError           2
│   └── RuleFailed            2  a rule of the user's own raised
├── RepositoryError           3
│   ├── NotARepository        3
│   ├── UnsupportedVersion    3  written by a newer tdv, or with an unknown feature
│   ├── RevisionError         3  unknown or ambiguous revision
│   ├── PathError             3  no such path in that revision, or a path that may not be stored
│   ├── IntegrityError        3
│   │   ├── ObjectMissing     3
│   │   └── ObjectCorrupt     3
│   ├── Overtaken             4  another command was faster: run this one again
│   ├── RecordError           3  a record that does not decode, where a row was asked for
│   └── StorageError          3  no space, no permission, a file system that cannot lock
├── WorkInTheWay              4  unsaved work would be overwritten, or a state must be settled first
│   └── FileChanged           4  a file changed while it was read
└── RemoteError               5
    └── WorkerDied            5  a process that works for a command was killed

A command ends with the exit code of the error that it let through; `cli.main` catches once.
"""

from __future__ import annotations

from typing import ClassVar


class TdvError(Exception):
    """An error for the user: one full sentence, and where it helps, what to do next.

    Args:
        message: what happened, to which file, row, field or object.
        hint: what to do next, or None.
    """

    exit_code: ClassVar[int] = 70

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class Findings(TdvError):
    """The command did its work and found something to act on: nothing to commit, differences."""

    exit_code = 1


class UsageError(TdvError):
    """The command line asks for something that cannot be."""

    exit_code = 2


class ConfigError(UsageError):
    """A configuration file or `tdv.toml` does not say something that tdv understands."""


class RuleFailed(UsageError):
    """A rule of the user's own raised an exception on a row.

    Attributes:
        row: number of the row, from 0, in whatever the one who raises it sees; None: not known.
    """

    row: int | None = None

    def placed(self, path: str, row: int) -> RuleFailed:
        """The same error, saying on which row of which file; `row` from 0."""
        return RuleFailed(f"{self.message} It was given row {row} of {path}.", hint=self.hint)


class RepositoryError(TdvError):
    """The repository cannot do what was asked."""

    exit_code = 3


class NotARepository(RepositoryError):
    """Neither the folder nor one above it holds a `.tdv` folder."""


class UnsupportedVersion(RepositoryError):
    """Something stored has a version or a feature that this tdv does not know."""


class RevisionError(RepositoryError):
    """A revision names nothing, or more than one thing."""


class PathError(RepositoryError):
    """A path that the revision does not hold, or that may not be stored or written."""


class IntegrityError(RepositoryError):
    """Stored bytes are not what they should be."""


class ObjectMissing(IntegrityError):
    """An object that is referred to is in no pack."""


class ObjectCorrupt(IntegrityError):
    """An object's bytes do not give its oid, or cannot be decoded."""


class RecordError(RepositoryError):
    """A record that does not decode stands where a row was asked for."""


class Overtaken(RepositoryError):
    """Another command changed the same meanwhile; nothing was changed. Run this one again."""

    exit_code = 4


class StorageError(RepositoryError):
    """The disk or the file system refused."""


class WorkInTheWay(TdvError):
    """Unsaved work would be lost; nothing was changed."""

    exit_code = 4


class FileChanged(WorkInTheWay):
    """A file was written to while tdv read it; nothing was recorded."""


class RemoteError(TdvError):
    """A remote, the network or a cluster failed; the local repository is intact."""

    exit_code = 5


class WorkerDied(RemoteError):
    """A process that works for a command was killed, more than once over the same task."""
