"""Where a command's words and bytes go: data to stdout, talk to stderr.

Nothing depends on colour. Text that comes from data is made harmless before it reaches a
terminal, where control characters would be obeyed.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, BinaryIO

from tdv.cli.text import quote_path, visible

if TYPE_CHECKING:
    from tdv.cli.pager import Pager

STYLES = {
    "bold": "1",
    "dim": "2",
    "italic": "3",
    "underline": "4",
    "reverse": "7",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "blue": "34",
    "magenta": "35",
    "cyan": "36",
}
# Written through at once from this size on; below it, lines are gathered into one write.
BUFFER = 1 << 16


class Output:
    """The two streams of one run.

    Attributes:
        color: whether stdout takes colours; `talk_color` says the same of stderr.
        terminal: whether stdout is a terminal.
        talk_terminal: whether stderr is a terminal.
        loudness: 0 as usual, below it quiet, above it verbose.
        json_talk: messages on stderr are JSON Lines.
        width: columns of the terminal.
        before_talk: called before anything is written, to wipe a progress bar.
    """

    def __init__(self, stdout: BinaryIO, stderr: BinaryIO, *, width: int = 80) -> None:
        self.stdout = stdout
        self.stderr = stderr
        self.terminal = _is_terminal(stdout)
        self.talk_terminal = _is_terminal(stderr)
        self.color = self.terminal
        self.talk_color = self.talk_terminal
        self.loudness = 0
        self.json_talk = False
        self.width = width
        self.before_talk: Callable[[], None] = _nothing
        self._held: list[bytes] = []
        self._size = 0
        self._start_pager: Callable[[], Pager | None] | None = None
        self._screen = 0
        self._pager: Pager | None = None
        self._behind_pager: list[bytes] = []

    # Data, on stdout.

    def data(self, block: bytes | memoryview) -> None:
        """Write bytes as they are, to a terminal too."""
        if len(block) >= BUFFER and self._start_pager is None and self._pager is None:
            self.flush()
            self.stdout.write(block)
        else:
            self._hold(bytes(block))

    def content(self, blocks: Iterable[bytes]) -> None:
        """Write a file's bytes: as they are, but with control characters escaped on a terminal."""
        if not self.terminal:
            for block in blocks:
                self.data(block)
            return
        decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        for block in blocks:
            self.text(visible(decoder.decode(block), keep="\n"))
        self.text(visible(decoder.decode(b"", final=True), keep="\n"))

    def text(self, text: str) -> None:
        """Write text as UTF-8; bytes that were not UTF-8 come out as they came in."""
        self._hold(text.encode("utf-8", "surrogateescape"))

    def line(self, text: str = "") -> None:
        """Write text and a newline."""
        self.text(f"{text}\n")

    def json(self, schema: str, document: Mapping[str, Any]) -> None:
        """Write one JSON document, tagged with its schema: "tdv.ls/1"."""
        self.data(_json_bytes({"schema": schema, **document}, indent=True) + b"\n")

    def json_line(self, record: Mapping[str, Any]) -> None:
        """Write one line of JSON Lines; bytes in it become text, oids their digits."""
        self.data(_json_bytes(record) + b"\n")

    def row(self, row: Mapping[str, Any]) -> None:
        """Write a row of data as one line of JSON; bytes in it become base64."""
        import msgspec

        line = msgspec.json.Encoder(enc_hook=str, decimal_format="number").encode(row)
        if self.terminal:
            line = visible(line.decode()).encode()
        self.data(line + b"\n")

    def json_lines(self, schema: str, records: Iterable[Mapping[str, Any]]) -> None:
        """Write records as JSON Lines, each tagged with the schema."""
        for record in records:
            self.json_line({"schema": schema, **record})

    def flush(self) -> None:
        """Hand everything that is held to the system."""
        self.before_talk()
        if self._held:
            held, self._held, self._size = b"".join(self._held), [], 0
            if self._start_pager is not None and self._overflows(held):
                self._begin_page(self._start_pager)
            (self.stdout if self._pager is None else self._pager.stream).write(held)
        (self.stdout if self._pager is None else self._pager.stream).flush()

    def discard(self) -> None:
        """Forget what is held, because stdout takes nothing any more."""
        self._held, self._size = [], 0

    def page(self, start: Callable[[], Pager | None], lines: int) -> None:
        """Show what comes now in a pager, once it is more than a screen of so many lines."""
        self._start_pager, self._screen = start, lines

    def end_page(self) -> None:
        """Wait until the pager was left, if there is one, and say what it kept waiting."""
        pager, self._pager = self._pager, None
        if pager is not None:
            pager.close()
            self.stderr.write(b"".join(self._behind_pager))
            self.stderr.flush()

    def _begin_page(self, start: Callable[[], Pager | None]) -> None:
        self._start_pager = None
        self._pager = start()

    def _overflows(self, held: bytes) -> bool:
        return held.count(b"\n") >= self._screen or len(held) > self._screen * self.width

    # Talk, on stderr.

    def say(self, text: str) -> None:
        """Say what was done; silent under `-q`."""
        if self.loudness >= 0:
            self._talk("info", text)

    def detail(self, text: str) -> None:
        """Say something that only `-v` asks for."""
        if self.loudness > 0:
            self._talk("debug", text)

    def warn(self, text: str) -> None:
        """Say that something calls for attention; silent under `-qq` only."""
        if self.loudness >= -1:
            self._talk("warning", text)

    def hint(self, text: str) -> None:
        """Say what to do next; silent under `-q`."""
        if self.loudness >= 0:
            self._talk("hint", text)

    def error(self, text: str, hint: str | None = None) -> None:
        """Say why the command failed, and what to do next."""
        self._talk("error", text, hint)

    # Looks.

    def style(self, text: str, *styles: str) -> str:
        """The text in these styles ("red", "bold"), where stdout takes colours."""
        return paint(text, styles) if self.color else text

    def safe(self, text: str) -> str:
        """Text from data: on a terminal, control characters are shown as escapes."""
        return visible(text) if self.terminal else text

    def path(self, path: bytes) -> str:
        """A path for people: quoted with escapes where it holds anything unusual."""
        return quote_path(path)

    def _hold(self, block: bytes) -> None:
        self._held.append(block)
        self._size += len(block)
        if self._size >= BUFFER:
            self.flush()

    def _talk(self, level: str, text: str, hint: str | None = None) -> None:
        self.flush()
        if self.json_talk:
            record = {"level": level, "message": text, **({"hint": hint} if hint else {})}
            written = _json_bytes(record) + b"\n"
        else:
            lines = [_labelled(level, text, self.talk_color, self.talk_terminal)]
            if hint:
                lines.append(_labelled("hint", hint, self.talk_color, self.talk_terminal))
            written = "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape")
        if self._pager is not None:
            self._behind_pager.append(written)
            return
        self.stderr.write(written)
        self.stderr.flush()


