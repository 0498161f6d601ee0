"""The other side of `executors.Processes`: answers tasks that come through a socket.

A frame is its length (8 bytes, big-endian) and a pickle. The first holds names of modules to
import; then come a function and a task in turn, the function empty where it is the last one.
An answer is (True, result, "") or (False, error, traceback).
"""

from __future__ import annotations

import gc
import os
import pickle
import socket
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from typing import Any

LENGTH_BYTES = 8
# What `Processes` starts a worker with. The path of the parent's imports comes before any import:
# the folder of the data may hold a `json.py`.
COMMAND = (
    "import sys; sys.path[:] = sys.argv[2:]; "
    "from tdv.analysis.serving import serve; serve(int(sys.argv[1]))"
)
# A worker is one processor's work: the libraries of NumPy and Arrow start no threads of their own.
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def serve(descriptor: int) -> None:
    """Answer tasks until the parent closes its end, or is gone.

    Args:
        descriptor: of a socket, which is closed.
    """
    for name in ONE_THREAD:
        os.putenv(name, "1")
    sys.stdout = sys.stderr  # data goes to stdout, and a print in a user's rule is none
    with suppress(ConnectionError), socket.socket(fileno=descriptor) as link:
        first = receive(link)
        for name in pickle.loads(first) if first else ():
            with suppress(ImportError):  # a task that needs it says so
                import_module(name)
        # Rows are made and dropped by the million and have no cycles.
        gc.disable()
        gc.freeze()
        _answer_all(link)


def send(link: socket.socket, frame: bytes) -> None:
    """Send a frame; ConnectionError when the other side is gone."""
    link.sendall(len(frame).to_bytes(LENGTH_BYTES, "big"))
    link.sendall(frame)


def receive(link: socket.socket) -> bytes | None:
    """The next frame; None when the other side is gone."""
    head = _exactly(link, LENGTH_BYTES)
    return None if head is None else _exactly(link, int.from_bytes(head, "big"))


def _exactly(link: socket.socket, size: int) -> bytes | None:
    parts = []
    while size:
        part = link.recv(min(size, 1 << 20))
        if not part:
            return None
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _answer_all(link: socket.socket) -> None:
    function: Callable[[Any], Any] | None = None
    while (given := receive(link)) is not None and (task := receive(link)) is not None:
        try:
            if given:
                function = None
                function = pickle.loads(given)
            assert function is not None, "the first task of a run brings its function"
            answer = pickle.dumps((True, function(pickle.loads(task)), ""))
        except Exception as error:  # the boundary: the parent raises it again
            answer = _failure(error)
        send(link, answer)
        del task, answer
        gc.collect()


def _failure(error: Exception) -> bytes:
    text = "".join(traceback.format_exception(error))
    try:
        answer = pickle.dumps((False, error, text))
        pickle.loads(answer)  # some classes come out of a pickle only with other arguments
    except (pickle.PickleError, TypeError, AttributeError, ValueError, ImportError):
        other = RuntimeError(f"{type(error).__name__}: {error}")
        answer = pickle.dumps((False, other, text))
    return answer
