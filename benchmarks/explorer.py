"""How long it takes until a large run can be looked at, beside a bare static page of the same size.

    python benchmarks/explorer.py                  # 50,000 episodes, about two minutes
    python benchmarks/explorer.py --episodes 5000
    python benchmarks/explorer.py --one-file 6000  # size and opening of the page that `report` writes

A server is started anew for every opening, and a browser asks it for the page as soon as it answers; the time
ends when the heat map can be used. The rival is a page without scripts, with as many elements and as many
bytes, from the same kind of server in the same browser, opened in turn with ours.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import numpy as np

from eval.results import open_run, stored_episodes
from eval.results.rows import COLUMNS, INSERT, Row
from eval.show.explorer import RunPacker, explored_runs, one_file
from eval.sweeps import Execution, Sweep, run_sweep
from eval.web import BoundedHandler, BoundedServer

EPISODES = 50_000
AGENTS, PARTNERS = 20, 5
PAIRS = 5
TASKS_PLAYED = "one-ahead-5,memory-1,game-2,overcooked"
AGENTS_PLAYED = "tom-0,tom-1,tom-2,ftl,hedge,bayes,adahedge,fixed-share,no-belief,random"
PARTNERS_PLAYED = "tom-0,tom-1,tom-2,bayes,self"
LIMIT = 10.0
"""Of the seconds until the page can be used, in those of the static page."""


def grown(path: Path, episodes: int, *, agents: int = AGENTS, partners: int = PARTNERS) -> Path:
    """A results file of many episodes: one that was played, again and again with other names and scores.

    Args:
        path: the file, which is not there yet.
        episodes: how many, a multiple of ``agents`` times ``partners``.
        agents, partners: how many of each.

    Returns:
        ``path``.
    """
    asked = Sweep((("one-ahead-5", ("bayes",), ("tom-1",)),), 1, seed=1, kind="crossplay")
    with open_run(path, asked.configuration()) as run:
        run_sweep(asked, Execution(run=run))
    each = episodes // (agents * partners)
    names = [[f"{what}-{i}" for i in range(n)] for what, n in (("agent", agents), ("partner", partners))]
    scores = (
        np.random.default_rng(0).normal(size=(agents, partners, each)) + np.arange(agents)[:, None, None] / 2
    )
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        one = Row(*connection.execute(f"SELECT {', '.join(COLUMNS)} FROM episodes").fetchone())  # noqa: S608 - names of columns
        connection.execute("DELETE FROM episodes")
        connection.executemany(INSERT, _rows(one, names, scores))
        (text,) = connection.execute("SELECT configuration FROM runs").fetchone()
        matrices = {one.task: {"agents": names[0], "partners": names[1]}}
        configuration = json.loads(text) | {"matrices": matrices, "episodes": each}
        changed = "UPDATE runs SET checksum = NULL, configuration = ?"
        connection.execute(changed, (json.dumps(configuration),))
    return path


def _rows(one: Row, names: list[list[str]], scores: np.ndarray[Any, Any]) -> Iterator[Row]:
    for i, j, n in np.ndindex(scores.shape):
        score = float(scores[i, j, n])
        said = json.dumps(dict.fromkeys(json.loads(one.scores), score))
        changed = {"agent": names[0][i], "partner": names[1][j], "episode": n, "score": score, "scores": said}
        yield one._replace(**changed).sealed()


def browser_path() -> str | None:
    """Where a Chromium is; None where there is none."""
    return next(
        (
            found
            for name in ("chromium", "chromium-browser", "google-chrome")
            if (found := shutil.which(name))
        ),
        None,
    )


class Opening:
    """Opens pages in one browser, and counts what that takes.

    Args:
        file: the results file.
        browser: of playwright.
    """

    def __init__(self, file: Path, browser: Any) -> None:
        self._file, self._browser = file, browser
        self._elements, self._bytes = 0, 0

    def ours(self) -> float:
        """Seconds from when a new server answers until the heat map can be used."""
        command = [sys.executable, "-m", "eval", "view", str(self._file), "--no-browser"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603 - our own
            try:
                address = (server.stdout or sys.stdin).readline().split()[0]
                return self.opened(address, "document.querySelector('a.heat') !== null", counted=True)
            finally:
                server.terminate()

    def theirs(self) -> float:
        """The same of a page without scripts, of as many elements and bytes as ours has just had."""
        cells = "".join(f"<td>{i}</td>" for i in range(self._elements - 10))
        page = f"<!doctype html><title>static</title><table><tr>{cells}</tr></table>".encode()
        page += b"<!--" + b"x" * max(0, self._bytes - len(page)) + b"-->"

        class Handler(BoundedHandler):
            def get(self, path: str) -> None:
                self.send(HTTPStatus.OK, page, "text/html; charset=utf-8")

        with BoundedServer(0, Handler) as server:
            thread = threading.Thread(target=server.serve_forever, daemon=True)
            thread.start()
            seconds = self.opened(
                f"http://127.0.0.1:{server.server_port}/", "document.querySelector('td') !== null"
            )
            server.shutdown()
            thread.join()
        return seconds

    def opened(self, address: str, usable: str, *, counted: bool = False) -> float:
        """Seconds from when a page is asked for until an expression holds in it."""
        with self._browser.new_context(bypass_csp=True) as context:
            page = context.new_page()
            sent: list[Any] = []
            page.on("response", lambda one: sent.append(one))  # noqa: PLW0108 - it is given an attribute
            began = time.perf_counter()
            page.goto(address)
            page.wait_for_function(usable, polling="raf")
            seconds = time.perf_counter() - began
            if counted:
                self._elements = page.evaluate("document.querySelectorAll('*').length")
                self._bytes = sum(int(one.headers.get("content-length", 0)) for one in sent)
            return seconds


@contextlib.contextmanager
def openings(file: Path) -> Iterator[Opening]:
    """A browser that opens an explorer of a file."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - of the development set

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=browser_path(), args=["--no-sandbox", "--disable-gpu"]
        )
        try:
            yield Opening(file, browser)
        finally:
            browser.close()


