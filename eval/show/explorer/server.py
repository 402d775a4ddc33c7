"""The explorer as a server on this machine: read-only, and episodes are read when they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from threading import Lock, Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

from eval.results import PairingKey, ResultsError
from eval.show.explorer.cells import cell_document, episode_of
from eval.show.explorer.comparing import comparison
from eval.show.explorer.overview import overview
from eval.show.explorer.runs import ExploredRun, explored_runs
from eval.web import BadRequestError, BoundedHandler, BoundedServer, bundle, shell, static_file, style

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
Query = Mapping[str, str]
_WHOLE: dict[str, tuple[Callable[[], str], str]] = {
    "/explorer.js": (bundle, "text/javascript; charset=utf-8"),
    "/explorer.css": (style, "text/css; charset=utf-8"),
}
"""All scripts, and all styles, in one request each: a browser would ask for fifteen, one after the other."""
_VERIFIED_AT_ONCE = 2_000
"""Of more episodes the first view is shown before all of them have been looked at."""


class Explorer:
    """Answers what the page asks about results files.

    Args:
        files: results files, which a sweep may still be writing to.
        number: the only run that is shown of every file; all for None.

    Raises:
        ResultsError: see ``explored_runs``.
    """

    def __init__(self, files: Sequence[Path], number: int | None = None) -> None:
        self._files, self._number = list(files), number
        self._known: dict[tuple[Any, ...], tuple[Any, Any]] = {}
        self._verified_runs: dict[str, tuple[Any, ExploredRun]] = {}
        self._lock, self._verifying = Lock(), Lock()
        self.runs()

    def prepare(self) -> None:
        """Makes the first view, so that it is there when it is asked for; problems are told whoever asks."""
        with suppress(Exception):
            self.answer("overview", {"run": self.runs()[0].id})

    def runs(self) -> list[ExploredRun]:
        """The runs as they are now."""
        return explored_runs(self._files, self._number)

    def answer(self, what: str, query: Query) -> Any:
        """Plain data.

        Args:
            what: ``"runs"``, ``"overview"``, ``"damage"`` (how many episodes are damaged, once all have been
                looked at), ``"cell"``, ``"episode"`` or ``"comparison"``.
            query: what it is of.

        Raises:
            KeyError: nothing of that name, or a part of the query is missing.
            ResultsError: there is no such run, pairing or episode; or a file cannot be read.
            ValueError: an episode that is no number.
        """
        ways: dict[str, Callable[[], Any]] = {
            "runs": lambda: [run.as_plain() for run in self.runs()],
            "overview": lambda: self._overview(self.run(query["run"])),
            "damage": lambda: len(self._verified(self.run(query["run"])).damage or ()),
            "cell": lambda: cell_document(self.run(query["run"]), _key(query)),
            "episode": lambda: episode_of(self.run(query["run"]), _key(query), int(query["episode"])),
            "comparison": lambda: self._remembered(
                comparison, *(self._as_known(self.run(query[name])) for name in ("first", "second"))
            ),
        }
        return ways[what]()

    def run(self, name: str) -> ExploredRun:
        """The run of an identifier.

        Raises:
            ResultsError: there is none.
        """
        for run in self.runs():
            if run.id == name:
                return run
        raise ResultsError(f"there is no run {name!r} here")

    def printed(self, name: str) -> str:
        """The page of figures and methods of a run.

        Raises:
            ModuleNotFoundError: the extra ``report`` is not installed.
            ResultsError: there is no such run.
        """
        from eval.show.report.still import still_page  # noqa: PLC0415 - needs the extra

        found: str = self._remembered(still_page, self.run(name))
        return found

    def _overview(self, run: ExploredRun) -> Any:
        """At once for a large run, whose rows are looked at later, unless what is damaged is in the way."""
        known = self._as_known(run)
        if known.damage is None:
            try:
                return self._remembered(overview, known)
            except (ResultsError, ValueError, TypeError):
                known = self._verified(run)
        return self._remembered(overview, known)

    def _as_known(self, run: ExploredRun) -> ExploredRun:
        """The run without what is damaged, as far as anybody has looked; a small one is looked at."""
        if run.stored.episodes <= _VERIFIED_AT_ONCE:
            return self._verified(run)
        state, found = self._verified_runs.get(run.id, (None, run))
        return found if state == _state(run) else run

    def _verified(self, run: ExploredRun) -> ExploredRun:
        with self._verifying:
            state, found = self._verified_runs.get(run.id, (None, run))
            if state != _state(run):
                found = run.verified()
                self._verified_runs[run.id] = (_state(run), found)
            return found

    def _remembered(self, make: Callable[..., Any], *runs: ExploredRun) -> Any:
        """What was made of runs before, while no episode has come in since."""
        name, now = (make, *(run.id for run in runs)), [_state(run) for run in runs]
        # one at a time: what warns is told on the page, and Python catches warnings for all threads at once
        with self._lock:
            before, found = self._known.get(name, (None, None))
            if before != now:
                found = make(*runs)
                self._known[name] = (now, found)
            return found


def _state(run: ExploredRun) -> tuple[Any, ...]:
    """What changes where something else is to be shown of a run."""
    return run.stored.episodes, run.stored.finished, run.damage is not None


def serve(explorer: Explorer, port: int = 0) -> BoundedServer:
    """A server on this machine; call ``serve_forever``, and find its port in ``server_port``.

    Args:
        explorer: answers what the page asks.
        port: 0 for any that is free.

    Raises:
        OSError: the port is taken.
    """

    class Handler(_Handler):
        pass

    Handler.explorer = explorer
    server = BoundedServer(port, Handler)
    # while the browser is being opened
    Thread(target=explorer.prepare, daemon=True).start()
    return server


class _Handler(BoundedHandler):
    explorer: Explorer
    policy = POLICY

    def get(self, path: str) -> None:
        """The page, its scripts, or data."""
        fields = parse_qs(urlsplit(self.path).query, keep_blank_values=True)
        query = {name: values[0] for name, values in fields.items()}
        first, _, rest = path.lstrip("/").partition("/")
        if path == "/":
            self.send(HTTPStatus.OK, shell().encode(), "text/html; charset=utf-8")
        elif path in _WHOLE:
            content, kind = _WHOLE[path]
            self.send(HTTPStatus.OK, content().encode(), kind)
        elif first == "static" and (found := static_file(rest)):
            self.send(HTTPStatus.OK, *found)
        elif first == "print":
            page: str = _explained(lambda: self.explorer.printed(query["run"]))
            self.send(HTTPStatus.OK, page.encode(), "text/html; charset=utf-8")
        elif first == "api":
            self.send_json(HTTPStatus.OK, _explained(lambda: self.explorer.answer(rest, query)))
        else:
            raise BadRequestError(HTTPStatus.NOT_FOUND, "there is nothing at this address")


def _explained(answer: Callable[[], Any]) -> Any:
    """An answer, or what is wrong with the question.

    Raises:
        BadRequestError: nothing of that name, or it cannot be read.
    """
    try:
        return answer()
    except KeyError as error:
        words = f"there is nothing at this address: {error} is missing"
        raise BadRequestError(HTTPStatus.NOT_FOUND, words) from None
    except ResultsError as error:
        raise BadRequestError(HTTPStatus.NOT_FOUND, str(error)) from None
    except (ValueError, ModuleNotFoundError) as error:
        raise BadRequestError(HTTPStatus.BAD_REQUEST, str(error)) from None


def _key(query: Query) -> PairingKey:
    return query["task"], query["agent"], query["partner"]
