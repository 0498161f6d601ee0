"""Executors give the results in order, whoever computes them, and leave no process behind."""

from __future__ import annotations

import errno
import gc
import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from work_of_tests import (
    Counting,
    Dying,
    die,
    die_first,
    divide,
    double,
    doubled_bytes,
    lambda_of,
    process_of,
    raise_strange,
    refuse,
    sleep_long,
    slow_first,
    surroundings,
)

import tdv.errors
from tdv.analysis.executors import Executor, InProcess, executor_for
from tdv.analysis.processes import AHEAD, Processes
from tdv.errors import ConfigError, TdvError, WorkerDied


@pytest.fixture(scope="module")
def processes() -> Iterator[Processes]:
    with Processes(2) as made:
        yield made


@pytest.fixture(params=["in process", "processes"])
def executor(request: pytest.FixtureRequest, processes: Processes) -> Executor:
    return InProcess() if request.param == "in process" else processes


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")  # in a container nobody may wait for it
    return not (status.exists() and status.read_text().rpartition(")")[2].split()[0] == "Z")


def until(what, seconds: float = 20) -> bool:
    """Whether something comes true in time."""
    end = time.monotonic() + seconds
    while not what() and time.monotonic() < end:
        time.sleep(0.01)
    return what()


def test_results_come_in_order(executor):
    assert list(executor.run(double, range(50))) == [*range(0, 100, 2)]
    assert list(executor.run(slow_first, range(10))) == [*range(10)]
    assert list(executor.run(double, [])) == []


def test_tasks_are_begun_as_results_are_taken(executor):
    begun = []

    def tasks():
        for number in range(100):
            begun.append(number)
            yield number

    results = executor.run(double, tasks())
    for taken in range(1, 5):
        next(results)
        assert taken <= len(begun) <= taken + AHEAD * executor.workers
    results.close()
    assert list(executor.run(double, [1])) == [2]


def test_an_error_is_raised_in_its_turn(executor):
    results = executor.run(refuse, range(10))
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ConfigError, match="Row 3 is wrong") as caught:
        next(results)
    assert caught.value.hint == "Mend it."
    assert list(executor.run(double, [1])) == [2]


def test_an_error_in_the_tasks_ends_the_run(executor):
    def tasks():
        yield 1
        raise KeyError("no more")

    with pytest.raises(KeyError, match="no more"):
        list(executor.run(double, tasks()))
    assert list(executor.run(double, [1])) == [2]


def test_what_a_function_holds_stays_for_the_run(processes):
    for _ in range(2):
        seen = list(processes.run(Counting(), range(10)))
        by_process = {pid: [count for each, count in seen if each == pid] for pid, _ in seen}
        assert all(counts == [*range(1, len(counts) + 1)] for counts in by_process.values())


def test_workers_are_other_processes_and_stay(processes):
    first, second = (set(processes.run(process_of, range(20))) for _ in range(2))
    assert len(first | second) <= 2
    assert os.getpid() not in first


def test_workers_have_the_imports_and_not_the_streams(capfd):
    with Processes(1) as processes:
        [seen] = processes.run(surroundings, [0])
    assert seen["path"] == sys.path
    assert seen["input"] == ""
    assert not seen["collecting"]
    assert seen["session"] != os.getsid(0)
    assert {"multiprocessing", "tdv.cli.main", "pytest"}.isdisjoint(seen["modules"])
    out, err = capfd.readouterr()
    assert out == ""
    assert "print in a rule" in err


def test_workers_start_when_they_are_needed():
    with Processes(3) as processes:
        assert list(processes.run(double, [])) == []
        assert processes._workers == []
        assert list(processes.run(double, [1])) == [2]
        assert len(processes._workers) == 1
        processes.start()
        assert len(processes._workers) == 3


def test_modules_are_imported_at_once():
    with Processes(1, ["tdv.model.names", "tdv.no.such.module"]) as processes:
        [seen] = processes.run(surroundings, [0])
        assert "tdv.model.names" in seen["modules"]


def test_collection_goes_on_behind_a_task():
    assert gc.isenabled()
    assert list(InProcess().run(lambda task: gc.isenabled(), [0, 1])) == [False, False]
    assert gc.isenabled()


def test_bugs_say_where_they_are(processes):
    with pytest.raises(ZeroDivisionError) as caught:
        list(processes.run(divide, [0]))
    assert "work_of_tests.py" in str(caught.value.__cause__)
    with pytest.raises(RuntimeError, match="Strange: strange"):
        list(processes.run(raise_strange, [0]))
    with pytest.raises((AttributeError, pickle.PicklingError, RuntimeError), match="lambda"):
        list(processes.run(lambda_of, [0]))


def subclasses(of: type[TdvError]) -> Iterator[type[TdvError]]:
    for each in of.__subclasses__():
        yield each
        yield from subclasses(each)


@pytest.mark.parametrize(
    "error", [each for each in subclasses(TdvError) if each.__module__ == tdv.errors.__name__]
)
def test_errors_come_out_of_a_pickle(error):
    again = pickle.loads(pickle.dumps(error("It is so.", hint="Do this.")))
    assert (type(again), again.message, again.hint) == (error, "It is so.", "Do this.")
    assert str(again) == "It is so."


def test_the_task_of_a_dead_worker_is_done_by_another(processes, tmp_path):
    tasks = [Dying(tmp_path, number, times=number % 2) for number in range(8)]
    assert list(processes.run(die, tasks)) == [*range(8)]


