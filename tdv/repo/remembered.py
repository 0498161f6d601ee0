"""Where a repository's analyses are remembered, and how much of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tdv.analysis.budget import parse_size
from tdv.analysis.cachefolder import LIMIT_BYTES
from tdv.errors import ConfigError, UsageError
from tdv.repo import layout

if TYPE_CHECKING:
    from tdv.repo.config import Config


def cache_folder(config: Config, repository: Path | None) -> Path | None:
    """The folder that `cache.dir` names, else the repository's own.

    Args:
        config: of the command; `$TDV_CACHE_DIR` is in it.
        repository: its `.tdv`; None outside of one.

    Returns:
        None outside of a repository where nothing names a folder. What a file of settings says
        is relative to the working copy's root, what the environment says to the present folder.
    """
    found = config.find("cache.dir")
    if found is None or not found.value:
        return None if repository is None else repository / layout.ANALYSIS
    folder = Path(f"{found.value}").expanduser()
    if found.origin.startswith("$") or repository is None:
        return folder.absolute()
    return repository.parent / folder


def cache_limit(config: Config) -> int:
    """The bytes that the folder may take.

    Raises:
        ConfigError: `cache.limit` is no size.
    """
    found = config.find("cache.limit")
    if found is None:
        return LIMIT_BYTES
    try:
        return parse_size(f"{found.value}")
    except UsageError as error:
        raise ConfigError(
            f"`cache.limit` is no size in {found.origin}: {error.message}", hint=error.hint
        ) from None
