"""The same episodes wherever they are played, and whoever dies meanwhile."""

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor

import pytest
from typer.testing import CliRunner

from eval.cli import app
from eval.results import ResultsError, content_digest, open_run
from eval.sweeps import (
    Backend,
    Execution,
    Sweep,
    WorkerLostError,
    dask,
    play_all,
    processes,
    run_sweep,
    threads,
)

MATRICES = (("one-ahead-5", ("bayes", "hedge"), ("self", "tom-1")), ("memory-1", ("ftl",), ("random",)))
ASKED = Sweep(MATRICES, 60, seed=2, epsilon=0.02)
UNITS = ASKED.units


def digest_of(path, backend=None, progress=lambda: None):
    with open_run(path, ASKED.configuration()) as run:
        run_sweep(ASKED, Execution(backend, run, progress=progress))
    return content_digest(path)


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    return digest_of(tmp_path_factory.mktemp("here") / "r.sqlite")


def after(n, action):
    """Calls ``action`` after the n-th episode."""
    counted = [0]

    def progress():
        counted[0] += 1
        if counted[0] == n:
            action()

    return progress


def test_threads(tmp_path, expected):
    assert digest_of(tmp_path / "r.sqlite", threads(3)) == expected


def test_processes_one_of_which_is_killed(tmp_path, expected):
    def kill():
        os.kill(multiprocessing.active_children()[0].pid, signal.SIGKILL)

    assert digest_of(tmp_path / "r.sqlite", processes(2), after(90, kill)) == expected


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def test_episodes_that_kill_every_worker_end_the_sweep():
    context = multiprocessing.get_context("spawn")
    deadly = Backend(lambda: ProcessPoolExecutor(1, mp_context=context, initializer=die))
    with pytest.raises(WorkerLostError, match="workers died 3 times over bayes with self on one-ahead-5"):
        list(play_all(UNITS[:4], deadly))


def test_an_error_in_a_worker_is_the_sweeps_error():
    bad = Sweep((("memory-1", ("tom-1",), ("switching:2-0@1",)),), 40, seed=0).units
    with pytest.raises(ValueError, match="ascending rounds"):
        list(play_all(bad, processes(2)))


@pytest.fixture
def cluster(tmp_path):
    """A real scheduler and two real workers, without nannies that would replace them."""
    file = tmp_path / "scheduler.json"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    module = [sys.executable, "-m", "distributed.cli.dask_scheduler"]
    options = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(file)]
    started = [subprocess.Popen([*module, *options], **quiet)]
    address = ""
    deadline = time.monotonic() + 60
    while not address and time.monotonic() < deadline:
        time.sleep(0.05)
        try:
            address = json.loads(file.read_text())["address"]
        except (FileNotFoundError, json.JSONDecodeError):
            continue

    def add_worker():
        module = [sys.executable, "-m", "distributed.cli.dask_worker"]
        options = [address, "--host", "127.0.0.1", "--nthreads", "1", "--no-nanny", "--no-dashboard"]
        options += ["--local-directory", str(tmp_path)]
        worker = subprocess.Popen([*module, *options], **quiet)
        started.append(worker)
        return worker

    yield address, started[0], add_worker
    for process in reversed(started):
        process.kill()
        process.wait()


def wait_for_workers(address, n):
    from distributed import Client  # noqa: PLC0415

    with Client(address, set_as_default=False) as client:
        client.wait_for_workers(n, timeout=60)


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_dask_loses_a_worker_and_then_its_scheduler(tmp_path, expected, cluster):
    address, scheduler, add_worker = cluster
    with pytest.raises(ConnectionError, match="has no workers; start some with 'dask worker tcp://"):
        dask(address)
    workers = [add_worker(), add_worker()]
    wait_for_workers(address, 2)
    backend = dask(address)
    assert backend.workers == 2
    assert digest_of(tmp_path / "killed.sqlite", backend, after(90, workers[0].kill)) == expected

    path = tmp_path / "gone.sqlite"
    with pytest.raises(ConnectionError, match=r"scheduler is gone.*run the same command to continue"):
        digest_of(path, backend, after(90, scheduler.kill))
    with open_run(path, ASKED.configuration()) as run:
        assert 90 <= len(run.scores()) < len(UNITS)
    assert digest_of(path) == expected  # the rest is played here

    with pytest.raises(ConnectionError, match=r"no Dask scheduler answers at 'tcp://.*start one with 'dask"):
        dask(address)


def test_an_unreachable_scheduler_stops_before_anything_is_written(tmp_path):
    path = tmp_path / "r.sqlite"
    arguments = ["crossplay", "--task", "memory-1", "--results", str(path), "--dask", "tcp://127.0.0.1:1"]
    result = CliRunner().invoke(app, arguments)
    assert isinstance(result.exception, ConnectionError)
    assert "tcp://127.0.0.1:1" in str(result.exception)
    assert not path.exists()


def test_workers_and_dask_exclude_each_other():
    result = CliRunner().invoke(app, ["crossplay", "--task", "memory-1", "--workers", "2", "--dask", "x"])
    assert "exclude each other" in str(result.exception)


def test_the_command_line_plays_in_processes(tmp_path):
    files = [tmp_path / "1.json", tmp_path / "2.json"]
    for workers, file in enumerate(files, 1):
        arguments = ["crossplay", "--task", "memory-1", "--agents", "bayes", "--episodes", "8"]
        arguments += ["--workers", str(workers), "--json", str(file)]
        assert CliRunner().invoke(app, arguments).exit_code == 0
    assert files[0].read_text() == files[1].read_text()


def test_a_full_file_ends_a_sweep_on_workers(tmp_path):
    """An episode that cannot be stored stops the sweep, and no worker is left behind."""
    with open_run(tmp_path / "r.sqlite", ASKED.configuration()) as run:
        run._connection.execute("PRAGMA max_page_count=40")
        with pytest.raises(ResultsError, match="the disk is full"):
            run_sweep(ASKED, Execution(processes(2), run))
        stored = len(run.scores())
    assert 0 < stored < len(UNITS)
    deadline = time.monotonic() + 60
    while multiprocessing.active_children() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not multiprocessing.active_children()
