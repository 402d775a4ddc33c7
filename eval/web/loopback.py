"""What servers for a person on this machine share: whom they answer, and what their answers may do.

Python's own server is enough: one person, a few requests at once.
"""

from __future__ import annotations

import json
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

LOCAL = ("127.0.0.1", "localhost")


class LoopbackHandler(BaseHTTPRequestHandler):
    """Answers pages of its own only: another site in the same browser, or a name that points here, gets 403.

    Attributes:
        policy: the Content-Security-Policy of every answer.
    """

    protocol_version = "HTTP/1.1"
    policy = "default-src 'none'; frame-ancestors 'none'"

    def is_local(self) -> bool:
        """Whether the page asks, not another site in the same browser; where not, that was answered."""
        host = self.headers.get("Host", "")
        origin = self.headers.get("Origin")
        try:
            name = urlsplit(f"//{host}").hostname
        except ValueError:
            name = None  # brackets that are no address
        # a link from elsewhere may open the page, but nothing else may ask for anything
        foreign = self.headers.get("Sec-Fetch-Site") == "cross-site" and (
            self.headers.get("Sec-Fetch-Mode") != "navigate"
        )
        if name in LOCAL and origin in (None, f"http://{host}") and not foreign:
            return True
        self.close_connection = True  # a body that nobody reads would be taken for the next request
        self.problem(HTTPStatus.FORBIDDEN, "this server answers its own page only")
        return False

    def problem(self, status: HTTPStatus, text: str) -> None:
        """An answer that says what is wrong."""
        self.plain(status, {"problem": text})

    def plain(self, status: HTTPStatus, content: Any) -> None:
        """An answer of plain data."""
        # ASCII: lone surrogates, which models may answer with, have no other bytes
        self.send(status, json.dumps(content, separators=(",", ":")).encode("ascii"), "application/json")

    def send(self, status: HTTPStatus, content: bytes, kind: str) -> None:
        """An answer of bytes; its body is left out for HEAD."""
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cross-Origin-Resource-Policy", "same-origin")
        self.send_header("Content-Security-Policy", self.policy)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Nothing: the terminal shows the address only."""


def loopback_server(handler: type[LoopbackHandler], port: int = 0) -> ThreadingHTTPServer:
    """A server on this machine; call ``serve_forever`` of it, and find its port in ``server_port``.

    Args:
        handler: answers requests.
        port: 0 for any that is free.

    Raises:
        OSError: the port is taken.
    """
    server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    server.daemon_threads = True
    return server
