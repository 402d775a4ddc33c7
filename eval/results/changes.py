"""Whether the files that a run was made from are still what they were."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path

from eval.play import file_of
from eval.results.database import ResultsError
from eval.tasks import StoredTask, Task, differs, make_task


class ChangedFileWarning(UserWarning):
    """A file that a stored run was played with holds something else today."""


def warn_of_changes(path: Path, run: int, files: Mapping[str, str]) -> None:
    """Names in one warning the tasks and players whose files have changed since they were played.

    Args:
        path: the results file.
        run: the run's number.
        files: name of a task or player -> SHA-256 of the file that it was made from, in hexadecimal.

    Warns:
        ChangedFileWarning: some have; files that are gone, or cannot be read, are of no concern.
    """
    changed = [name for name, digest in files.items() if _differs(name, digest)]
    if changed:
        warnings.warn(
            f"{', '.join(map(repr, changed))}: the file holds something else today than when run {run} of "
            f"{str(path)!r} was played; what is shown is of the run, and of nothing that is in the file now",
            ChangedFileWarning,
            stacklevel=3,
        )


def warn_of_rules(path: Path, run: int, tasks: Iterable[StoredTask]) -> None:
    """Names in one warning the tasks that are made from no file, and are others today.

    Args:
        path: the results file.
        run: the run's number.
        tasks: as they were played.

    Warns:
        ChangedFileWarning: some are.
    """
    changed = [task.name for task in tasks if file_of(task.name) is None and _is_another(task)]
    if changed:
        warnings.warn(
            f"{', '.join(map(repr, changed))} is another game in this release than when run {run} of "
            f"{str(path)!r} was played; what is shown is of the run",
            ChangedFileWarning,
            stacklevel=3,
        )


def _is_another(task: StoredTask) -> bool:
    try:
        return differs(task.plain, make_task(task.name))
    except (ValueError, OSError, ModuleNotFoundError):
        return False  # its file is gone, or its package is not installed here


def todays_task(path: Path, name: str, digest: str | None) -> Task:
    """The task that a name stands for today, for files that hold none.

    Args:
        path: the results file.
        name: the task's.
        digest: SHA-256 of the file that it was made from, where there was one.

    Raises:
        ResultsError: it cannot be made, or would be another one.
    """
    missing = f"{str(path)!r} does not hold the task {name!r}, as files of releases before do not"
    if digest is not None and _differs(name, digest):
        raise ResultsError(f"{missing}, and its file has changed since; put the file of that time back")
    try:
        return make_task(name)
    except (ValueError, OSError, ModuleNotFoundError) as error:
        raise ResultsError(
            f"{missing}, and it cannot be made today ({error}); put its file back where it was"
        ) from None


def _differs(name: str, digest: str) -> bool:
    file = file_of(name)
    try:
        return file is not None and hashlib.sha256(file.read_bytes()).hexdigest() != digest
    except OSError:
        return False
