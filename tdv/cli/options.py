"""Options that mean one thing everywhere, and groups of commands under one name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from tdv.cli.text import near_words
from tdv.errors import UsageError

Json = Annotated[bool, typer.Option("--json", help="Write JSON, for programs.")]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Say what would be done, and change nothing.")
]
Nul = Annotated[
    bool, typer.Option("-z", help="End names with NUL and leave them unquoted, for programs.")
]

# What commands that look at all rows share.
Jobs = Annotated[int | None, typer.Option("-j", "--jobs", metavar="N", help="Worker processes.")]
MemoryLimit = Annotated[
    str, typer.Option("--memory-limit", metavar="SIZE", help="For all processes: `2GB`.")
]
CacheDir = Annotated[
    Path | None, typer.Option("--cache-dir", metavar="DIR", help="Where facts are remembered.")
]
NoCache = Annotated[bool, typer.Option("--no-cache", help="Remember nothing.")]
Form = Annotated[
    str, typer.Option("--format", metavar="SUFFIX", help="What `-` is: jsonl, csv, json, txt.")
]


class Verbs(TyperGroup):
    """The verbs below a name; an unknown one is answered with those that are near."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The verb that the first word names; UsageError when none does."""
        name, here = args[0], ctx.command_path
        if name not in self.commands and not name.startswith("-"):
            near = near_words(name, self.commands, prefix=f"{here} ")
            hint = near or f"`{here} --help` lists the commands."
            raise UsageError(f"There is no command `{here} {name}`.", hint=hint)
        return super().resolve_command(ctx, args)


def command_group(help: str, cls: type[Verbs] = Verbs) -> typer.Typer:
    """A name with verbs of its own below it, such as `tdv debug rev-parse`."""
    return typer.Typer(
        cls=cls,
        help=help,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        no_args_is_help=True,
        subcommand_metavar="COMMAND …",
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )


def verb(app: typer.Typer, name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add a function to a group as the verb of that name, with the house's settings."""
    return app.command(name, context_settings={"help_option_names": ["-h", "--help"]})
