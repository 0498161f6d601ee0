"""Threads: outcomes come where they are asked for, errors too."""

from __future__ import annotations

import threading

import pytest

from tdv.store.workers import Workers


def test_results_and_errors_reach_the_caller() -> None:
    with Workers() as workers:
        good = [workers.submit(lambda i=i: i * i) for i in range(50)]
        bad = workers.submit(lambda: 1 // 0)
        assert [task.result() for task in good] == [i * i for i in range(50)]
        with pytest.raises(ZeroDivisionError):
            bad.result()
    assert good[0].done()


def test_closing_drops_what_has_not_begun() -> None:
    begun, go_on, calls = threading.Event(), threading.Event(), []

    def wait() -> None:
        begun.set()
        go_on.wait()

    workers = Workers(1)
    workers.submit(wait)
    begun.wait()
    workers.submit(lambda: calls.append(1))
    threading.Timer(0.05, go_on.set).start()
    workers.close()
    assert calls == []
