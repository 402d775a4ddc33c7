"""How git is asked: without hooks, filters, pagers, locks or anybody's settings, and not for ever.

Whoever reads a repository of somebody else's must not run what its configuration names, nor write to it: no
index is refreshed, no object written, no program started but git's own.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import IO

from atom.errors import RepositoryError

SECONDS = 60.0
"""A time limit on one question to git."""

CHUNK = 1 << 16

_SETTINGS = (
    "color.ui=false", "core.attributesFile=/dev/null", "core.excludesFile=/dev/null", "core.fsmonitor=false",
    "core.hooksPath=/dev/null", "core.pager=cat", "core.quotePath=true", "core.untrackedCache=false",
    "core.commitGraph=false", "diff.external=", "diff.ignoreSubmodules=dirty", "diff.indentHeuristic=true",
    "diff.interHunkContext=0", "diff.mnemonicPrefix=false", "diff.noprefix=false", "diff.orderFile=/dev/null",
    "diff.renameLimit=2000", "diff.suppressBlankEmpty=false", "gc.auto=0", "log.showSignature=false",
    "maintenance.auto=false", "protocol.allow=never", "submodule.recurse=false",
)  # fmt: skip


def environment(settings: Mapping[str, str] | None = None) -> dict[str, str]:
    """The process's environment without what git would be led by, in plain English.

    Args:
        settings: git's, beside those that switch off hooks, pagers and the like, and before them.
    """
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("GIT_", "LC_", "LANG"))}
    # not as -c NAME=VALUE, which git splits at the first "=", and a name may have one
    given = [*(setting.split("=", 1) for setting in _SETTINGS), *(settings or {}).items()]
    return {
        **kept,
        "GIT_CONFIG_COUNT": str(len(given)),
        **{f"GIT_CONFIG_KEY_{at}": key for at, (key, _) in enumerate(given)},
        **{f"GIT_CONFIG_VALUE_{at}": value for at, (_, value) in enumerate(given)},
        "LC_ALL": "C",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_LITERAL_PATHSPECS": "1",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
    }


@lru_cache(maxsize=1)
def _program(path: str) -> str:
    found = shutil.which("git", path=path)
    if found is None:
        raise RepositoryError("there is no program 'git' on the PATH; install git 2.32 or later, or set PATH")
    return found


def command(folder: Path, arguments: Sequence[str]) -> list[str]:
    """The command line of a question, to be asked in ``environment()``, which has the settings.

    Args:
        folder: a worktree, or a bare repository.
        arguments: git's own, such as ``["diff", "HEAD"]``.

    Raises:
        RepositoryError: there is no git.
    """
    program = _program(os.environ.get("PATH", ""))
    return [program, "-C", str(folder), "--no-pager", "--no-optional-locks", *arguments]


def ask(
    folder: Path,
    arguments: Sequence[str],
    *,
    seconds: float = SECONDS,
    settings: Mapping[str, str] | None = None,
    given: bytes = b"",
    accept: Sequence[int] = (0,),
    variables: Mapping[str, str] | None = None,
) -> bytes:
    """What git says.

    Args:
        folder, arguments: see ``command``.
        settings: see ``environment``.
        seconds: a time limit, > 0.
        given: on its standard input.
        accept: exit statuses that are no failure.
        variables: further ones of git's environment, such as ``GIT_INDEX_FILE``.

    Raises:
        RepositoryError: no git, no repository, a failure, or no answer in time.
    """
    with asking(
        folder,
        arguments,
        seconds=seconds,
        settings=settings,
        given=given,
        accept=accept,
        variables=variables,
    ) as stream:
        return stream.read()


@contextmanager
def asking(
    folder: Path,
    arguments: Sequence[str],
    *,
    seconds: float = SECONDS,
    settings: Mapping[str, str] | None = None,
    given: bytes = b"",
    accept: Sequence[int] = (0,),
    variables: Mapping[str, str] | None = None,
) -> Iterator[IO[bytes]]:
    """The same as a stream. Whoever stops reading it stops git.

    Raises:
        RepositoryError: as ``ask``.
    """
    line = command(folder, arguments)
    try:
        process = subprocess.Popen(  # noqa: S603 - no shell, and git's own arguments
            line,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**environment(settings), **(variables or {})},
            start_new_session=True,
        )
    except OSError as error:
        raise RepositoryError(f"git could not be started: {error}") from error
    said: list[bytes] = []
    late = threading.Event()

    def stop() -> None:
        late.set()
        end(process)

    timer = threading.Timer(seconds, stop)
    talk = threading.Thread(target=_converse, args=(process, given, said), daemon=True)
    timer.start()
    talk.start()
    assert process.stdout is not None  # noqa: S101 - a pipe was asked for
    stopped = False
    try:
        yield process.stdout
        stopped = bool(process.stdout.read(1))
    except BaseException:
        stopped = True
        raise
    finally:
        timer.cancel()
        if stopped:
            end(process)
        process.stdout.close()
        process.wait()
        talk.join()
    if late.is_set():
        raise RepositoryError(
            f"git {arguments[0]} in {str(folder)!r} took longer than {seconds:g} s and was stopped; raise "
            "seconds=, or read a smaller range"
        )
    if not stopped and process.returncode not in accept:
        raise RepositoryError(_failure(folder, arguments, b"".join(said).decode("utf-8", "replace")))


def end(process: subprocess.Popen[bytes]) -> None:
    """Kills a process with all that it started."""
    with suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()


def lines_of(stream: IO[bytes], most: int) -> Iterator[bytes]:
    """The lines of a stream, long ones in parts, until so many bytes were read.

    Raises:
        EOFError: there is more.
    """
    read = 0
    while line := stream.readline(CHUNK):
        read += len(line)
        if read > most:
            raise EOFError
        yield line


def _converse(process: subprocess.Popen[bytes], given: bytes, said: list[bytes]) -> None:
    with suppress(OSError, ValueError):
        if process.stdin is not None:
            with suppress(BrokenPipeError):
                process.stdin.write(given)
                process.stdin.close()
        if process.stderr is not None:
            while piece := process.stderr.read(CHUNK):
                said[:] = [b"".join(said)[-2000:], piece]
            process.stderr.close()


def _failure(folder: Path, arguments: Sequence[str], said: str) -> str:
    """What went wrong, in words, and what to do about it."""
    where = repr(str(folder))
    if "not a git repository" in said:
        return f"{where} is no git repository; name a worktree, a folder in one, or a bare repository"
    if "dubious ownership" in said:
        return (
            f"{where} belongs to another user, and git does not read it; read a clone of your own, since "
            "git's safe.directory is a setting of yours and is not looked at here"
        )
    if "unknown revision" in said or "bad revision" in said or "Needed a single revision" in said:
        named = re.search(r"'([^']+)'", said)
        what = repr(named[1]) if named else repr(" ".join(arguments[1:]))
        return f"{where} has no commit {what}; name a branch, a tag or a commit that it has, or fetch it"
    if "cannot change to" in said:
        return f"there is no folder {where}; name a worktree or a repository"
    return f"git {arguments[0]} failed in {where}: {said.strip()[-300:] or 'it said nothing'}"
