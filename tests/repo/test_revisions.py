"""What people type for a commit."""

from __future__ import annotations

import pytest

from tdv.errors import RevisionError
from tdv.model.commit import Commit, Signature
from tdv.model.oid import Kind
from tdv.model.operation import Head
from tdv.model.tag import Tag
from tdv.repo.repository import Repo
from tdv.repo.revisions import (
    is_revision,
    previous_branch,
    resolve,
    resolve_object,
    resolve_path,
    sort_words,
)
from tdv.store.trees import EMPTY_TREE

WHO = Signature("Ada", "ada@example.org", 0, 0)


class Sample:
    """A repository with commits 0 - 1 - 2 - 3 on main, and 4, a merge of 3 and 1."""

    def __init__(self, root):
        self.repo = Repo.init(root)
        self.oids = []
        for number, parents in enumerate([(), (0,), (1,), (2,), (3, 1)]):
            self.commit(str(number), parents)
            if number < 4:
                self.set("refs/heads/main", self.oids[-1])

    def put(self, kind, value):
        with self.repo.store.writing() as writer:
            oid = writer.put(kind, value.to_bytes())
            writer.publish()
        return oid

    def commit(self, message, parents=()):
        known = tuple(self.oids[parent] for parent in parents)
        self.oids.append(self.put(Kind.COMMIT, Commit(EMPTY_TREE, known, WHO, WHO, message)))

    def set(self, name, oid):
        with self.repo.transaction("test") as transaction:
            transaction.set_ref(name, oid)
            transaction.commit()

    def head(self, branch, number=None):
        with self.repo.transaction("switch") as transaction:
            commit = None if number is None else self.oids[number]
            transaction.set_head(Head(branch, commit))
            transaction.commit()

    def number(self, revision):
        return self.oids.index(resolve(self.repo, revision))


@pytest.fixture
def sample(tmp_path):
    return Sample(tmp_path)


@pytest.mark.parametrize(
    ("revision", "number"),
    [
        ("HEAD", 3), ("@", 3), ("main", 3), ("heads/main", 3), ("refs/heads/main", 3),
        ("HEAD~", 2), ("HEAD~1", 2), ("HEAD~0", 3), ("HEAD^", 2), ("HEAD^0", 3), ("HEAD~2^", 0),
        ("HEAD~~~", 0), ("@~3", 0), ("main@{0}", 3), ("main@{1}", 2), ("main@{3}", 0),
        ("@{2}", 1), ("HEAD@{1}", 2), ("main@{1}~1", 1), ("HEAD^{commit}", 3), ("main^{}~1", 2),
    ],
)  # fmt: skip
def test_steps(sample, revision, number):
    assert sample.number(revision) == number


def test_parents_of_a_merge(sample):
    sample.set("refs/heads/merged", sample.oids[4])
    assert sample.number("merged^") == 3
    assert sample.number("merged^1") == 3
    assert sample.number("merged^2") == 1
    assert sample.number("merged^2~") == 0
    with pytest.raises(RevisionError, match=r"asks for parent 3 .* has only 2 of them"):
        sample.number("merged^3")


def test_tags_are_peeled(sample):
    tag = sample.put(Kind.TAG, Tag(sample.oids[1], "v1", WHO, "one"))
    sample.set("refs/tags/v1", tag)
    sample.set("refs/tags/light", sample.oids[2])
    sample.set("refs/tags/again", sample.put(Kind.TAG, Tag(tag, "again", WHO, "tag of a tag")))
    assert sample.number("v1") == 1
    assert sample.number("tags/v1~1") == 0
    assert sample.number("light") == 2
    assert sample.number("again") == 1
    assert resolve_object(sample.repo, "v1") == tag
    assert resolve_object(sample.repo, "v1^{}") == sample.oids[1]
    assert sample.number(tag.hex()) == 1


def test_prefixes_of_oids(sample):
    for number, oid in enumerate(sample.oids):
        assert sample.number(oid.hex()) == number
        assert sample.number(oid.hex()[:16].upper()) == number
        assert sample.number(f"{oid.hex()[:16]}~0") == number
    with pytest.raises(RevisionError):
        sample.number(sample.oids[0].hex()[:3])
    with pytest.raises(RevisionError, match="There is no branch, tag or commit `00000000`"):
        sample.number("00000000")
    with pytest.raises(RevisionError):
        sample.number("0" * 64)


def test_ambiguous_prefix_lists_candidates(sample, monkeypatch):
    found = [(sample.oids[0], Kind.COMMIT), (sample.oids[1], Kind.COMMIT)]
    monkeypatch.setattr(type(sample.repo.store), "find", lambda self, prefix: found)
    with pytest.raises(RevisionError) as caught:
        sample.number("abcd")
    assert caught.value.message == "`abcd` is ambiguous: 2 objects start so."
    assert all(oid.hex()[:16] in caught.value.hint for oid in sample.oids[:2])
    found[1] = (sample.oids[1], Kind.CHUNK)
    assert sample.number("abcd") == 0, "only one of them is a commit"


