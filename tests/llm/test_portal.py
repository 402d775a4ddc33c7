"""The event loop for callers that are not asynchronous."""

import asyncio
import signal
import subprocess
import sys
import textwrap
import threading
import time
from contextvars import ContextVar

import pytest

from atom.models.portal import run_blocking, run_in_portal

_NAME = ContextVar("name", default="nobody")


async def _loop_and_name():
    return asyncio.get_running_loop(), _NAME.get()


async def test_there_is_one_loop_and_context_variables_travel():
    token = _NAME.set("ann")
    loop, name = await asyncio.to_thread(lambda: run_blocking(_loop_and_name()))
    assert name == "ann"
    assert loop is not asyncio.get_running_loop()
    assert await run_in_portal(_loop_and_name()) == (loop, "ann")
    assert run_blocking(run_in_portal(_loop_and_name())) == (loop, "ann")  # from within
    _NAME.reset(token)
    assert asyncio.run_coroutine_threadsafe(_loop_and_name(), loop).result(60) == (loop, "nobody")


def test_a_synchronous_call_from_within_is_refused():
    async def inside():
        return run_blocking(_loop_and_name())

    with pytest.raises(RuntimeError, match="would wait for itself"):
        run_blocking(inside())


async def test_cancelling_cancels_the_work_and_lets_it_clean_up():
    began, let_go = threading.Event(), threading.Event()

    async def work():
        try:
            began.set()
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.02)  # a limiter may have to wait to let go
            let_go.set()

    task = asyncio.create_task(run_in_portal(work()))
    assert await asyncio.to_thread(began.wait, 10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await asyncio.to_thread(let_go.wait, 10)


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit, KeyError])
def test_what_the_work_raises_is_raised_and_the_loop_goes_on(kind):
    async def work():
        raise kind("ended")

    loop, _ = run_blocking(_loop_and_name())
    with pytest.raises(kind, match="ended"):
        run_blocking(work())
    assert run_blocking(_loop_and_name())[0] is loop


def test_an_interrupt_of_the_caller_ends_the_work_whenever_it_comes():
    """Also before the caller has anything in hand that it could cancel."""
    often = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        for _ in range(100):
            _interrupted()
    finally:
        sys.setswitchinterval(often)


def _interrupted():
    began, ended = threading.Event(), threading.Event()

    async def work():
        began.set()
        try:
            await asyncio.sleep(300)
        finally:
            ended.set()

    def interrupt():
        began.wait(60)
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    interrupting = threading.Thread(target=interrupt, daemon=True)
    interrupting.start()
    with pytest.raises(KeyboardInterrupt):
        run_blocking(work())
    interrupting.join()
    assert ended.wait(60)


_PREAMBLE = """
import asyncio, os, sys, time
from atom.models.portal import run_blocking

async def three():
    return 3

async def leave_work_behind():
    asyncio.ensure_future(asyncio.sleep(60))
    await asyncio.sleep(0)

assert run_blocking(three()) == 3
"""


@pytest.mark.parametrize(
    "code",
    [
        "run_blocking(leave_work_behind())",
        """
        child = os.fork()
        if child == 0:
            assert run_blocking(three()) == 3
            sys.exit(7)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
        """,
    ],
    ids=["work under way", "fork"],
)
def test_processes_end(code):
    if "fork" in code and sys.platform == "win32":
        pytest.skip("there is no fork")
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", _PREAMBLE + textwrap.dedent(code)], check=True, timeout=60)
    assert time.monotonic() - began < 50
