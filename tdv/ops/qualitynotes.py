"""`validate --record` and `log --quality`: what validations said of commits."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from tdv.errors import RevisionError, UsageError
from tdv.quality.note import ANALYSIS, QualityNote
from tdv.repo.notes import Notes
from tdv.version import __version__

if TYPE_CHECKING:
    from tdv.model.oid import Oid
    from tdv.quality.report import ValidationReport
    from tdv.repo.repository import Repo


def record(repo: Repo, commit: Oid, report: ValidationReport) -> bool:
    """Keep a report's codes, counts and keys as a note on the commit that was validated.

    Args:
        report: of the whole commit, under all of its rules: a part of it says nothing of it.

    Returns:
        whether the commit had no such note, or another one.
    """
    note = QualityNote.of(report, __version__)
    note = replace(note, rules_from=_rules_from(repo, commit, note.rules_from))
    return Notes(repo).put(commit, ANALYSIS, note.to_bytes())


def _rules_from(repo: Repo, commit: Oid, told: str) -> str:
    """Where the rules are from; of the commit itself whatever it was called: `HEAD:tdv.toml`."""
    revision, colon, file = told.rpartition(":")
    with suppress(RevisionError):
        if colon and repo.resolve(revision) == commit:
            return file
    return told


def refuse_part(*, commit: bool, part: bool, rules: bool, since: bool) -> None:
    """Refuse to record what would look like a judgement of a whole commit, and is none.

    Args:
        commit: whether a commit is validated.
        part: only some of its files.
        rules: by some of its rules only.
        since: only what is new is reported.

    Raises:
        UsageError: it is not a whole commit, or not under all of its rules.
    """
    if not commit:
        raise UsageError(
            "`--record` needs a commit: what else was validated may change.",
            hint="`tdv validate HEAD --record` records the last commit's.",
        )
    if part or rules or since:
        less = "some of its files" if part else "some rules" if rules else "new findings"
        raise UsageError(
            f"`--record` is about a whole commit under all of its rules, not about {less} only.",
            hint="Record a validation without paths, `--select`, `--ignore` and `--new-from`.",
        )


class Qualities:
    """Quality by commit, as it was recorded."""

    def __init__(self, repo: Repo) -> None:
        self._notes = Notes(repo)

    def of(self, commit: Oid) -> QualityNote | None:
        """What was recorded for a commit, or None.

        Raises:
            IntegrityError: the note is damaged.
            UnsupportedVersion: a newer tdv wrote it.
        """
        content = self._notes.get(commit, ANALYSIS)
        return None if content is None else QualityNote.from_bytes(content)

    def at_least(self, commit: Oid, score: float) -> bool:
        """Whether a quality score of that much was recorded for a commit."""
        note = self.of(commit)
        return note is not None and note.quality_score is not None and note.quality_score >= score
