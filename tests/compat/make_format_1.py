"""Made `format-1.zip` and `format-1.json`, once: `python tests/compat/make_format_1.py FOLDER`.

The two files are what an early tdv wrote, and are never made again: a tdv that cannot read them
has broken a promise. This script stays to say what is in them, and to start the one for the next
format from.
"""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import json
import os
import random
import sys
import zipfile
from pathlib import Path

import pyarrow
import pyarrow.feather
import pyarrow.parquet
import zstandard

from tdv.formats.registry import format_named
from tdv.model.commit import Commit, Operation
from tdv.model.oid import Kind, Oid, oid_of
from tdv.model.operation import Head
from tdv.model.tag import Note
from tdv.ops.add import add
from tdv.ops.branch import create_branch, delete_branches
from tdv.ops.checkout import checkout
from tdv.ops.commit import commit
from tdv.ops.tag import create_tag
from tdv.repo.identity import Caller
from tdv.repo.repository import Repo
from tdv.store.groups import write_group
from tdv.store.packfile import PackWriter
from tdv.store.trees import EMPTY_TREE, walk

WORDS = (
    "please refund order parcel late broken blue lamp chair invoice address change cancel "
    "when where arrives number account password reset help thanks delivery driver door box label"
)
LONG = " ".join(WORDS.split()[:16]).encode()
STARTED = 1_767_225_600


def rows(seed: int, count: int) -> list[bytes]:
    """Lines of JSON that look like training data."""
    draw, words = random.Random(seed), WORDS.split()
    made = (
        {"id": f"{seed}-{n}", "text": " ".join(draw.choices(words, k=9)), "n": draw.random()}
        for n in range(count)
    )
    return [json.dumps(row).encode() + b"\n" for row in made]


def large() -> bytes:
    """Over 4 MiB, so that there is a dictionary; the same 30 kB again and again."""
    block = rows(3, 300)  # of these the sequence has two levels of nodes
    lines = []
    for again in range(160):
        block[again % 90 * 3] = b'{"id": "again", "n": %d}\n' % again
        lines += block
    return b"".join(lines)


def first_files() -> dict[str, bytes]:
    """The working copy of the first commit."""
    table = pyarrow.table(
        {"id": [1, 2, 3], "text": ["a", None, "ü"], "score": [0.5, float("nan"), 1e300]}
    )
    parquet, feather, stream = io.BytesIO(), io.BytesIO(), io.BytesIO()
    pyarrow.parquet.write_table(table, parquet)
    pyarrow.feather.write_feather(table, feather, compression="uncompressed")
    with pyarrow.ipc.new_stream(stream, table.schema) as writer:
        writer.write_table(table)
    few = rows(2, 12)
    array = b"[\n  " + b",\n  ".join(line.rstrip() for line in rows(1, 40)) + b"\n]\n"
    header = b",".join(b"column_%04d" % n for n in range(120))
    return {
        "large.jsonl": large(),
        "edited.jsonl": b"".join(b'{"id": %d, "text": "%b"}\n' % (n, LONG) for n in range(4000)),
        "archive.jsonl": b"".join(rows(6, 30)),
        "crlf.jsonl": b"\xef\xbb\xbf\n" + b"\r\n".join(line.rstrip() for line in few),
        "broken.jsonl": few[0] + b"{not json\n\n \t\n" + few[1] + b'{"a": 1e400}\n\xff\xfe\n',
        "long.jsonl": few[0] + b'{"text": "' + b"long " * 300_000 + b'"}\n' + few[1],
        "plain.ndjson": b"".join(few).rstrip(),
        "table.csv": b'\xef\xbb\xbfid,text\r\n1,"two\nlines, ""quoted"""\r\n2,x\r\n\r\n3,\r\n',
        "semicolon.csv": b"a;b\n1;2\n",
        "wide.csv": header + b"\n" + b"1," * 119 + b"1\n",
        "open.csv": b'a,b\n1,2\n3,"never closed\n4,5\n',
        "table.tsv": b"a\tb\n\t\n1\t2\n",
        "array.json": array,
        "compact.json": b'[1,"two",{"a":[1,2]},null]',
        "broken.json": b'[{"a": 1},\n{"a": 2}},\n{"a": 3}]\n',
        "object.json": b'{"not": "an array"}\n',
        "notes.txt": b"Erste Zeile\n\nZweite Zeile\r\nno newline",
        "nul.txt": b"bytes\0here\n",
        "table.parquet": parquet.getvalue(),
        "table.feather": feather.getvalue(),
        "stream.arrow": stream.getvalue(),
        "rows.jsonl.gz": gzip.compress(b"".join(few), mtime=0),
        "table.csv.zst": zstandard.compress(b"a,b\n1,2\n3,4\n"),
        "image.bin": random.Random(7).randbytes(1500),
        "cut.bin": bz2.compress(b"".join(rows(8, 10))) * 500,
        "empty": b"",
        "empty.jsonl": b"",
        "deep/er/folder/file": b"deep\n",
        "unusual/ \u00fcn\u00efcode \u4e2d": b"name\n",
        "unusual/two\nlines.txt": b"name\n",
        **{f"many/clip-{n:03}.wav": b"RIFF" for n in range(100)},
    }


