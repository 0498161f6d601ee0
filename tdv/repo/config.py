"""Configuration: the repository's file, the user's file, and environment variables over both.

A name has a section and a key: `user.name`. The environment wins over the repository's file,
which wins over the user's. Names that this tdv does not know are kept and listed, never used.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from tdv.errors import ConfigError, UsageError
from tdv.store import files
from tdv.store.locks import Lock

Value = str | int | bool


@dataclass(frozen=True, slots=True)
class Setting:
    """A name that tdv knows.

    Attributes:
        help: one sentence.
        kind: `str`, `int` or `bool`.
        variable: the environment variable that wins over the files, or "".
        choices: the only values, or () for any.
    """

    help: str
    kind: type[str] | type[int] | type[bool] = str
    variable: str = ""
    choices: tuple[str, ...] = ()


SETTINGS: Mapping[str, Setting] = {
    "user.name": Setting("Your name, in commits and tags.", variable="TDV_AUTHOR_NAME"),
    "user.email": Setting("Your e-mail, in commits and tags.", variable="TDV_AUTHOR_EMAIL"),
    "core.editor": Setting("The command that edits a message.", variable="TDV_EDITOR"),
    "core.locks": Setting(
        "`none` accepts a file system without flock; then run one command at a time.",
        choices=("required", "none"),
    ),
    "gc.retention": Setting("Days for which `gc` keeps what operations lead to (30).", kind=int),
    "gc.auto": Setting(
        "Objects after which `commit` suggests `gc`, and `gc --auto` does it (10000; 0: never).",
        kind=int,
    ),
    "cache.dir": Setting(
        "Where `validate` and `stats` remember what they found (.tdv/cache/analysis).",
        variable="TDV_CACHE_DIR",
    ),
    "cache.limit": Setting("How large it may become (2GB).", variable="TDV_CACHE_LIMIT"),
    "init.branch": Setting("The first branch of a new repository.", variable="TDV_INIT_BRANCH"),
}


class Found(NamedTuple):
    """A value and where it comes from: a file's path or `$TDV_EDITOR`."""

    name: str
    value: Value
    origin: str


class Config:
    """The configuration that one command sees. Files are read when first asked for.

    Args:
        path: the repository's file; None outside a repository.
        user: the user's file, or None.
        environ: environment variables.
    """

    def __init__(
        self, path: Path | None, user: Path | None = None, environ: Mapping[str, str] | None = None
    ) -> None:
        self._path = path
        self._user = user
        self._environ = environ or {}
        self._read: dict[Path, dict[str, Value]] = {}

    def find(self, name: str) -> Found | None:
        """The value that holds, and its origin; None where nothing says anything.

        Raises:
            ConfigError: a file is no TOML, or the value is not of the setting's kind.
        """
        setting = SETTINGS.get(name)
        variable = "" if setting is None else setting.variable
        if setting is not None and variable and self._environ.get(variable):
            value = parse_value(name, self._environ[variable], f"${variable}")
            return Found(name, value, f"${variable}")
        for path in (self._path, self._user):
            values = {} if path is None else self._values(path)
            if name in values:
                return Found(name, _checked(name, values[name], f"{path}"), f"{path}")
        return None

    def get(self, name: str) -> str | None:
        """The value that holds, as text; None where nothing says anything."""
        found = self.find(name)
        return None if found is None else value_text(found.value)

    def items(self) -> Iterator[Found]:
        """Every name that has a value, in order, with the value that holds."""
        names = set(SETTINGS)
        for path in (self._path, self._user):
            names |= set() if path is None else set(self._values(path))
        for name in sorted(names):
            found = self.find(name)
            if found is not None:
                yield found

    def file(self, *, user: bool) -> Path:
        """The file that `--user` or its absence means.

        Raises:
            UsageError: there is no such file here.
        """
        path = self._user if user else self._path
        if path is None:
            missing = "There is no home folder." if user else "This is not a repository."
            raise UsageError(missing, hint="`--user` means your own configuration.")
        return path

    def set(self, name: str, text: str, *, user: bool = False) -> None:
        """Write a value into a file; comments and order of the others stay.

        Raises:
            UsageError: there is no such setting, or the value is not of its kind.
        """
        value = parse_value(name, text, "The command line")
        *tables, key = name.split(".")

        def put(document: Any) -> None:
            for table in tables:
                document = document.setdefault(table, {})
            document[key] = value

        self._edit(self.file(user=user), put, user=user)

    def unset(self, name: str, *, user: bool = False) -> bool:
        """Remove a value from a file; False when the file has none."""
        path = self.file(user=user)
        if name not in self._values(path):
            return False
        *tables, key = name.split(".")

        def remove(document: Any) -> None:
            for table in tables:
                document = document[table]
            del document[key]

        self._edit(path, remove, user=user)
        return True

    def _edit(self, path: Path, change: Callable[[Any], None], *, user: bool) -> None:
        import tomlkit  # 25 ms that only a write pays; it keeps comments

        if user:
            files.make_folder(path.parent)
            self._rewrite(path, path.parent, change, tomlkit)
        else:
            scratch = path.parent / "tmp"
            with Lock(path.parent / "lock").exclusive():
                files.make_folder(scratch)
                self._rewrite(path, scratch, change, tomlkit)
        self._read.pop(path, None)

    def _rewrite(self, path: Path, scratch: Path, change: Callable[[Any], None], toml: Any) -> None:
        self._read.pop(path, None)
        self._values(path)
        document = toml.parse(_text(path))
        try:
            change(document)
        except (TypeError, AttributeError) as error:
            raise ConfigError(f"{path} has a value where a table is needed.") from error
        files.write_file(path, toml.dumps(document).encode(), scratch=scratch)

    def _values(self, path: Path) -> dict[str, Value]:
        if path not in self._read:
            self._read[path] = dict(_flat(read_toml(path)))
        return self._read[path]