def said(text: str) -> None:
    """Progress."""
    print(text, file=sys.stderr, flush=True)


def report(file: Path, episodes: int) -> None:
    """Prints how long opening takes."""
    with openings(file) as opening:
        both = []
        for pair in range(PAIRS):
            both.append((opening.ours(), opening.theirs()))
            said(f"  opening {pair + 1} of {PAIRS}: {both[-1][0]:.2f} s, static {both[-1][1]:.2f} s")
    ours, theirs = (statistics.median(column) for column in zip(*both, strict=True))
    ratio = statistics.median(one / other for one, other in both)
    print(
        f"{episodes:,} episodes, {file.stat().st_size / 1e6:.0f} MB: {ours:.2f} s until the page can be used,"
    )
    print(f"  a static page of as many elements and bytes {theirs:.2f} s: {ratio:.1f} times, limit {LIMIT:g}")


def played(path: Path, episodes: int) -> Path:
    """A results file of as many episodes, each played: four tasks, ten agents, five partners."""
    agents = tuple(AGENTS_PLAYED.split(","))
    matrices = tuple((task, agents, tuple(PARTNERS_PLAYED.split(","))) for task in TASKS_PLAYED.split(","))
    asked = Sweep(matrices, episodes // 200, seed=42, kind="crossplay")
    with open_run(path, asked.configuration()) as run:
        run_sweep(asked, Execution(run=run))
    return path


def in_one_file(folder: Path, episodes: int) -> None:
    """Prints how large one file is, and how long it takes to open."""
    said(f"playing {episodes:,} episodes")
    (run,) = explored_runs([played(folder / "played.sqlite", episodes)])
    packer, began = RunPacker(run), time.perf_counter()
    for n, episode in enumerate(stored_episodes(run.file), 1):
        packer.add(episode)
        if n % 1000 == 0:
            said(
                f"  {n:,} of {episodes:,} episodes packed, {n / (time.perf_counter() - began):,.0f} a second"
            )
    page = folder / "page.html"
    page.write_text(one_file([packer]), encoding="utf-8")
    with openings(page) as opening:
        seconds = statistics.median(
            opening.opened(page.as_uri(), "document.querySelector('a.heat') !== null") for _ in range(PAIRS)
        )
    size = page.stat().st_size
    each = size / episodes
    print(f"{episodes:,} episodes in one file, without figures: {size / 1e6:.2f} MB, {each:,.0f} bytes each,")
    print(f"  opened in {seconds:.2f} s (median of {PAIRS})")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--episodes", type=int, default=EPISODES, help="a multiple of 100; 50,000 unless told otherwise"
    )
    parser.add_argument(
        "--one-file",
        type=int,
        metavar="N",
        help="of the page that report writes, with N episodes, a multiple of 200",
    )
    asked = parser.parse_args()
    if browser_path() is None:
        said("no Chromium is installed: apt-get install chromium")
        return
    with tempfile.TemporaryDirectory() as folder:
        if asked.one_file:
            in_one_file(Path(folder), asked.one_file)
            return
        said(f"making {asked.episodes:,} episodes")
        report(grown(Path(folder) / "grown.sqlite", asked.episodes), asked.episodes)


if __name__ == "__main__":
    main()
