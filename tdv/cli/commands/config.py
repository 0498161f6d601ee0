"""`tdv config`: read and write settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from tdv.cli.options import Json, Verbs, command_group, verb
from tdv.cli.session import Session
from tdv.errors import Findings, NotARepository

if TYPE_CHECKING:
    from tdv.repo.config import Config


class Settings(Verbs):
    """Takes `tdv config NAME` for `get` and `tdv config NAME VALUE` for `set`, as git does."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the words of the command line."""
        words = [word for word in args if not word.startswith("-")]
        if words and "." in words[0] and args[0] not in self.commands:
            args = ["get" if len(words) == 1 else "set", *args]
        return super().parse_args(ctx, args)


app = command_group(
    "Read and write settings.\n\n"
    "A setting comes from the environment, else from the repository's `.tdv/config.toml`, else "
    "from your own file, which `--user` means.\n\n"
    "`tdv config NAME` is short for `get`, `tdv config NAME VALUE` for `set`.",
    cls=Settings,
)

User = Annotated[
    bool, typer.Option("--user", "--global", help="Your own settings, for all repositories.")
]


@verb(app, "get")
def get(ctx: typer.Context, name: Annotated[str, typer.Argument(metavar="NAME")]) -> int:
    """Print the value that holds.

    Exit code 1 when the setting has none.
    """
    from tdv.ops.config import get_setting

    session = Session.of(ctx)
    found = get_setting(_config(session), name)
    if found is None:
        return 1
    session.out.line(session.out.safe(found))
    return 0


@verb(app, "set")
def set_(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME")],
    value: Annotated[str, typer.Argument(metavar="VALUE")],
    user: User = False,
) -> None:
    """Write a value into the repository's file.

    With `--user` into your own file, which all repositories follow. `tdv config list --known`
    names the settings that there are.
    """
    from tdv.ops.config import set_setting

    session = Session.of(ctx)
    hidden_by = set_setting(_config(session, user=user), name, value, user=user)
    if hidden_by:
        session.out.warn(f"The value has no effect here: {hidden_by} gives another one.")


@verb(app, "unset")
def unset(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME")],
    user: User = False,
) -> None:
    """Remove a value from the repository's file.

    With `--user` from your own file.
    """
    from tdv.ops.config import unset_setting

    session = Session.of(ctx)
    if not unset_setting(_config(session, user=user), name, user=user):
        raise Findings(
            f"`{name}` is not set there.", hint="`tdv config list --show-origin` says where it is."
        )


@verb(app, "list")
def list_(
    ctx: typer.Context,
    show_origin: Annotated[
        bool, typer.Option("--show-origin", help="Show where each value comes from.")
    ] = False,
    known: Annotated[
        bool, typer.Option("--known", help="List the settings that there are, with their meaning.")
    ] = False,
    json: Json = False,
) -> None:
    """List the values that hold, or all settings with `--known`."""
    from tdv.ops.config import known_settings, list_settings, value_text

    session = Session.of(ctx)
    out = session.out
    if known:
        for name, meaning in known_settings():
            out.line(f"{name:<16}{meaning}")
        return
    found = list_settings(_config(session))
    if json:
        values = [{"name": each.name, "value": each.value, "origin": each.origin} for each in found]
        out.json("tdv.config/1", {"settings": values})
        return
    for each in found:
        origin = f"{out.safe(each.origin)}\t" if show_origin else ""
        out.line(f"{origin}{out.safe(each.name)}={out.safe(value_text(each.value))}")


def _config(session: Session, *, user: bool = False) -> Config:
    """The configuration here; outside a repository the user's alone."""
    from tdv.repo.config import Config

    try:
        return session.repo().config
    except NotARepository:
        caller = session.caller()
        return Config(None, caller.user_config, caller.environ)
