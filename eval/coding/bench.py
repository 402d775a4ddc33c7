"""A task of CooperBench's dataset on a bench of our own: merged and tested without a container."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from atom.coding.git import ask, command, environment
from atom.errors import RepositoryError
from eval.coding.dataset import Dataset, DatasetTask, Feature
from eval.coding.testing import SECONDS, Tested, run_tests
from eval.coding.workshop import check_git, export, merge

Gold = Mapping[tuple[str, int, int], bool]
"""(task, lower feature, higher feature) -> whether the published report has a conflict."""


@dataclass(frozen=True, slots=True)
class Played:
    """What became of a task.

    Attributes:
        task: its name.
        conflicts: pair of features -> whether git finds a conflict.
        passed: pair -> whether both features' tests pass as git merges; of those that were tested.
        union: the same where both sides of a conflict are kept.
        alone: feature -> whether it passes its own tests alone; None where they were not run.
        gold: verdicts of the published report.
        problems: what could not be done, one sentence each.
    """

    task: str
    conflicts: dict[tuple[int, int], bool]
    passed: dict[tuple[int, int], bool]
    union: dict[tuple[int, int], bool]
    alone: dict[int, bool | None]
    gold: Gold
    problems: list[str] = field(default_factory=list)

    @property
    def agrees(self) -> tuple[int, int]:
        """Pairs whose verdict is that of the published report, and pairs that are in it."""
        known = [pair for pair in self.conflicts if (self.task, *pair) in self.gold]
        return sum(self.conflicts[pair] == self.gold[self.task, *pair] for pair in known), len(known)


class MissingCommitError(RepositoryError):
    """No clone has the commit that patches are for."""


def find_repository(folder: Path, commit: str) -> Path:
    """The clone below a folder that has a commit.

    Raises:
        MissingCommitError: there is none.
        RepositoryError: no such folder.
    """
    if not folder.is_dir():
        raise RepositoryError(
            f"there is no folder {str(folder)!r} of repositories; name one that holds clones"
        )
    for path in _clones(folder):
        try:
            ask(path, ["cat-file", "-e", f"{commit}^{{commit}}"])
        except RepositoryError:
            continue
        return path
    raise MissingCommitError(
        f"no clone in {str(folder)!r} has the commit {commit}; clone the repository into it, with its history"
    )


def _clones(folder: Path) -> Iterator[Path]:
    for path in [folder, *sorted(folder.glob("*")), *sorted(folder.glob("*/*"))]:
        if (path / ".git").exists() or ((path / "objects").is_dir() and (path / "HEAD").is_file()):
            yield path


class Bench:
    """A repository of our own in which a task's patches are commits; the clone lends its objects.

    Args:
        task: what is merged.
        clone: has the base commit; nothing is written to it.
        folder: an empty one.
        seconds: a time limit on each run of tests.

    Raises:
        RepositoryError: no git, or one that is too old.
    """

    def __init__(self, task: DatasetTask, clone: Path, folder: Path, *, seconds: float = SECONDS) -> None:
        check_git(folder)
        self.task, self._seconds = task, seconds
        self._repo, self._folder = folder / "repository", folder
        self._repo.mkdir()
        ask(self._repo, ["init", "--quiet"])
        objects = (
            ask(clone, ["rev-parse", "--path-format=absolute", "--git-path", "objects"]).decode().strip()
        )
        info = self._repo / ".git" / "objects" / "info"
        info.mkdir(exist_ok=True)
        (info / "alternates").write_text(f"{objects}\n", encoding="utf-8")
        self._commits: dict[int, str] = {}

    def commit(self, feature: Feature) -> str:
        """The commit of a feature's patch.

        Raises:
            RepositoryError: the patch does not apply.
        """
        if feature.number not in self._commits:
            tree = self._patched(self.task.base, [feature.patch])
            self._commits[feature.number] = self._committed(tree, self.task.base)
        return self._commits[feature.number]

    def merged(self, one: Feature, other: Feature, *, union: bool = False) -> str | None:
        """The tree of two features merged; None for a conflict."""
        return merge(self._repo, self.commit(one), self.commit(other), union=union)[0]

    def tested(self, tree: str, feature: Feature) -> Tested:
        """A feature's tests on a tree or commit; those of its patch replace what is there."""
        patched = self._patched(tree, [feature.tests])
        with TemporaryDirectory(dir=self._folder, ignore_cleanup_errors=True) as temporary:
            checkout = Path(temporary)
            export(self._repo, patched, checkout)
            return run_tests(checkout, self.task.files, seconds=self._seconds, own_settings=True)

    def both(self, tree: str, one: Feature, other: Feature) -> bool:
        """Whether both features' tests pass on a tree."""
        return not any(self.tested(tree, feature).failed for feature in (one, other))

    def _patched(self, commit: str, patches: Sequence[Path]) -> str:
        """The tree of a commit after patches."""
        index = self._folder / "index"
        self._indexed(index, "read-tree", commit)
        for patch in patches:
            given = ["--cached", "--whitespace=nowarn", str(patch.resolve())]
            try:
                self._indexed(index, "apply", "--ignore-whitespace", *given)
            except subprocess.CalledProcessError:
                try:
                    self._indexed(index, "apply", "--3way", *given)
                except subprocess.CalledProcessError as error:
                    said = error.stderr.decode("utf-8", "replace").strip()[-200:]
                    raise RepositoryError(
                        f"{patch.parent.name}/{patch.name} does not apply: {said}"
                    ) from error
        return self._indexed(index, "write-tree")

    def _indexed(self, index: Path, *arguments: str) -> str:
        environ = {**environment(), "GIT_INDEX_FILE": str(index)}
        line = command(self._repo, arguments)
        done = subprocess.run(line, env=environ, check=True, capture_output=True)  # noqa: S603 - git's own
        return done.stdout.decode().strip()

    def _committed(self, tree: str, parent: str) -> str:
        names = {"user.name": "atom", "user.email": "atom@example.org", "commit.gpgSign": "false"}
        said = ask(self._repo, ["commit-tree", tree, "-p", parent, "-m", "feature"], settings=names)
        return said.decode().strip()


