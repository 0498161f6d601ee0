"""Order and descent of commits, over histories of any shape."""

from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from tdv.model.commit import Commit, Signature
from tdv.model.entry import FileEntry, Mode
from tdv.model.oid import Kind, Oid, oid_of
from tdv.repo import history
from tdv.repo.history import Filter
from tdv.store import trees


class Memory:
    """Objects in memory."""

    def __init__(self):
        self.objects = {}

    def get(self, oid, kind):
        return self.objects[oid]

    def put(self, kind, payload, *, like=()):
        oid = oid_of(kind, payload)
        self.objects[oid] = payload
        return oid


def commit(tree=trees.EMPTY_TREE, parents=(), seconds=0, message="m", name="Ada"):
    who = Signature(name, "ada@example.org", seconds, 0)
    return Commit(tree, tuple(parents), who, who, message)


class History:
    """Commits named by numbers, parents first."""

    def __init__(self, parents, times=None):
        self.commits = {}
        self.oids = []
        for number, of in enumerate(parents):
            seconds = number if times is None else times[number]
            made = commit(parents=[self.oids[p] for p in of], seconds=seconds, message=str(number))
            oid = oid_of(Kind.COMMIT, made.to_bytes())
            self.commits[oid] = made
            self.oids.append(oid)
        self.reads = 0

    def read(self, oid):
        self.reads += 1
        return self.commits[oid]

    def walk(self, *starts, hidden=()):
        found = history.walk(
            self.read, [self.oids[s] for s in starts], [self.oids[h] for h in hidden]
        )
        return [int(each.commit.message) for each in found]

    def above(self, number):
        return {
            int(self.commits[o].message) for o in history.reachable(self.read, [self.oids[number]])
        }


@st.composite
def histories(draw):
    count = draw(st.integers(1, 12))
    parents = [
        sorted(draw(st.sets(st.integers(0, number - 1), max_size=min(3, number)))) if number else []
        for number in range(count)
    ]
    times = draw(st.lists(st.integers(0, 5), min_size=count, max_size=count))
    return History(parents, times)


@settings(max_examples=150, deadline=None)
@given(histories(), st.data())
def test_walk_shows_all_ancestors_once_children_first(graph, data):
    number = st.integers(0, len(graph.oids) - 1)
    starts = data.draw(st.lists(number, min_size=1, max_size=3))
    hidden = data.draw(st.lists(number, max_size=2))
    found = graph.walk(*starts, hidden=hidden)
    wanted = set().union(*(graph.above(s) for s in starts))
    wanted -= set().union(set(), *(graph.above(h) for h in hidden))
    assert sorted(found) == sorted(wanted)
    place = {each: at for at, each in enumerate(found)}
    for each in found:
        for parent in graph.commits[graph.oids[each]].parents:
            other = int(graph.commits[parent].message)
            assert other not in place or place[other] > place[each]


@settings(max_examples=100, deadline=None)
@given(histories(), st.data())
def test_descent_is_what_reachability_says(graph, data):
    number = st.integers(0, len(graph.oids) - 1)
    a, b = data.draw(number), data.draw(number)
    assert history.is_ancestor(graph.read, graph.oids[a], graph.oids[b]) == (a in graph.above(b))
    tips = data.draw(st.lists(number, max_size=4))
    containing = history.containing(graph.read, [graph.oids[a]], [graph.oids[t] for t in tips])
    assert containing == {graph.oids[t] for t in tips if a in graph.above(t)}
    among = history.among_ancestors(graph.read, {graph.oids[t] for t in tips}, graph.oids[a])
    assert among == {graph.oids[t] for t in tips if t in graph.above(a)}


@settings(max_examples=150, deadline=None)
@given(histories(), st.data())
def test_merge_bases_are_the_best_common_ancestors(graph, data):
    number = st.integers(0, len(graph.oids) - 1)
    a, b = data.draw(number), data.draw(number)
    common = graph.above(a) & graph.above(b)
    best = {c for c in common if not any(c != d and c in graph.above(d) for d in common)}
    bases = history.merge_bases(graph.read, graph.oids[a], graph.oids[b])
    assert {int(graph.commits[oid].message) for oid in bases} == best
    assert len(bases) == len(best)


