"""How a rule file looks to somebody who is to trust it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tdv.cli.text import cut, plural

if TYPE_CHECKING:
    from tdv.cli.output import Output
    from tdv.ops.trust import RuleFile

FIRST_LINES = 20
DIGITS = 16


def show_file(out: Output, file: RuleFile) -> None:
    """Its first lines, what it imports, and what it may do."""
    lines = file.text.splitlines()
    out.line(f"{out.safe(file.path)}: {plural(len(lines), 'line')}, BLAKE3 {file.digest[:DIGITS]}…")
    for number, line in enumerate(lines[:FIRST_LINES], 1):
        out.line(f"{number:>4}  {cut(out.safe(line), max(out.width - 6, 20))}".rstrip())
    if len(lines) > FIRST_LINES:
        out.line(f"   …  {plural(len(lines) - FIRST_LINES, 'more line', 'more lines')}")
    imports = ", ".join(out.safe(each) for each in file.imports)
    out.line(f"It imports {imports or 'nothing'}.")
    out.line(
        "A rule file is a program: with your rights it may read, change and send whatever you may."
    )


def show_list(out: Output, files: list[RuleFile]) -> None:
    """One line a file."""
    for file in files:
        state = "trusted" if file.trusted else "untrusted" if file.digest else "missing"
        out.line(f"{state:<9}  {file.digest[:DIGITS]:<{DIGITS}}  {out.safe(file.path)}")
