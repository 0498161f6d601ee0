"""tdv: version control for machine-learning training data, at the level of the example.

`tdv.Repo` is the Python API (`docs/python-api.md`); it is imported when it is first used, so
that `tdv --version` does not wait for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tdv.version import __version__

if TYPE_CHECKING:
    from tdv.api import File, Repo, Snapshot

__all__ = ["File", "Repo", "Snapshot", "__version__"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        import tdv.api

        return getattr(tdv.api, name)
    raise AttributeError(f"module 'tdv' has no attribute {name!r}")