def parse_value(name: str, text: str, origin: str) -> Value:
    """The value that a text writes for a setting.

    Raises:
        UsageError: there is no such setting, or the text does not write one of its values.
    """
    setting = SETTINGS.get(name)
    if setting is None:
        raise unknown_setting(name)
    try:
        if setting.kind is bool:
            return {"true": True, "false": False}[text.lower()]
        if setting.kind is int:
            return int(text)
        if not text.isprintable() or (setting.choices and text not in setting.choices):
            raise ValueError(text)
    except (KeyError, ValueError):
        raise _wrong_value(name, text, origin) from None
    return text


def value_text(value: Value) -> str:
    """A value as `tdv config get` shows it and `set` takes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def unknown_setting(name: str) -> UsageError:
    """The error for a name that tdv does not know."""
    import difflib  # only a mistake pays for it

    near = difflib.get_close_matches(name, SETTINGS, n=1)
    hint = f"Did you mean `{near[0]}`?" if near else f"Known are: {', '.join(sorted(SETTINGS))}."
    return UsageError(f"There is no setting `{name}`.", hint=hint)


def read_toml(path: Path) -> dict[str, Any]:
    """What a TOML file holds; {} when there is none; ConfigError when it is no TOML."""
    return parse_toml(_text(path), str(path))


def parse_toml(text: str, shown: str) -> dict[str, Any]:
    """What a TOML text holds.

    Args:
        shown: how a message names the text.

    Raises:
        ConfigError: it is no TOML; the message has the line.
    """
    if all(not line.strip() or line.lstrip().startswith("#") for line in text.split("\n")):
        return {}  # saves the 5 ms that importing the parser takes
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{shown} is not valid TOML: {error}.") from error


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not valid UTF-8 (byte {error.start}).") from error
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}.") from error


def _flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Value]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value if isinstance(value, str | int | bool) else str(value)


def _checked(name: str, value: Value, origin: str) -> Value:
    setting = SETTINGS.get(name)
    if setting is None:
        return value
    if type(value) is not setting.kind or (setting.choices and value not in setting.choices):
        raise _wrong_value(name, value, origin)
    return value


def _wrong_value(name: str, value: Value, origin: str) -> ConfigError:
    setting = SETTINGS[name]
    kinds = {bool: "`true` or `false`", int: "a whole number", str: "one line of text"}
    wanted = " or ".join(f"`{choice}`" for choice in setting.choices) or kinds[setting.kind]
    return ConfigError(f"{origin} gives `{name}` the value {value!r}; it has to be {wanted}.")
