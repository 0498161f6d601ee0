"""`fsck` while other commands do not stop: only what stays damaged is damage."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from tdv.api import Repo as Api
from tdv.ops import fsck as module
from tdv.ops.fsck import Damage, Report, fsck
from tdv.ops.progress import Progress
from tdv.repo.repository import Repo


def test_what_two_passes_find_is_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Api.init(tmp_path).commit({"a.jsonl": b"{}\n"}, "one")
    repo = Repo.open(tmp_path)
    (repo.folder / "stage").write_bytes(b"nothing\n")
    moments, look = count(), module._look

    def passing(repo: Repo, progress: Progress) -> Report:
        report = look(repo, progress)
        gone = Damage("missing", f"seen in pass {next(moments)}", "It was collected meanwhile.")
        return replace(report, damage=(*report.damage, gone))

    monkeypatch.setattr(module, "_look", passing)
    monkeypatch.setattr(module, "_moment", lambda repo: (next(moments),))
    assert [each.what for each in fsck(repo).damage] == ["stage"]
