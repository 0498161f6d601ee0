from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tdv.repo.ignore import Ignore


def write(root: Path, files: dict[str, str]) -> Ignore:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return Ignore(os.fsencode(root))


CASES = [
    ("*.log", "a.log", True),
    ("*.log", "x/y/a.log", True),
    ("*.log", "a.logs", False),
    ("/a.log", "a.log", True),
    ("/a.log", "x/a.log", False),
    ("x/a", "x/a", True),
    ("x/a", "y/x/a", False),
    ("build/", "build/out", True),
    ("build/", "x/build/out", True),
    ("build/", "build", False),
    ("**/cache/*.bin", "cache/a.bin", True),
    ("**/cache/*.bin", "x/y/cache/a.bin", True),
    ("a/**/b", "a/b", True),
    ("a/**/b", "a/x/y/b", True),
    ("a/**/b", "a/xb", False),
    ("a/**", "a/x/y", True),
    ("a/**", "a", False),
    ("a/*", "a/b", True),
    ("a/*/c", "a/b/d/c", False),
    ("*\n!keep", "keep", False),
    ("*\n!keep", "drop", True),
    ("d/\n!d/keep", "d/keep", True),
    ("# note", "# note", False),
    ("\\# note", "# note", True),
    ("\\!a", "!a", True),
    ("a  ", "a", True),
    ("a\\ ", "a ", True),
    ("[ab]?", "ax", True),
    ("[!ab]?", "ax", False),
    ("[a-c]", "b", True),
    ("[]]", "]", True),
    ("[[:digit:]]", "7", True),
    ("[[:nope:]]", "7", False),
    ("[ab", "[ab", False),
    ("a\\", "a\\", False),
    ("a?b", "a/b", False),
    ("a\r", "a", True),
    ("/", "a", False),
]


@pytest.mark.parametrize(("rules", "path", "ignored"), CASES)
def test_patterns(tmp_path: Path, rules: str, path: str, ignored: bool) -> None:
    ignore = write(tmp_path, {".tdvignore": rules + "\n"})
    assert ignore.ignores_path(path.encode(), False) is ignored


def test_the_nearest_file_decides_and_is_named(tmp_path: Path) -> None:
    ignore = write(tmp_path, {".tdvignore": "*.bin\n", "sub/.tdvignore": "\n!a.bin\n"})
    assert ignore.ignores_path(b"a.bin", False)
    assert not ignore.ignores_path(b"sub/a.bin", False)
    rule = ignore.check(b"sub/a.bin", False)
    assert rule is not None
    assert (rule.source, rule.line, rule.pattern) == (b"sub/.tdvignore", 2, b"!a.bin")
    rule = ignore.check(b"sub/b.bin", False)
    assert rule is not None
    assert (rule.source, rule.line) == (b".tdvignore", 1)


def test_repositories_are_never_shown(tmp_path: Path) -> None:
    ignore = Ignore(os.fsencode(tmp_path))
    assert ignore.ignores_path(b".git", True)
    assert ignore.ignores_path(b"x/.tdv/packs", False)


def test_a_linked_ignore_file_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "rules").write_text("*\n")
    (tmp_path / ".tdvignore").symlink_to("rules")
    assert not Ignore(os.fsencode(tmp_path)).ignores_path(b"a", False)


def test_a_hostile_pattern_does_not_hang(tmp_path: Path) -> None:
    rules = "*a" * 60 + "b\n" + "**/a/" * 30 + "b\n"
    ignore = write(tmp_path, {".tdvignore": rules})
    started = time.perf_counter()
    ignore.ignores_path(b"a" * 250, False)
    ignore.ignores_path(b"a/" * 200 + b"c", False)
    assert time.perf_counter() - started < 5


PIECES = st.sampled_from(["a", "b", "*", "**", "/", "?", "[ab]", "[!a]", "!", "\\", "**/", "/**"])
# git cuts a pattern's literal start off before it looks for `**`, and so, against its own manual,
# takes `a**/b` for `a/**/b`.
STARS_WITHIN_A_NAME = re.compile(r"[^/]\*\*|\*\*[^/]")
LINES = (
    st.lists(PIECES, min_size=1, max_size=6)
    .map("".join)
    .filter(lambda line: not STARS_WITHIN_A_NAME.search(line))
)
PATHS = ["a", "b", "ab", "ba", "a/b", "b/a", "a/a", "a/b/a", "a/ab/b", "b/b/b/a", "aab/b"]


@pytest.mark.skipif(shutil.which("git") is None, reason="git is the reference")
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(lines=st.lists(LINES, min_size=1, max_size=3))
def test_git_decides_alike(tmp_path_factory: pytest.TempPathFactory, lines: list[str]) -> None:
    root = tmp_path_factory.mktemp("git")
    subprocess.run(["git", "init", "-q", root], check=True)
    rules = "\n".join(lines) + "\n"
    (root / ".gitignore").write_text(rules)
    (root / ".tdvignore").write_text(rules)
    said = subprocess.run(
        ["git", "-C", root, "check-ignore", "--no-index", "--stdin"],
        input="\n".join(PATHS),
        capture_output=True,
        text=True,
        check=False,
    )
    ignore = Ignore(os.fsencode(root))
    ours = [path for path in PATHS if ignore.ignores_path(path.encode(), False)]
    assert ours == said.stdout.splitlines()