def test_commits_put_in_meanwhile_come_out_newest_first():
    line = History([[], [0], [1], [2]], times=[5, 9, 9, 7])
    pending = history.NewestFirst(line.read)
    pending.push(line.oids[0], "oldest")
    pending.push(line.oids[2], "first of two")
    found = []
    for _, known in pending:
        if not found:
            pending.push(line.oids[3], "older")
            pending.push(line.oids[1], "second of two")
        found.append(known)
    assert found == ["first of two", "second of two", "older", "oldest"]


def test_walk_is_newest_first():
    #  0 - 1 - 3 - 5     2 and 4 are a side line that 5 merges
    #   \- 2 - 4 -/
    assert History([[], [0], [0], [1], [2], [3, 4]]).walk(5) == [5, 4, 3, 2, 1, 0]


def test_short_log_of_a_long_line_reads_little():
    graph = History([[], *([n] for n in range(500))])
    found = history.walk(graph.read, [graph.oids[-1]])
    assert len(list(itertools.islice(found, 10))) == 10
    assert graph.reads <= 12


def test_lines_that_run_side_by_side_are_read_up_to_where_they_part():
    graph = History([[], *([n] for n in range(100)), [100], [100], [101, 102], [103]])
    found = history.walk(graph.read, [graph.oids[-1]])
    assert [int(each.commit.message) for each in itertools.islice(found, 5)] == [
        104,
        103,
        102,
        101,
        100,
    ]
    assert graph.reads <= 8


def entry(text):
    return FileEntry(Mode.FILE, "blob", len(text), None, None, prefix=text)


def test_path_filter_shows_commits_that_changed_a_path():
    objects = Memory()
    tree_1 = trees.update(objects, trees.EMPTY_TREE, {b"a": entry(b"1"), b"d/b": entry(b"1")})
    tree_2 = trees.update(objects, tree_1, {b"a": entry(b"2")})
    tree_3 = trees.update(objects, tree_2, {b"d/b": entry(b"2")})
    tree_4 = trees.update(objects, tree_3, {b"a": None})
    commits, last = {}, ()
    for number, tree in enumerate((tree_1, tree_2, tree_3, tree_4), 1):
        made = commit(tree, last, number, str(number))
        oid = oid_of(Kind.COMMIT, made.to_bytes())
        commits[oid], last = made, (oid,)

    def shown(*paths):
        found = history.log(commits.__getitem__, objects, last, Filter(paths))
        return [each.commit.message for each in found]

    assert shown() == ["4", "3", "2", "1"]
    assert shown(b"a") == ["4", "2", "1"]
    assert shown(b"d") == ["3", "1"]
    assert shown(b"d/b") == ["3", "1"]
    assert shown(b"a", b"d") == ["4", "3", "2", "1"]
    assert shown(b"nothing") == []
    assert shown(b"") == ["4", "3", "2", "1"]


def test_merge_is_shown_where_it_differs_from_all_parents():
    objects = Memory()
    one = trees.update(objects, trees.EMPTY_TREE, {b"a": entry(b"1")})
    two = trees.update(objects, one, {b"a": entry(b"2")})
    both = trees.update(objects, one, {b"a": entry(b"12")})
    ours, theirs = commit(one, (), 1), commit(two, (), 2)
    commits = {Oid(bytes(32)): ours, Oid(bytes([1]) * 32): theirs}
    taken, merged = commit(two, commits, 3), commit(both, commits, 3)
    assert not history.touches(commits.__getitem__, objects, taken, [b"a"])
    assert history.touches(commits.__getitem__, objects, merged, [b"a"])


def test_filters_by_date_person_and_message():
    made = commit(seconds=100, message="Fix Labels", name="Ada Lovelace")
    assert Filter(since=100, until=100).accepts(made)
    assert not Filter(since=101).accepts(made)
    assert not Filter(until=99).accepts(made)
    assert Filter(author="lovelace <ADA@").accepts(made)
    assert not Filter(author="grace").accepts(made)
    assert Filter(grep="labels").accepts(made)
    assert not Filter(grep="rows").accepts(made)
