"""How `tdv stats` looks: tables of figures, lists of values, bars under `--plot`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from tdv.cli.output import Output
from tdv.cli.text import cut, human_size, plural

FIGURES = ("mean", "sd", "min", "p5", "p50", "p95", "max")
BLOCKS = " ▏▎▍▌▋▊▉█"
BAR = 30
NAME_COLUMNS = 40
ALIGN_LEFT, ALIGN_RIGHT = "<", ">"


def lines_of(
    out: Output, told: Mapping[str, Any], *, top: int, plot: bool = False
) -> Iterator[str]:
    """The figures of one dataset, without its name.

    Args:
        told: what `quality.statistics` makes; histograms in it are drawn.
        top: values of a field that are listed.
        plot: draw bars beside them.
    """
    blocks = [
        _count_lines(told),
        _distribution_lines(out, told),
        _total_lines(told),
        _value_lines(out, told, top, plot),
        _source_lines(out, told, top, plot),
        token_lines(out, told.get("token_usage", {})),
        _field_lines(out, told.get("fields", {})),
    ]
    first = True
    for block in blocks:
        lines = list(block)
        if lines and not first:
            yield ""
        first = first and not lines
        yield from lines


def token_lines(out: Output, usage: Mapping[str, Any]) -> Iterator[str]:
    """A line for each model with its rows and tokens, and the totals."""
    if not usage:
        return
    names = sorted(name for name in usage["total"] if name != "rows")
    head = ["tokens", "rows", *(name.removesuffix("_tokens") for name in names)]
    lines = [*usage["by_model"].items(), ("total", usage["total"])]
    rows = [
        [out.safe(model), *(number(sums.get(name)) for name in ("rows", *names))]
        for model, sums in (lines if len(lines) > 2 else lines[:1])
    ]
    yield from table(out, [head, *rows])


def number(value: float | None) -> str:
    """A figure for people: whole numbers with commas, others to four digits; `-` for None."""
    if value is None:
        return "-"
    if value == int(value):
        return f"{int(value):,}"
    return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.4g}"


def percent(part: float, whole: float = 1) -> str:
    """A share in percent: `0.25` is `25.0 %`; `-` of nothing."""
    if not whole:
        return "-"
    return "<0.1 %" if 0 < part / whole < 0.0005 else f"{100 * part / whole:.1f} %"


def bar(part: float, most: float, columns: int = BAR) -> str:
    """A bar of block characters, as long as `part` is of `most`; nothing for 0."""
    eighths = round(8 * columns * part / most) if most else 0
    eighths = max(eighths, 1) if part else 0
    return "█" * (eighths // 8) + (BLOCKS[eighths % 8] if eighths % 8 else "")


def table(out: Output, rows: Sequence[Sequence[str]], left: Iterable[int] = (0,)) -> Iterator[str]:
    """Columns under their heads, two blanks apart; numbers right, the columns of `left` left."""
    left = set(left)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for place, row in enumerate(rows):
        cells = (
            f"{cell:{ALIGN_LEFT if column in left else ALIGN_RIGHT}{width}}"
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        line = "  ".join(cells).rstrip()
        yield out.style(line, "bold") if place == 0 else line


def value_lines(
    out: Output, title: str, values: Mapping[str, int], whole: int, *, top: int, plot: bool = False
) -> Iterator[str]:
    """A title, and how often each value occurs; the most frequent `top` of them.

    Args:
        whole: what the shares are of.
    """
    yield out.style(title, "bold")
    shown = list(values.items())[:top]
    most = max((rows for _, rows in shown), default=0)
    cells = [
        [f"  {_name(out, value)}", number(rows), percent(rows, whole), bar(rows, most) * plot]
        for value, rows in shown
    ]
    widths = [max((len(row[place]) for row in cells), default=0) for place in range(3)]
    for name, rows, share, drawn in cells:
        line = f"{name:{widths[0]}}  {rows:>{widths[1]}}  {share:>{widths[2]}}  {drawn}"
        yield line.rstrip()
    if len(values) > top:
        yield f"  … and {plural(len(values) - top, 'more value', 'more values')}"


def _name(out: Output, value: str) -> str:
    return cut(out.safe(value), NAME_COLUMNS) if value.strip() else repr(value)


def _count_lines(told: Mapping[str, Any]) -> Iterator[str]:
    counts = told["counts"]
    parts = [plural(counts["rows"], "row")]
    if "files" in counts:
        parts[0] += f" in {plural(counts['files'], 'file')}"
    if "bytes" in counts:
        parts.append(human_size(counts["bytes"]))
    if counts["undecodable"]:
        parts.append(f"{plural(counts['undecodable'], 'row')} not decodable")
    yield ", ".join(parts)


def _distribution_lines(out: Output, told: Mapping[str, Any]) -> Iterator[str]:
    found = {
        f"{field}, {unit}": figures
        for field, units in told.get("lengths", {}).items()
        for unit, figures in units.items()
    }
    found |= told.get("numbers", {})
    if told.get("turns"):
        found["turns"] = told["turns"]
    if not found:
        return
    rows = [
        [
            out.safe(name),
            number(figures["rows"]),
            *("-" if name not in figures else _approximate(figures, name) for name in FIGURES),
        ]
        for name, figures in found.items()
    ]
    yield from table(out, [["", "rows", *FIGURES], *rows])
    for name, figures in found.items():
        if figures.get("histogram"):
            yield ""
            yield from _histogram_lines(out, name, figures["histogram"])


def _approximate(figures: Mapping[str, Any], name: str) -> str:
    mark = "~" if figures["approximate"] and name.startswith("p") else ""
    return mark + number(figures[name])


def _histogram_lines(out: Output, name: str, bars: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield out.style(out.safe(name), "bold")
    labels = [
        number(each["from"])
        if each["from"] == each["to"]
        else f"{number(each['from'])} to {number(each['to'])}"
        for each in bars
    ]
    counts = [number(each["rows"]) for each in bars]
    most = max(each["rows"] for each in bars)
    for label, count, each in zip(labels, counts, bars, strict=True):
        line = f"  {label:>{max(map(len, labels))}}  {count:>{max(map(len, counts))}}  "
        yield (line + bar(each["rows"], most)).rstrip()


def _total_lines(told: Mapping[str, Any]) -> Iterator[str]:
    if "vocabulary" in told:
        vocabulary = told["vocabulary"]
        about = "about " if vocabulary["approximate"] else ""
        yield f"vocabulary: {about}{plural(vocabulary['words'], 'word')}"
    if "duplicates" in told:
        repeats, rows = told["duplicates"], told["counts"]["rows"]
        parts = [f"{plural(repeats['records'], 'row repeats', 'rows repeat')} a record"]
        parts[0] += f" ({percent(repeats['records'], rows)})" if repeats["records"] else ""
        if repeats.get("texts") is not None:
            share = f" ({percent(repeats['text_ratio'] or 0)})" if repeats["texts"] else ""
            parts.append(f"{plural(repeats['texts'], 'repeats', 'repeat')} a text{share}")
        yield f"duplicates: {', '.join(parts)}"


def _value_lines(out: Output, told: Mapping[str, Any], top: int, plot: bool) -> Iterator[str]:
    first = True
    for section in ("labels", "categories", "splits"):
        for field, found in told.get(section, {}).items():
            if not found["rows"]:
                continue
            if not first:
                yield ""
            first = False
            title = f"{out.safe(field)}: {plural(found['different'], 'value')}"
            title += f" in {plural(found['rows'], 'row')}"
            yield from value_lines(out, title, found["values"], found["rows"], top=top, plot=plot)


def _source_lines(out: Output, told: Mapping[str, Any], top: int, plot: bool) -> Iterator[str]:
    first = True
    for title, values, whole in _source_values(told):
        if not values:
            continue
        if not first:
            yield ""
        first = False
        yield from value_lines(out, title, values, whole, top=top, plot=plot)


def _source_values(told: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, int], int]]:
    """Title, counts and what they are parts of, of the figures that the sources ask for."""
    instruction, stt, persona = (told.get(name) for name in ("instruction", "stt", "persona"))
    if instruction:
        rows = instruction["totalExamples"]
        yield "language pairs", instruction["languagePairs"], rows
        if rows > instruction["qualityDistribution"]["none"]:
            yield "quality", instruction["qualityDistribution"], rows
    if stt:
        cases, corrected = stt["total_failed_cases"], stt["corrected_cases"]
        title = f"{corrected:,} of {plural(cases, 'case')} corrected ({percent(corrected, cases)})"
        yield title, {"corrected": corrected, "to be corrected": cases - corrected}, cases
        yield "error types", stt["error_type_distribution"], cases
    if persona:
        samples, noise = persona["total_samples"], persona["distractor_stats"]
        turns, prompts = persona["avg_turns"], persona["avg_trajectory_length"]
        noisy = noise["samples_with_noise"]
        title = f"{noisy:,} of {plural(samples, 'sample')} with noise ({percent(noisy, samples)})"
        title += f"; on average {number(turns)} turns, {number(prompts)} prompts"
        yield title, {"with noise": noisy, "without": samples - noisy}, samples
        for name, key in (("noise layers", "layer"), ("noise strategies", "strategy")):
            counts = noise[f"{key}_distribution"]
            yield name, counts, sum(counts.values())
        yield "persona roles", persona["persona_distribution"], samples


def _field_lines(out: Output, fields: Mapping[str, Any]) -> Iterator[str]:
    if not fields:
        return
    rows = [
        [
            _name(out, field),
            *(number(found[name]) for name in ("rows", "missing", "null")),
            _types(found["types"]),
        ]
        for field, found in fields.items()
    ]
    yield from table(out, [["field", "rows", "missing", "null", "types"], *rows], left=(0, 4))


def _types(types: Mapping[str, int]) -> str:
    if len(types) == 1:
        return next(iter(types))
    return ", ".join(f"{kind} ({rows:,})" for kind, rows in types.items())
