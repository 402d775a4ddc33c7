"""Imported by Python itself when tests of somebody's code begin: no socket leaves the machine."""

import socket


def _refuse(*_: object, **__: object) -> None:
    raise OSError("tests of a merge have no network; make them work without, or leave the pair out")


socket.getaddrinfo = _refuse  # type: ignore[assignment]
socket.create_connection = _refuse  # type: ignore[assignment]
_connect = socket.socket.connect


def _connect_here(self: socket.socket, address: object) -> None:
    if self.family != getattr(socket, "AF_UNIX", None):
        _refuse()
    _connect(self, address)  # type: ignore[arg-type]


socket.socket.connect = _connect_here  # type: ignore[assignment,method-assign]
socket.socket.connect_ex = _connect_here  # type: ignore[assignment,method-assign]
