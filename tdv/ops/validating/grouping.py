"""Chosen files by dataset, each with the settings that hold for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from typing import Any

from blake3 import blake3

from tdv.analysis.decoding import RowDecoder, first_bodies
from tdv.analysis.sources import SourceFile, vectors_beside
from tdv.analysis.splitnames import BY_PATH, are_splits
from tdv.formats.registry import has_rows
from tdv.model.codec import pack
from tdv.ops.validating.chosen import Chosen, shown_paths
from tdv.quality.configuring.description import Description
from tdv.quality.configuring.effective import settings_for
from tdv.quality.configuring.overrides import Overrides
from tdv.quality.configuring.settings import Settings
from tdv.quality.own import OwnRules, installed_sources, own_rules
from tdv.quality.profiles import PROFILES, Profile, guessed_roles, profile
from tdv.quality.schemas.schemafiles import resolve_schema
from tdv.quality.subject import Roles, Subject
from tdv.repo import layout
from tdv.repo.datasets import Datasets
from tdv.repo.described import Described
from tdv.repo.trust import Trust, trusted_sources

GENERIC = "generic"
# The names of the fields of so many rows say which field is what, where nobody does.
ROWS_FOR_NAMES = 100
# So many files without a dataset are named one by one.
NAMED = 3


@dataclass(frozen=True)
class Wanted:
    """What a caller says of how to judge.

    Attributes:
        overrides: rules selected, and values set.
        profile: instead of that of `tdv.toml`; "" for none.
        datasets: instead of those beside the data (`--config`).
        read: gives the files that these name; None for those beside the data.
        isolated: nothing that stands beside the data counts, nor do installed rules.
        trust: which rule files may run.
        rule_files: whether the rule files that `tdv.toml` names, and installed rules, count.
    """

    overrides: Overrides = field(default_factory=Overrides)
    profile: str = ""
    datasets: Datasets | None = None
    read: Callable[[str], bytes] | None = None
    isolated: bool = False
    trust: Trust = field(default_factory=lambda: Trust(None))
    rule_files: bool = True

    @property
    def instead(self) -> Datasets | None:
        """What says which files count instead of the `tdv.toml` beside them; None if that does."""
        return Datasets() if self.isolated else self.datasets


@dataclass(frozen=True)
class Group:
    """Files that are judged together.

    Attributes:
        name: of the dataset; "" where none describes them.
        described: what `tdv.toml` says of it.
    """

    name: str
    files: tuple[SourceFile, ...]
    settings: Settings
    described: Described | None = None


@dataclass(frozen=True)
class Grouped:
    """All groups, what is to be said of them, and what `tdv.toml` says besides.

    Attributes:
        shown: where the rules are from, or "" for the profiles alone.
    """

    groups: tuple[Group, ...]
    notes: tuple[str, ...]
    description: Description
    shown: str

    @property
    def digest(self) -> str:
        """Hash of all settings: what a report names as its rules."""
        digests = [group.settings.digest for group in self.groups]
        return blake3(pack(1, digests)).hexdigest(length=16)

    selected: bool = False
    """Whether the command line leaves rules out that may be on by themselves."""


def description_of(chosen: Chosen, wanted: Wanted) -> Description:
    """What is said of rules and gate; ConfigError where that is wrong."""
    return _datasets(chosen, wanted).description


def _datasets(chosen: Chosen, wanted: Wanted) -> Datasets:
    return wanted.instead or chosen.datasets


def grouped(chosen: Chosen, wanted: Wanted) -> Grouped:
    """The chosen files by dataset.

    Raises:
        ConfigError: `tdv.toml`, a schema or a rule file is wrong, or a rule file is not trusted.
        UsageError: a rule, profile or parameter of the caller's is unknown.
    """
    datasets = _datasets(chosen, wanted)
    description = datasets.description
    own = _own(chosen, wanted, datasets)
    by_name: dict[str, list[SourceFile]] = {}
    for file in chosen.files:
        dataset = datasets.of(file.path)
        by_name.setdefault(dataset.name if dataset else "", []).append(file)
    missing = [name for name in datasets.described if name not in by_name and chosen.whole]
    without_rows = _without_rows(chosen, datasets)
    groups: list[Group] = []
    for name in sorted([*by_name, *missing]):
        described = datasets.described.get(name) if name else None
        for roles, profile_, files in _alike(by_name.get(name, ()), described, wanted):
            schema = _schema(described, profile_, wanted.read or chosen.read)
            said = dict(described.roles) if described else {}
            if "split" not in said and are_splits(file.path for file in files):
                said["split"] = BY_PATH
            vector = str(said.get("embedding", roles.embedding))
            if vector and any(chosen.exists(vectors_beside(file.path)) for file in files):
                schema = _without(schema, vector)
            settings = settings_for(
                name,
                replace(profile_, roles=roles),
                roles=said,
                description=description,
                overrides=wanted.overrides,
                schema=schema,
                own=own,
            )
            # No finding comes of no files, but a threshold that nothing measures does not hold.
            if files or settings.gate or name in without_rows:
                groups.append(Group(name, tuple(files), settings, described))
    absent = [
        f"No file {'with rows ' if name in without_rows else ''}belongs to the dataset `{name}` of "
        f"{datasets.shown}."
        for name in missing
    ]
    notes = (*description.notes, *absent, *_notes(groups, wanted, datasets))
    asked = wanted.overrides.selection
    return Grouped(
        tuple(groups),
        notes,
        description,
        datasets.shown if datasets.text else "",
        asked.select is not None or bool(asked.ignore),
    )


def _without_rows(chosen: Chosen, datasets: Datasets) -> set[str]:
    """Datasets with a file that has no rows, and should by its name: JSON that is no array."""
    found = set()
    for shown in chosen.skipped:
        ends = shown.rpartition("/")[2].split(".")[1:][-2:]
        dataset = datasets.of(shown.encode("utf-8", "surrogateescape"))
        if dataset and any(has_rows(".".join(ends[at:])) for at in range(len(ends))):
            found.add(dataset.name)
    return found


def _own(chosen: Chosen, wanted: Wanted, datasets: Datasets) -> OwnRules:
    description = datasets.description
    if wanted.isolated or not wanted.rule_files:
        return OwnRules()
    sources = installed_sources()
    if description.own:
        where = description.where(("rules", "own"))
        revision, colon, _ = datasets.shown.rpartition(f":{layout.DATASETS}")
        # The stage is no revision that a command takes; its files are those on disk, as a rule.
        revision = revision if colon and " " not in revision else ""
        read = wanted.read or chosen.read
        sources.update(trusted_sources(description.own, read, wanted.trust, where, revision))
    return own_rules(sources) if sources else OwnRules()


def _alike(
    files: Sequence[SourceFile], described: Described | None, wanted: Wanted
) -> Iterator[tuple[Roles, Profile, Sequence[SourceFile]]]:
    """Files with one profile and roles; of the generic profile, as the names of fields say."""
    name = wanted.profile or _profile_of(described)
    said = {} if described is None or wanted.profile else described.where_of
    found = profile(name, said.get("profile", ""))
    if not found.guess:
        yield found.roles, found, files
        return
    if described is not None:
        names = set(chain.from_iterable(map(_names, files)))
        yield guessed_roles(names), found, files
        return
    by_roles: dict[Roles, list[SourceFile]] = {}
    for file in files:
        by_roles.setdefault(guessed_roles(_names(file)), []).append(file)
    for roles, alike in by_roles.items():
        yield roles, found, alike


def _profile_of(described: Described | None) -> str:
    if described is None:
        return GENERIC
    if described.profile:
        return described.profile
    return described.schema if described.schema in PROFILES else GENERIC


def _names(file: SourceFile) -> set[str]:
    """The fields of a file's first rows."""
    bodies = list(islice(first_bodies(file), ROWS_FOR_NAMES))
    rows = RowDecoder(file.layout, Subject()).many(bodies).rows
    return {name for row in rows if row is not None for name in row}


def _schema(
    described: Described | None, profile_: Profile, read: Callable[[str], bytes]
) -> Mapping[str, Any] | None:
    name = described.schema if described and described.schema else profile_.schema
    where = described.where_of.get("schema", "") if described else ""
    return resolve_schema(name, read, where) if name else None


def _without(schema: Mapping[str, Any] | None, field: str) -> Mapping[str, Any] | None:
    """A schema that does not demand a field, since its values lie beside the rows."""
    if schema is None or field not in schema.get("required", ()):
        return schema
    return {**schema, "required": [name for name in schema["required"] if name != field]}


def _notes(groups: Sequence[Group], wanted: Wanted, datasets: Datasets) -> Iterator[str]:
    if wanted.profile:
        return
    for group in groups:
        if group.name:
            continue
        count = len(group.files)
        what = shown_paths(group.files) if count <= NAMED else f"{count:,} files"
        verb = "belongs" if count == 1 else "belong"
        where = "no dataset" if not datasets.text else f"no dataset of {datasets.shown}"
        yield (
            f"{what} {verb} to {where}: judged by the profile `{group.settings.profile}`. "
            f"`tdv dataset new` describes a dataset, `--profile` names another profile."
        )