def lay_out(root: Path, files: dict[str, bytes]) -> None:
    """Write files of the working copy."""
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)


class Clock:
    """Repositories of one person for whom an hour passes with each."""

    def __init__(self, root: Path) -> None:
        self._root, self._hours = root, 0

    def repo(self, *command: str) -> Repo:
        """The repository, for one command."""
        self._hours += 1
        when = f"@{STARTED + 3600 * self._hours} +0130"
        environ = {f"TDV_{role}_DATE": when for role in ("AUTHOR", "COMMITTER")}
        environ |= {"TDV_AUTHOR_NAME": "Ada Lövelace", "TDV_AUTHOR_EMAIL": "ada@example.org"}
        caller = Caller(environ, None, command)
        return (
            Repo.open(self._root, caller)
            if self._hours > 1
            else Repo.init(self._root, caller=caller)
        )


def group(repo: Repo, content: bytes) -> None:
    """A pack with a group, whose member is the only copy of a file's one chunk."""
    split = format_named("jsonl").split(io.BytesIO(content))
    members = [(oid_of(Kind.CHUNK, piece.data), Kind.CHUNK, piece.data) for piece in split]
    pack = PackWriter(repo.folder / "tmp")
    write_group(pack, members)
    pack.finish(repo.folder / "packs")


def build(root: Path) -> None:
    """Make the repository."""
    clock = Clock(root)
    repo = clock.repo("init")
    files = first_files()
    group(repo, files["archive.jsonl"])
    lay_out(root, files)
    (root / "run.sh").write_bytes(b"#!/bin/sh\n")
    (root / "run.sh").chmod(0o755)
    os.symlink("large.jsonl", root / "link")
    add(clock.repo("add", "."))
    first = commit(clock.repo("commit", "-m", "One"), "One\n\nwith a body").oid
    create_tag(clock.repo("tag", "light"), "light")
    create_tag(clock.repo("tag", "-a", "v1.0"), "v1.0", message="The first version")
    create_branch(clock.repo("branch", "side/line"), "side/line")
    create_branch(clock.repo("branch", "gone"), "gone")
    delete_branches(clock.repo("branch", "-d", "gone"), ["gone"])
    checkout(clock.repo("switch", "side/line"), first, "side/line")
    (root / "side.txt").write_bytes(b"only on the side\n")
    add(clock.repo("add", "side.txt"))
    side = commit(clock.repo("commit", "-m", "Side"), "Side").oid
    checkout(clock.repo("switch", "main"), first, "main")
    for number in range(4):
        edit(root, number)
        commit(clock.repo("commit", "-a", "-m", f"Edit {number}"), f"Edit {number}", update=True)
    merge(clock.repo("merge", "side/line"), side)
    checkout(clock.repo("checkout", "v1.0"), first)
    checkout(clock.repo("switch", "main"), clock.repo().refs.branch("main"), "main")
    (root / "staged.txt").write_bytes(b"staged, and in no commit\n")
    add(clock.repo("add", "staged.txt"))
    repo = clock.repo()
    with repo.writing() as writer:
        note = Note(first, "length", b'{"mean": 9}')
        writer.put(Kind.NOTE, note.to_bytes())
        writer.publish()


