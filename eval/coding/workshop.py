"""Real repositories with real branches: edits are committed in worktrees, merged by git, and tested.

Every distinct pair of edits is merged and tested once; whoever meets it again is told the same verdict.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from atom.coding import Change, Repository
from atom.coding.git import ask
from atom.errors import RepositoryError
from eval.coding.pairs import ANN, BEN, SIDES, TESTS, Files, Pair
from eval.coding.testing import SECONDS, run_tests

OLDEST = (2, 38)
"""Version of git from which on merges are made without a worktree."""

_AUTHOR = {
    "user.name": "atom",
    "user.email": "atom@example.org",
    "commit.gpgSign": "false",
    "core.autocrlf": "false",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one way of merging.

    Attributes:
        merged: whether git merged without a conflict.
        failed: the sides whose tests failed, both where nothing was merged.
        conflicts: the paths in conflict.
        timed_out: whether the tests were stopped.
    """

    merged: bool
    failed: tuple[str, ...]
    conflicts: tuple[str, ...] = ()
    timed_out: bool = False

    @property
    def passed(self) -> bool:
        """Whether both features work in what was merged."""
        return self.merged and not self.failed


@dataclass(frozen=True, slots=True)
class Merged:
    """The verdict on two edits: as git merges, and with both sides of every conflict kept (union)."""

    naive: Outcome
    union: Outcome

    @property
    def timed_out(self) -> bool:
        """Whether tests of either were stopped."""
        return self.naive.timed_out or self.union.timed_out


@dataclass
class Verdicts:
    """Verdicts that are known, in a file if there is one.

    Attributes:
        file: JSON; None keeps them for as long as the object lives.
        known: key of the pair and both labels -> verdict. Those whose tests were stopped count for as long as
            the object lives, and are not written: with more time they may pass.
    """

    file: Path | None = None
    known: dict[str, Merged] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.file is not None and self.file.exists():
            try:
                plain = json.loads(self.file.read_text(encoding="utf-8"))
                self.known = {key: Merged(*(_outcome(one) for one in both)) for key, both in plain.items()}
            except (ValueError, TypeError, KeyError, AttributeError):
                raise ValueError(
                    f"{str(self.file)!r} holds no verdicts of this version; name another file, or remove it"
                ) from None

    @property
    def stopped(self) -> int:
        """How many merges had tests that were stopped."""
        return sum(merged.timed_out for merged in self.known.values())

    def save(self) -> None:
        """Writes what is known, where there is a file."""
        if self.file is not None:
            plain = {
                key: [asdict(m.naive), asdict(m.union)]
                for key, m in sorted(self.known.items())
                if not m.timed_out
            }
            part = self.file.with_name(f"{self.file.name}.part")
            part.write_text(json.dumps(plain, indent=0) + "\n", encoding="utf-8")
            part.replace(self.file)


def _outcome(plain: Mapping[str, object]) -> Outcome:
    return Outcome(**{k: tuple(v) if isinstance(v, list) else v for k, v in plain.items()})  # type: ignore[arg-type]


