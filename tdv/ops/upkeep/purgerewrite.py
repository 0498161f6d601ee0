"""History written anew without a row: files, trees, commits and tags."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tdv.errors import UsageError
from tdv.formats.contents import Contents
from tdv.formats.splice import Edit
from tdv.model.commit import Commit
from tdv.model.entry import FileEntry
from tdv.model.oid import Kind, Oid
from tdv.model.tag import Note, Tag
from tdv.ops.progress import Progress
from tdv.ops.upkeep.recompress import SUFFIXES, without_records
from tdv.ops.upkeep.redact import Redaction
from tdv.repo import layout
from tdv.repo.datasets import Datasets
from tdv.repo.notes import commit_of
from tdv.rowdiff.keys import KeyQuery, find_rows
from tdv.rowmerge.conflict import Unmergeable
from tdv.rowmerge.written import edited
from tdv.store import trees
from tdv.store.seqread import chunks

if TYPE_CHECKING:
    from tdv.repo.repository import Repo
    from tdv.store.writer import ObjectWriter


@dataclass(frozen=True)
class Wanted:
    """Which row of which file.

    Attributes:
        text: the key's value, as it was typed.
        fields: of the key; () for those that `tdv.toml` names.
    """

    path: bytes
    text: str
    fields: tuple[str, ...]


class Finder:
    """Finds the row in versions of its file; chunks that versions share are looked at once.

    Attributes:
        bodies: the records that were found, as they stand in files.
    """

    def __init__(self, repo: Repo, wanted: Wanted) -> None:
        self._repo = repo
        self._wanted = wanted
        self._found: dict[tuple[FileEntry, tuple[str, ...]], tuple[int, ...]] = {}
        self._in_run: dict[object, tuple[int, ...]] = {}
        self._keys: dict[object, tuple[str, ...]] = {}
        self.bodies: set[bytes] = set()
        self.rowless = 0

    def rows(self, tree: Oid) -> tuple[FileEntry | None, tuple[int, ...]]:
        """The file in a tree, and the numbers of the rows with the key."""
        entry = trees.file_at(self._repo.store, tree, self._wanted.path)
        if entry is None:
            return None, ()
        contents = Contents(entry, self._repo.store)
        if not contents.format.has_rows:
            self.rowless += 1
            return entry, ()
        fields = self._wanted.fields or self.learn(tree)
        if not fields:
            return entry, ()
        known = self._found.get((entry, fields))
        if known is None:
            query = KeyQuery.parse(self._wanted.text, fields)
            known = self._found[entry, fields] = tuple(self._search(contents, query))
            for number in known:
                self.bodies.update(contents.bodies(number, number + 1))
        return entry, known

    @property
    def versions(self) -> int:
        """How many distinct versions of the file have the row."""
        return sum(1 for numbers in self._found.values() if numbers)

    def has_key(self) -> bool:
        """Whether anything said what the key is."""
        return bool(self._wanted.fields) or any(self._keys.values()) or bool(self.rowless)

    def learn(self, tree: Oid) -> tuple[str, ...]:
        """The key by a tree's own `tdv.toml`, or else by the first that named one."""
        described = trees.lookup(self._repo.store, tree, layout.DATASETS.encode())
        if described not in self._keys:
            datasets = Datasets.of_tree(self._repo.store, tree)
            self._keys[described] = tuple(datasets.key_for(self._wanted.path) or ())
        return self._keys[described] or next(filter(None, self._keys.values()), ())

    def _search(self, contents: Contents, query: KeyQuery) -> Iterator[int]:
        if not contents.format.sliced or contents.layout.lines_from is not None:
            yield from (place.number for place in find_rows(contents, query))
            return
        run: list[Oid] = []
        start = 0
        for child in chunks(contents.reader, contents.sequence):
            run.append(child.oid)
            if not child.records:
                continue  # a record goes on in the next chunk
            key = (contents.layout, query, tuple(run))
            if key not in self._in_run:
                places = find_rows(contents, query, start, start + child.records)
                self._in_run[key] = tuple(place.number - start for place in places)
            yield from (start + number for number in self._in_run[key])
            start += child.records
            run = []


