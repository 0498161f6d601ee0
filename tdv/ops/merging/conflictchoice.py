"""Which conflicts the words of `tdv resolve` name: keys, conflict ids and paths."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from tdv.errors import RepositoryError, UsageError
from tdv.model.work import Merging
from tdv.ops.conflicts import ConflictedFile, conflicted_files
from tdv.ops.resolve import Chosen
from tdv.repo.selection import is_in
from tdv.rowdiff.keys import KeyQuery
from tdv.rowdiff.sides import as_text, canonical
from tdv.store.access import ObjectReader

if TYPE_CHECKING:
    from tdv.rowmerge.conflict import Conflict

# Fewer digits of an id are taken for a key.
MIN_ID_DIGITS = 4
# A message that names more rows than this helps nobody.
SHOWN = 5


class Word(NamedTuple):
    """What was typed.

    Attributes:
        text: as typed; a key or an id, if it may be one.
        path: what it names as a path, if it may be one.
    """

    text: str | None
    path: bytes | None


def choose(reader: ObjectReader, merging: Merging, words: Sequence[Word]) -> list[Chosen]:
    """The conflicts that the words name: all those of files, or those of rows in them.

    Keys are looked for in the files that are named beside them, else in all.

    Raises:
        UsageError: a key is in conflict at several places, or a word is a path and a key.
        RepositoryError: no conflict is about a word.
    """
    files = list(conflicted_files(reader, merging.conflicts))
    keys: list[Word] = []
    named: dict[bytes, ConflictedFile] = {}
    for word in words:
        below = [file for file in files if word.path is not None and is_in(file.path, word.path)]
        is_key = word.text is not None and bool(_matching(files, word.text))
        if below and is_key:
            raise UsageError(
                f"`{word.text}` is both a path and the key of a conflict.",
                hint=f"`--key {word.text}` is the key, `-- {word.text}` the path.",
            )
        if below:
            named.update((file.path, file) for file in below)
        elif word.text is not None:
            keys.append(word)
        else:
            assert word.path is not None
            raise _unknown(reader, merging, word.path.decode("utf-8", "backslashreplace"), word)
    among = list(named.values()) or files
    if not keys:
        return [Chosen(file) for file in among]
    ids: dict[bytes, set[str]] = {}
    for word in keys:
        file, conflict = _only(reader, merging, among, word)
        ids.setdefault(file.path, set()).add(conflict.id)
    by_path = {file.path: file for file in among}
    return [Chosen(by_path[path], frozenset(found)) for path, found in ids.items()]


def has_key(conflict: Conflict, text: str) -> bool:
    """Whether a text is the key of a conflict's row."""
    if not conflict.key:
        return False
    try:
        query = KeyQuery.parse(text, [""] * len(conflict.key))
    except UsageError:
        return False
    return tuple(map(as_text, conflict.key)) == query.texts


def name_of(conflict: Conflict) -> str:
    """What a person types for a conflict: its row's key, or its id."""
    if not conflict.key:
        return conflict.id
    texts = [as_text(value) for value in conflict.key]
    if len(texts) > 1 and any("," in text or text.startswith("[") for text in texts):
        return canonical(list(conflict.key)).decode("utf-8", "replace")
    return ",".join(texts)


def _only(
    reader: ObjectReader, merging: Merging, files: Sequence[ConflictedFile], word: Word
) -> tuple[ConflictedFile, Conflict]:
    text = word.text or ""
    found = _matching(files, text)
    exact = [each for each in found if each[1].id == text.lower()]
    if len(exact) == 1:
        return exact[0]
    if not found:
        raise _unknown(reader, merging, text, word)
    if len(found) > 1:
        rows = ", ".join(
            f"{file.path.decode('utf-8', 'backslashreplace')} row {conflict.number:,} "
            f"(id {conflict.id})"
            for file, conflict in found[:SHOWN]
        )
        more = f" and {len(found) - SHOWN:,} more" if len(found) > SHOWN else ""
        raise UsageError(
            f"`{text}` is in conflict at {len(found):,} places: {rows}{more}.",
            hint="Name the file as well, or give the id in place of the key.",
        )
    return found[0]


def _matching(files: Sequence[ConflictedFile], text: str) -> list[tuple[ConflictedFile, Conflict]]:
    """The conflicts that have that key; where none has, those whose id starts so."""
    by_key: list[tuple[ConflictedFile, Conflict]] = []
    by_id: list[tuple[ConflictedFile, Conflict]] = []
    for file in files:
        for conflict in file.rows():
            if has_key(conflict, text):
                by_key.append((file, conflict))
            elif len(text) >= MIN_ID_DIGITS and conflict.id.startswith(text.lower()):
                by_id.append((file, conflict))
    return by_key or by_id


def _unknown(reader: ObjectReader, merging: Merging, shown: str, word: Word) -> RepositoryError:
    before = list(conflicted_files(reader, merging.found))
    was = word.text is not None and bool(_matching(before, word.text))
    if was or (word.path is not None and any(is_in(file.path, word.path) for file in before)):
        return RepositoryError(
            f"The conflict about `{shown}` is resolved already.",
            hint="`tdv conflicts` lists those that are left.",
        )
    return RepositoryError(
        f"No conflict is about `{shown}`.", hint="`tdv conflicts` lists all of them."
    )
