"""What commands that play sweeps share: which matrices, and where episodes are stored."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from eval.console import note
from eval.crossplay import ALL, who_plays
from eval.storage import Run, open_run
from eval.sweep import Matrix, configuration
from eval.tasks import Environment


def matrices_of(
    tasks: Sequence[str], agents: Sequence[str], partners: Sequence[str], env: Environment = "table"
) -> list[Matrix]:
    """A matrix for every task; ``"all"`` stands for all players of the zoo that can play it.

    Raises:
        ValueError: an unknown task.
    """
    matrices = []
    for task in dict.fromkeys(tasks):
        able: tuple[str, ...] = ()
        if ALL in (*agents, *partners):
            able, reasons = who_plays(task, env)
            if reasons:
                note(f"{task}: without {', '.join(reasons)}; name one to see why it cannot play")
        rows, columns = (
            tuple(dict.fromkeys(n for name in names for n in (able if name == ALL else (name,))))
            for names in (agents, partners)
        )
        matrices.append((task, rows, columns))
    return matrices


@contextmanager
def stored(
    file: Path | None,
    kind: str,
    matrices: Sequence[Matrix],
    episodes: int,
    settings: Mapping[str, Any],
    *,
    force_new: bool,
) -> Iterator[Run | None]:
    """The run in the results file, begun or continued; None where no file is given.

    Raises:
        ValueError: ``force_new`` without a file.
        ResultsError: see ``open_run``.
    """
    if file is None:
        if force_new:
            raise ValueError("--force-new begins a new run in a results file; name one with --results FILE")
        yield None
        return
    asked = configuration(kind, matrices, episodes, **settings)
    with open_run(file, asked, command=sys.argv[1:], force_new=force_new) as run:
        for text in run.notes:
            note(text)
        found = len(run.scores())
        if found:
            note(f"{file}: {found} episodes are there already")
        yield run
