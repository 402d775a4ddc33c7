"""The explorer as a server on this machine: read-only, and episodes are read when they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import parse_qs, urlsplit

from eval.results import PairingKey, ResultsError
from eval.show.explorer.cells import cell_document, episode_of
from eval.show.explorer.comparing import comparison
from eval.show.explorer.overview import overview
from eval.show.explorer.runs import ExploredRun, explored_runs
from eval.web import BadRequestError, BoundedHandler, BoundedServer, shell, static_file

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
Query = Mapping[str, str]


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
        self._known: dict[Any, Any] = {}
        self._lock = Lock()
        self.runs()

    def runs(self) -> list[ExploredRun]:
        """The runs as they are now."""
        return explored_runs(self._files, self._number)

    def answer(self, what: str, query: Query) -> Any:
        """Plain data.

        Args:
            what: ``"runs"``, ``"overview"``, ``"cell"``, ``"episode"`` or ``"comparison"``.
            query: what it is of.

        Raises:
            KeyError: nothing of that name, or a part of the query is missing.
            ResultsError: there is no such run, pairing or episode; or a file cannot be read.
            ValueError: an episode that is no number.
        """
        ways: dict[str, Callable[[], Any]] = {
            "runs": lambda: [run.as_plain() for run in self.runs()],
            "overview": lambda: self._remembered(overview, self.run(query["run"])),
            "cell": lambda: cell_document(self.run(query["run"]), _key(query)),
            "episode": lambda: episode_of(self.run(query["run"]), _key(query), int(query["episode"])),
            "comparison": lambda: self._remembered(
                comparison, self.run(query["first"]), self.run(query["second"])
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

    def _remembered(self, make: Callable[..., Any], *runs: ExploredRun) -> Any:
        """What was made of runs before, while no episode has come in since."""
        name = (make, *((run.id, run.stored.episodes, run.stored.finished) for run in runs))
        with self._lock:
            if name not in self._known:
                self._known[name] = make(*runs)
            return self._known[name]


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
    return BoundedServer(port, Handler)


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
