"""The note of what is being done to files."""

from __future__ import annotations

from tdv.model.oid import Oid
from tdv.model.operation import FilesChange
from tdv.repo import interruption
from tdv.repo.repository import Repo

CHANGES = [FilesChange(Oid(bytes([n]) * 32), Oid(bytes([n + 50]) * 32)) for n in range(9)]


def test_begun_and_ended(tmp_path):
    folder = Repo.init(tmp_path).folder
    assert interruption.interrupted(folder) == []
    interruption.begin(folder, CHANGES[0])
    assert interruption.interrupted(folder) == [CHANGES[0]]
    interruption.begin(folder, CHANGES[1])
    interruption.begin(folder, CHANGES[0])
    assert interruption.interrupted(folder) == [CHANGES[1], CHANGES[0]]
    interruption.end(folder, CHANGES[0])
    assert interruption.interrupted(folder) == [CHANGES[1]]
    interruption.end(folder)
    assert interruption.interrupted(folder) == []
    assert not interruption.note_path(folder).exists()


def test_the_oldest_are_forgotten(tmp_path):
    folder = Repo.init(tmp_path).folder
    for change in CHANGES:
        interruption.begin(folder, change)
    assert interruption.interrupted(folder) == CHANGES[-interruption.MAX_NOTES :]


def test_a_torn_note_is_none(tmp_path):
    folder = Repo.init(tmp_path).folder
    interruption.begin(folder, CHANGES[0])
    path = interruption.note_path(folder)
    path.write_bytes(path.read_bytes()[:-1])
    assert interruption.interrupted(folder) == []
    interruption.end(folder, CHANGES[0])
    assert not path.exists()


def test_a_command_that_was_stopped_at_its_very_end_is_done(tmp_path):
    repo = Repo.init(tmp_path)
    interruption.begin(repo.folder, CHANGES[0])
    interruption.begin(repo.folder, CHANGES[1])
    with repo.transaction("rm") as transaction:
        transaction.change_files(*CHANGES[1])
        transaction.commit()
    assert interruption.interrupted(repo.folder) == CHANGES[:2]
    with repo.transaction("next"):
        assert interruption.interrupted(repo.folder) == CHANGES[:1]
    with repo.transaction("next"):
        assert interruption.interrupted(repo.folder) == CHANGES[:1]
