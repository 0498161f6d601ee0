"""`dataset`: describe datasets in `tdv.toml`, and tell what is described."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from tdv.errors import ConfigError, PathError, UsageError
from tdv.model.entry import Mode
from tdv.model.oid import Oid
from tdv.repo import layout
from tdv.repo.datasets import Datasets
from tdv.repo.described import Described, is_day
from tdv.repo.safewrite import WorkingCopyWriter
from tdv.store import trees

if TYPE_CHECKING:
    from tdv.quality.finding import Finding
    from tdv.repo.repository import Repo

# `tdv.toml` is read by every `diff`: so many entries are 0.2 s.
MOST_ENTRIES = 10_000


@dataclass(frozen=True, slots=True)
class File:
    """A file of a dataset; `rows` is None where only decoding tells."""

    path: bytes
    rows: int | None


@dataclass(frozen=True)
class Dataset:
    """A dataset with what it has.

    Attributes:
        described: what `tdv.toml` says of it.
        files: those of the stage, or of the revision, that belong to it.
    """

    described: Described
    files: tuple[File, ...] = field(default=())

    @property
    def rows(self) -> int | None:
        """Rows of all files; None where only decoding tells."""
        counts = [file.rows for file in self.files]
        known = [count for count in counts if count is not None]
        return sum(known) if len(known) == len(counts) else None


def list_datasets(repo: Repo, revision: str = "") -> list[Dataset]:
    """The datasets in order of their names.

    Args:
        revision: "" for the working copy's `tdv.toml` and the files of the stage.

    Raises:
        ConfigError: `tdv.toml` is wrong.
        RevisionError: there is no such revision.
    """
    datasets, tree = _read(repo, revision)
    described = datasets.described
    files: dict[str, list[File]] = {name: [] for name in described}
    if described:
        for path, entry in trees.walk(repo.store, tree):
            found = datasets.of(path)
            if found is not None:
                rows = None if entry.format == "blob" else entry.records
                files[found.name].append(File(path, rows))
    return [Dataset(described[name], tuple(files[name])) for name in sorted(described)]


def show_dataset(repo: Repo, name: str, revision: str = "") -> Dataset:
    """One dataset.

    Raises:
        UsageError: there is none of that name; the hint has near ones.
        ConfigError, RevisionError: as `list_datasets`.
    """
    found = list_datasets(repo, revision)
    for each in found:
        if each.described.name == name:
            return each
    from tdv.repo.tomledit import unknown_dataset

    shown = f"{revision}:{layout.DATASETS}" if revision else layout.DATASETS
    raise unknown_dataset(name, [each.described.name for each in found], shown)


def new_dataset(repo: Repo, name: str, values: Mapping[str, str | Sequence[str]]) -> Dataset:
    """Describe a dataset in the working copy's `tdv.toml`.

    Args:
        values: keys of `[dataset.NAME]` with their values; empty ones are left out.

    Raises:
        UsageError: there is a dataset of that name, or a name in `values` is that of nothing.
        ConfigError: `tdv.toml` is wrong, or a value is.
    """
    from tdv.repo.tomledit import add_dataset

    if not name or not name.isprintable() or set(name) & set("[],/"):
        hint = "Use letters, digits, `-`, `_` and `.`."
        raise UsageError(f"{name!r} is no name for a dataset.", hint=hint)
    given = {key: value for key, value in values.items() if value}
    _check_names(repo, given)
    edit_description(repo, lambda text: add_dataset(text, name, _lists(given)))
    return show_dataset(repo, name)


def remove_dataset(repo: Repo, name: str) -> Dataset:
    """Take a dataset out of the working copy's `tdv.toml`; its files stay. What it was.

    Raises:
        UsageError: there is none of that name; the hint has near ones.
        ConfigError: `tdv.toml` is wrong.
    """
    from tdv.repo.tomledit import remove_dataset

    found = show_dataset(repo, name)
    edit_description(repo, lambda text: remove_dataset(text, name))
    return found


def accept(repo: Repo, findings: Iterable[Finding], reason: str, until: str = "") -> int:
    """Write findings into the working copy's `tdv.toml` as accepted; how many entries it took.

    Those about entries themselves are left out.

    Args:
        reason: why they are accepted, a sentence.
        until: the last day, as `2027-01-31`; "" for no end.

    Raises:
        UsageError: `until` is no day, or these are more entries than a person would look through.
        ConfigError: `tdv.toml` is wrong.
    """
    from tdv.repo.tomledit import add_allow, allow_entries

    if until and not is_day(until):
        raise UsageError(f"`{until}` is no day.", hint="Write it as `2027-01-31`.")
    wanted = (each for each in findings if not each.code.startswith("ALW"))
    entries = list(islice(allow_entries(wanted, reason, until), MOST_ENTRIES + 1))
    if len(entries) > MOST_ENTRIES:
        raise UsageError(
            f"That would be more than {MOST_ENTRIES:,} entries, which nobody looks through.",
            hint="Mend the data, use `--select`, or accept a whole rule in a path by hand.",
        )
    edit_description(repo, lambda text: add_allow(text, entries))
    return len(entries)


def edit_description(repo: Repo, change: Callable[[str], str]) -> bool:
    """Change the working copy's `tdv.toml`; False where the change left it as it was.

    Args:
        change: gets the text, "" where there is none, and gives the new one.

    Raises:
        ConfigError: the text is no UTF-8, or the new one would be wrong.
        PathError: it is a symbolic link.
    """
    path = repo.root / layout.DATASETS
    if path.is_symlink():
        raise PathError(f"{layout.DATASETS} is a symbolic link, which tdv does not write through.")
    with repo.lock.exclusive():
        old = _bytes(path)
        new = change(Datasets.text_of(old)).encode()
        if new == old:
            return False
        checked = Datasets.parse(new.decode())
        _ = checked.described, checked.description
        mode = Mode.EXECUTABLE if path.exists() and os.access(path, os.X_OK) else Mode.FILE
        with WorkingCopyWriter(repo.root, repo.folder / layout.TMP) as writer:
            writer.write(layout.DATASETS.encode(), mode, [new])
    return True


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}.") from error


def _read(repo: Repo, revision: str) -> tuple[Datasets, Oid]:
    if not revision:
        return Datasets.of_working_copy(repo.root), repo.stage()
    tree = repo.commit(repo.resolve(revision)).tree
    return Datasets.of_tree(repo.store, tree, f"{revision}:{layout.DATASETS}"), tree


def _lists(values: Mapping[str, str | Sequence[str]]) -> dict[str, str | list[str]]:
    """Lists as lists; a role with one field as text, as one writes it by hand."""
    found: dict[str, str | list[str]] = {}
    for key, value in values.items():
        many = [value] if isinstance(value, str) else list(value)
        found[key] = many if key in ("paths", "tags") or len(many) > 1 else many[0]
    return found


def _check_names(repo: Repo, values: Mapping[str, str | Sequence[str]]) -> None:
    """What is named has to be there: a format, a profile, a schema."""
    from tdv.formats.registry import FORMAT_NAMES
    from tdv.quality.profiles import profile
    from tdv.quality.registry import did_you_mean

    named = {key: str(values[key]) for key in ("format", "profile", "schema") if key in values}
    if "format" in named and named["format"] not in FORMAT_NAMES:
        known = f"Known are: {', '.join(FORMAT_NAMES)}."
        hint = did_you_mean(named["format"], FORMAT_NAMES) or known
        raise UsageError(f"There is no format `{named['format']}`.", hint=hint)
    if "profile" in named:
        profile(named["profile"])
    if "schema" in named:
        from tdv.quality.schemas.schemafiles import resolve_schema
        from tdv.repo.inside import reader_of_folder

        resolve_schema(named["schema"], reader_of_folder(repo.root))
