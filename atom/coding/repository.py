"""What somebody did to a git repository: from a worktree, a branch or a range of commits to changes.

Nothing is written to the repository, and nothing runs but git itself. What is read is late by nature: it is
what was saved or committed by now.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from atom.coding.changes import Change, Entry, Hunk, entries, hunks_of
from atom.coding.git import SECONDS, ask, asking, lines_of
from atom.coding.reading import Reading, contents, is_python, new_file, text_of, with_symbols
from atom.coding.symbols import LARGEST
from atom.errors import RepositoryError

MOST = 64_000_000
"""Bytes of a diff that are read, unless told otherwise."""

_DIFF = (
    "--raw", "--numstat", "-z", "--no-abbrev", "--find-renames", "--no-ext-diff", "--no-textconv",
    "--no-relative", "--ignore-submodules=dirty",
)  # fmt: skip
_PATCH = (
    "-p", "-U0", "--no-color", "--src-prefix=a/", "--dst-prefix=b/", "--find-renames", "--no-ext-diff",
    "--no-textconv", "--no-relative", "--inter-hunk-context=0", "--no-indent-heuristic",
    "--diff-algorithm=myers", "--submodule=short", "--ignore-submodules=dirty",
)  # fmt: skip
_MANY = 1000  # commits that are read one by one


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository that is read, never written to.

    Settings of the user's and the system's are not looked at, and of the repository's own none that runs
    anything: no hooks, filters, external diffs, pagers, monitors or fetches.

    Args:
        folder: a worktree, a folder in one, or a bare repository.
        seconds: a time limit on each question to git, > 0.
        most: bytes of a diff that are read, > 0. Files past them are named, without hunks or symbols.

    Raises:
        RepositoryError: no git, no repository, or a limit that is not positive.
    """

    folder: Path
    seconds: float = SECONDS
    most: int = MOST
    _filters: Mapping[str, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.seconds > 0.0 or not self.most > 0:
            raise RepositoryError(
                f"seconds and most are limits and positive, got {self.seconds} and {self.most}"
            )
        if not Path(self.folder).is_dir():
            raise RepositoryError(f"there is no folder {str(self.folder)!r}; name a worktree or a repository")
        object.__setattr__(self, "folder", Path(self.folder))
        object.__setattr__(self, "_filters", {})
        self._ask("rev-parse", "--git-dir")
        self._silence()

    def commit(self, name: str = "HEAD") -> str:
        """The full name of a commit.

        Raises:
            RepositoryError: there is none of that name.
        """
        if not name or name.startswith("-"):
            raise RepositoryError(f"{name!r} names no commit; name a branch, a tag or a commit")
        said = self._ask("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}",
                         accept=(0, 1, 128))  # fmt: skip
        found = said.strip().splitlines()[-1:] or [""]
        if not re.fullmatch("[0-9a-f]{40,64}", found[0]):
            raise RepositoryError(
                f"{str(self.folder)!r} has no commit {name!r}; name a branch, a tag or a commit that it has, "
                "or commit something first"
            )
        return found[0]

    def head(self) -> str:
        """The name of the branch that is checked out.

        Raises:
            RepositoryError: HEAD is detached, so it is none.
        """
        said = self._ask("symbolic-ref", "--short", "--quiet", "HEAD", accept=(0, 1)).strip()
        if not said:
            raise RepositoryError(
                f"HEAD of {str(self.folder)!r} is detached at {self.commit()[:12]} and no branch; name the "
                "branch or the commit to be read, or check one out (git switch BRANCH)"
            )
        return said

    def uncommitted(self) -> tuple[str, ...]:
        """Paths of a worktree that differ from its commit, or are not known to git, sorted."""
        self._silence()
        root = self._root()
        found = entries(self._asked(["diff", *_DIFF, self.commit()]))
        return tuple(sorted({entry.change.path for entry in found} | set(self._strangers(root))))

    def check_clean(self) -> None:
        """Whether all is committed.

        Raises:
            RepositoryError: it is not.
        """
        found = self.uncommitted()
        if found:
            shown = ", ".join(found[:3]) + (f" and {len(found) - 3} more" if len(found) > 3 else "")
            raise RepositoryError(
                f"{str(self.folder)!r} has uncommitted changes in {shown}; commit them or put them by "
                "(git stash -u), or read them with worktree()"
            )

    def between(self, since: str, until: str) -> Reading:
        """What differs between two commits, whoever did it.

        Raises:
            RepositoryError: a commit that is not there, or git's failure.
        """
        first, last = self.commit(since), self.commit(until)
        changes, notes = self._read("diff", first, last)
        return Reading(first, last, changes, notes)

    def worktree(self, since: str = "HEAD") -> Reading:
        """What is changed in a worktree, saved but perhaps not committed, with files that git does not know.

        Raises:
            RepositoryError: a commit that is not there, a bare repository, or git's failure.
        """
        self._silence()
        self._root()
        first = self.commit(since)
        changes, notes = self._read("diff", first)
        unknown, further = self._unknown()
        return Reading(first, None, (*changes, *unknown), (*notes, *further))

    def branch(self, name: str | None = None, *, against: str, since: str | None = None) -> Reading:
        """What a branch did beside another one, however often it merged that.

        Args:
            name: the branch, or any commit; None for the one that is checked out.
            against: the branch that it left, such as ``"main"``.
            since: the commit up to which it was read before (``Reading.until``), so that only what is newer
                is read, commit by commit; None for all of it, as one difference.

        Returns:
            Changes of commits in between. Of a commit that merges, what it has of none of its parents: how
            conflicts were resolved. ``until`` is the last commit that was read: the branch's tip, or an
            earlier one where there are more than a thousand.

        Raises:
            RepositoryError: HEAD is detached and no name was given; a commit that is not there; branches
                without a common past; or git's failure.
        """
        tip = self.commit(self.head() if name is None else name)
        other, notes = self.commit(against), []
        if since is not None:
            begin = self.commit(since)
            if begin == tip:
                return Reading(begin, tip, ())
            if self._is_ancestor(begin, tip):
                return self._commits(begin, tip, other)
            notes.append(f"history after {begin[:12]} was rewritten, so all of it was read again")
        base = self._ask("merge-base", other, tip, accept=(0, 1)).split()
        if not base:
            raise RepositoryError(
                f"{name or tip!r} and {against!r} have no commit in common; name the branch that it left"
            )
        changes, further = self._read("diff", base[0], tip)
        return Reading(base[0], tip, changes, (*notes, *further))

    def _commits(self, begin: str, tip: str, other: str) -> Reading:
        listed, unclear = self._own(begin, tip, other)
        if len(listed) > _MANY and (last := self._last(begin, tip, listed)) != tip:
            read = self._commits(begin, last, other)
            note = f"only commits up to {last[:12]} were read, since there are many; read again from there"
            return replace(read, notes=(*read.notes, note))
        found: list[Change] = []
        notes: list[str] = []
        for commit, *parents in listed:
            if len(parents) > 1:
                found += self._resolved(commit)
                continue
            changes, further = self._read("diff-tree", "-r", "--root", "--no-commit-id", commit)
            found += changes
            notes += further
        if unclear:
            notes.append(
                f"some commits after {begin[:12]} are the other branch's as well, and whose they were is not "
                "told, so they were not read; read them with between(), or before branches are merged"
            )
        return Reading(begin, tip, tuple(found), tuple(notes))

    def _own(self, begin: str, tip: str, other: str) -> tuple[list[list[str]], bool]:
        """A branch's own commits with their parents, oldest first, and whether others may be its own, too.

        Own is what ``other`` lacks, and what it got by a merge: a commit on the branch's first-parent line
        that is not on that of ``other``. One on both got there by a fast-forward, of whichever of the two.
        """
        listing = ("rev-list", "--reverse", "--topo-order", "--parents")
        rest = [line.split() for line in self._ask(*listing, f"{begin}..{tip}", f"^{other}").splitlines()]
        line = [row.split() for row in self._ask(*listing, "--first-parent", f"{begin}..{tip}").splitlines()]
        lacked = {commit for commit, *_ in rest}
        shared = [row for row in line if row[0] not in lacked]
        if not shared:
            return rest, False
        others = set(self._ask("rev-list", "--first-parent", f"{begin}..{other}").split())
        merged = [row for row in shared if row[0] not in others]
        sides = {side for _, _, *beside in merged for side in beside if side not in others}
        unclear = len(merged) < len(shared) or any(not self._is_ancestor(side, begin) for side in sides)
        return merged + rest, unclear

    def _last(self, begin: str, tip: str, listed: list[list[str]]) -> str:
        """The commit up to which a part of them can be read, so that reading on from it misses none."""
        after = self._ask("rev-list", "--ancestry-path", f"{begin}..{tip}").split()
        line = self._ask("rev-list", "--first-parent", f"{begin}..{tip}").split()
        possible = set(after) & set(line)
        found = [at for at, (commit, *_) in enumerate(listed) if commit in possible]
        return listed[max((at for at in found if at < _MANY), default=found[0])][0] if found else tip

    def _resolved(self, merge: str) -> list[Change]:
        """What a merge has of none of its parents."""
        hunks, _ = self._hunks(["diff-tree", "--cc", "--no-commit-id", *_PATCH, merge])
        return [Change(path, hunks=tuple(found)) for path, found in hunks.items() if path]

    def _read(self, kind: str, *what: str) -> tuple[tuple[Change, ...], tuple[str, ...]]:
        """Changes of ``git diff`` or ``git diff-tree``, with hunks and symbols."""
        found = entries(self._asked([kind, *_DIFF, *what]))
        if not found:
            return (), ()
        hunks, whole = self._hunks([kind, *_PATCH, *what])
        last = None if whole else next(reversed(hunks), None)
        changes = []
        for entry in found:
            path = entry.change.path
            unread = not whole and (path not in hunks or path == last)
            known = not (unread or entry.change.binary or entry.change.status == "unmerged")
            parts = tuple(hunks.get(path, ())) if known else ()
            changes.append(replace(entry.change, hunks=parts, known=known))
        note = f"the diff is larger than {self.most} bytes; of some files no line was read, raise most="
        return self._named(list(zip(found, changes, strict=True))), () if whole else (note,)

    def _hunks(self, arguments: list[str]) -> tuple[dict[str, list[Hunk]], bool]:
        """Path -> hunks, and whether the whole diff was read."""
        hunks: dict[str, list[Hunk]] = {}
        with asking(self.folder, arguments, seconds=self.seconds, settings=self._filters) as stream:
            try:
                for path, hunk in hunks_of(lines_of(stream, self.most)):
                    hunks.setdefault(path, []).append(hunk)
            except EOFError:
                return hunks, False
        return hunks, True

    def _named(self, read: list[tuple[Entry, Change]]) -> tuple[Change, ...]:
        """The changes with the symbols that they touch, of files that are Python."""
        left, found = self.most, []
        for entry, change in read:
            if not is_python(change) or left <= 0:
                found.append(change)
                continue
            # file by file, since the texts of all would be as large as the repository
            texts = self._texts(dict.fromkeys(b for b in (entry.old_blob, entry.new_blob) if set(b) != {"0"}))
            saved = change.status != "deleted" and set(entry.new_blob) == {"0"}
            new = contents(self._root() / change.path) if saved else texts.get(entry.new_blob, "")
            old = texts.get(entry.old_blob, "")
            left -= len(old or "") + len(new or "")
            found.append(with_symbols(change, old, new))
        return tuple(found)

    def _texts(self, blobs: Iterable[str]) -> dict[str, str | None]:
        """Blob -> its text; None for one that is too large or no text."""
        asked = list(blobs)
        if not asked:
            return {}
        sized = self._asked(["cat-file", "--batch-check=%(objectname) %(objectsize)"], _lines(asked))
        sizes = dict(line.split(" ", 1) for line in sized.decode().splitlines())
        small = [blob for blob in asked if sizes[blob].isdigit() and int(sizes[blob]) <= LARGEST]
        found: dict[str, str | None] = dict.fromkeys(asked)
        content = self._asked(["cat-file", "--batch"], _lines(small)) if small else b""
        at = 0
        for _ in small:
            end = content.index(b"\n", at)
            name, _, size = content[at:end].decode().split()
            found[name] = text_of(content[end + 1 : end + 1 + int(size)])
            at = end + 2 + int(size)
        return found

    def _unknown(self) -> tuple[list[Change], tuple[str, ...]]:
        """Files of the worktree that git does not know, as added; past the limit they are named alone."""
        root, left, found = self._root(), self.most, []
        for path in self._strangers(root):
            size = (root / path).lstat().st_size if (root / path).is_file() else 0
            left -= size if size <= LARGEST else 0
            found.append(new_file(root, path) if left >= 0 else Change(path, "added", known=False))
        note = f"files that git does not know are larger than {self.most} bytes; of some no line was read"
        return found, (note,) if left < 0 else ()

    def _strangers(self, root: Path) -> list[str]:
        listed = self._ask("-C", str(root), "ls-files", "--others", "--exclude-standard", "-z")
        return [path for path in listed.split("\0") if path]

    def _silence(self) -> None:
        """Looks which programs are configured now: a filter, which runs on saved files, may be new."""
        names = self._ask(
            "config", "--name-only", "-z", "--get-regexp", r"^(filter|diff|merge)\..*\.", accept=(0, 1)
        )
        object.__setattr__(self, "_filters", _silenced(names.split("\0")))

    def _root(self) -> Path:
        said = self._ask("rev-parse", "--show-toplevel", accept=(0, 128)).rstrip("\n")
        if not said:
            raise RepositoryError(
                f"{str(self.folder)!r} is a bare repository and has no files; read a branch of it"
            )
        return Path(said)

    def _is_ancestor(self, one: str, other: str) -> bool:
        return self._ask("merge-base", "--all", one, other, accept=(0, 1)).split() == [one]

    def _ask(self, *arguments: str, accept: tuple[int, ...] = (0,)) -> str:
        return self._asked(list(arguments), accept=accept).decode("utf-8", "surrogateescape")

    def _asked(self, arguments: list[str], given: bytes = b"", accept: tuple[int, ...] = (0,)) -> bytes:
        return ask(
            self.folder, arguments, seconds=self.seconds, settings=self._filters, given=given, accept=accept
        )


def _lines(names: Iterable[str]) -> bytes:
    return "".join(f"{name}\n" for name in names).encode()


def _silenced(names: Iterable[str]) -> dict[str, str]:
    """Settings that switch off the programs that a repository's own settings name."""
    found: dict[str, str] = {}
    for name in names:
        section, _, rest = name.partition(".")
        driver, _, key = rest.rpartition(".")
        if section == "filter" and key in ("clean", "smudge", "process"):
            found |= {name: "", f"filter.{driver}.required": "false"}
        elif key in ("command", "textconv", "driver"):
            found[name] = ""
    return found
