"""The lines of `log --graph`, drawn as git does: newest on top, parents below."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tdv.model.oid import Oid


class Graph:
    """Draws history commit by commit; columns are lines of history that wait for a commit."""

    def __init__(self) -> None:
        self._columns: list[Oid] = []

    def draw(self, oid: Oid, parents: Sequence[Oid], lines: Sequence[str]) -> Iterator[str]:
        """A commit's lines with the graph in front, and those that only draw the graph."""
        if oid not in self._columns:
            self._columns.append(oid)
        place = self._columns.index(oid)
        marks = ["*" if column == place else "|" for column in range(len(self._columns))]
        most = max(len(marks), len(marks) - 1 + len(parents))
        edges = self._follow(place, parents)
        width = 2 * most - 1
        text = iter(lines)
        yield _joined(" ".join(marks), width, next(text, ""))
        for edge in edges:
            yield _joined(edge, width, next(text, ""))
        still = " ".join("|" * len(self._columns))
        for line in text:
            yield _joined(still, width, line)

    def _follow(self, place: int, parents: Sequence[Oid]) -> list[str]:
        """Let the columns wait for the parents; the lines that draw how they move."""
        edges = []
        columns = self._columns
        if not parents:
            del columns[place]
            if place < len(columns):
                edges.append(_shifted("| " * place + " ", len(columns) - place))
            return edges
        columns[place] = parents[0]
        for number, parent in enumerate(parents[1:], place + 1):
            columns.insert(number, parent)
            edges.append(_spread(number, len(columns)))
        while (double := self._double()) is not None:
            target, source = double
            del columns[source]
            edges += _collapsed(target, source, len(columns) - source)
        return edges

    def _double(self) -> tuple[int, int] | None:
        """The first two columns that wait for the same commit."""
        first: dict[Oid, int] = {}
        for column, oid in enumerate(self._columns):
            if oid in first:
                return first[oid], column
            first[oid] = column
        return None


def _spread(new: int, count: int) -> str:
    r"""A new column comes up from the one before it: `|\`; those behind it move right."""
    return "| " * (new - 1) + "|\\" + " \\" * (count - new - 1)


def _shifted(start: str, behind: int) -> str:
    """Columns behind a place move left."""
    return start[:-1] + " /" * behind if start.strip() else " /" * behind


def _collapsed(target: int, source: int, behind: int) -> list[str]:
    """A column runs into another one to its left: `|/`, or `|_|/` and `|/|` from farther away."""
    if source == target + 1:
        return ["| " * target + "|/" + " /" * behind]
    between = source - target - 1
    far = "| " * target + "|" + "_|" * between + "/" + " /" * behind
    near = "| " * target + "|/" + "| " * (between + behind)
    return [far, near.rstrip()]


def _joined(marks: str, width: int, text: str) -> str:
    return f"{marks:<{width}} {text}".rstrip()
