"""`tdv config`: read and write settings; `tdv config trust`: which rule files may run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from tdv.cli.options import DryRun, Json, Verbs, command_group, verb
from tdv.cli.render import trust as render_trust
from tdv.cli.session import Session
from tdv.errors import Findings, PathError

if TYPE_CHECKING:
    from tdv.repo.trust import Trust


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
    found = get_setting(session.config(), name)
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
    hidden_by = set_setting(session.config(), name, value, user=user)
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
    if not unset_setting(session.config(), name, user=user):
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
    found = list_settings(session.config())
    if json:
        values = [{"name": each.name, "value": each.value, "origin": each.origin} for each in found]
        out.json("tdv.config/1", {"settings": values})
        return
    for each in found:
        origin = f"{out.safe(each.origin)}\t" if show_origin else ""
        out.line(f"{origin}{out.safe(each.name)}={out.safe(value_text(each.value))}")


@verb(app, "trust")
def trust(
    ctx: typer.Context,
    paths: Annotated[
        list[str] | None,
        typer.Argument(metavar="[[REF:]PATH…]", help="Rule files; without any, list them."),
    ] = None,
    revoke: Annotated[
        bool, typer.Option("--revoke", help="Trust them no more; a hash names one as well.")
    ] = False,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Let rule files of your own run, or list them.

    The file's first lines, what it imports and what it may do are shown. It is trusted by the hash
    of its bytes, in a list outside of every repository, and asked for again when it changes. What
    it imports is not covered.

    Without PATH, the files that `own` in tdv.toml names are listed, then the others that are
    trusted.
    """
    from tdv.ops import trust as ops
    from tdv.repo.trust import Trust

    session = Session.of(ctx)
    out, held = session.out, Trust(session.caller().user_config)
    if not paths:
        _list_trusted(session, held, json)
    elif revoke:
        gone = ops.revoke(held, [name for word in paths for name in _names_of(session, word)])
        for path in gone:
            out.say(f"{out.safe(path)} is trusted no more.")
    else:
        for word in paths:
            data, place = _rule_file(session, word)
            render_trust.show_file(out, ops.trust_file(held, data, word, place, dry_run=dry_run))
            if not dry_run:
                out.say(f"{out.safe(word)} is trusted until it changes.")
                out.hint(f"`tdv config trust --revoke {out.safe(word)}` takes that back.")


def _list_trusted(session: Session, held: Trust, json: bool) -> None:
    from tdv.ops.trust import rule_files
    from tdv.repo.datasets import Datasets
    from tdv.repo.inside import reader_of_folder

    repo = session.repo_or_none()
    if repo is None:
        found = rule_files(held, None, lambda path: b"")
    else:
        datasets = Datasets.of_working_copy(repo.root)
        found = rule_files(held, datasets, reader_of_folder(repo.root))
    if json:
        files = [
            {"path": each.path, "hash": each.digest or None, "trusted": each.trusted,
             "named": each.named}
            for each in found
        ]  # fmt: skip
        session.out.json("tdv.trust/1", {"files": files})
        return
    render_trust.show_list(session.out, found)
    if not found:
        session.out.say("No rule file is trusted, and tdv.toml names none.")


def _rule_file(session: Session, word: str) -> tuple[bytes, str]:
    """The bytes of a rule file, and what the list is to call it."""
    from tdv.ops.trust import whole_path

    path = session.here / word
    if not path.is_file() and ":" in word:
        from tdv.ops.cat import open_file

        repo = session.repo()
        revision, _, inside = word.partition(":")
        tree = repo.commit(repo.resolve(revision)).tree
        content = open_file(repo.store, tree, inside.encode(), revision)
        return b"".join(content.blocks()), f"{repo.root}:{word}"
    try:
        return path.read_bytes(), whole_path(path)
    except OSError as error:
        raise PathError(f"`{word}` cannot be read: {error.strerror}.") from error


def _names_of(session: Session, word: str) -> tuple[str, ...]:
    """What the list of trusted files may call a file that is to be trusted no more."""
    from tdv.ops.trust import whole_path
    from tdv.repo.trust import fingerprint

    path = session.here / word
    digest = (fingerprint(path.read_bytes()),) if path.is_file() else ()
    return word, whole_path(path), *digest
