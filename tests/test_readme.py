"""The README stays short, and what it says can be done."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")


def test_it_is_short():
    assert len(README.splitlines()) < 120


@pytest.mark.parametrize(
    "command", ["pip install . && tdv demo", "pip install '.[test]' && pytest"]
)
def test_it_names_the_two_commands(command):
    assert f"\n    {command}\n" in README


def test_its_commands_work(outside):
    """The block under "Use it", word by word, on some rows."""
    from shlex import split

    block = README.split("## Use it")[1].split("Or from Python")[0]
    lines = [line.split("#")[0].strip() for line in block.splitlines()]
    rows = [f'{{"id": {number}, "label": "x"}}\n' for number in range(20)]
    outside.write("train.jsonl", "".join(rows))
    commands = 0
    for line in lines:
        if line.startswith("tdv "):
            result = outside(*split(line)[1:])
            commands += 1
            if line.startswith("tdv commit"):
                outside.write("train.jsonl", "".join(rows[1:]))
            if line.startswith("tdv cat"):
                assert len(result.json_lines) == 10
    assert commands >= 8


def test_its_python_works(tdv):
    import tdv as package

    rows = [{"id": number, "label": "x" * (number % 3)} for number in range(20)]
    repo = package.Repo.open(tdv.folder)
    repo.commit({"train.jsonl": rows}, "one")
    tdv("tag", "v1.0")
    code = re.search(r"```python\n(.*?)```", README, re.DOTALL)
    assert code is not None
    exec(code[1].replace('"my-data"', repr(str(tdv.folder))), {})
    assert len(repo["main"]["train.jsonl"]) == sum(1 for row in rows if row["label"])
