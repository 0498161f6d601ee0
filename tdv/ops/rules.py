"""`rules`: every rule that a validation here could apply."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tdv.errors import ConfigError
from tdv.quality import registry
from tdv.quality.own import installed_sources, own_rules
from tdv.quality.rule import Rule
from tdv.repo.datasets import Datasets
from tdv.repo.inside import reader_of_folder
from tdv.repo.trust import Trust, trusted_sources

if TYPE_CHECKING:
    from tdv.repo.repository import Repo


@dataclass(frozen=True, slots=True)
class KnownRules:
    """Rules, and why some are not among them.

    Attributes:
        rules: by code: the built-in ones by family, then those of packages and of trusted files.
        failed: what is wrong with files and packages whose rules are missing.
    """

    rules: Mapping[str, Rule]
    failed: tuple[ConfigError, ...] = ()


def rules(repo: Repo | None) -> KnownRules:
    """The rules that there are: built in, of installed packages, of trusted files of `tdv.toml`.

    What cannot be loaded is said and left out, so that the others can be looked at.

    Args:
        repo: whose working copy's `tdv.toml` may name rule files; None for no repository.
    """
    sources: dict[str, str] = {}
    failed: list[ConfigError] = []
    try:
        sources.update(installed_sources())
        if repo is not None:
            sources.update(_trusted(repo))
    except ConfigError as error:
        failed.append(error)
    own: Mapping[str, Rule] = {}
    try:
        own = own_rules(sources).rules if sources else {}
    except ConfigError as error:
        failed.append(error)
    return KnownRules({**registry.rules(), **own}, tuple(failed))


def _trusted(repo: Repo) -> dict[str, str]:
    """The texts of the rule files that the working copy's `tdv.toml` names."""
    description = Datasets.of_working_copy(repo.root).description
    return trusted_sources(
        description.own,
        reader_of_folder(repo.root),
        Trust(repo.caller.user_config),
        description.where(("rules", "own")),
    )
