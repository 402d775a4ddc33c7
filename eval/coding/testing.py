"""Tests of a checkout in a process of their own: with a time limit, without a network."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile

from atom.coding.git import end

SECONDS = 60.0
"""A time limit on the tests of one merge."""

_MOST_SAID = 1 << 20
"""Bytes of what tests print that are read, the last ones."""

_FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+?)(?:::|$| - )", re.MULTILINE)
_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
_GUARD = Path(__file__).parent / "guard"


@dataclass(frozen=True, slots=True)
class Tested:
    """What tests came to.

    Attributes:
        failed: the files that failed; all of them where the tests could not be run, or not in time.
        timed_out: whether they were stopped.
        said: the end of what they printed.
    """

    failed: tuple[str, ...]
    timed_out: bool = False
    said: str = ""


def run_tests(
    folder: Path,
    files: Sequence[str],
    *,
    seconds: float = SECONDS,
    own_settings: bool = False,
    options: Sequence[str] = (),
) -> Tested:
    """The tests of some files of a checkout, in one process.

    No socket of the process connects, and where Linux allows it has no network at all.

    Args:
        folder: the checkout.
        files: of tests, relative to it.
        seconds: a time limit, > 0; at its end the process and all that it started are killed.
        own_settings: whether pytest reads the checkout's settings, and packages are found in its folder
            ``src``; without, only the files count.
        options: further ones of pytest.
    """
    line = [*isolated(), *command_of(files, own_settings=own_settings, options=options)]
    # a pipe is waited for as long as anything that tests start holds it
    with TemporaryFile() as output:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter on a checkout of our own
            line,
            cwd=folder,
            env=clean_environment([folder / "src", folder] if own_settings else []),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        late = threading.Event()

        def stop() -> None:
            late.set()
            end(process)

        timer = threading.Timer(seconds, stop)  # and not wait(timeout=), which looks every 50 ms only
        timer.daemon = True
        timer.start()
        try:
            process.wait()
        except BaseException:
            end(process)
            process.wait()
            raise
        finally:
            timer.cancel()
        if late.is_set():
            return Tested(tuple(files), timed_out=True, said=f"stopped after {seconds:g} s")
        output.seek(max(0, output.seek(0, os.SEEK_END) - _MOST_SAID))
        said = output.read().decode("utf-8", "replace")
    if process.returncode == 0:
        return Tested((), said=said[-500:])
    named = {name for name in _FAILED.findall(said) if name in files}
    return Tested(tuple(file for file in files if file in named) or tuple(files), said=said[-2000:])


def command_of(files: Sequence[str], *, own_settings: bool, options: Sequence[str]) -> list[str]:
    """The command line by which files are tested."""
    config = [] if own_settings else ["-c", os.devnull, "--rootdir", "."]
    quiet = ["-q", "--tb=line", "-rfE", "-p", "no:cacheprovider"]
    return [sys.executable, "-m", "pytest", *quiet, *config, *options, *files]


def clean_environment(paths: Sequence[Path] = ()) -> dict[str, str]:
    """The environment of tests: no plugins that happen to be there, no bytecode, no proxies.

    Args:
        paths: where packages of the checkout are found before those that are installed.
    """
    kept = {key: value for key, value in os.environ.items() if key.lower() not in _PROXIES}
    for key in [key for key in kept if key.startswith(("PYTEST_", "COV_", "COVERAGE_", "GIT_"))]:
        del kept[key]
    return {
        **kept,
        "PYTHONPATH": os.pathsep.join(map(str, [_GUARD, *paths])),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }


@cache
def isolated() -> tuple[str, ...]:
    """What a command begins with to have no network, and to take all that it starts with it when it ends.

    Empty where only its sockets can be refused, and its process group killed.
    """
    program = shutil.which("unshare")
    if program is None:
        return ()
    alone = (program, "--user", "--map-root-user", "--net")
    for line in ((*alone, "--pid", "--fork", "--kill-child"), alone):
        done = subprocess.run([*line, "true"], capture_output=True, check=False)  # noqa: S603 - a question
        if done.returncode == 0:
            return line
    return ()
