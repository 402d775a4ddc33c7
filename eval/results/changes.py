"""Whether the files that a run was made from are still what they were."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Mapping
from pathlib import Path

from eval.play import file_of


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


def _differs(name: str, digest: str) -> bool:
    file = file_of(name)
    try:
        return file is not None and hashlib.sha256(file.read_bytes()).hexdigest() != digest
    except OSError:
        return False