def test_ref_wins_over_a_prefix(sample):
    name = sample.oids[0].hex()[:8]
    sample.set(f"refs/heads/{name}", sample.oids[2])
    assert sample.number(name) == 2


def test_branch_and_tag_of_one_name(sample):
    sample.set("refs/heads/x", sample.oids[0])
    sample.set("refs/tags/x", sample.oids[0])
    assert sample.number("x") == 0
    sample.set("refs/tags/x", sample.oids[1])
    with pytest.raises(
        RevisionError, match="`x` is ambiguous: it names `refs/tags/x` and"
    ) as caught:
        sample.number("x")
    assert caught.value.hint == "Write `tags/x`, for example."
    assert (sample.number("tags/x"), sample.number("heads/x")) == (1, 0)


def test_previous_branches(sample):
    with pytest.raises(RevisionError, match="HEAD was on no other branch before"):
        sample.number("-")
    sample.set("refs/heads/a", sample.oids[0])
    sample.set("refs/heads/b", sample.oids[1])
    for branch in ("a", "b"):
        sample.head(branch)
    assert previous_branch(sample.repo) == "a"
    assert previous_branch(sample.repo, 2) == "main"
    assert sample.number("-") == 0
    assert sample.number("@{-2}") == 3
    assert sample.number("-~0") == 0
    sample.head(None, 2)
    assert sample.number("-") == 1
    assert sample.number("HEAD@{1}") == 1
    assert sample.number("@{1}") == 1


def test_earlier_values_end_somewhere(sample):
    with pytest.raises(RevisionError, match="there was no such ref or commit then"):
        sample.number("main@{4}")
    with pytest.raises(RevisionError, match="does not go so far"):
        sample.number("main@{5}")
    with pytest.raises(RevisionError, match="has to hold a number"):
        sample.number("main@{yesterday}")


def test_deleted_branch_is_found_by_its_earlier_value(sample):
    sample.set("refs/heads/gone", sample.oids[1])
    sample.set("refs/heads/gone", None)
    assert sample.number("gone@{1}") == 1
    with pytest.raises(RevisionError):
        sample.number("gone")


@pytest.mark.parametrize("revision", ["HEAD~x", "HEAD^^x", "HEAD~4", "main@{1}@{1}", "mian", "a b"])
def test_what_names_nothing(sample, revision):
    with pytest.raises(RevisionError) as caught:
        sample.number(revision)
    assert caught.value.exit_code == 3


def test_unknown_name_suggests_near_ones(sample):
    with pytest.raises(RevisionError) as caught:
        sample.number("mian~2")
    assert caught.value.message == "There is no branch, tag or commit `mian` in `mian~2`."
    assert caught.value.hint == "Did you mean `main`?"


def test_before_the_first_commit(tmp_path):
    repo = Repo.init(tmp_path)
    with pytest.raises(RevisionError, match="`HEAD~1` names nothing yet: there is no commit"):
        resolve(repo, "HEAD~1")


def test_paths_behind_a_colon(sample):
    repo, head = sample.repo, sample.oids[3]
    assert resolve_path(repo, "HEAD:a/b.jsonl") == (head, b"a/b.jsonl")
    assert resolve_path(repo, "main:./a//b/") == (head, b"a/b")
    assert resolve_path(repo, "main") == (head, b"")
    assert resolve_path(repo, "HEAD:a:b\udcff") == (head, b"a:b\xff")


def test_words_are_revisions_then_paths(sample):
    files = {"data.jsonl", "v1", "main:x"}

    def sort(*words):
        return sort_words(sample.repo, words, files.__contains__)

    assert sort() == ([], [])
    assert sort("main", "HEAD~1", "data.jsonl") == (["main", "HEAD~1"], ["data.jsonl"])
    assert sort("main~1..main", "^HEAD~2") == (["main~1..main", "^HEAD~2"], [])
    assert sort("v1") == ([], ["v1"])
    with pytest.raises(RevisionError, match="`nope` is neither a revision nor a path here"):
        sort("main", "nope")
    with pytest.raises(RevisionError, match="asks for parent 1"):
        sort("main~9")
    sample.set("refs/tags/v1", sample.oids[0])
    with pytest.raises(RevisionError) as caught:
        sort("v1")
    assert caught.value.message == "`v1` is both a revision and a path."
    assert caught.value.hint == "Write `v1 --` for the revision, or `-- v1` for the path."


def test_is_revision(sample):
    assert is_revision(sample.repo, "main")
    assert is_revision(sample.repo, "main:some/path")
    assert not is_revision(sample.repo, "some/path")
    assert not is_revision(sample.repo, "a..main")


def test_an_empty_name_is_none(sample):
    # What a script writes where a variable of it is not set.
    with pytest.raises(RevisionError, match="An empty name names no commit"):
        resolve(sample.repo, "")
    assert resolve_path(sample.repo, ":a")[0] == resolve(sample.repo, "HEAD")
