"""Which rule files of the user's own may run: those whose exact bytes were trusted before.

A rule file is a program that comes with the data, so somebody else may have written it. What is
trusted is its BLAKE3, kept outside of every repository, in `trusted.toml` beside the user's
configuration:

    [files]
    "9d1c…" = "/home/ada/data/rules/mine.py"

The path is there for the reader only. A file that changes is another file, and asked for again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from blake3 import blake3

from tdv.errors import ConfigError, TdvError, UsageError
from tdv.quality.own import INSTALLED, MAX_SOURCE
from tdv.repo.config import read_toml
from tdv.store import files

FILE = "trusted.toml"
_HEAD = "# Rule files that may run, by the BLAKE3 of their bytes; `tdv config trust` writes this.\n"


def fingerprint(data: bytes) -> str:
    """What a rule file is known by: 64 hexadecimal digits."""
    return blake3(data).hexdigest()


class Trust:
    """The user's list of trusted rule files.

    Args:
        user_config: the user's configuration file, beside which the list is; None where there is
            no home folder: nothing is trusted then.
    """

    def __init__(self, user_config: Path | None) -> None:
        self.path = None if user_config is None else user_config.parent / FILE

    def files(self) -> Mapping[str, str]:
        """Hash -> path of the file when it was trusted, sorted by path.

        Raises:
            ConfigError: the list cannot be read.
        """
        table = {} if self.path is None else read_toml(self.path).get("files", {})
        if not isinstance(table, Mapping) or not all(
            isinstance(each, str) for each in table.values()
        ):
            raise ConfigError(f"{self.path} is not a list of trusted files.", hint="Remove it.")
        return dict(sorted(table.items(), key=lambda item: (item[1], item[0])))

    def allows(self, data: bytes) -> bool:
        """Whether a file with these bytes may run."""
        return fingerprint(data) in self.files()

    def add(self, data: bytes, path: str) -> None:
        """Let a file with these bytes run, here and everywhere.

        Raises:
            UsageError: there is no home folder to keep that in.
            StorageError: the disk refuses.
        """
        self._write({**self.files(), fingerprint(data): path})

    def revoke(self, names: Iterable[str]) -> list[str]:
        """Trust no more what was trusted under some paths or hashes; the paths that were.

        Args:
            names: paths as they are listed, hashes, or the first 8 or more digits of one.
        """
        held = self.files()
        gone = {
            digest
            for digest, path in held.items()
            for name in names
            if name in (digest, path) or (len(name) >= 8 and digest.startswith(name))
        }
        if gone:
            self._write({digest: path for digest, path in held.items() if digest not in gone})
        return [path for digest, path in held.items() if digest in gone]

    def _write(self, held: Mapping[str, str]) -> None:
        import tomlkit  # only a write pays for it

        if self.path is None:
            raise UsageError(
                "There is no home folder to keep the list of trusted files in.",
                hint="Set `HOME` or `TDV_CONFIG`.",
            )
        ordered = sorted(held.items(), key=lambda item: (item[1], item[0]))
        text = _HEAD + tomlkit.dumps({"files": dict(ordered)})
        with files.refusals(self.path):
            files.make_folder(self.path.parent)
            files.write_file(self.path, text.encode(), scratch=self.path.parent)


def trusted_sources(
    paths: Iterable[str],
    read: Callable[[str], bytes],
    trust: Trust,
    where: str = "",
    revision: str = "",
) -> dict[str, str]:
    """The texts of rule files that may run, for `tdv.quality.own.own_rules`.

    The bytes that were checked are those that are returned: a file is read once.

    Args:
        paths: `own` of `[rules]`, from the root of a tree.
        read: gives the bytes of a file of that tree.
        where: begins messages about the list: "tdv.toml, line 3, column 1: ".
        revision: of the tree, "" for files on disk: what is to be trusted there.

    Raises:
        ConfigError: a file is not there, is too large, is not UTF-8, or is not trusted.
    """
    found = {}
    before = f"{revision}:" if revision else ""
    for path in paths:
        if path.startswith(INSTALLED):
            raise ConfigError(f"{where}`{path}` is not the path of a file.")
        try:
            data = read(path)
        except (OSError, TdvError) as error:
            told = (
                error.message
                if isinstance(error, TdvError)
                else f"{error.strerror or 'there is none'}."
            )
            raise ConfigError(f"{where}the rule file `{path}` cannot be read: {told}") from error
        found[path] = checked_text(data, path)
        if not trust.allows(data):
            raise ConfigError(
                f"The rule file {path} is not trusted; it is a program that would run here.",
                hint=f"Read it, then run `tdv config trust {before}{path}`.",
            )
    return found


def checked_text(data: bytes, shown: str) -> str:
    """The text of a rule file.

    Raises:
        ConfigError: it is larger than any rule file, or not UTF-8.
    """
    if len(data) > MAX_SOURCE:
        raise ConfigError(f"{shown} has {len(data):,} bytes, more than a rule file needs.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ConfigError(f"{shown}, line {line}, is not valid UTF-8.") from error
