"""Options that mean one thing everywhere, and groups of commands under one name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer

Json = Annotated[bool, typer.Option("--json", help="Write JSON, for programs.")]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Say what would be done, and change nothing.")
]
Nul = Annotated[
    bool, typer.Option("-z", help="End names with NUL and leave them unquoted, for programs.")
]


def command_group(help: str) -> typer.Typer:
    """A name with verbs of its own below it, such as `tdv debug rev-parse`."""
    return typer.Typer(
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
