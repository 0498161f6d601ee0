"""`tdv gc`: make the repository smaller."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from tdv.cli.options import Json
from tdv.cli.session import Session
from tdv.cli.text import human_size

if TYPE_CHECKING:
    from tdv.ops.gc import Collected

_REASONS = {
    "unreachable": "of objects that nothing leads to",
    "retention": "of objects that only old operations lead to",
    "duplicate": "of objects that are stored twice",
    "regrouped": "by storing old versions together",
    "temporary": "left in tmp/ by stopped commands",
    "cache": "that analyses remember beyond `cache.limit`",
}


def gc(
    ctx: typer.Context,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Do it; otherwise only say what would be done.")
    ] = False,
    keep: Annotated[
        int,
        typer.Option(
            "--keep", metavar="N", min=1, help="Leave the newest N versions of each branch alone."
        ),
    ] = 1,
    auto: Annotated[
        bool, typer.Option("--auto", help="Do nothing unless many objects came since the last.")
    ] = False,
    json: Json = False,
) -> None:
    """Drop what nothing leads to, and store old versions together.

    Without `--yes` nothing is changed. Old versions of a file take a tenth of the space when they
    are stored together; reading one then decodes a group of up to 16 MiB. What any ref, HEAD, the
    stage, work in progress and the operations of the last 30 days (setting `gc.retention`) lead
    to is kept. Where older operations lose what `undo` would need, undo ends there, and gc says so.
    """
    from tdv.ops.gc import gc as collect
    from tdv.repo.upkeep import due

    session = Session.of(ctx)
    repo, out = session.repo(), session.out
    if auto and not due(repo):
        out.say("Too few objects came since the last `tdv gc` to be worth another.")
        return
    wait = {"wait": 0.0} if auto else {}
    done = collect(repo, keep=keep, dry_run=not yes, progress=session.progress(), **wait)
    if json:
        out.json("tdv.gc/1", _document(done))
        return
    for reason, size in done.freed.items():
        if size or done.objects.get(reason):
            count = done.objects.get(reason)
            named = "" if count is None else f" ({count:,})"
            out.line(
                f"{human_size(size) if size >= 0 else '-' + human_size(-size):>10}  "
                f"{_REASONS[reason]}{named}"
            )
    sizes = f"{human_size(done.before)} to {human_size(done.after)}"
    if done.dry_run:
        out.say(f"The packs would go from {sizes}; nothing was changed.")
    else:
        out.say(f"The packs went from {sizes}.")
    if done.ended is not None:
        verb = "would reach" if done.dry_run else "reaches"
        out.say(f"`tdv undo` {verb} back to operation {done.oldest} from now on.")
    if done.dry_run:
        out.hint("`tdv gc --yes` does it.")


def _document(done: Collected) -> dict[str, Any]:
    return {
        "dry_run": done.dry_run,
        "before": done.before,
        "after": done.after,
        "freed": done.freed,
        "objects": done.objects,
        "groups": done.groups,
        "oldest": done.oldest,
        "undo_shortened": done.ended is not None,
    }
