"""`tdv demo`: a guided tour. Every command that it shows is really run, in a temporary folder."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

import tdv
from tdv.cli.session import Session
from tdv.errors import TdvError

SAMPLES = Path(tdv.__file__).parent / "samples"


class Step(NamedTuple):
    """One step of the tour: a sentence, an edit of the data if there is one, command lines.

    Attributes:
        code: what the commands exit with.
    """

    text: str
    commands: tuple[tuple[str, ...], ...]
    edit: Callable[[Path], None] | None = None
    code: int = 0


def demo(
    ctx: typer.Context,
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep the folder and say where it is.")
    ] = False,
) -> None:
    """Run a guided tour on sample data in a temporary folder.

    Each command is printed before it is run. Nothing outside of the temporary folder is touched.
    """
    session = Session.of(ctx)
    with _folder(session, keep) as folder:
        for number, step in enumerate(TOUR, 1):
            session.out.line(session.out.style(f"{number}. {step.text}", "bold"))
            if step.edit is not None:
                step.edit(folder)
            for words in step.commands:
                _run(session, words, step.code)
        session.out.line("That was the tour. `tdv --help` lists all commands.")


def _run(session: Session, words: tuple[str, ...], expected: int) -> None:
    """Print a command line as a shell would take it, and run it."""
    from shlex import join

    from tdv.cli.main import run
    from tdv.cli.output import Output

    out = session.out
    out.line(out.style(f"$ tdv {join(words)}", "cyan"))
    out.flush()
    # What a command says, on stderr otherwise, stands between the commands here.
    inner = Output(out.stdout, out.stdout, width=out.width)
    inner.color = inner.talk_color = out.color
    inner.terminal, inner.talk_terminal = out.terminal, False
    code = run(list(words), _environment(session), inner)
    inner.flush()
    if code != expected:
        raise TdvError(f"The demo stopped: `tdv {join(words)}` ended with exit code {code}.")
    out.line()


def _environment(session: Session) -> dict[str, str]:
    """The user's environment without what would change the tour."""
    ours = ("TDV_AUTHOR", "TDV_COMMITTER")
    env = {name: value for name, value in session.env.items() if not name.startswith(ours)}
    ada = {"TDV_AUTHOR_NAME": "Ada", "TDV_AUTHOR_EMAIL": "ada@example.org"}
    return {**env, **ada, "TDV_PAGER": "cat"}


@contextmanager
def _folder(session: Session, keep: bool) -> Iterator[Path]:
    """A temporary folder with the sample data, entered, and removed again unless kept."""
    before = Path.cwd()
    folder = Path(tempfile.mkdtemp(prefix="tdv-demo-"))
    try:
        work = folder / "support"
        shutil.copytree(SAMPLES, work, ignore=shutil.ignore_patterns("__pycache__"))
        os.chdir(work)
        yield work
    finally:
        os.chdir(before)
        if keep:
            session.out.say(f"The demo's repository is in {folder / 'support'}.")
        else:
            shutil.rmtree(folder, ignore_errors=True)


def _edit(folder: Path) -> None:
    """Correct one label, drop the second example, and append two new ones."""
    file = folder / "intents.jsonl"
    lines = file.read_text("utf-8").splitlines(keepends=True)
    lines[4] = lines[4].replace('"label": "', '"label": "needs_review_', 1)
    del lines[1]
    for number, text in ((97, "Has order #40127 left the warehouse?"), (98, "Where is my lamp?")):
        lines.append(
            f'{{"id": "s{number:03}", "text": "{text}", "label": "order_status", '
            '"lang": "en", "confidence": 0.9}\n'
        )
    file.write_text("".join(lines), "utf-8")


def _edit_elsewhere(folder: Path) -> None:
    """Give the same label another value, and correct the confidence of two other examples."""
    file = folder / "intents.jsonl"
    lines = file.read_text("utf-8").splitlines(keepends=True)
    lines[4] = lines[4].replace('"label": "', '"label": "urgent_', 1)
    for number in (9, 20):
        head, _, _ = lines[number].rpartition('"confidence": ')
        lines[number] = f'{head}"confidence": 1.0}}\n'
    file.write_text("".join(lines), "utf-8")


def _append_faulty(folder: Path) -> None:
    """Append an example that has no text, and one with somebody's address."""
    with (folder / "intents.jsonl").open("a", encoding="utf-8") as file:
        for number, text in ((99, " "), (100, "Write to mara.k@example.com, please.")):
            file.write(
                f'{{"id": "s{number:03}", "text": "{text}", "label": "product_question", '
                '"lang": "en", "confidence": 0.8}\n'
            )


def _mend(folder: Path) -> None:
    """Write down the text that was lost, and take the address out."""
    file = folder / "intents.jsonl"
    text = file.read_text("utf-8").replace('"text": " "', '"text": "Is it waterproof?"')
    file.write_text(text.replace("mara.k@example.com", "me"), "utf-8")


TOUR = (
    Step("Make a repository in a folder that holds training data.", (("init",),)),
    Step(
        "Record what is there: JSON Lines, CSV, a JSON array, and a sound.",
        (("add", "."), ("commit", "-m", "Support intents as collected"), ("ls", "-r")),
    ),
    Step(
        "Edit the data: one label corrected, one example removed, two appended.",
        (("status",), ("diff",)),
        _edit,
    ),
    Step(
        "Keep the edit on a branch of its own, as in git.",
        (
            ("switch", "-c", "relabel"),
            ("commit", "-a", "-m", "Correct a label, add two questions"),
            ("diff", "--stat", "main", "relabel"),
        ),
    ),
    Step(
        "Go back to the first version, and look into the second from there.",
        (
            ("checkout", "main"),
            ("cat", "relabel:intents.jsonl", "--rows", "-2:"),
            ("log", "--oneline", "relabel"),
        ),
    ),
    Step(
        "Meanwhile somebody edits other fields, and one label that the branch has changed too.",
        (("commit", "-a", "-m", "Confidence checked by hand"),),
        _edit_elsewhere,
    ),
    Step(
        "Merge row by row: what does not clash is in one file, what clashes is listed.",
        (("merge", "relabel"),),
        code=1,
    ),
    Step(
        "Resolve the conflict, and record the merge.",
        (
            ("conflicts",),
            ("resolve", "--theirs"),
            ("merge", "--continue"),
            ("log", "--oneline", "--graph"),
        ),
    ),
    Step(
        "Ask who made a row what it is, field by field.",
        (("blame", "intents.jsonl", "--key", "s005", "--fields"),),
    ),
    Step(
        "Throw the merge away, and think again: every command can be undone.",
        (("reset", "--hard", "HEAD~1"), ("undo",)),
    ),
    Step(
        "Two examples come in from elsewhere. Hold the data against rules before it is committed.",
        (("validate",),),
        _append_faulty,
        code=1,
    ),
    Step("Let a rule explain itself.", (("rules", "TXT001"),)),
    Step(
        "Mend the rows: now the data passes. Keep the outcome beside the commit.",
        (
            ("validate",),
            ("commit", "-a", "-m", "Two questions from elsewhere"),
            ("validate", "HEAD", "--record"),
            ("log", "--oneline", "--quality", "-n", "2"),
        ),
        _mend,
    ),
    Step("Name the version that a model was trained on.", (("tag", "v1.0"), ("fsck",))),
)
