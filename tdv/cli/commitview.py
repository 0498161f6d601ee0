"""How commits look in `log` and `show`: for people, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from tdv.cli.output import Output
from tdv.cli.text import plural
from tdv.model.commit import Commit, Operation, Signature
from tdv.model.oid import Oid

if TYPE_CHECKING:
    from tdv.quality.note import QualityNote

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def heading_lines(
    out: Output, oid: Oid, commit: Commit, names: Sequence[str] = (), quality: str | None = None
) -> Iterator[str]:
    """The lines of a commit above what it changed: oid, names, parents, author, date, message.

    Args:
        quality: as `quality_text`; None says nothing of it.
    """
    yield out.style(f"commit {oid}", "yellow") + decoration(out, names)
    if len(commit.parents) > 1:
        yield "Merge:  " + " ".join(parent.short for parent in commit.parents)
    yield f"Author: {out.safe(person(commit.author))}"
    yield f"Date:   {person_date(commit.author)}"
    if commit.operation is not None:
        yield f"By:     {out.safe(operation_text(commit.operation))}"
    if quality is not None:
        yield f"Quality: {quality}"
    yield ""
    for line in commit.message.split("\n"):
        yield f"    {out.safe(line)}".rstrip()


def one_line(
    out: Output, oid: Oid, commit: Commit, names: Sequence[str] = (), quality: str | None = None
) -> str:
    """A commit in one line."""
    about = "" if quality is None else f" [{quality}]"
    name = out.style(oid.short, "yellow") + decoration(out, names)
    return f"{name}{about} {out.safe(commit.subject)}"


def decoration(out: Output, names: Sequence[str]) -> str:
    """The branches and tags at a commit, in brackets; "" when there are none."""
    if not names:
        return ""
    shown = ", ".join(out.style(out.safe(name), _style(name), "bold") for name in names)
    return out.style(" (", "yellow") + shown + out.style(")", "yellow")


def person(who: Signature) -> str:
    """`Name <e-mail>`."""
    return f"{who.name} <{who.email}>"


def person_date(who: Signature) -> str:
    """When, as git writes it in English: `Fri Jan 2 03:04:05 2026 +0000`."""
    moment = _moment(who)
    if moment is None:
        return f"@{who.seconds}"
    return (
        f"{_DAYS[moment.weekday()]} {_MONTHS[moment.month - 1]} {moment.day} "
        f"{moment:%H:%M:%S} {moment.year} {_zone(who.offset)}"
    )


def iso_date(who: Signature) -> str:
    """When, as ISO 8601 with the zone: `2026-01-02T03:04:05+00:00`."""
    moment = _moment(who)
    return f"@{who.seconds}" if moment is None else moment.isoformat()


def commit_json(oid: Oid, commit: Commit, names: Sequence[str] | None = None) -> dict[str, Any]:
    """A commit for programs. Its own oid comes first, before any other one."""
    document: dict[str, Any] = {
        "commit": str(oid),
        "tree": str(commit.tree),
        "parents": [str(parent) for parent in commit.parents],
        "author": person_json(commit.author),
        "committer": person_json(commit.committer),
        "message": commit.message,
    }
    if commit.operation is not None:
        document["operation"] = _operation_json(commit.operation)
    if names is not None:
        document["names"] = list(names)
    return document


def quality_text(note: QualityNote | None) -> str:
    """What was recorded of a commit's quality: "0.98, 3 errors, 12 warnings", or "-"."""
    if note is None:
        return "-"
    score = "no score" if note.quality_score is None else f"{note.quality_score:.6g}"
    failed = sum(not gate.passed for gate in note.gates)
    gates = f", {plural(failed, 'failed threshold')}" if failed else ""
    return f"{score}, {plural(note.errors, 'error')}, {plural(note.warnings, 'warning')}{gates}"


def quality_json(note: QualityNote | None) -> dict[str, Any] | None:
    """What was recorded of a commit's quality, for programs; None where nothing was."""
    return None if note is None else asdict(note)


def person_json(who: Signature) -> dict[str, Any]:
    """A person and a time for programs."""
    return {"name": who.name, "email": who.email, "date": iso_date(who)}


def operation_text(operation: Operation) -> str:
    """The command that made a commit's data, with its parameters."""
    words = [operation.name, *(f"{name}={value}" for name, value in operation.params)]
    return " ".join(words) + ("" if operation.seed is None else f" seed={operation.seed}")


def _operation_json(operation: Operation) -> dict[str, Any]:
    return {
        "name": operation.name,
        "params": dict(operation.params),
        "inputs": [str(oid) for oid in operation.inputs],
        "seed": operation.seed,
        "tdv_version": operation.tdv_version,
    }


def _moment(who: Signature) -> datetime | None:
    """The time in the person's own zone; None when it lies beyond what a calendar shows."""
    try:
        zone = timezone(timedelta(minutes=who.offset))
        return datetime.fromtimestamp(who.seconds, zone)
    except (ValueError, OverflowError, OSError):
        return None


def _zone(offset: int) -> str:
    hours, minutes = divmod(abs(offset), 60)
    return f"{'-' if offset < 0 else '+'}{hours:02d}{minutes:02d}"


def _style(name: str) -> str:
    if name.startswith("HEAD"):
        return "cyan"
    return "yellow" if name.startswith("tag: ") else "green"
