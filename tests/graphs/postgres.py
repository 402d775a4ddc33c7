"""A PostgreSQL server of the tests' own: started on a socket in a temporary directory, thrown away after."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg

# The versions that distributions install side by side, for example Debian's.
_INSTALLED = "/usr/lib/postgresql/*/bin"


def find_binaries() -> Path | None:
    """The folder of initdb and postgres, of the newest version that is installed."""
    on_path = shutil.which("initdb")
    folders = [Path(on_path).resolve().parent] if on_path else []
    folders += sorted(Path("/").glob(_INSTALLED.lstrip("/")), key=lambda p: -float(p.parent.name))
    return next((f for f in folders if (f / "initdb").exists() and (f / "postgres").exists()), None)


def _as_user() -> dict[str, Any]:
    """PostgreSQL refuses to run as root: then the package's own user runs it, or else ``nobody``."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    raise RuntimeError("running as root, and there is no user postgres or nobody to run the server as")


class Server:
    """A running server.

    Args:
        binaries: the folder of initdb and postgres.
        folder: where its data are to be.
        durable: whether it waits for the disk, as servers do where it counts.

    Attributes:
        uri: how to connect to it.
    """

    def __init__(self, binaries: Path, folder: Path, *, durable: bool = False) -> None:
        self._binaries = binaries
        self._durable = "on" if durable else "off"
        self._folder = folder
        self._user = _as_user()
        self._process: subprocess.Popen[bytes] | None = None
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.uri = f"postgresql://tester@127.0.0.1:{self.port}/postgres?connect_timeout=30"

    def create(self) -> None:
        if self._user:
            os.chown(self._folder, self._user["user"], self._user["group"])
        self._run("initdb", "-D", str(self._folder / "data"), "-U", "tester", "-A", "trust", "--no-sync")

    def start(self) -> None:
        settings = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(self._folder),
            "fsync": self._durable,
            "full_page_writes": self._durable,
            "shared_buffers": "16MB",
        }
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        command = [str(self._binaries / "postgres"), "-D", str(self._folder / "data"), *options]
        deadline = time.monotonic() + 30
        self._process = self._begun(command)
        while not self._answers():
            if time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start: {(self._folder / 'log').read_text()[-2000:]}")
            time.sleep(0.05)
            if self._process.poll() is not None:  # the memory of one that was killed is still in use
                self._process = self._begun(command)

    def _begun(self, command: list[str]) -> subprocess.Popen[bytes]:
        with (self._folder / "log").open("ab") as log:
            return subprocess.Popen(command, stdout=log, stderr=log, cwd=self._folder, **self._user)

    def kill(self) -> None:
        """Kills all of its processes, as a machine that is short of memory does; ``start`` begins again."""
        if self._process is None:
            return
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        numbers = children.read_text(encoding="ascii").split() if children.exists() else []
        # the first process first, or it would begin new ones
        for number in (self._process.pid, *map(int, numbers)):
            with suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        self._process.wait()
        self._process = None

    def stop(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)  # fast shutdown: clients are cut off
            self._process.wait(timeout=30)
            self._process = None

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.uri).close()
        except psycopg.OperationalError:
            return False
        return True

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self._binaries / program, *arguments],
            capture_output=True,
            text=True,
            cwd=self._folder,
            check=False,
            **self._user,
        )
        if done.returncode:
            raise RuntimeError(f"{program} failed: {done.stderr}")


@contextmanager
def server(*, durable: bool = False) -> Iterator[Server]:
    """A server that is up; its folder is removed at the end."""
    binaries = find_binaries()
    if binaries is None:
        raise RuntimeError("no PostgreSQL server is installed; run .ci/install-postgresql")
    # not under pytest's own folder, which only its user may enter
    folder = Path(tempfile.mkdtemp(prefix="atom-pg-"))
    running = Server(binaries, folder, durable=durable)
    try:
        running.create()
        running.start()
        yield running
    finally:
        running.stop()
        shutil.rmtree(folder, ignore_errors=True)
