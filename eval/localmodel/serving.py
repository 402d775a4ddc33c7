"""A model served by llama.cpp in a process of its own, for as long as a ``with`` block lasts."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import queue
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, Self

from atom.errors import MissingExtraError
from eval.localmodel.files import LocalModelError, checked_file, packaged_model

_RUNTIME = "xllamacpp"
_CHILD = Path(__file__).with_name("child.py")
_TO_END = 5.0
_BETWEEN_NEWS = 2.0
_SHOWN = 300


class LocalModel:
    """A language model on loopback, in a process that ends with this one; a context manager.

    It answers the chat completions of the OpenAI protocol, with log-probabilities and answers by JSON
    schema. The process ends when the block does, and by itself when this one is killed.

    Args:
        model: a file in the GGUF format; None for the small model of the extra ``local``.
        port: to listen on; 0 for a free one.
        threads: of the processor, >= 1; None for as many as there are physical cores.
        context: tokens of a request and its answer, >= 1.
        parallel: requests answered at once, >= 1; others wait. Only so many samples (``n``) fit one request.
        seed: of answers to requests that name none, in [0, 2^32 - 2]: equal questions get equal answers.
        patience: seconds that loading may take.
        say: told what goes on while it loads.

    Raises:
        LocalModelError: a setting out of range.

    Example:
        >>> with LocalModel() as served:
        ...     served.url.startswith("http://127.0.0.1:"), served.model
        (True, 'openai/SmolLM2-135M-Instruct.Q4_1')
    """

    def __init__(
        self,
        model: str | Path | None = None,
        *,
        port: int = 0,
        threads: int | None = None,
        context: int = 4096,
        parallel: int = 1,
        seed: int = 0,
        patience: float = 120.0,
        say: Callable[[str], None] | None = None,
    ) -> None:
        for name, number in (("threads", threads), ("context", context), ("parallel", parallel)):
            if number is not None and number < 1:
                raise LocalModelError(f"{name} is at least 1, got {number}")
        if not 0 <= port <= 65535:
            raise LocalModelError(f"a port is a number from 0 to 65535, got {port}")
        if not 0 <= seed < 2**32 - 1:  # the last one means chance
            raise LocalModelError(f"the seed is a number from 0 to 4294967294, got {seed}")
        self._given = None if model is None else Path(model)
        self._settings: dict[str, Any] = {
            "port": port, "threads": threads, "context": context, "parallel": parallel, "seed": seed,
        }  # fmt: skip
        self._patience = patience
        self._say = say or (lambda _: None)
        self._process: subprocess.Popen[bytes] | None = None
        self._log: IO[bytes] | None = None
        self._address = ""

    @property
    def url(self) -> str:
        """What clients call ``api_base``; empty before ``start``."""
        return f"{self._address}/v1" if self._address else ""

    @property
    def model(self) -> str:
        """As LiteLLM names it; empty before ``start``."""
        return f"openai/{self._settings['name']}" if self._address else ""

    @property
    def options(self) -> dict[str, Any]:
        """What ``LLMReasoner`` and ``LLMActor`` need to reach it; it asks for no key."""
        return {"api_base": self.url, "api_key": "none"}

    @property
    def pid(self) -> int | None:
        """The serving process; None where there is none."""
        return None if self._process is None else self._process.pid

    def start(self) -> Self:
        """Loads the model, and answers from now on.

        Raises:
            MissingExtraError: the runtime or the small model is not installed.
            LocalModelError: no file, no model, a port that is taken, or a server that did not start.
        """
        if self._process is not None:
            raise LocalModelError(f"{self._settings['name']} is served already, at {self.url}")
        file = checked_file(self._given or packaged_model())
        if importlib.util.find_spec(_RUNTIME) is None:
            raise MissingExtraError(
                f"a model on this machine needs the package {_RUNTIME}, which is not installed: pip install "
                "'langgraph-atom[local]'"
            )
        _check_free(self._settings["port"])
        self._settings |= {"model": str(file), "name": file.stem}
        self._log = tempfile.TemporaryFile()  # noqa: SIM115  # closed by ``close``
        self._process = subprocess.Popen(  # noqa: S603  # this interpreter and a file of ours
            [sys.executable, "-P", str(_CHILD), json.dumps(self._settings)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
        )
        try:
            self._address = self._loaded(self._process)
        except BaseException:
            self.close()
            raise
        self._say(f"{self._settings['name']} answers at {self.url}")
        return self

    def wait(self) -> None:
        """Waits until the server ends by itself, which it should not.

        Raises:
            LocalModelError: always, with the reason.
        """
        if self._process is None:
            raise LocalModelError("nothing is served; call start() first")
        self._process.wait()
        raise LocalModelError(self._why())

    def close(self) -> None:
        """Ends the server; does nothing where there is none."""
        process, self._process, self._address = self._process, None, ""
        if process is not None:
            with contextlib.suppress(OSError):
                process.stdin.close()  # type: ignore[union-attr]  # both are pipes
            try:
                process.wait(_TO_END)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            process.stdout.close()  # type: ignore[union-attr]
        log, self._log = self._log, None
        if log is not None:
            log.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    def _loaded(self, process: subprocess.Popen[bytes]) -> str:
        """The address, once there is one."""
        size = Path(self._settings["model"]).stat().st_size
        self._say(f"loading {self._settings['name']} ({size / 1e6:,.0f} MB)")
        lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        reader = threading.Thread(target=lambda: lines.put(process.stdout.readline()), daemon=True)  # type: ignore[union-attr]
        reader.start()
        began = time.monotonic()
        while (spent := time.monotonic() - began) < self._patience:
            try:
                line = lines.get(timeout=min(_BETWEEN_NEWS, self._patience - spent))
            except queue.Empty:
                if time.monotonic() - began < self._patience:
                    self._say(f"still loading after {time.monotonic() - began:.0f} s")
                continue
            if line:
                return str(json.loads(line)["address"])
            process.wait()
            raise LocalModelError(self._why())
        process.kill()
        reader.join()
        raise LocalModelError(
            f"{self._settings['name']} was not loaded within {self._patience:g} s; a larger model needs more "
            "patience, or the machine more memory"
        )

    def _why(self) -> str:
        """Why the server ended, in its own words."""
        code = self._process.returncode if self._process else None
        name = self._settings["name"]
        if self._log is None:
            said = ""
        else:
            self._log.seek(0)
            said = self._log.read().decode(errors="replace")
        # The first error is the cause; what follows it are its consequences.
        errors = [line.split(" E ", 1)[1].strip() for line in said.splitlines() if " E " in line]
        if errors:
            return f"the server of {name} ended: {errors[0][:_SHOWN]}"
        if code is not None and code < 0:
            return f"the server of {name} was ended by signal {-code}; signal 9 may say that memory ran out"
        last = said.strip().splitlines()[-1:] or ["it said nothing"]
        return f"the server of {name} ended with status {code}: {last[0][:_SHOWN]}"


def _check_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise LocalModelError(
                f"cannot listen on port {port}: {error.strerror}; 0 takes a free one"
            ) from None
