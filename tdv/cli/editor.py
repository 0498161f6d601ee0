"""Lets the user write a message in an editor."""

from __future__ import annotations

import subprocess

from tdv.cli.session import Session
from tdv.errors import UsageError
from tdv.repo import layout


def can_edit(session: Session) -> bool:
    """Whether somebody sits at a terminal who could write."""
    import sys  # the only place that asks about stdin

    return session.out.talk_terminal and sys.stdin is not None and sys.stdin.isatty()


def edit(session: Session, text: str, explanation: str) -> str:
    """What the user makes of a text in an editor.

    Args:
        explanation: lines for the user, shown below the text behind `#`.

    Raises:
        UsageError: the editor cannot be run, or reports failure.
    """
    repo = session.repo()
    env = session.env
    editor = repo.config.get("core.editor") or env.get("VISUAL") or env.get("EDITOR") or "vi"
    path = repo.folder / layout.TMP / "COMMIT_EDITMSG"
    comments = "".join(f"# {line}".rstrip() + "\n" for line in explanation.split("\n"))
    path.write_text(f"{text}\n\n{comments}", "utf-8")
    try:
        # Through a shell, as git does, since EDITOR may hold options: `code --wait`.
        command = ["sh", "-c", f'{editor} "$@"', editor, str(path)]
        code = subprocess.run(command, env=dict(env), check=False).returncode
        if code:
            raise UsageError(
                f"The editor `{editor}` ended with code {code}; nothing was committed.",
                hint="`tdv commit -m MESSAGE` needs no editor.",
            )
        return path.read_bytes().decode("utf-8", "surrogateescape")
    finally:
        path.unlink(missing_ok=True)
