"""The entry point, and the one place where errors become words and exit codes.

0 ok; 1 findings or differences; 2 usage; 3 repository, revision or integrity; 4 conflict or
unsaved work; 5 remote; 130 interrupted (SIGINT, SIGTERM and SIGHUP alike); 70 a bug in tdv.
A reader that goes away (`tdv log | head`) ends the command quietly with 0.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO

from tdv.cli.gitwords import OPTIONS_INSTEAD
from tdv.cli.output import Output
from tdv.errors import TdvError
from tdv.version import __version__

INTERRUPTED = 130
BUG = 70


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line; the exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    out = Output(_binary(sys.stdout, 1), _binary(sys.stderr, 2))
    try:
        code = run(words, os.environ, out)
        out.flush()
        return code
    except BrokenPipeError:
        return _pipe_closed()
    except KeyboardInterrupt:
        return INTERRUPTED
    except OSError as error:
        return _write_failed(out, error)
    finally:
        out.end_page()


def run(words: list[str], env: Mapping[str, str], out: Output) -> int:
    """Run one command line with that environment and those streams; the exit code.

    Raises:
        BrokenPipeError: whoever read stdout is gone.
        OSError: stdout or stderr refuses what is written.
    """
    _set_looks(out, env)
    if sys.platform == "win32":
        out.error("tdv does not run on Windows yet; it runs on Linux, on macOS and under WSL.")
        return 2
    if words == ["--version"]:
        out.line(f"tdv {__version__}")
        return 0
    _catch_signals()
    if words[:1] == ["help"]:  # as `git help status`
        words = [*words[1:], "--help"]
    try:
        return _dispatch(words or ["--help"], env, out)
    except TdvError as error:
        out.error(error.message, error.hint)
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        raise
    except OSError as error:
        out.error(_os_sentence(error), _os_hint(error))
        return 3
    except Exception as error:  # the boundary: anything else is our mistake, and says so
        return _bug(out, error, env)


def _dispatch(words: list[str], env: Mapping[str, str], out: Output) -> int:
    import typer  # 35 ms, which `tdv --version` need not pay

    from tdv.cli.app import build
    from tdv.cli.session import Session

    session = Session(words, env, out)
    printed = io.StringIO()  # typer prints help pages to sys.stdout; nothing else may
    try:
        with (
            contextlib.redirect_stdout(printed),
            build().make_context("tdv", list(words), obj=session) as ctx,
        ):
            result = ctx.command.invoke(ctx)
    except typer.Exit as stop:
        return stop.exit_code
    except typer.Abort:
        return INTERRUPTED
    except typer.TyperException as error:
        return _usage(out, error)
    finally:
        session.close()
        out.text(printed.getvalue())
    return result if isinstance(result, int) else 0


def _usage(out: Output, error: Any) -> int:
    """A mistake that the parser of the command line found."""
    message: str = error.format_message()
    ctx = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError":
        out.stderr.write(f"{message}\n".encode())
        return 2
    where = ctx.command_path if ctx is not None else "tdv"
    near = getattr(error, "possibilities", None)
    option = getattr(error, "option_name", None)
    meant = OPTIONS_INSTEAD.get(f"{where.removeprefix('tdv ')} {option}")
    if meant:
        message, hint = error.message, meant
    elif near:
        message = error.message
        hint = f"Did you mean {' or '.join(f'`{name}`' for name in sorted(near))}?"
    else:
        hint = f"`{where} --help` explains the command."
    out.error(message if message.endswith((".", "?")) else f"{message}.", hint)
    return 2


def _set_looks(out: Output, env: Mapping[str, str]) -> None:
    if env.get("NO_COLOR") or env.get("TERM") == "dumb":
        out.color = out.talk_color = False
    level = env.get("TDV_LOG", "").lower()
    out.loudness = {"debug": 2, "info": 0, "warning": -1, "error": -2}.get(level, 0)
    if out.terminal or out.talk_terminal:
        columns = env.get("COLUMNS", "")
        out.width = int(columns) if columns.isdecimal() and int(columns) else _columns()


def _columns() -> int:
    for descriptor in (1, 2, 0):
        try:
            return os.get_terminal_size(descriptor).columns or 80
        except OSError:
            continue
    return 80


def _catch_signals() -> None:
    """SIGTERM and SIGHUP stop a command as Ctrl-C does, so that it cleans up behind itself."""
    import signal
    import threading

    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is signal.SIG_DFL:
                signal.signal(number, signal.default_int_handler)


def _os_sentence(error: OSError) -> str:
    reason = error.strerror or str(error)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        reason = "There is no space left on the device"
    named = error.filename
    if isinstance(named, bytes):
        named = named.decode("utf-8", "backslashreplace")
    return f"{named}: {reason}." if named is not None else f"{reason}."


def _os_hint(error: OSError) -> str | None:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "Free some space and run the command again; the repository is unharmed."
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return "Check who owns the file or folder, and whether it is mounted read-only."
    return None


def _bug(out: Output, error: Exception, env: Mapping[str, str]) -> int:
    what = f"{type(error).__name__}: {error}".strip().rstrip(".")
    out.error(
        f"This is a bug in tdv {__version__}, not in your data: {what}.",
        "Run the command again with `-v` and report what it prints.",
    )
    if out.loudness > 0:
        import traceback

        out.stderr.write(traceback.format_exc().encode("utf-8", "backslashreplace"))
        out.stderr.flush()
    return BUG


def _pipe_closed() -> int:
    """Nobody reads on: leave nothing for the interpreter to flush, which would complain."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    return 0


def _write_failed(out: Output, error: OSError) -> int:
    try:
        out.discard()
        out.error(f"The output cannot be written: {error.strerror or error}.")
    except OSError:
        return 3
    finally:
        _pipe_closed()
    return 3


def _binary(stream: Any, descriptor: int) -> BinaryIO:
    """The binary side of a standard stream; one that the caller closed swallows everything."""
    if stream is None:
        return open(os.devnull, "wb")
    buffer = getattr(stream, "buffer", None)
    return buffer if buffer is not None else io.FileIO(descriptor, "wb", closefd=False)


if __name__ == "__main__":
    sys.exit(main())
