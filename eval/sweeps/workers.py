"""Processes that play episodes, and end when the process that began them ends or is interrupted."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import resource_tracker
from types import FrameType, TracebackType
from typing import Any


class Workers(ProcessPoolExecutor):
    """So many processes. Ctrl-C is heard by the process that began them alone, which ends them at once.

    What they play is played again and comes out the same, so nobody waits for it.

    Args:
        workers: how many, >= 1.
    """

    def __init__(self, workers: int) -> None:
        # A forked child would inherit the locks of whatever threads run here, a progress bar's for one.
        context = multiprocessing.get_context("spawn")
        super().__init__(workers, mp_context=context, initializer=_end_with_parent)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """The same; a process that is begun for it hears no Ctrl-C, not even before it runs our code."""
        with _uninterrupted():
            return super().submit(fn, *args, **kwargs)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Waits for what was submitted; ends the processes instead where something was raised."""
        if kind is not None:
            with _uninterrupted():
                for process in [*(self._processes or {}).values()]:
                    process.kill()
                # waited for at once: a thread of the executor's that outlives it is woken as Python ends, by
                # a pipe that it may have closed
                self.shutdown(wait=True, cancel_futures=True)
        self.shutdown(wait=True)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Holds Ctrl-C back until the block ends; processes that are begun within never hear it.

    Blocking the signal is for them, who inherit that. Here another thread may take it, and Python would
    raise in the midst of the block all the same, so a handler of ours remembers it.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    resource_tracker.ensure_running()  # or it would let Ctrl-C through when it is begun
    heard: list[tuple[int, FrameType | None]] = []
    is_main = threading.current_thread() is threading.main_thread()
    handler = signal.getsignal(signal.SIGINT)
    if is_main:
        signal.signal(signal.SIGINT, lambda number, frame: heard.append((number, frame)))
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        if is_main:
            signal.signal(signal.SIGINT, handler)
            if heard and callable(handler):
                handler(*heard[0])


def _end_with_parent() -> None:
    """Workers of a parent that was killed would wait for work for ever; Ctrl-C is for the parent to hear."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()

    def watch() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
