"""The command line as a whole: global options, the lazy table of commands, the help page.

How to write a command
----------------------
One module per command, `tdv/cli/commands/<name>.py`, holding one function of the same name
(`rm` in `rm.py`, `cherry-pick` in `cherry_pick.py`; a Python keyword gets a trailing underscore).
The command is listed in `tdv/cli/commands/__init__.py`; nothing else has to be registered. A
page: parse -> one op -> render.

    from __future__ import annotations

    from typing import Annotated
    import typer

    from tdv.cli.options import Json
    from tdv.cli.session import Session

    def ls(
        ctx: typer.Context,
        revision: Annotated[str, typer.Argument(metavar="[REF[:PATH]]", help="…")] = "HEAD",
        stored: Annotated[bool, typer.Option("--stored", "-s", help="Show stored bytes.")] = False,
        json: Json = False,
    ) -> int | None:
        '''List the files of a revision with rows and sizes.   <- becomes the help text

        Further paragraphs say more. Blank lines part paragraphs.
        '''
        from tdv.ops.ls import list_files      # ops are imported inside the function: `--help`
                                               # of one command stays light
        session = Session.of(ctx)
        out = session.out
        listing = list_files(session.repo(), revision, progress=session.progress())
        if json:
            out.json("tdv.ls/1", {"files": [...]})       # one document; json_line() for streams
            return None
        for file in listing.files:
            out.line(f"{out.path(file.path)}")           # data: stdout
        out.say(f"{plural(len(listing.files), 'file')}.")  # talk: stderr, silent under -q
        return None                                      # or an exit code, e.g. 1 for --exit-code

- Several verbs under one name (`op log`, `debug rev-parse`): the module holds `app =
  command_group("help …")` from `tdv.cli.options` instead, with `@app.command("rev-parse")`.
- Raise a `TdvError`; never print an error, never `sys.exit`. `main()` prints `error: …` and
  `hint: …` and exits with the class's code. Return an int only for an outcome that needs no words.
- `session.split(args)` tells what stood before and behind `--`: (before, None | behind).
- `session.path(text)` turns what the user typed into a path inside the repository (bytes).
- `session.page()` lets long output go through a pager; for commands that only read.
- `session.env` is the environment; `os.environ` is read nowhere else.
- `-q` and `-v` are accepted behind every command too, unless it gives them its own meaning.
- Text that comes from data goes through `out.safe(text)` / `out.path(path)`, so that control
  characters cannot reach a terminal; `out.style(text, "red")` colours, only where it may.
- typer is the only import that a command module may have at the top besides the standard
  library's light modules, `tdv.errors`, `tdv.model` and `tdv.cli`.
"""

from __future__ import annotations

import importlib
from typing import Annotated, Any

import typer
from typer.core import TyperGroup, TyperOption

from tdv.cli.coming import not_yet
from tdv.cli.commands import COMMANDS, GROUPS
from tdv.cli.gitwords import INSTEAD
from tdv.cli.session import Session, parse_color
from tdv.cli.text import near_words
from tdv.errors import UsageError
from tdv.version import __version__

SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class LazyGroup(TyperGroup):
    """The top level: knows every command's name, imports only the one that runs."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The names, in the order of the help page."""
        order = list(GROUPS)
        return sorted(COMMANDS, key=lambda name: order.index(COMMANDS[name].group))

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command, imported now; None when there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        if cmd_name not in self.commands:
            self.commands[cmd_name] = load(cmd_name)
        return self.commands[cmd_name]

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that the first word names; UsageError with near names when none does."""
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            raise UsageError(
                f"There is no command `{name}`.",
                hint=INSTEAD.get(name)
                or not_yet(f"`tdv {name}`")
                or near_words(name, COMMANDS, prefix="tdv ")
                or "`tdv --help` lists the commands.",
            )
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the commands under the headings of their groups."""
        width = max(map(len, COMMANDS))
        for group, title in GROUPS.items():
            rows = [
                (name.ljust(width), listed.help)
                for name, listed in COMMANDS.items()
                if listed.group == group
            ]
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)


def build() -> LazyGroup:
    """The top-level group with its global options."""
    app = typer.Typer(
        name="tdv",
        cls=LazyGroup,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        no_args_is_help=True,
        context_settings=dict(SETTINGS),
        subcommand_metavar="COMMAND …",
    )
    app.callback()(_tdv)
    group = typer.main.get_group(app)
    assert isinstance(group, LazyGroup)
    return group


def load(name: str) -> Any:
    """Import a command's module and build the command from it."""
    spelled = name.replace("-", "_")
    module = importlib.import_module(f"tdv.cli.commands.{COMMANDS[name].module or spelled}")
    app = getattr(module, "app", None)
    if app is None:
        function = getattr(module, spelled, None) or getattr(module, f"{spelled}_")
        app = typer.Typer(add_completion=False, rich_markup_mode=None)
        parser = getattr(module, "Command", None)  # a command that reads its words in its own way
        app.command(name, cls=parser, context_settings=dict(SETTINGS))(function)
        command = typer.main.get_command(app)
    else:
        command = typer.main.get_group(app)
        command.name = name
    for leaf in getattr(command, "commands", {"": command}).values():
        _accept_loudness(leaf)
    return command


def _print_version(ctx: typer.Context, value: bool) -> None:
    if value:
        Session.of(ctx).out.line(f"tdv {__version__}")
        raise typer.Exit


def _tdv(
    ctx: typer.Context,
    folder: Annotated[
        list[str] | None,
        typer.Option("-C", metavar="DIR", help="Run as if started in DIR."),
    ] = None,
    verbose: Annotated[
        int, typer.Option("-v", "--verbose", count=True, show_default=False, help="Say more.")
    ] = 0,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Say only errors.")] = False,
    log_format: Annotated[
        str, typer.Option(metavar="text|json", help="How messages on stderr are written.")
    ] = "text",
    color: Annotated[
        str, typer.Option(metavar="auto|always|never", help="When to use colour.")
    ] = "auto",
    no_pager: Annotated[
        bool, typer.Option("--no-pager", help="Show long output without a pager.")
    ] = False,
    version: Annotated[
        bool,
        typer.Option(
            "--version", is_eager=True, callback=_print_version, help="Print the version."
        ),
    ] = False,
) -> None:
    """Version control for training data: git's verbs, at the level of the single example."""
    session = Session.of(ctx)
    session.out.color = parse_color(color, session.out.color)
    session.out.loudness += -1 if quiet else verbose
    session.paging = not no_pager
    if log_format not in ("text", "json"):
        raise UsageError(f"`--log-format` is `text` or `json`, not `{log_format}`.")
    session.out.json_talk = log_format == "json"
    for each in folder or ():
        session.enter(each)


def _accept_loudness(command: Any) -> None:
    """Let `-q` and `-v` stand behind the command as well, where it has no use of its own."""
    taken = {name for param in command.params for name in param.opts}

    def quiet(ctx: typer.Context, value: bool) -> None:
        Session.of(ctx).out.loudness -= bool(value)

    def verbose(ctx: typer.Context, value: bool) -> None:
        Session.of(ctx).out.loudness += bool(value)

    for names, callback in ((["-q", "--quiet"], quiet), (["-v", "--verbose"], verbose)):
        free = [name for name in names if name not in taken]
        if free:
            option = TyperOption(
                param_decls=[*free],
                is_flag=True,
                default=False,
                expose_value=False,
                hidden=True,
                callback=lambda ctx, param, value, callback=callback: callback(ctx, value),
            )
            command.params.append(option)
