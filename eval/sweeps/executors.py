"""Where episodes are played: here, in other processes, in threads, or on a Dask cluster.

All through the interface of ``concurrent.futures.Executor``, so that a sweep does not know which.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    ThreadPoolExecutor,
    wait,
)
from contextlib import AbstractContextManager, contextmanager, suppress
from contextvars import copy_context
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any, TypeAlias

from eval.play import MOST_AT_ONCE, EpisodeResult, Unit, play_units, plays_at_once
from eval.sweeps.workers import Workers

_CONNECT_SECONDS = 5
_LARGEST_CHUNK = 64
_CHUNKS_A_WORKER = 8
_LOSSES = 3
_DASK = "a Dask cluster needs the extra 'cluster': pip install 'langgraph-atom[cluster]'"

Chunk: TypeAlias = tuple[Unit, ...]


@dataclass(frozen=True, slots=True)
class Backend:
    """A kind of executor.

    Attributes:
        open: makes one, and closes it at the end of the block.
        workers: how many episodes it plays at once.
        largest_chunk: how many episodes that are played one by one are sent to a worker at most; they come
            back together.
        local: whether episodes are played in this very thread, as they are asked for.
        costly: whether episodes cost money, so that those under way are waited for when a sweep ends early.
    """

    open: Callable[[], AbstractContextManager[Executor]]
    workers: int = 1
    largest_chunk: int = _LARGEST_CHUNK
    local: bool = False
    costly: bool = False


class WorkerLostError(ChildProcessError):
    """Workers died again and again over the same episodes."""


def in_process() -> Backend:
    """In this process: one episode after the other, or many at once where that is possible."""
    return Backend(_Inline, largest_chunk=1, local=True)


def processes(workers: int) -> Backend:
    """In so many processes of this machine (``ProcessPoolExecutor``)."""
    _check_workers(workers)
    return Backend(lambda: Workers(workers), workers)


def threads(workers: int) -> Backend:
    """In so many threads: for episodes that wait for language models, each of which is kept at once."""
    _check_workers(workers)
    return Backend(lambda: _Threads(workers), workers, largest_chunk=1, costly=True)


def dask(address: str) -> Backend:
    """On a Dask cluster whose workers can import this package (``Client.get_executor``).

    Raises:
        ModuleNotFoundError: Dask is not installed.
        ConnectionError: no scheduler answers at ``address``.
    """
    try:
        from distributed import Client  # noqa: PLC0415 - takes a second, and an extra
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(_DASK, name=error.name) from None

    def client() -> Client:
        try:
            return Client(address, timeout=_CONNECT_SECONDS, set_as_default=False)  # type: ignore[no-untyped-call]
        except (OSError, TimeoutError, ValueError) as error:
            raise ConnectionError(
                f"no Dask scheduler answers at {address!r} ({error}); start one with 'dask scheduler' and "
                "give the address that it prints, such as tcp://127.0.0.1:8786"
            ) from error

    @contextmanager
    def executor() -> Iterator[Executor]:
        with client() as connected:
            # episodes are pure, but a sweep must not be answered from another sweep's results
            yield connected.get_executor(pure=False)

    with client() as connected:
        n = sum(connected.nthreads().values())
    if not n:
        raise ConnectionError(
            f"the Dask scheduler at {address!r} has no workers; start some with 'dask worker {address}'"
        )
    return Backend(executor, n)


def play_all(
    units: Sequence[Unit],
    backend: Backend | None = None,
    *,
    detailed: bool = True,
    late: list[EpisodeResult] | None = None,
) -> Generator[EpisodeResult]:
    """The results of all units, in the order in which they are done.

    Episodes that were lost with a worker are played again; they come out the same. What an episode
    itself raises is raised here.

    Args:
        units: what to play.
        backend: where; in this process for None.
        detailed: whether to record every step.
        late: filled with the episodes that were done when this iterator was closed, or when an episode
            raised an error or the user interrupted; where the backend says that they cost money, with those
            that were under way as well.

    Raises:
        WorkerLostError: workers died three times over the same episodes.
    """
    backend = backend or in_process()
    chunks = deque(_chunks(units, backend, at_once=not detailed and not backend.costly))
    losses: dict[Chunk, int] = {}
    while chunks:
        lost: list[Chunk] = []
        with backend.open() as executor:
            yield from _play_until_broken(
                executor, backend, chunks, lost, [] if late is None else late, detailed
            )
        for chunk in lost:
            losses[chunk] = losses.get(chunk, 0) + 1
            if losses[chunk] >= _LOSSES:
                first = chunk[0]
                raise WorkerLostError(
                    f"workers died {_LOSSES} times over {first.agent} with {first.partner} on {first.task}, "
                    f"episode {first.episode} or one of the {len(chunk)} after it; is the memory too small? "
                    "Fewer workers need less"
                )
        chunks.extendleft(lost)


def _play_until_broken(
    executor: Executor,
    backend: Backend,
    chunks: deque[Chunk],
    lost: list[Chunk],
    late: list[EpisodeResult],
    detailed: bool,
) -> Iterator[EpisodeResult]:
    """Takes chunks and yields results until none is left or the executor broke; then fills ``lost``."""
    waiting: dict[Future[list[EpisodeResult]], Chunk] = {}
    try:
        yield from _play_waiting(executor, backend, chunks, lost, waiting, detailed)
    except BaseException:
        late += _drained(waiting) if backend.costly else _done(waiting)
        raise


def _done(waiting: Mapping[Future[list[EpisodeResult]], Chunk]) -> Iterator[EpisodeResult]:
    """The results that are there."""
    for future in waiting:
        if future.done() and not future.cancelled() and future.exception() is None:
            yield from future.result()


def _drained(waiting: Mapping[Future[list[EpisodeResult]], Chunk]) -> Iterator[EpisodeResult]:
    """The results of what had begun, when it is done; the rest is dropped."""
    for future in waiting:
        future.cancel()
    for future in waiting:
        if not future.cancelled():
            with suppress(Exception):  # the first error is on its way already
                yield from future.result()


def _play_waiting(
    executor: Executor,
    backend: Backend,
    chunks: deque[Chunk],
    lost: list[Chunk],
    waiting: dict[Future[list[EpisodeResult]], Chunk],
    detailed: bool,
) -> Iterator[EpisodeResult]:
    limit = 1 if backend.local else 2 * backend.workers
    while waiting or (chunks and not lost):
        while chunks and not lost and len(waiting) < limit:
            chunk = chunks.popleft()
            try:
                waiting[executor.submit(play_units, chunk, detailed=detailed)] = chunk
            except BrokenExecutor:
                lost.append(chunk)
        done, _ = wait(waiting, return_when=FIRST_COMPLETED)
        for future in done:
            chunk = waiting.pop(future)
            try:
                results = future.result()
            except BrokenExecutor:
                lost.append(chunk)
            except CancelledError as error:
                raise ConnectionError(
                    "the scheduler is gone, and with it the episodes that were being played; start it again "
                    "and run the same command to continue"
                ) from error
            else:
                yield from results


def _portions(units: Sequence[Unit], size: int) -> Iterator[Chunk]:
    """Portions of so many."""
    for first in range(0, len(units), size):
        yield tuple(units[first : first + size])


def _chunks(units: Sequence[Unit], backend: Backend, *, at_once: bool) -> Iterator[Chunk]:
    """Units in portions: large enough to be worth sending, small enough to keep all workers busy.

    Those of a cell that are played at once stay together.
    """
    each = max(1, min(backend.largest_chunk, len(units) // (backend.workers * _CHUNKS_A_WORKER)))
    most = min(MOST_AT_ONCE, max(each, -(-len(units) // backend.workers)))
    if not at_once:
        yield from _portions(units, each)
        return
    apart: list[Unit] = []
    for _, cell in groupby(units, key=attrgetter("cell")):
        some = list(cell)
        if plays_at_once(some[0]):
            yield from _portions(some, most)
        else:
            apart += some
    yield from _portions(apart, each)


class _Threads(ThreadPoolExecutor):
    """Threads that know the context variables of whoever submits, such as how models are asked."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        return super().submit(copy_context().run, fn, *args, **kwargs)


class _Inline(Executor):
    """Plays at once what is submitted."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - whoever asks for the result gets it
            future.set_exception(error)
        return future


def _check_workers(workers: int) -> None:
    if workers < 1:
        raise ValueError(f"at least one worker is needed, got {workers}")