def edit(root: Path, number: int) -> None:
    """Change some rows, so that there are deltas of deltas."""
    path = root / "edited.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    for at in range(number, len(lines), 700):
        lines[at] = b'{"id": "new", "edit": %d, "at": %d}\n' % (number, at)
    if number == 3:  # other chunk ends, so that deltas have several bases
        lines[1000:3000:5] = [line.replace(b"please", b"please,") for line in lines[1000:3000:5]]
    path.write_bytes(b"".join(lines))
    with (root / "large.jsonl").open("ab") as file:
        file.write(b'{"id": "appended", "n": %d}\n' % number)
    if number == 2:
        (root / "crlf.jsonl").unlink()


def merge(repo: Repo, side: Oid) -> None:
    """A commit with two parents and an operation; its tree is the branch's own."""
    tip = repo.head_commit()
    assert tip is not None
    head = repo.head()
    assert head.commit is not None
    made = Commit(
        tip.tree,
        (head.commit, side),
        repo.author(),
        repo.committer(),
        "Merge side/line",
        Operation("merge", (("strategy", "ours"),), (side,), 7, "0.1"),
    )
    with repo.writing() as writer:
        oid = writer.put(Kind.COMMIT, made.to_bytes())
        writer.publish()
        with repo.transaction("merge") as change:
            change.set_ref("refs/heads/main", oid, expect=head.commit)
            change.set_head(Head("main", oid))
            change.commit()


def described(root: Path) -> dict[str, object]:
    """What a reader must find: refs, and the files of every commit by their hashes."""
    repo = Repo.open(root)
    from tdv.formats.contents import Contents
    from tdv.repo.history import walk as commits

    seen: dict[Oid, dict[str, object]] = {}
    history = list(commits(repo.commit, [oid for _, oid in repo.branches()]))
    for _, each in history:
        files: dict[str, object] = {}
        for path, entry in walk(repo.store, each.tree):
            digest = hashlib.sha256(b"".join(Contents(entry, repo.store).blocks())).hexdigest()
            files[path.decode()] = f"{entry.mode.name} {digest[:32]} {entry.format} {entry.records}"
        seen[each.tree] = files
    trees = {str(tree): number for number, tree in enumerate(seen)}
    return {
        "refs": {name: str(oid) for name, oid in repo.refs.items()},
        "stage": str(repo.stage()),
        "empty_tree": str(EMPTY_TREE),
        "operations": [list(record.command) for record in repo.oplog.backwards()],
        "commits": {str(oid): [each.subject, trees[str(each.tree)]] for oid, each in history},
        "trees": differences(list(seen.values())),
    }


def differences(trees: list[dict[str, object]]) -> list[dict[str, object]]:
    """The first tree in full, each other as what differs from the one before; None is gone."""
    found, before = [], {}
    for tree in trees:
        paths = [path for path in {**before, **tree} if tree.get(path) != before.get(path)]
        found.append({path: tree.get(path) for path in paths})
        before = tree
    return found


def main(folder: Path) -> None:
    """Write the two files into a folder, from a repository in a temporary one."""
    import tempfile

    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary) / "data"
        root.mkdir()
        build(root)
        text = json.dumps(described(root), indent=1, ensure_ascii=False, sort_keys=True)
        (folder / "format-1.json").write_text(text + "\n", "utf-8")
        with zipfile.ZipFile(folder / "format-1.zip", "w") as archive:
            for path in sorted((root / ".tdv").rglob("*")):
                inside = path.relative_to(root / ".tdv")
                if inside.parts[0] not in ("cache", "tmp"):
                    kind = zipfile.ZIP_STORED if path.suffix == ".tdvpack" else zipfile.ZIP_DEFLATED
                    name = f"{inside}/" if path.is_dir() else str(inside)
                    entry = zipfile.ZipInfo(name)
                    entry.compress_type = kind
                    archive.writestr(entry, b"" if path.is_dir() else path.read_bytes())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