LABELS = {
    "error": ("error: ", "red"),
    "warning": ("warning: ", "yellow"),
    "hint": ("hint: ", "cyan"),
}


def paint(text: str, styles: Iterable[str]) -> str:
    """The text between the codes for these styles."""
    codes = ";".join(STYLES[style] for style in styles)
    return f"\x1b[{codes}m{text}\x1b[0m" if codes and text else text


def strip(text: str) -> str:
    """The text without the codes that `paint` adds."""
    return re.sub(r"\x1b\[[\d;]*m", "", text)


def _labelled(level: str, text: str, color: bool, terminal: bool) -> str:
    label, style = LABELS.get(level, ("", ""))
    shown = visible(text, keep="\n") if terminal else text
    return (paint(label, (style, "bold")) if color and style else label) + shown


def _nothing() -> None:
    """No progress bar is drawn."""


def _is_terminal(stream: BinaryIO) -> bool:
    try:
        return stream.isatty()
    except (ValueError, AttributeError):
        return False


def _json_bytes(value: Any, *, indent: bool = False) -> bytes:
    import msgspec  # 5 ms that only `--json` pays

    encoded = msgspec.json.Encoder(decimal_format="number").encode(_plain(value))
    return msgspec.json.format(encoded, indent=2) if indent else encoded


def _plain(value: Any) -> Any:
    """The value in JSON's own types: an oid is its digits, a path its text."""
    if isinstance(value, Mapping):
        return {_plain(key): _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    if isinstance(value, bytes):
        from tdv.model.oid import Oid  # blake3 comes with it, which `--version` does not need

        return str(value) if isinstance(value, Oid) else value.decode("utf-8", "backslashreplace")
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    return value