class Workshop:
    """The repository of a pair, with a worktree of each side.

    Args:
        pair: the features.
        folder: an empty one, where the repository is made.
        verdicts: where they are looked up and added.
        seconds: a time limit on the tests of one merge.

    Raises:
        RepositoryError: no git, or one that is too old.
    """

    def __init__(self, pair: Pair, folder: Path, verdicts: Verdicts, *, seconds: float = SECONDS) -> None:
        check_git(folder)
        self.pair = pair
        self._folder, self._verdicts, self._seconds = folder, verdicts, seconds
        self.repository = folder / "repository"
        self._commits: dict[tuple[str, str], str] = {}
        self._changes: dict[tuple[str, str], tuple[Change, ...]] = {}

    def changes(self, side: str, label: str) -> tuple[Change, ...]:
        """What an edit did, as it is read from the side's branch."""
        found = self._changes.get((side, label))
        if found is None:
            self.commit(side, label)
            found = Repository(self.repository).branch(_branch(side, label), against="main").changes
            self._changes[side, label] = found
        return found

    def merged(self, ann: str, ben: str) -> Merged:
        """The verdict on two edits, by their labels."""
        key = f"{self.pair.key}/{ann}/{ben}"
        found = self._verdicts.known.get(key)
        if found is None:
            commits = self.commit(ANN, ann), self.commit(BEN, ben)
            naive, tree = self.outcome(*commits, union=False)
            union = naive if tree is not None else self.outcome(*commits, union=True)[0]
            found = self._verdicts.known[key] = Merged(naive, union)
        return found

    def outcome(self, ann: str, ben: str, *, union: bool) -> tuple[Outcome, str | None]:
        """What a merge of two commits and its tests came to, and its tree; None where git does not merge."""
        tree, conflicts = merge(self.repository, ann, ben, union=union)
        if tree is None:
            return Outcome(merged=False, failed=SIDES, conflicts=conflicts), None
        with TemporaryDirectory(dir=self._folder) as temporary:
            checkout = Path(temporary)
            export(self.repository, tree, checkout)
            tested = run_tests(checkout, list(TESTS.values()), seconds=self._seconds)
        failed = tuple(side for side, file in TESTS.items() if file in tested.failed)
        return Outcome(merged=True, failed=failed, timed_out=tested.timed_out), tree

    def commit(self, side: str, label: str) -> str:
        """The commit of an edit, made in the side's worktree when it is first asked for."""
        found = self._commits.get((side, label))
        if found is not None:
            return found
        if not self.repository.exists():
            self._begin()
        worktree = self._folder / side
        _git(worktree, "checkout", "--quiet", "-B", _branch(side, label), "main")
        found = self._save(worktree, {**self.pair.edits[side][label], **self.pair.tests[side]}, label)
        self._commits[side, label] = found
        return found

    def _begin(self) -> None:
        self.repository.mkdir()
        _git(self.repository, "init", "--quiet", "--initial-branch=main")
        self._save(self.repository, self.pair.base, "base")
        for side in SIDES:
            _git(self.repository, "worktree", "add", "--quiet", "--detach", str(self._folder / side), "main")

    @staticmethod
    def _save(worktree: Path, files: Files, message: str) -> str:
        for name, content in files.items():
            path = worktree / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
        _git(worktree, "add", "--all")
        _git(worktree, "commit", "--quiet", "--message", message)
        return _git(worktree, "rev-parse", "HEAD").strip()


def check_git(folder: Path) -> None:
    """Whether there is a git that merges without a worktree.

    Raises:
        RepositoryError: there is none.
    """
    said = ask(folder, ["version"]).decode()
    numbers = re.search(r"(\d+)\.(\d+)", said)
    if numbers is None or (int(numbers[1]), int(numbers[2])) < OLDEST:
        raise RepositoryError(
            f"merging needs git {OLDEST[0]}.{OLDEST[1]} or later (merge-tree --write-tree), and this is "
            f"{said.strip()!r}; install a newer one"
        )


def merge(repository: Path, one: str, other: str, *, union: bool) -> tuple[str | None, tuple[str, ...]]:
    """The tree of two commits merged, without a worktree; None and the paths in conflict.

    Args:
        repository: where the tree is written; one of our own.
        one, other: commits.
        union: whether both sides of a conflict are kept, one after the other.
    """
    settings = dict(_AUTHOR)
    if union:
        attributes = repository / ".git" / "union-attributes"
        if not attributes.exists():
            attributes.write_text("* merge=union\n", encoding="utf-8")
        settings["core.attributesFile"] = str(attributes)
    arguments = ["merge-tree", "--write-tree", "--name-only", "--no-messages", one, other]
    tree, *conflicts = ask(repository, arguments, settings=settings, accept=(0, 1)).decode().splitlines()
    found = tuple(sorted({path for path in conflicts if path}))
    return (None if found else tree), found


def export(repository: Path, tree: str, folder: Path) -> None:
    """Writes the files of a tree or commit into a folder."""
    index = folder / ".index"
    variables = {"GIT_INDEX_FILE": str(index)}
    ask(repository, ["read-tree", tree], variables=variables)
    prefix = f"--prefix={folder}{os.sep}"
    ask(repository, ["checkout-index", "--all", "--quiet", prefix], variables=variables)
    index.unlink()


def _git(folder: Path, *arguments: str) -> str:
    return ask(folder, list(arguments), settings=_AUTHOR).decode("utf-8", "surrogateescape")


def _branch(side: str, label: str) -> str:
    return f"{side}/{label.replace('+', '-and-next')}"
