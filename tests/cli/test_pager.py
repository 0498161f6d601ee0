"""Long output on a terminal goes through a pager."""

from __future__ import annotations

import io

import pytest

from tdv.cli.main import run
from tdv.cli.output import Output
from tdv.cli.pager import pager_command


@pytest.fixture
def shown(tdv):
    """Runs a command line on a terminal of ten lines: what went past the pager, and through it."""
    tdv.commit("one", a__jsonl="".join(f'{{"n":{n}}}\n' for n in range(50)))
    tdv.write("a.jsonl", "".join(f'{{"n":{n + 100}}}\n' for n in range(50)))

    def show(*words: str, **env: str) -> tuple[str, str, str]:
        paged = tdv.folder.parent / "paged"
        paged.unlink(missing_ok=True)
        stdout, stderr = io.BytesIO(), io.BytesIO()
        out = Output(stdout, stderr)
        out.terminal = True
        pager = {"TDV_PAGER": f"cat > {paged}", "LINES": "10"}
        try:
            run(list(words), {**tdv.env, **pager, **env}, out)
            out.flush()
        except BrokenPipeError:
            pass  # what `main` takes for a quiet end
        finally:
            out.end_page()
        through = paged.read_text() if paged.exists() else ""
        return stdout.getvalue().decode(), through, stderr.getvalue().decode()

    return show


def test_what_fits_is_written_at_once(shown):
    past, through, _ = shown("log")
    assert past.startswith("commit ")
    assert through == ""


def test_what_is_longer_is_paged(shown, tdv):
    past, through, _ = shown("diff")
    assert past == ""
    assert through.startswith("M a.jsonl\n")
    assert len(through.splitlines()) > 50


def test_messages_come_when_the_pager_is_left(shown):
    past, through, err = shown("show", "HEAD", "HEAD", "HEAD", "nope")
    assert past == ""
    assert through.count("commit ") == 3
    assert err.startswith("error: There is no branch, tag or commit `nope`.\n")


@pytest.mark.parametrize(
    ("words", "env"),
    [
        (["--no-pager", "diff"], {}),
        (["diff"], {"TDV_PAGER": "cat"}),
        (["diff"], {"TDV_PAGER": ""}),
        (["diff"], {"TERM": "dumb"}),
        (["cat", "a.jsonl"], {}),
    ],
)
def test_no_pager(shown, words, env):
    past, through, _ = shown(*words, **env)
    assert len(past.splitlines()) >= 50
    assert through == ""


def test_a_pager_that_is_left_early_ends_the_command(shown):
    assert shown("diff", TDV_PAGER="true") == ("", "", "")


def test_which_pager():
    assert pager_command({"PAGER": "more"}) == "more"
    assert pager_command({"PAGER": "more", "TDV_PAGER": "less -S"}) == "less -S"
    assert pager_command({"PATH": "/nowhere"}) is None
