"""Notes: what an analysis said of a commit, kept beside it without changing it.

Each analysis has a ref, `refs/notes/quality`, on a tree whose files are named by the commits'
oids and hold one note object each. A note is found by a descent, and a new one writes the nodes
on its path, however many there are.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from tdv.errors import ObjectCorrupt, UsageError
from tdv.model.codec import MAX_PAYLOAD
from tdv.model.entry import Entry, FileEntry, Mode
from tdv.model.oid import Kind, Oid
from tdv.model.tag import NOTE_FORMAT, Note
from tdv.model.tree import TreeNode
from tdv.repo import layout
from tdv.repo.refs import check_ref_name
from tdv.store import trees

if TYPE_CHECKING:
    from tdv.repo.repository import Repo

# Nodes that are kept while many notes are read: enough for those of 60,000 commits.
NODES = 1024


class Notes:
    """The notes of one repository, for one command: nodes that were read are kept."""

    def __init__(self, repo: Repo) -> None:
        self._repo = repo

        @lru_cache(maxsize=NODES)
        def read(oid: Oid, level: int | None) -> TreeNode:
            return trees.read_tree_node(repo.store, oid, level)

        self._read = read

    def get(self, commit: Oid, analysis: str) -> bytes | None:
        """What the analysis said of a commit; None where it said nothing.

        Raises:
            UsageError: an analysis may not have that name.
            IntegrityError: the note is missing or damaged, or is about something else.
        """
        root = self._repo.refs.get(_ref(analysis))
        if root is None:
            return None
        entry = trees.find_item(self._read, root, _name(commit))
        return None if entry is None else _note(self._repo, entry, commit, analysis).content

    def put(self, commit: Oid, analysis: str, content: bytes) -> bool:
        """Keep what an analysis says of a commit, in the place of what it said before.

        One operation, which `undo` takes back. Commands that do so at the same time all get
        their note in.

        Returns:
            whether it is another note than there was; else nothing was written.

        Raises:
            UsageError: an analysis may not have that name.
            ObjectMissing, ObjectCorrupt: there is no such commit.
        """
        ref, name = _ref(analysis), _name(commit)
        self._repo.commit(commit)
        note = Note(commit, analysis, content).to_bytes()
        if len(note) > MAX_PAYLOAD:
            raise UsageError(f"A note of {len(note):,} bytes is larger than any tdv reads.")
        with self._repo.writing() as writer:
            oid = writer.put(Kind.NOTE, note)
            writer.publish()
            entry = FileEntry(Mode.FILE, NOTE_FORMAT, len(note), None, oid)
            with self._repo.transaction(f"note {analysis}") as change:
                old = self._repo.refs.get(ref)
                new = trees.update(writer, old or trees.EMPTY_TREE, {name: entry})
                writer.publish()
                change.set_ref(ref, new, expect=old)
                change.commit()
        return new != old

    def items(self, analysis: str) -> Iterator[tuple[Oid, bytes]]:
        """The commits that have a note, in order of their oids, with what it says."""
        root = self._repo.refs.get(_ref(analysis))
        if root is None:
            return
        for name, entry in trees.items_of(self._repo.store, root):
            commit = commit_of(name)
            yield commit, _note(self._repo, entry, commit, analysis).content


def commit_of(name: bytes) -> Oid:
    """The commit that a note's file is named by; ObjectCorrupt when it is named otherwise."""
    try:
        return Oid.parse(name.decode("ascii"))
    except (ValueError, UnicodeDecodeError):
        raise ObjectCorrupt(f"A note has the name {name!r}, which is no commit's oid.") from None


def _ref(analysis: str) -> str:
    return layout.NOTES + check_ref_name(analysis, "analysis")


def _name(commit: Oid) -> bytes:
    return str(commit).encode()


def _note(repo: Repo, entry: Entry, commit: Oid, analysis: str) -> Note:
    if not isinstance(entry, FileEntry) or entry.format != NOTE_FORMAT or entry.root is None:
        raise ObjectCorrupt(f"What stands for the note of {analysis} on {commit.short} is none.")
    note = Note.from_bytes(repo.store.get(entry.root, Kind.NOTE))
    if (note.commit, note.analysis) != (commit, analysis):
        raise ObjectCorrupt(
            f"The note of {analysis} on {commit.short} is about {note.analysis} of "
            f"{note.commit.short}."
        )
    return note
