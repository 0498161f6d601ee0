"""`config`: read and write settings."""

from __future__ import annotations

from tdv.repo.config import SETTINGS, Config, Found, unknown_setting, value_text


def get_setting(config: Config, name: str) -> str | None:
    """The value that holds, as text; None when there is none.

    Raises:
        UsageError: there is no such setting.
    """
    found = config.find(name)
    if found is None and name not in SETTINGS:
        raise unknown_setting(name)
    return None if found is None else value_text(found.value)


def set_setting(config: Config, name: str, value: str, *, user: bool) -> str:
    """Write a value; where another origin's value holds all the same, that origin, else "".

    Raises:
        UsageError: there is no such setting, or the value is not of its kind.
    """
    config.set(name, value, user=user)
    found = config.find(name)
    if found is None or found.origin == str(config.file(user=user)):
        return ""
    return found.origin


def unset_setting(config: Config, name: str, *, user: bool) -> bool:
    """Remove a value from a file; False when the file had none."""
    return config.unset(name, user=user)


def list_settings(config: Config) -> list[Found]:
    """Every value that holds, in order of the names."""
    return list(config.items())


def known_settings() -> list[tuple[str, str]]:
    """The settings that tdv knows, each with its meaning."""
    return sorted((name, setting.help) for name, setting in SETTINGS.items())


__all__ = [
    "get_setting",
    "known_settings",
    "list_settings",
    "set_setting",
    "unset_setting",
    "value_text",
]
