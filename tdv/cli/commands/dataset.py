"""`tdv dataset`: what `tdv.toml` says of the data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tdv.cli.options import Json, command_group, verb
from tdv.cli.session import Session
from tdv.cli.text import plural

if TYPE_CHECKING:
    from tdv.ops.dataset import Dataset

app = command_group(
    "Say in tdv.toml what the data is, and list what is said.\n\n"
    "A dataset is a name for some files: which these are, what tells their rows apart, which "
    "field is what, and by which schema and profile `tdv validate` judges them. tdv.toml lies at "
    "the root of the working copy and is versioned with the data; its comments stay."
)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The dataset.")]
Revision = Annotated[
    str, typer.Argument(metavar="[REF]", help="A revision; without one, the working copy.")
]
Fields = list[str] | None


def _role(flag: str, help: str) -> Any:
    return typer.Option(flag, metavar="FIELD", help=help)


@verb(app, "new")
def new(
    ctx: typer.Context,
    name: Name,
    path: Annotated[
        list[str] | None,
        typer.Option("--path", metavar="PATTERN", help="Its files; without it, NAME/**."),
    ] = None,
    desc: Annotated[str, typer.Option("--desc", metavar="TEXT", help="What it is.")] = "",
    tag: Annotated[
        list[str] | None, typer.Option("--tag", metavar="TAG", help="A word to find it by.")
    ] = None,
    format: Annotated[
        str, typer.Option("--format", metavar="FORMAT", help="Format of its files: `jsonl`.")
    ] = "",
    schema: Annotated[
        str, typer.Option("--schema", metavar="NAME|FILE", help="JSON Schema of its rows.")
    ] = "",
    profile: Annotated[
        str, typer.Option("--profile", metavar="NAME", help="How `validate` judges it.")
    ] = "",
    key: Annotated[Fields, _role("--key", "A field that tells rows apart.")] = None,
    text: Annotated[Fields, _role("--text", "A field with text, the main one first.")] = None,
    label: Annotated[Fields, _role("--label", "A field with a label.")] = None,
    split: Annotated[str, _role("--split", "The field that names the split.")] = "",
    group: Annotated[str, _role("--group", "Rows that agree in it belong in one split.")] = "",
    licence: Annotated[
        str, typer.Option("--licence", "--license", metavar="TEXT", help="Its licence.")
    ] = "",
    created_by: Annotated[
        str, typer.Option("--created-by", metavar="WHO", help="Its author; without it, you.")
    ] = "",
) -> None:
    """Describe a dataset.

    --path, --tag, --key, --text and --label may be given several times. A PATTERN is one over
    paths: `*` stops at `/`, `**` does not; a folder stands for all files below it. What else can be
    said of a dataset is written into tdv.toml by hand.
    """
    from tdv.ops.dataset import new_dataset

    session = Session.of(ctx)
    paths = [_pattern(session, each) for each in path or ()]
    made = new_dataset(
        session.repo(),
        name,
        {
            "paths": paths or [f"{name}/**"],
            "description": desc,
            "tags": tag or (),
            "licence": licence,
            "created_by": created_by or _author(session),
            "format": format,
            "schema": schema,
            "profile": profile,
            "key": key or (),
            "text": text or (),
            "label": label or (),
            "split": split,
            "group": group,
        },
    )
    out = session.out
    patterns = ", ".join(out.safe(each) for each in made.described.paths)
    what = _files(made) if made.files else "no tracked file yet"
    out.say(f"tdv.toml describes the dataset {out.safe(name)}: {patterns} ({what}).")


@verb(app, "ls")
def ls(ctx: typer.Context, revision: Revision = "", json: Json = False) -> None:
    """List the datasets with their files and rows."""
    from tdv.ops.dataset import list_datasets

    session = Session.of(ctx)
    out = session.out
    found = list_datasets(session.repo(), revision)
    if json:
        out.json("tdv.datasets/1", {"datasets": [_document(each) for each in found]})
        return
    if not found:
        out.say("tdv.toml describes no dataset. `tdv dataset new NAME` describes one.")
    names = [out.safe(each.described.name) for each in found]
    counts = [_files(each) for each in found]
    for name, count, each in zip(names, counts, found, strict=True):
        about = each.described.description or ", ".join(each.described.paths)
        line = f"{name.ljust(max(map(len, names)))}  {count.ljust(max(map(len, counts)))}"
        out.line(f"{line}  {out.safe(about)}".rstrip())


@verb(app, "show")
def show(ctx: typer.Context, name: Name, revision: Revision = "", json: Json = False) -> None:
    """Show all that is said of a dataset, and its files."""
    from tdv.ops.dataset import show_dataset

    session = Session.of(ctx)
    out = session.out
    found = show_dataset(session.repo(), name, revision)
    if json:
        files = [{"path": each.path, "rows": each.rows} for each in found.files]
        out.json("tdv.dataset/1", {**_document(found), "list": files})
        return
    session.page()
    for label, value in _lines(found):
        out.line(f"{label.ljust(13)}{out.safe(value)}")
    for each in found.files:
        rows = "-" if each.rows is None else plural(each.rows, "row")
        out.line(f"  {out.path(each.path)}  {rows}")


@verb(app, "rm")
def rm(ctx: typer.Context, name: Name) -> None:
    """Take a dataset out of tdv.toml; its files stay."""
    from tdv.ops.dataset import remove_dataset

    session = Session.of(ctx)
    found = remove_dataset(session.repo(), name)
    files = plural(len(found.files), "file")
    session.out.say(
        f"tdv.toml describes {session.out.safe(name)} no more ({files} left as before)."
    )


def _pattern(session: Session, word: str) -> str:
    """What was typed, as a pattern from the root; a folder stands for all files below it."""
    path = session.path(word).decode("utf-8", "surrogateescape")
    if not path:
        return "**"
    return f"{path}/**" if (session.repo().root / path).is_dir() else path


def _author(session: Session) -> str:
    author = session.repo().author()
    return f"{author.name} <{author.email}>" if author.email else author.name


def _files(found: Dataset) -> str:
    files = plural(len(found.files), "file")
    return files if found.rows is None else f"{files}, {plural(found.rows, 'row')}"


def _lines(found: Dataset) -> Iterator[tuple[str, str]]:
    described = found.described
    yield "name", described.name
    for label, value in (
        ("description", described.description),
        ("tags", ", ".join(described.tags)),
        ("licence", described.licence),
        ("created by", described.created_by),
        ("format", described.format),
        ("schema", described.schema),
        ("profile", described.profile),
        *((role, each) for role, each in described.roles.items()),
        ("paths", ", ".join(described.paths)),
    ):
        text = value if isinstance(value, str) else ", ".join(value)
        if text:
            yield label, text
    yield "files", _files(found)


def _document(found: Dataset) -> dict[str, Any]:
    described = found.described
    return {
        "name": described.name,
        "description": described.description or None,
        "tags": list(described.tags),
        "licence": described.licence or None,
        "created_by": described.created_by or None,
        "format": described.format or None,
        "schema_name": described.schema or None,
        "profile": described.profile or None,
        "roles": {
            role: each if isinstance(each, str) else list(each)
            for role, each in described.roles.items()
        },
        "paths": list(described.paths),
        "files": len(found.files),
        "rows": found.rows,
    }