def play_task(task: DatasetTask, bench: Bench, gold: Gold, *, tests: bool = True) -> Played:
    """Merges all pairs of a task, and tests each feature alone and in what was merged.

    Args:
        task: the task.
        bench: where.
        gold: verdicts of the published report.
        tests: whether tests are run, where the task names files of them.
    """
    found = Played(task.name, {}, {}, {}, {}, gold)
    tested = tests and bool(task.files)
    for feature in task.features:
        found.alone[feature.number] = _alone(bench, feature, found.problems) if tested else None
    for one, other in task.pairs:
        pair = (one.number, other.number)
        try:
            naive = bench.merged(one, other)
            union = naive or bench.merged(one, other, union=True)
            found.conflicts[pair] = naive is None
            if tested:
                found.union[pair] = union is not None and bench.both(union, one, other)
                found.passed[pair] = naive is not None and found.union[pair]
        except RepositoryError as error:
            found.problems.append(f"{task.name} {one.number} and {other.number}: {error}")
    return found


def play_dataset(
    dataset: Dataset,
    repositories: Path,
    *,
    tests: bool = True,
    seconds: float = SECONDS,
    only: str = "",
    progress: Callable[[], None] = lambda: None,
) -> tuple[list[Played], dict[str, str]]:
    """All tasks whose base commit is there, and why the others were left out.

    Args:
        dataset: the tasks.
        repositories: a folder of clones.
        tests: whether tests are run.
        seconds: a time limit on each run of tests.
        only: what names of tasks must contain.
        progress: called after every task.

    Raises:
        RepositoryError: no such folder, no git, or one that is too old.
    """
    gold, played, skipped = dataset.gold(), [], dict(dataset.skipped)
    for task in dataset.tasks:
        if only in task.name:
            try:
                clone = find_repository(repositories, task.base)
            except MissingCommitError as error:
                skipped[task.name] = str(error)
            else:
                with TemporaryDirectory(prefix="atom-coding-", ignore_cleanup_errors=True) as folder:
                    bench = Bench(task, clone, Path(folder), seconds=seconds)
                    played.append(play_task(task, bench, gold, tests=tests))
        progress()
    return played, skipped


def _alone(bench: Bench, feature: Feature, problems: list[str]) -> bool | None:
    """Whether a feature passes its own tests."""
    name = f"{bench.task.name} feature {feature.number}"
    try:
        tested = bench.tested(bench.commit(feature), feature)
    except RepositoryError as error:
        problems.append(f"{name}: {error}")
        return None
    if tested.failed:
        marks = ("FAILED", "ERROR", "E  ", "stopped", "ImportError", "ModuleNotFoundError")
        lines = [line for line in tested.said.splitlines() if line.startswith(marks)]
        said = " / ".join(lines[:2]) or tested.said.strip()[-200:]
        problems.append(f"{name} fails its own tests: {said[:300]}")
    return not tested.failed