def test_a_task_that_kills_again_is_named(processes, tmp_path):
    tasks = [Dying(tmp_path, number, times=2 * (number == 3)) for number in range(8)]
    with pytest.raises(WorkerDied) as caught:
        list(processes.run(die, tasks))
    assert caught.value.message == (
        "A worker process was killed (SIGKILL), 2 times, while it worked on task 3."
    )
    with pytest.raises(WorkerDied, match="worked on task 9"):
        list(processes.run(die_first, [[Dying(tmp_path, 9, times=2)]]))
    assert "--memory-limit" in (caught.value.hint or "")
    assert list(processes.run(double, [1])) == [2]


def test_closing_ends_what_runs(tmp_path):
    with Processes(2) as executor:
        pids = set(executor.run(process_of, range(20)))
        results = executor.run(sleep_long, [None, tmp_path, tmp_path])
        next(results)
        assert until(lambda: any(tmp_path.iterdir()))
    assert not any(map(alive, pids))
    results.close()
    assert list(executor.run(double, [1])) == [2]
    executor.close()


SCRIPT = """
import sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from work_of_tests import sleep_long, process_of
from tdv.analysis.processes import Processes
# No `if __name__ == "__main__"`: workers do not run this again.
print("begun", flush=True)
with Processes(2) as executor:
    list(executor.run(sleep_long, [Path({folder!r})] * 4))
"""


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL])
def test_no_process_is_left_behind(tmp_path, end):
    """SIGINT ends workers at once; when the parent is killed they end with their tasks."""
    script = SCRIPT.format(tests=str(Path(__file__).parent), folder=str(tmp_path))
    with subprocess.Popen(
        [sys.executable, "-"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as parent:  # fmt: skip
        parent.stdin.write(script)
        parent.stdin.close()
        assert until(lambda: len([*tmp_path.glob("*.begun")]) == 2)
        pids = [int(path.stem) for path in tmp_path.glob("*.begun")]
        parent.send_signal(end)
        assert parent.wait(20) != 0
        assert parent.stdout.read() == "begun\n"
        if end == signal.SIGKILL:
            for pid in pids:
                os.kill(pid, signal.SIGKILL)  # it sleeps for a minute
        else:
            assert "KeyboardInterrupt" in parent.stderr.read()
    assert until(lambda: not any(map(alive, pids)))


def test_an_idle_worker_ends_with_its_parent(tmp_path):
    script = """
import os, signal, sys
sys.path.insert(0, {tests!r})
from work_of_tests import process_of
from tdv.analysis.processes import Processes
print(*set(Processes(2).run(process_of, range(20))), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run(
        [sys.executable, "-c", script.format(tests=str(Path(__file__).parent))],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    pids = [int(pid) for pid in done.stdout.split()]
    assert pids
    assert until(lambda: not any(map(alive, pids)))


def test_files_in_the_folder_are_not_imported(tmp_path):
    """A repository may hold a `pickle.py`."""
    (tmp_path / "pickle.py").write_text("raise SystemExit('it was imported')")
    (tmp_path / "tdv.py").write_text("raise SystemExit('it was imported')")
    script = tmp_path / "bin" / "script.py"
    script.parent.mkdir()
    script.write_text(
        "import math\nfrom tdv.analysis.processes import Processes\n"
        "with Processes(1) as executor: print(*executor.run(math.sqrt, [4]))\n"
    )
    root = str(Path(tdv.errors.__file__).parent.parent)
    done = subprocess.run(
        [sys.executable, str(script)],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": root},
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("2.0\n", "")


def test_two_runs_at_once(executor):
    first, second = executor.run(double, range(30)), executor.run(slow_first, range(30))
    assert next(first) == 0
    assert list(second) == [*range(30)]
    assert [next(first), next(first)] == [2, 4]
    pairs = zip(first, executor.run(double, range(10)), strict=False)
    assert list(pairs) == [(number + 6, number) for number in range(0, 20, 2)]
    given_up = executor.run(double, range(30))
    assert next(given_up) == 0
    assert list(executor.run(double, range(3))) == [0, 2, 4]
    given_up.close()
    assert len(set(executor.run(process_of, range(30)))) <= executor.workers


def test_fewer_workers_where_the_system_lets_no_more_start(monkeypatch):
    start, started = subprocess.Popen, []

    def limited(*args, **kwargs):
        if len(started) == 2:
            raise OSError(errno.EAGAIN, "Resource temporarily unavailable")
        started.append(start(*args, **kwargs))
        return started[-1]

    monkeypatch.setattr(subprocess, "Popen", limited)
    with Processes(5) as processes:
        assert list(processes.run(double, range(50))) == [*range(0, 100, 2)]
        assert processes.workers == 2
    with Processes(5) as processes, pytest.raises(WorkerDied) as caught:
        list(processes.run(double, range(50)))
    assert caught.value.message == (
        "No worker process could be started: Resource temporarily unavailable."
    )


def test_large_tasks_and_results(processes):
    block = bytes(range(256)) * 20_000
    assert list(processes.run(doubled_bytes, [block, b"", block])) == [block * 2, b"", block * 2]


def test_one_worker_is_this_process():
    assert isinstance(executor_for(1), InProcess)
    executor = executor_for(3)
    assert isinstance(executor, Processes)
    assert executor.workers == 3
    executor.close()


def test_without_an_interpreter_it_is_this_process(monkeypatch):
    monkeypatch.setattr(sys, "executable", "")
    assert isinstance(executor_for(3), InProcess)
