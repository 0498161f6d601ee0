"""Random work on a working copy, held against a model of three dictionaries."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tdv.errors import Findings, PathError, WorkInTheWay
from tdv.model.oid import Oid
from tdv.ops.add import add
from tdv.ops.checkout import checkout
from tdv.ops.commit import commit
from tdv.ops.restore import restore
from tdv.ops.status import Kind, status
from tdv.repo.repository import Repo

PATHS = ["a.jsonl", "b.csv", "d", "d/x", "d/e/y.txt", "d/e/z", "line\nbreak", "\udcff"]
CONTENTS = [b"", b'{"a": 1}\n', b'{"a": 2}\n', b"k,v\n1,2\n", b"k,v\n1,3\n", b"\0\1"]
State = dict[str, tuple[bytes, bool]]


class WorkingCopyMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp(prefix="tdv-test-"))
        Repo.init(self.root)
        self.work: State = {}
        self.stage: State = {}
        self.head: State = {}
        self.commits: list[tuple[Oid, State]] = []

    def teardown(self) -> None:
        shutil.rmtree(self.root)

    @property
    def repo(self) -> Repo:
        return Repo.open(self.root)  # every command is a new process

    @rule(path=st.sampled_from(PATHS), content=st.sampled_from(CONTENTS), executable=st.booleans())
    def write(self, path: str, content: bytes, executable: bool) -> None:
        above = path.split("/")[:-1]
        if any("/".join(above[: n + 1]) in self.work for n in range(len(above))):
            return
        if any(other.startswith(path + "/") for other in self.work):
            return
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        if file.is_dir():
            shutil.rmtree(file)
        file.write_bytes(content)
        file.chmod(0o755 if executable else 0o644)
        self.work[path] = (content, executable)

    @rule(path=st.sampled_from(PATHS))
    def delete(self, path: str) -> None:
        if path in self.work:
            (self.root / path).unlink()
            del self.work[path]

    @rule()
    def let_the_clock_tick(self) -> None:
        time.sleep(0.03)

    @rule(path=st.sampled_from(PATHS))
    def add_path(self, path: str) -> None:
        def chosen(state: State) -> set[str]:
            return {p for p in state if p == path or p.startswith(path + "/")}

        if not (chosen(self.work) | chosen(self.stage)) and not (self.root / path).exists():
            return
        new = {p: v for p, v in self.stage.items() if p not in chosen(self.stage)}
        new.update({p: self.work[p] for p in chosen(self.work)})
        above = [path.rsplit("/", n)[0] for n in range(1, path.count("/") + 1)]
        if chosen(self.work):
            for file in above:
                new.pop(file, None)
        add(self.repo, [os.fsencode(path)])
        self.stage = new

    @rule()
    def add_everything(self) -> None:
        add(self.repo)
        self.stage = dict(self.work)

    @rule()
    def commit_stage(self) -> None:
        try:
            made = commit(self.repo, "a commit")
        except Findings:
            assert self.stage == self.head
            return
        assert self.stage != self.head
        self.head = dict(self.stage)
        self.commits.append((made.oid, self.head))

    @precondition(lambda self: self.commits)
    @rule(data=st.data())
    def check_out(self, data: st.DataObject) -> None:
        oid, target = data.draw(st.sampled_from(self.commits))
        refused, stage, work = self._after_checkout(target)
        try:
            checkout(self.repo, oid)
        except WorkInTheWay:
            assert refused
            return
        assert not refused
        self.head, self.stage, self.work = dict(target), stage, work

    @precondition(lambda self: self.commits)
    @rule(data=st.data())
    def discard(self, data: st.DataObject) -> None:
        oid, target = data.draw(st.sampled_from(self.commits))
        removed = {p for p in {*self.stage, *self.work} if p in self.stage and p not in target}
        untracked = {p: v for p, v in self.work.items() if p not in self.stage}
        if self._blocked(set(target) - self.work.keys(), removed):
            return
        if any(_nested(p, t) for p in untracked for t in target if t != p):
            return
        checkout(self.repo, oid, discard=True)
        self.head, self.stage = dict(target), dict(target)
        self.work = {**untracked, **target}

    @rule(path=st.sampled_from(PATHS))
    def restore_path(self, path: str) -> None:
        chosen = {p: v for p, v in self.stage.items() if p == path or p.startswith(path + "/")}
        if self._blocked(set(chosen), set()):
            return
        try:
            restore(self.repo, [os.fsencode(path)])
        except PathError:
            assert not chosen
            return
        assert chosen
        self.work.update(chosen)

    @rule(path=st.sampled_from(PATHS))
    def unstage_path(self, path: str) -> None:
        def chosen(state: State) -> State:
            return {p: v for p, v in state.items() if p == path or p.startswith(path + "/")}

        if any(_nested(p, q) for p in chosen(self.head) for q in self.stage):
            return
        try:
            restore(self.repo, [os.fsencode(path)], stage=True, working_copy=False)
        except PathError:
            assert not chosen(self.head)
            assert not chosen(self.stage)
            return
        kept = {p: v for p, v in self.stage.items() if p not in chosen(self.stage)}
        self.stage = {**kept, **chosen(self.head)}

    @invariant()
    def the_disk_is_as_modelled(self) -> None:
        found: State = {}
        for above, folders, names in os.walk(self.root):
            if ".tdv" in folders:
                folders.remove(".tdv")
            for name in names:
                file = Path(above, name)
                executable = bool(file.stat().st_mode & 0o100)
                found[os.path.relpath(file, self.root)] = (file.read_bytes(), executable)
        assert found == self.work
        assert not any((self.root / ".tdv" / "tmp").iterdir())

    @invariant()
    def status_says_what_differs(self) -> None:
        said = status(self.repo, untracked="all", rows=False)
        staged = {os.fsdecode(c.path) for c in said.staged}
        staged |= {os.fsdecode(c.old_path) for c in said.staged if c.old_path is not None}
        unstaged = {os.fsdecode(c.path): c.kind for c in said.unstaged}
        assert staged == _differing(self.head, self.stage)
        assert unstaged.keys() == {p for p in self.stage if self.work.get(p) != self.stage[p]}
        for path, kind in unstaged.items():
            assert (kind is Kind.DELETED) == (path not in self.work)
        untracked = {os.fsdecode(path) for path in said.untracked}
        assert untracked == self.work.keys() - self.stage.keys()

    def _after_checkout(self, target: State) -> tuple[bool, State, State]:
        stage, work = dict(self.stage), dict(self.work)
        steps = {}
        refused = False
        for path in _differing(self.head, target):
            staged = self.stage.get(path)
            if staged == target.get(path):
                continue
            refused |= staged != self.head.get(path)
            steps[path] = target.get(path)
        removed = {path for path, new in steps.items() if new is None}
        written = steps.keys() - removed
        refused |= self._blocked(set(written), removed)
        refused |= any(_nested(p, q) for p in written for q in self.stage.keys() - removed)
        for path, new in steps.items():
            refused |= work.get(path) not in (None, self.stage.get(path), new)
            for state in (stage, work):
                state.pop(path, None)
                if new is not None:
                    state[path] = new
        return refused, stage, work

    def _blocked(self, written: set[str], removed: set[str]) -> bool:
        return any(_nested(p, q) for p in written for q in self.work.keys() - removed)


def _nested(one: str, other: str) -> bool:
    return one.startswith(other + "/") or other.startswith(one + "/")


def _differing(one: State, other: State) -> set[str]:
    return {path for path in {*one, *other} if one.get(path) != other.get(path)}


TestWorkingCopy = WorkingCopyMachine.TestCase
TestWorkingCopy.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
