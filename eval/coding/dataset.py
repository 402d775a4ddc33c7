"""Tasks of CooperBench's dataset, read from a checkout of it.

A task is ``REPO/taskN`` with a folder ``featureK`` for each feature, which holds ``feature.md``,
``feature.patch`` and ``tests.patch``; ``Dockerfile`` or ``setup.sh`` names the commit that they are for, and
``runner.sh`` the tests. Nothing is written to the dataset.
"""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path

GOLD = "gold_conflict_report.json"

_COMMIT = re.compile(
    r"git (?:checkout|reset --hard)(?: -f| --force)? ([0-9a-f]{7,40})\b|BASE_COMMIT=\W?([0-9a-f]{7,40})"
)
_PYTEST = re.compile(r"^[^#\n]*?\bpytest\s+([^\n|;&]*)", re.MULTILINE)
_NUMBER = re.compile(r"(\d+)$")


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature of a task: its number, its patch and that of its tests."""

    number: int
    patch: Path
    tests: Path


@dataclass(frozen=True, slots=True)
class DatasetTask:
    """One task.

    Attributes:
        repo: the folder that it is in, such as ``"pallets_click_task"``.
        number: of the task.
        base: the commit that patches are for.
        files: of tests, as the runner names them for pytest; empty where it does not, and nothing is tested.
        features: by number.
    """

    repo: str
    number: int
    base: str
    files: tuple[str, ...]
    features: tuple[Feature, ...]

    @property
    def name(self) -> str:
        """``"pallets_click_task/task2068"``."""
        return f"{self.repo}/task{self.number}"

    @property
    def pairs(self) -> list[tuple[Feature, Feature]]:
        """All pairs of features."""
        return list(combinations(self.features, 2))


@dataclass(frozen=True, slots=True)
class Dataset:
    """A checkout of the dataset.

    Args:
        folder: holds ``REPO/taskN``.

    Attributes:
        tasks: all that can be read, by name.
        skipped: name of a task that cannot -> why.

    Raises:
        ValueError: no such folder, or no task in it.
    """

    folder: Path
    tasks: tuple[DatasetTask, ...] = field(init=False)
    skipped: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        if not self.folder.is_dir():
            raise ValueError(
                f"there is no dataset {str(self.folder)!r}; name a checkout with REPO/taskN in it"
            )
        tasks, skipped = [], {}
        for path in sorted(self.folder.glob("*/task*"), key=lambda p: (p.parent.name, _number(p))):
            if not path.is_dir():
                continue
            try:
                tasks.append(_task(path))
            except ValueError as error:
                skipped[f"{path.parent.name}/{path.name}"] = str(error)
        if not tasks and not skipped:
            raise ValueError(
                f"{str(self.folder)!r} holds no task; a dataset has folders REPO/taskN/featureK with "
                "feature.md, feature.patch and tests.patch, and a runner.sh in each task"
            )
        object.__setattr__(self, "tasks", tuple(tasks))
        object.__setattr__(self, "skipped", skipped)

    def gold(self) -> dict[tuple[str, int, int], bool]:
        """(task, lower feature, higher feature) -> whether the published report has a conflict.

        Pairs of which it could not apply a patch have no verdict there, and are left out.
        """
        file = self.folder / GOLD
        if not file.is_file():
            return {}
        found = {}
        for row in json.loads(file.read_text(encoding="utf-8")).get("all_results", ()):
            if row.get("patch1_apply_failed") or row.get("patch2_apply_failed") or row.get("error"):
                continue
            one, other = sorted((row["f1"], row["f2"]))
            found[f"{row['repo']}/task{row['task_id']}", one, other] = bool(row["has_conflict"])
        return found


def _number(path: Path) -> int:
    found = _NUMBER.search(path.name)
    return int(found[1]) if found else -1


def _task(path: Path) -> DatasetTask:
    """A task.

    Raises:
        ValueError: something of it is missing.
    """
    said = [path / name for name in ("Dockerfile", "setup.sh", "runner.sh")]
    texts = [file.read_text(encoding="utf-8", errors="replace") for file in said if file.is_file()]
    commits = [match[1] or match[2] for text in texts for match in _COMMIT.finditer(text)]
    if not commits:
        raise ValueError("neither Dockerfile nor setup.sh names the commit that its patches are for")
    runner = path / "runner.sh"
    lines = _PYTEST.findall(runner.read_text(encoding="utf-8")) if runner.is_file() else []
    words = shlex.split(lines[-1]) if lines else []
    files = tuple(word for word in words if word.split("::")[0].endswith(".py"))
    features = []
    for folder in sorted(path.glob("feature*"), key=_number):
        patch, tests = folder / "feature.patch", folder / "tests.patch"
        missing = [file.name for file in (patch, tests) if not file.is_file()]
        if missing:
            raise ValueError(f"{folder.name} has no {' and no '.join(missing)}")
        features.append(Feature(_number(folder), patch, tests))
    if len(features) < 2:
        raise ValueError("it has fewer than two features")
    return DatasetTask(path.parent.name, _number(path), commits[0], files, tuple(features))
