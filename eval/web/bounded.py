"""A server of this machine in which nobody takes more than a part: connections, bytes, seconds.

Python's own server has neither a limit of connections nor of the seconds that a request takes, only of those
between two bytes; and it prints a traceback when a browser leaves. The servers of aiohttp and uvicorn have no
limit of a request's seconds either, and games need threads under them as well, since agents think.
"""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import BoundedSemaphore, Timer
from typing import Any
from urllib.parse import urlsplit

MOST_CONNECTIONS = 64
SECONDS = 10.0
"""That a connection may be silent, and that a request may take until it is whole."""
LARGEST_BODY = 4096
_LOCAL = ("127.0.0.1", "localhost")


class BoundedServer(ThreadingHTTPServer):
    """A server on loopback with a limit of connections, which keeps errors of browsers to itself."""

    daemon_threads = True
    request_queue_size = MOST_CONNECTIONS

    def __init__(self, port: int, handler: type[BoundedHandler]) -> None:
        super().__init__(("127.0.0.1", port), handler)
        self._free = BoundedSemaphore(MOST_CONNECTIONS)

    def process_request(self, request: Any, client_address: Any) -> None:
        """A thread for a connection, if there are not too many."""
        if self._free.acquire(blocking=False):
            super().process_request(request, client_address)
            return
        with suppress(OSError):
            request.settimeout(1.0)
            request.sendall(
                b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
            )
        self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """All requests of a connection."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A line for what nobody expected; nothing where a browser has gone."""
        error = sys.exception()
        if not isinstance(error, OSError):
            print(f"a request failed: {error!r}", file=sys.stderr)  # noqa: T201 - the terminal is the log


class BadRequestError(Exception):
    """A request that is answered by a status.

    Args:
        status: the status.
        problem: what is wrong, in words.
    """

    def __init__(self, status: HTTPStatus, problem: str) -> None:
        super().__init__(problem)
        self.status = status


class BoundedHandler(BaseHTTPRequestHandler):
    """Answers requests by ``get`` and ``post``, which raise ``BadRequestError`` where they must not go on.

    Attributes:
        policy: the Content-Security-Policy of every answer.
    """

    policy = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    protocol_version = "HTTP/1.1"
    timeout = SECONDS

    def get(self, path: str) -> None:
        """Answers a GET."""
        raise BadRequestError(HTTPStatus.NOT_IMPLEMENTED, "nothing can be read here")

    def post(self, path: str, body: dict[str, Any]) -> None:
        """Answers a POST with a JSON object."""
        raise BadRequestError(HTTPStatus.NOT_IMPLEMENTED, "nothing can be changed here")

    def handle_one_request(self) -> None:
        """One request, which is cut off where it does not come to its end in time."""
        overdue = Timer(self.timeout, self._cut_off)
        overdue.daemon = True
        overdue.start()
        try:
            super().handle_one_request()
        finally:
            overdue.cancel()

    def do_GET(self) -> None:
        """A GET."""
        self._guarded(lambda: self.get(self._checked()))

    def do_POST(self) -> None:
        """A POST."""
        self._guarded(lambda: self.post(self._checked(), self._body()))

    def send_json(self, status: HTTPStatus, content: Any) -> None:
        """Plain data as the answer."""
        self.send(status, json.dumps(content).encode(), "application/json")

    def send(self, status: HTTPStatus, content: bytes, kind: str) -> None:
        """Bytes as the answer; nobody else may frame, keep or guess at them."""
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("X-Frame-Options", "DENY")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cross-Origin-Resource-Policy", "same-origin")
        self.send_header("Content-Security-Policy", self.policy)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What Python's server refuses, in the form of all other problems."""
        self.close_connection = True
        # or a line that is no request would be answered without a status
        self.request_version = self.protocol_version
        status = HTTPStatus(code)
        self.send_json(status, {"problem": message or status.phrase})

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Nothing: the terminal shows the address only."""

    def _guarded(self, answer: Callable[[], None]) -> None:
        try:
            answer()
        except BadRequestError as error:
            # what is left of the request is not read as the next one
            self.close_connection = True
            self.send_json(error.status, {"problem": str(error)})
        except OSError:
            raise
        except Exception as error:  # noqa: BLE001 - one request, and no other, must not go on
            print(f"a request failed: {error!r}", file=sys.stderr)  # noqa: T201 - the terminal is the log
            self.close_connection = True
            self.send_json(
                HTTPStatus.INTERNAL_SERVER_ERROR, {"problem": "that went wrong here; load the page again"}
            )

    def _cut_off(self) -> None:
        # reading alone: an answer that is on its way arrives
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RD)

    def _checked(self) -> str:
        """The path, of a request of our own page and of no other site in the same browser."""
        hosts, origins = self.headers.get_all("Host", []), self.headers.get_all("Origin", [])
        try:
            host = urlsplit(f"//{hosts[0]}").hostname if len(hosts) == 1 else None
            of_ours = all(urlsplit(origin).netloc == hosts[0] for origin in origins)
            path = urlsplit(self.path).path
        except (ValueError, IndexError):
            raise BadRequestError(HTTPStatus.BAD_REQUEST, "the address, Host or Origin is none") from None
        if len(hosts) != 1:
            raise BadRequestError(HTTPStatus.BAD_REQUEST, "a request has one Host")
        # a link from elsewhere may open the page, but nothing else may ask for anything
        asks = self.headers.get("Sec-Fetch-Site") == "cross-site"
        asks = asks and self.headers.get("Sec-Fetch-Mode") != "navigate"
        if host not in _LOCAL or not of_ours or asks:
            raise BadRequestError(HTTPStatus.FORBIDDEN, "this server answers its own page only")
        return path

    def _body(self) -> dict[str, Any]:
        lengths = self.headers.get_all("Content-Length", ["0"])
        if self.headers.get("Transfer-Encoding") is not None:
            raise BadRequestError(HTTPStatus.LENGTH_REQUIRED, "give the body's Content-Length")
        if len(lengths) != 1 or not (lengths[0].isascii() and lengths[0].isdecimal()):
            raise BadRequestError(HTTPStatus.BAD_REQUEST, "the Content-Length is no number")
        if len(lengths[0]) > len(str(LARGEST_BODY)) or int(lengths[0]) > LARGEST_BODY:
            raise BadRequestError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "that is no move")
        try:
            raw = self.rfile.read(int(lengths[0]))
        except TimeoutError:
            raw = b""
        if len(raw) < int(lengths[0]):
            raise BadRequestError(HTTPStatus.REQUEST_TIMEOUT, "the request did not come to its end")
        try:
            body = json.loads(raw) if raw else {}
        except (ValueError, RecursionError):
            body = None
        if not isinstance(body, dict):
            raise BadRequestError(HTTPStatus.BAD_REQUEST, "the body is no JSON object")
        return body
