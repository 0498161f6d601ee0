"""The table of commands: name -> module, one line of help, group. Nothing is imported here.

`tdv --help` is drawn from this table alone, and running a command imports its module only.
"""

from __future__ import annotations

from typing import NamedTuple


class Listed(NamedTuple):
    """A command as `tdv --help` shows it.

    Attributes:
        group: one of `GROUPS`.
        help: one line, a full sentence.
        module: in `tdv.cli.commands`, where it differs from the command's name.
    """

    group: str
    help: str
    module: str = ""


GROUPS = {
    "start": "Start",
    "change": "Change the data",
    "history": "Look at and move through history",
    "quality": "Judge the data",
    "improve": "Improve the data",
    "exchange": "Read, exchange and publish",
    "admin": "Keep the repository in order",
}

COMMANDS: dict[str, Listed] = {
    "init": Listed("start", "Create a repository in a folder."),
    "validate": Listed("quality", "Hold data against the rules of its datasets."),
    "demo": Listed("start", "Run a guided tour on sample data in a temporary folder."),
    "config": Listed("start", "Read and write settings."),
    "add": Listed("change", "Put the present content of files into the stage."),
    "rm": Listed("change", "Remove files from the stage and the working copy."),
    "mv": Listed("change", "Move or rename a file or folder."),
    "status": Listed("change", "Show what changed since the last commit, in rows."),
    "diff": Listed("change", "Show which rows and fields differ between two versions."),
    "commit": Listed("change", "Record the stage as a new version."),
    "restore": Listed("change", "Bring files back from the stage or from a revision."),
    "reset": Listed("change", "Let HEAD's branch point elsewhere, or take files out of the stage."),
    "stash": Listed("change", "Put local changes aside, and bring them back."),
    "undo": Listed("change", "Take the last operations back."),
    "redo": Listed("change", "Take the last undo back."),
    "merge": Listed("change", "Bring what another branch changed into this one, row by row."),
    "conflicts": Listed("change", "List what a merge could not decide."),
    "resolve": Listed("change", "Decide conflicts: ours, theirs, base, both, or other content."),
    "revert": Listed("change", "Take a commit's change back out of the present data."),
    "cherry-pick": Listed("change", "Bring one commit's change, or one row, into the data."),
    "log": Listed("history", "List the commits that lead to a revision."),
    "show": Listed("history", "Show a commit and what it changed."),
    "blame": Listed("history", "Show which commit made each row, or field, what it is."),
    "bisect": Listed("history", "Find the commit that brought something in."),
    "branch": Listed("history", "List, create, rename or delete branches."),
    "switch": Listed("history", "Move to another branch."),
    "checkout": Listed("history", "Move to a revision, or bring files back from one."),
    "tag": Listed("history", "List, create or delete tags; number versions."),
    "op": Listed("history", "Look at the log of operations on this repository, or go back in it."),
    "dataset": Listed("quality", "Say in tdv.toml what the data is; list what is said."),
    "rules": Listed("quality", "List the rules of `tdv validate`, or explain one of them."),
    "schema": Listed("quality", "Propose a JSON Schema from data, or look at one."),
    "stats": Listed("quality", "Show what a version of the data looks like, in figures."),
    "cat": Listed("exchange", "Print a file of a revision: its exact bytes, or its rows."),
    "ls": Listed("exchange", "List the files of a revision with rows and sizes."),
    "fsck": Listed("admin", "Verify every object, index, ref and operation record."),
    "gc": Listed("admin", "Drop what nothing leads to, and store old versions together."),
    "purge": Listed("admin", "Erase a row from every version of a file, for good."),
    "debug": Listed("admin", "Look inside the store: objects, chunks, packs, revisions."),
}
