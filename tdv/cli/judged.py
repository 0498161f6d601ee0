"""What `validate` and `stats` are asked to look at, as it is typed on a command line."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tdv.cli.session import Session
from tdv.cli.text import plural
from tdv.errors import PathError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from tdv.cli.output import Output
    from tdv.ops.validate import Baseline
    from tdv.ops.validating.chosen import Chosen
    from tdv.ops.validating.engine import Computing, Engine
    from tdv.ops.validating.grouping import Wanted
    from tdv.quality.report import ValidationReport
    from tdv.repo.datasets import Datasets
    from tdv.repo.repository import Repo

STDIN = "-"
OFF = "Rules that `tdv rules` lists as off are selected by code or name only, not by prefix."
# What has rows, by suffix.
FORMATS = (
    "jsonl, json (an array), csv, tsv, txt, parquet and arrow; the first five also with .gz or .zst"
)


def choose(
    session: Session,
    words: Sequence[str],
    *,
    staged: bool = False,
    form: str = "",
    spool: Path,
    datasets: Datasets | None = None,
) -> Chosen:
    """The files that the words name: `[REF[:PATH] | REF PATH… | FILE… | -]`.

    Without words the working copy, or the stage; outside of a repository the files below the
    present folder that belong to a dataset of its `tdv.toml`.

    Args:
        form: the format of standard input, by its suffix: `jsonl`.
        spool: a folder for standard input, which lives as long as the analysis.
        datasets: instead of those that stand beside the data, which may have been changed so that
            they leave files out (`--config`).

    Raises:
        UsageError: the words name things of different kinds.
        PathError, RevisionError: they name nothing.
    """
    from tdv.ops.validating import chosen
    from tdv.repo.datasets import Datasets

    before, behind = session.split(list(words))
    if STDIN in before:
        if len(before) > 1 or behind is not None or staged:
            raise UsageError("`-` is standard input, and stands alone.")
        return chosen.of_stream(sys.stdin.buffer, f"stdin.{_suffix(form)}", spool)
    if form:
        hint = "Of files the suffix says it."
        raise UsageError("`--format` says what standard input is; name it with `-`.", hint=hint)
    repo = session.repo_or_none()
    if repo is None:
        names = [*before, *(behind or ())]
        # Data that is kept in git, for example, has its `tdv.toml` at the root all the same.
        if datasets is None:
            datasets = Datasets.of_working_copy(session.here)
        if staged or not (names or datasets.datasets):
            session.repo()  # says that there is none
        return chosen.of_files(session.here, names, datasets, progress=session.progress())
    if staged:
        if before:
            raise UsageError("`--staged` takes paths only, behind `--`.")
        paths = [session.path(text) for text in behind or ()]
        return chosen.of_tree(repo, repo.stage(), "the stage", paths, datasets=datasets)
    if before and (behind is not None or _names_revision(session, repo, before[0])):
        bare = behind is None and len(before) == 1
        return _of_revision(session, repo, words, datasets, bare=bare)
    return _of_disk(session, repo, [*before, *(behind or ())], datasets)


def _suffix(form: str) -> str:
    """What `--format` says, which is a suffix of files with rows."""
    from tdv.formats.registry import has_rows

    suffix = form.removeprefix(".") or "jsonl"
    if not has_rows(suffix):
        raise UsageError(f"`--format {form}` is no format with rows.", hint=f"There are {FORMATS}.")
    return suffix


def refuse_nothing(chosen: Chosen) -> None:
    """Refuse to judge no file at all: a gate that looks at nothing must not pass.

    Raises:
        UsageError: no file has rows.
    """
    if chosen.files:
        return
    if chosen.skipped:
        (path, why), *more = chosen.skipped.items()
        others = f"; likewise {plural(len(more), 'other')}" if more else ""
        message = f"There is nothing to validate: {path} is left out, since {why}{others}."
        raise UsageError(message, hint=f"What has rows is known by its suffix: {FORMATS}.")
    if chosen.whole and chosen.datasets.datasets:
        message = f"No file of {chosen.shown} belongs to a dataset of {chosen.datasets.shown}."
        raise UsageError(message, hint="Mend its `paths`, or `tdv add` the files.")
    if chosen.whole:
        message = f"There is nothing to validate: there is no file in {chosen.shown}."
        raise UsageError(message, hint="`tdv add` data first, or name it: `tdv validate FILE`.")
    raise UsageError("There is nothing to validate: no file is in what is named.")


def refuse_emptiness(report: ValidationReport) -> None:
    """Refuse to pass files without a row of which no rule says so, or rows without a rule.

    Raises:
        UsageError: nothing was judged, and nothing was found.
    """
    told = report.tallies or report.accepted or report.known
    if not report.total_examples and not told:
        files = plural(len(report.files), "file")
        hint = "Without `--select` and `--ignore` the rule CNT001 says which dataset is empty."
        raise UsageError(f"There is nothing to validate: {files} without a row.", hint=hint)
    if not report.gauges and all(code.startswith("ALW") for code in report.rules):
        message = "There is nothing to validate by: no rule is left that applies to this data."
        raise UsageError(message, hint=OFF)


def _of_disk(
    session: Session, repo: Repo, texts: Sequence[str], datasets: Datasets | None
) -> Chosen:
    """Files and folders of the working copy, or outside of it."""
    from tdv.ops.validating import chosen

    outside = [text for text in texts if not _is_inside(session, text)]
    if outside and len(outside) < len(texts):
        message = f"`{outside[0]}` lies outside of this repository, others inside."
        raise UsageError(message, hint="Validate them one after the other.")
    if outside:
        return chosen.of_files(session.here, texts, progress=session.progress())
    paths = [session.path(text) for text in texts]
    return chosen.of_working_copy(repo, paths, session.progress(), datasets)


def _of_revision(
    session: Session, repo: Repo, words: Sequence[str], datasets: Datasets | None, *, bare: bool
) -> Chosen:
    from tdv.cli.targets import targets
    from tdv.ops.validating.chosen import of_tree

    if bare and ":" not in words[0]:
        commit = repo.resolve(words[0])
        return of_tree(repo, repo.commit(commit).tree, words[0], (), str(commit), datasets)
    several = UsageError(
        "Name paths of one revision, not of several.",
        hint="`tdv diff A B --stats` shows two beside each other.",
    )
    found = targets(session, list(words))
    first = found[0]
    if any(each.tree != first.tree for each in found):
        raise several
    paths = [each.path for each in found if each.path]
    revision = "" if first.commit is None else str(first.commit)
    try:
        return of_tree(repo, first.tree, first.shown, paths, revision, datasets)
    except PathError as error:
        if "--" not in words and any(_names_revision(session, repo, word) for word in words[1:]):
            raise several from error
        raise


def _names_revision(session: Session, repo: Repo, word: str) -> bool:
    from tdv.repo.revisions import is_revision

    on_disk = (session.here / word).exists()
    revision, colon, _ = word.partition(":")
    if colon and not on_disk and (not revision or is_revision(repo, revision)):
        return True
    if not is_revision(repo, word):
        if not on_disk and any(sign in word for sign in "~^@"):
            repo.resolve(word)  # says why it is no revision
        return False
    if on_disk:
        raise UsageError(
            f"`{word}` is both a revision and a file.",
            hint=f"Write `{word} --` for the revision, or `-- {word}` for the file.",
        )
    return True


def _is_inside(session: Session, text: str) -> bool:
    try:
        session.path(text)
    except PathError:
        return False
    return True


def computing(
    session: Session, *, cache_dir: Path | None, no_cache: bool, jobs: int | None, limit: str
) -> Computing:
    """How to compute, of options and configuration."""
    from tdv.analysis.budget import parse_size
    from tdv.ops.validating.engine import Computing
    from tdv.repo.remembered import cache_folder, cache_limit

    if jobs is not None and jobs < 1:
        raise UsageError(f"`-j {jobs}` is no number of processes.", hint="Use 1 or more.")
    repo = session.repo_or_none()
    config = session.config()
    folder = cache_dir or cache_folder(config, repo.folder if repo else None)
    return Computing(
        None if no_cache else folder or _user_cache(session),
        jobs,
        parse_size(limit) if limit else None,
        cache_limit(config),
    )


def _user_cache(session: Session) -> Path | None:
    home = session.env.get("XDG_CACHE_HOME") or (
        f"{session.env['HOME']}/.cache" if session.env.get("HOME") else ""
    )
    return Path(home, "tdv", "analysis") if home else None


def config_of(session: Session, word: str) -> tuple[Datasets, Callable[[str], bytes]]:
    """The `tdv.toml` that `--config` names, and what reads the files that it names.

    A revision's schemas and rule files are taken from that revision as well, so that a change
    cannot do away with the rule that would find it.

    Raises:
        UsageError: it is neither a file nor a revision.
    """
    from tdv.ops.validating.chosen import of_tree
    from tdv.repo.datasets import Datasets
    from tdv.repo.inside import reader_of_folder
    from tdv.repo.revisions import is_revision

    path = session.here / word
    if path.is_file():
        return Datasets.of_file(path, word), reader_of_folder(path.parent)
    repo = session.repo_or_none()
    if repo is None:
        raise UsageError(f"`--config {word}`: there is no such file.")
    if not is_revision(repo, word):
        raise UsageError(f"`--config {word}`: there is no such file, and no such revision.")
    commit = repo.resolve(word)
    found = of_tree(repo, repo.commit(commit).tree, word, (b"tdv.toml",))
    return found.datasets, found.read


def wanted(
    session: Session,
    *,
    profile: str,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    extend: Sequence[str] = (),
    sets: Sequence[str] = (),
    isolated: bool = False,
    config: str = "",
) -> Wanted:
    """How to judge, of options.

    Raises:
        UsageError: `--config` names nothing, or goes with `--isolated`.
    """
    from tdv.ops.validating.grouping import Wanted
    from tdv.quality.configuring.overrides import Overrides
    from tdv.quality.registry import Selection
    from tdv.repo.trust import Trust

    if isolated and config:
        raise UsageError("`--isolated` ignores every configuration, `--config` names one.")
    datasets, read = config_of(session, config) if config else (None, None)
    chosen = _words(select) if select else None
    selection = Selection(chosen, _words(ignore), _words(extend))
    return Wanted(
        overrides=Overrides(tuple(sets), selection),
        profile=profile,
        datasets=datasets,
        read=read,
        isolated=isolated,
        trust=Trust(session.caller().user_config),
    )


def _words(texts: Sequence[str]) -> tuple[str, ...]:
    """`--select TXT,SPN001` is `--select TXT --select SPN001`."""
    return tuple(word.strip() for text in texts for word in text.split(",") if word.strip())


def baseline(session: Session, chosen: Chosen, revision: str, *, new: bool) -> Baseline | None:
    """What `--new-from REF`, or `--new`, holds findings against.

    The same paths are looked at that were chosen, as far as they were there.

    Raises:
        UsageError: nothing says since when.
    """
    from tdv.ops.validate import Baseline
    from tdv.ops.validating.byrevision import parting

    if not revision and not new:
        return None
    repo = session.repo()
    commit = repo.resolve(revision) if revision else parting(repo, chosen)
    if commit is None:
        hint = "Name a revision: `--new-from REF`."
        raise UsageError("Nothing says since when findings are new.", hint=hint)
    return Baseline.at(repo, commit, revision or f"{commit}"[:10], chosen)


def today() -> date:
    """The day by which accepted findings expire."""
    from datetime import datetime, timezone

    return datetime.now(timezone.utc).date()


def run(engine: Engine, seconds: float) -> dict[str, object]:
    """What stands apart from a report: when it was made, and how long that took."""
    from datetime import datetime, timezone

    return {
        "timestamp": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "seconds": round(seconds, 3),
        "rows_decoded": engine.decoded,
    }


def shown(session: Session, chosen: Chosen) -> Callable[[str], str]:
    """How a path of a report is shown to the user: as he would type it where he stands."""
    if not chosen.of_repository:
        return str
    from tdv.cli.paths import shown_path

    root, here = session.repo().root, session.here

    def relative(path: str) -> str:
        typed = shown_path(root, here, path.encode("utf-8", "surrogateescape"))
        return typed.decode("utf-8", "surrogateescape")

    return relative


def say_timings(out: Output, engine: Engine) -> None:
    """Say which stage and which rule took how long, the longest first."""
    out.say("Seconds of all workers together, by stage and rule; what was remembered took none:")
    for name, seconds in sorted(engine.seconds.items(), key=lambda each: (-each[1], each[0])):
        out.say(f"  {name:10} {seconds:9.3f}")