class Rewriting:
    """Writes history anew.

    Attributes:
        commits, tags, trees: old oid -> new one, for those that become others.
        touched: commits whose file has the row.
        found: whether anything has it, a commit or the stage.
    """

    def __init__(
        self, repo: Repo, finder: Finder, wanted: Wanted, redaction: Redaction, progress: Progress
    ) -> None:
        self._repo = repo
        self._finder = finder
        self._wanted = wanted
        self._redaction = redaction
        self._progress = progress
        self._entries: dict[tuple[FileEntry, tuple[int, ...]], FileEntry] = {}
        self._seen: dict[Oid, Oid] = {}
        self.commits: dict[Oid, Oid] = {}
        self.tags: dict[Oid, Oid] = {}
        self.trees: dict[Oid, Oid] = {}
        self.touched: list[Oid] = []
        self.found = False

    def find(self, roots: Iterable[Oid]) -> None:
        """See which commits have the row; nothing is written."""
        found = []
        for oid in self._in_order(roots):
            kind = self._repo.store.info(oid).kind
            if kind in (Kind.COMMIT, Kind.TREE):
                tree = self._repo.commit(oid).tree if kind == Kind.COMMIT else oid
                self._finder.learn(tree)
                found.append((oid, kind, tree))
        for oid, kind, tree in found:
            self._progress.advance()
            if self._finder.rows(tree)[1]:
                self.found = True
                if kind == Kind.COMMIT:
                    self.touched.append(oid)

    def write(self, roots: Sequence[Oid], writer: ObjectWriter) -> None:
        """Write everything that the roots lead to, and that changes; the caller publishes."""
        for oid in self._in_order(roots):
            kind = self._repo.store.info(oid).kind
            self._progress.advance()
            if kind == Kind.COMMIT:
                self._note(self.commits, oid, self._commit(oid, writer))
            elif kind == Kind.TAG:
                self._note(self.tags, oid, self._tag(oid, writer))
            elif kind == Kind.TREE:
                self.tree(oid, writer)

    def of(self, oid: Oid) -> Oid:
        """What an object has become."""
        return self._seen.get(oid, oid)

    def tree(self, oid: Oid, writer: ObjectWriter) -> Oid:
        """A tree without the row."""
        if oid not in self._seen:
            entry, numbers = self._finder.rows(oid)
            new = oid
            if entry is not None and numbers:
                path = self._wanted.path
                new = trees.update(writer, oid, {path: self._file(entry, numbers, writer)})
            self._note(self.trees, oid, new)
        return self._seen[oid]

    def notes(self, root: Oid, writer: ObjectWriter) -> None:
        """Write a tree of notes, behind all commits: each follows its commit.

        A note on a commit with the row is about that row too, and one on a commit that nothing
        leads to may be: those go.
        """
        touched = frozenset(self.touched)
        changes: dict[bytes, FileEntry | None] = {}
        for name, entry in trees.items_of(self._repo.store, root):
            old = commit_of(name)
            new = self._seen.get(old)
            if new is None or old in touched:
                changes[name] = None
            elif new != old and isinstance(entry, FileEntry) and entry.root is not None:
                note = Note.from_bytes(self._repo.store.get(entry.root, Kind.NOTE))
                oid = writer.put(Kind.NOTE, replace(note, commit=new).to_bytes())
                changes |= {name: None, str(new).encode(): replace(entry, root=oid)}
        self._note(self.trees, root, trees.update(writer, root, changes) if changes else root)

    def _note(self, table: dict[Oid, Oid], old: Oid, new: Oid) -> None:
        self._seen[old] = new
        if new != old:
            table[old] = new

    def _file(self, entry: FileEntry, numbers: tuple[int, ...], writer: ObjectWriter) -> FileEntry:
        known = self._entries.get((entry, numbers))
        if known is None:
            contents = Contents(entry, self._repo.store)
            edits = [Edit(number, number + 1, ()) for number in numbers]
            try:
                if contents.format.name.endswith(SUFFIXES):
                    known = without_records(contents, numbers, writer, self._repo.cut)
                else:
                    known = edited(contents, edits, writer, self._repo.cut)
            except Unmergeable as error:
                name = self._wanted.path.decode("utf-8", "backslashreplace")
                raise UsageError(
                    f"A row cannot be purged from {name}: {error}.",
                    hint="Nothing was changed. Write the file without it, as another format.",
                ) from error
            self._entries[entry, numbers] = known
        return known

    def _commit(self, oid: Oid, writer: ObjectWriter) -> Oid:
        old = self._repo.commit(oid)
        redact = self._redaction
        operation = old.operation
        if operation is not None:
            operation = replace(
                operation,
                params=tuple((name, redact.value(value)) for name, value in operation.params),
                inputs=tuple(map(self.of, operation.inputs)),
            )
        new = replace(
            old,
            tree=self.tree(old.tree, writer),
            parents=tuple(map(self.of, old.parents)),
            message=redact.text(old.message),
            operation=operation,
        )
        return oid if new == old else writer.put(Kind.COMMIT, new.to_bytes())

    def _tag(self, oid: Oid, writer: ObjectWriter) -> Oid:
        old = Tag.from_bytes(self._repo.store.get(oid, Kind.TAG))
        message = self._redaction.text(old.message)
        new = replace(old, target=self.of(old.target), message=message)
        return oid if new == old else writer.put(Kind.TAG, new.to_bytes())

    def _in_order(self, roots: Iterable[Oid]) -> Iterator[Oid]:
        """Everything that roots lead to, commits, tags and trees, each behind what it names."""
        done: set[Oid] = set()
        pending = [(oid, False) for oid in roots]
        while pending:
            oid, ready = pending.pop()
            if oid in done or oid == trees.EMPTY_TREE:
                continue
            if ready:
                done.add(oid)
                yield oid
                continue
            pending.append((oid, True))
            pending += [(named, False) for named in self._named(oid) if named not in done]

    def _named(self, oid: Oid) -> tuple[Oid, ...]:
        store = self._repo.store
        kind = store.info(oid).kind
        if kind == Kind.COMMIT:
            commit = Commit.from_bytes(store.get(oid, kind))
            inputs = () if commit.operation is None else commit.operation.inputs
            return (*commit.parents, *(each for each in inputs if store.has(each)))
        if kind == Kind.TAG:
            return (Tag.from_bytes(store.get(oid, kind)).target,)
        return ()
