"""The pages agree with the program: generated parts, links, commands, examples."""

from __future__ import annotations

import io
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tdv.cli.coming import COMING
from tdv.cli.commands import COMMANDS
from tdv.cli.main import run
from tdv.cli.output import Output
from tdv.cli.reference import page

ROOT = Path(__file__).parent.parent
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def names(paths):
    return [str(path.relative_to(ROOT)) for path in paths]


def test_the_reference_is_as_generated():
    """When this fails: `python -m tdv.cli.reference > docs/cli.md`."""
    assert (ROOT / "docs" / "cli.md").read_text("utf-8") == page()


def test_every_command_has_a_page_with_a_full_sentence():
    reference = page()
    for name, listed in COMMANDS.items():
        assert f"### `tdv {name}`" in reference
        assert listed.help.endswith(".")


def test_every_json_schema_is_described():
    import tdv

    used = set()
    for path in (Path(tdv.__file__).parent / "cli").rglob("*.py"):
        used |= set(re.findall(r'"(tdv\.[a-z-]+/\d+)"', path.read_text("utf-8")))
    described = set(re.findall(r"`(tdv\.[a-z-]+/\d+)`", (ROOT / "docs/json.md").read_text("utf-8")))
    assert used == described


@pytest.mark.parametrize("path", PAGES, ids=names(PAGES))
def test_links_resolve(path):
    text = re.sub(r"```.*?```", "", path.read_text("utf-8"), flags=re.DOTALL)
    for target in LINK.findall(text):
        if "://" in target or target.startswith("mailto:"):
            continue
        name, _, anchor = target.partition("#")
        there = (path.parent / name).resolve() if name else path
        assert there.exists(), f"{path.name} links to {target}"
        if anchor:
            assert anchor in anchors(there), f"{path.name} links to {target}"


def anchors(path: Path) -> set[str]:
    """The anchors of a page's headings, as the usual renderers make them."""
    headings = re.findall(r"^#+ (.+)$", path.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for text in headings}


@pytest.mark.parametrize("path", PAGES, ids=names(PAGES))
def test_commands_that_pages_name_exist(path):
    for verb in re.findall(
        r"(?:^ {4}|`|\$ )tdv ([a-z][a-z-]*)", path.read_text("utf-8"), re.MULTILINE
    ):
        assert verb in {*COMMANDS, *COMING}, f"{path.name} names `tdv {verb}`"


def test_the_python_page_runs(outside):
    """All examples of docs/python-api.md, one after the other, in one namespace."""
    text = (ROOT / "docs" / "python-api.md").read_text("utf-8")
    namespace: dict[str, object] = {}
    for example in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
        exec(compile(example, "docs/python-api.md", "exec"), namespace)


def test_the_tutorial_is_what_happens(outside, monkeypatch):
    """Every `$ …` line of docs/tutorial.md, and what is answered to it.

    `REGENERATE=1 pytest tests/test_docs.py` writes the answers anew.
    """
    path = ROOT / "docs" / "tutorial.md"
    bin_folder = Path(sys.executable).parent
    monkeypatch.setenv("PATH", f"{bin_folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    text = path.read_text("utf-8")
    replayed = "".join(replay(outside, text))
    if os.environ.get("REGENERATE"):
        path.write_text(replayed, "utf-8")
    assert text == replayed


def replay(outside, text: str) -> Iterator[str]:
    """The page with the answers that its commands give now."""
    answering = False
    for line in text.splitlines(keepends=True):
        if line.startswith("    $ "):
            answering = True
            yield line
            command, _, code = line[6:].rstrip("\n").partition("  # exit ")
            answer = answer_to(outside, command, int(code or 0))
            yield "".join(f"    {each}".rstrip() + "\n" for each in answer.splitlines())
        elif not answering:
            yield line
        elif line != "\n" and not line.startswith("    "):
            answering = False  # the old answer, and the blank line behind it, are over
            yield "\n" + line


def answer_to(outside, command: str, code: int) -> str:
    """What a command line of the tutorial prints, both streams in their order."""
    if command.startswith("cd "):
        os.chdir(command[3:])
        return ""
    if not command.startswith("tdv "):
        done = subprocess.run(["sh", "-c", command], check=True, capture_output=True, timeout=20)
        return done.stdout.decode()
    stream = io.BytesIO()
    out = Output(stream, stream)
    assert run(shlex.split(command)[1:], outside.env, out) == code, stream.getvalue()
    out.flush()
    return stream.getvalue().decode().replace(str(outside.folder), "~")
