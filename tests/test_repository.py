"""What is read of a git repository: whatever is in it, nothing written, nothing of its settings run."""

import os
import subprocess
import time
import tracemalloc

import pytest

from atom.coding import Repository, seen_in
from atom.coding.changes import Hunk
from atom.errors import RepositoryError, ToMError

CART = """RATE = 5


class Cart:
    def total(self):
        return 1

    def count(self):
        return 2
"""


def git(folder, *arguments, **options):
    done = subprocess.run(
        ["git", "-c", "user.name=ann", "-c", "user.email=ann@example.org", *arguments],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
        **options,
    )
    return done.stdout.strip()


def write(folder, **files):
    for name, content in files.items():
        path = folder / name.replace("__", "/").replace("_py", ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


def commit(folder, message="work"):
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--allow-empty", "-m", message)
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def repo(tmp_path):
    folder = tmp_path / "repo"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    write(folder, shop__cart_py=CART, notes="one\ntwo\nthree\n")
    commit(folder, "base")
    return folder


def snapshot(folder):
    return {
        str(path): (path.stat().st_mtime_ns, path.read_bytes())
        for path in folder.rglob("*")
        if path.is_file()
    }


def by_path(reading):
    return {change.path: change for change in reading.changes}


def test_a_branch_is_read_to_the_symbol(repo):
    git(repo, "switch", "-qc", "ben")
    write(repo, shop__cart_py=CART.replace("return 1", "return 3").replace("count(self)", "count(self, n=1)"))
    tip = commit(repo)
    reading = Repository(repo).branch("ben", against="main")
    (change,) = reading.changes
    assert reading.until == tip
    assert change.hunks == (Hunk(6, 1, 6, 1), Hunk(8, 1, 8, 1))
    assert change.symbols == ("Cart.count", "Cart.total")
    assert change.signatures["Cart.count"] == ("(self)", "(self, n=1)")
    assert change.signatures["Cart.total"] == ("(self)", "(self)")


def test_renames_binary_files_deletions_and_modes(repo):
    write(repo, image=b"\0\1\2" * 99, gone="will go\n" * 9, strange="x\n" * 20)
    (repo / "strange").rename(repo / 'a "b"\tü.txt')
    commit(repo)
    git(repo, "switch", "-qc", "ben")
    write(repo, image=b"\0\3" * 99)
    (repo / "gone").unlink()
    (repo / 'a "b"\tü.txt').rename(repo / "c d.txt")
    (repo / "notes").chmod(0o755)
    (repo / "c d.txt").write_text("x\n" * 20 + "-- y\n++ z\n")
    commit(repo)
    found = by_path(Repository(repo).branch("ben", against="main"))
    assert set(found) == {"image", "gone", "c d.txt", "notes"}
    assert found["image"].binary
    assert not found["image"].known
    assert found["gone"].status == "deleted"
    assert found["gone"].hunks == (Hunk(1, 9, 0, 0),)
    assert (found["c d.txt"].status, found["c d.txt"].before) == ("renamed", 'a "b"\tü.txt')
    assert found["c d.txt"].hunks == (Hunk(20, 0, 21, 2),)
    assert found["notes"].hunks == ()


def test_lines_that_look_like_headers_are_content(repo):
    write(repo, notes="one\n-- a/notes\n++ b/other\n@@ -1 +1 @@\ndiff --git a/x b/x\n")
    git(repo, "switch", "-qc", "ben")
    commit(repo)
    write(repo, notes="one\n")
    commit(repo)
    found = Repository(repo).between("ben~1", "ben").changes
    assert [(c.path, c.hunks) for c in found] == [("notes", (Hunk(2, 4, 1, 0),))]


def test_an_empty_difference_says_nothing(repo):
    git(repo, "switch", "-qc", "ben")
    tip = commit(repo, "nothing")
    reading = Repository(repo).branch(against="main")
    assert reading.changes == ()
    assert Repository(repo).branch(against="main", since=tip).changes == ()
    assert seen_in(reading.changes, {"A": ["."]}) is None


def test_merging_main_is_nobodys_own_work(repo):
    git(repo, "switch", "-qc", "ben")
    write(repo, bens="1\n")
    before = commit(repo)
    git(repo, "switch", "-q", "main")
    write(repo, notes="one\n2\nthree\n", annes="1\n")
    commit(repo)
    git(repo, "switch", "-q", "ben")
    git(repo, "merge", "-q", "--no-edit", "main")
    write(repo, more="1\n")
    commit(repo)
    reader = Repository(repo)
    assert set(by_path(reader.branch(against="main"))) == {"bens", "more"}
    assert set(by_path(reader.branch(against="main", since=before))) == {"more"}


def test_how_a_conflict_was_resolved_is_ones_own_work(repo):
    git(repo, "switch", "-qc", "ben")
    write(repo, notes="one\nben\nthree\n")
    before = commit(repo)
    git(repo, "switch", "-q", "main")
    write(repo, notes="one\nann\nthree\n", other="1\n")
    commit(repo)
    git(repo, "switch", "-q", "ben")
    with pytest.raises(subprocess.CalledProcessError):
        git(repo, "merge", "-q", "main")
    write(repo, notes="one\nboth\nthree\n")
    commit(repo)
    (change,) = Repository(repo).branch(against="main", since=before).changes
    assert change.path == "notes"
    assert [hunk.new_start for hunk in change.hunks] == [2]


def test_reading_is_incremental_and_says_when_history_was_rewritten(repo):
    git(repo, "switch", "-qc", "ben")
    seen, reader = [], Repository(repo)
    since = reader.commit("main")
    for number in range(3):
        write(repo, **{f"file{number}": "1\n"})
        commit(repo)
        reading = reader.branch(against="main", since=since)
        seen += [change.path for change in reading.changes]
        since = reading.until
        assert reading.notes == ()
    assert seen == ["file0", "file1", "file2"]
    git(repo, "reset", "-q", "--hard", "HEAD~2")
    write(repo, another="1\n")
    commit(repo)
    reading = reader.branch(against="main", since=since)
    assert set(by_path(reading)) == {"file0", "another"}
    assert "rewritten" in reading.notes[0]


def test_what_was_merged_meanwhile_is_still_read(repo):
    git(repo, "switch", "-qc", "ben")
    write(repo, one="1\n")
    since = commit(repo)
    write(repo, two="1\n")
    commit(repo)
    git(repo, "switch", "-q", "main")
    write(repo, annes="1\n")
    commit(repo)
    git(repo, "merge", "-q", "--no-edit", "ben")
    reader = Repository(repo)
    reading = reader.branch("ben", against="main", since=since)
    assert set(by_path(reading)) == {"two"}
    assert reading.notes == ()
    git(repo, "switch", "-q", "ben")
    write(repo, three="1\n")
    commit(repo)
    git(repo, "merge", "-q", "--no-edit", "main")
    git(repo, "switch", "-q", "main")
    git(repo, "merge", "-q", "--no-ff", "--no-edit", "ben")
    reading = reader.branch("ben", against="main", since=since)
    assert set(by_path(reading)) == {"two", "three"}
    assert reading.notes == ()


@pytest.mark.parametrize("way", ["main follows", "ben follows", "a branch of ben's own"])
def test_whose_a_commit_was_may_not_be_told_and_is_noted(repo, way):
    git(repo, "switch", "-qc", "ben")
    since = commit(repo)
    if way == "a branch of ben's own":
        git(repo, "switch", "-qc", "part")
    write(repo, two="1\n")
    commit(repo)
    if way == "a branch of ben's own":
        git(repo, "switch", "-q", "ben")
        git(repo, "merge", "-q", "--no-ff", "--no-edit", "part")
    git(repo, "switch", "-q", "main")
    git(repo, "merge", "-q", "--no-edit", *(["ben"] if way == "main follows" else ["--no-ff", "ben"]))
    if way == "ben follows":
        git(repo, "switch", "-q", "ben")
        git(repo, "merge", "-q", "--ff-only", "main")
    reading = Repository(repo).branch("ben", against="main", since=since)
    assert reading.changes == ()
    assert "whose they were is not told" in reading.notes[0]
    assert set(by_path(Repository(repo).between(since, "ben"))) == {"two"}


def test_many_commits_are_read_in_parts_and_none_is_missed(repo, monkeypatch):
    monkeypatch.setattr("atom.coding.repository._MANY", 2)
    git(repo, "switch", "-qc", "ben")
    reader = Repository(repo)
    since = reader.commit("main")
    for number in range(5):
        write(repo, **{f"file{number}": "1\n"})
        commit(repo)
    git(repo, "switch", "-qc", "part", "HEAD~3")
    for number in range(3):
        write(repo, **{f"part{number}": "1\n"})
        commit(repo)
    git(repo, "switch", "-q", "ben")
    git(repo, "merge", "-q", "--no-ff", "--no-edit", "part")
    tip, seen, readings = commit(repo), [], []
    while since != tip and len(readings) < 20:
        readings.append(reader.branch("ben", against="main", since=since))
        seen += [change.path for change in readings[-1].changes]
        since = readings[-1].until
    assert set(seen) == {f"file{n}" for n in range(5)} | {f"part{n}" for n in range(3)}
    assert len(seen) == len(set(seen))
    assert since == tip
    assert [bool(reading.notes) for reading in readings] == [True] * (len(readings) - 1) + [False]
    assert len(readings) > 2


def test_a_worktree_with_what_is_not_committed(repo):
    write(repo, shop__cart_py=CART.replace("RATE = 5", "RATE = 7"), shop__tax_py="def tax(x): ...\n")
    write(repo, staged="1\n", **{".gitignore": "ignored\n"}, ignored="1\n")
    git(repo, "add", "staged")
    found = by_path(Repository(repo / "shop").worktree())
    assert set(found) == {"shop/cart.py", "shop/tax.py", "staged", ".gitignore"}
    assert found["shop/cart.py"].symbols == ("RATE",)
    assert found["shop/tax.py"].symbols == ("tax",)
    with pytest.raises(RepositoryError, match=r"uncommitted changes in .*; commit them or put them by"):
        Repository(repo).check_clean()
    commit(repo)
    Repository(repo).check_clean()


def test_nothing_is_written(repo):
    git(repo, "switch", "-qc", "ben")
    write(repo, notes="one\n2\nthree\n")
    commit(repo)
    os.utime(repo / "notes")  # the index has an older time, which git would refresh
    write(repo, new="1\n")
    before = snapshot(repo)
    reader = Repository(repo)
    reader.branch("ben", against="main")
    reader.worktree()
    reader.branch("ben", against="main", since=reader.commit("main"))
    assert snapshot(repo) == before


def test_no_program_of_a_repositorys_settings_runs(repo, tmp_path, monkeypatch):
    ran = tmp_path / "ran"
    program = tmp_path / "program"
    program.write_text(f'#!/bin/sh\necho "$0 $@" >> {ran}\ncat\n')
    program.chmod(0o755)
    write(repo, **{".gitattributes": "*.py diff=mine filter=mine\nnotes filter=mine diff=mine\n"})
    commit(repo)
    for key in ("diff.external", "core.fsmonitor", "core.pager", "core.editor", "core.sshCommand",
                "filter.mine.clean", "filter.mine.smudge", "filter.mine.process", "diff.mine.command",
                "diff.mine.textconv", "credential.helper"):  # fmt: skip
        git(repo, "config", key, str(program))
    git(repo, "config", "filter.mine.required", "true")
    for hook in ("post-index-change", "reference-transaction"):
        (repo / ".git/hooks").mkdir(exist_ok=True)
        (repo / f".git/hooks/{hook}").symlink_to(program)
    for key in ("diff.noprefix", "diff.mnemonicPrefix"):
        git(repo, "config", key, "true")
    git(repo, "config", "color.ui", "always")
    for key in ("GIT_EXTERNAL_DIFF", "GIT_PAGER", "GIT_SSH_COMMAND"):
        monkeypatch.setenv(key, str(program))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    ran.unlink(missing_ok=True)
    write(repo, notes="one\n2\nthree\n", shop__cart_py=CART.replace("return 1", "return 3"))
    found = by_path(Repository(repo).worktree())
    assert not ran.exists(), ran.read_text()
    assert found["notes"].hunks == (Hunk(2, 1, 2, 1),)
    assert found["shop/cart.py"].symbols == ("Cart.total",)


def appending(path, ran):
    """A filter that leaves a trace."""
    path.write_text(f'#!/bin/sh\necho "$0 $@" >> {ran}\ncat\n')
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize("driver", ["a=b", "x.y"])
@pytest.mark.parametrize("late", [False, True])
def test_no_filter_runs_whatever_its_name_and_whenever_it_came(repo, tmp_path, driver, late):
    reader = Repository(repo)
    ran = tmp_path / "ran"
    program = appending(tmp_path / "program", ran)
    write(repo, **{".gitattributes": f"notes filter={driver}\n"})
    commit(repo)
    git(repo, "config", f"filter.{driver}.clean", program)
    git(repo, "config", f"filter.{driver}.required", "true")
    write(repo, notes="one\n2\nthree\n")
    reader = reader if late else Repository(repo)
    found = by_path(reader.worktree())
    assert reader.uncommitted() == ("notes",)
    reader.between("main~1", "main")
    assert not ran.exists(), ran.read_text()
    assert found["notes"].hunks == (Hunk(2, 1, 2, 1),)


def test_nothing_runs_in_a_submodule(repo, tmp_path):
    inner = repo / "inner"
    inner.mkdir()
    git(inner, "init", "-q", "-b", "main")
    write(inner, notes="one\n", **{".gitattributes": "notes filter=mine\n"})
    commit(inner)
    write(repo, **{".gitmodules": '[submodule "inner"]\n\tpath = inner\n\turl = ./inner\n\tignore = none\n'})
    commit(repo)
    ran = tmp_path / "ran"
    git(inner, "config", "filter.mine.clean", appending(tmp_path / "program", ran))
    write(inner, notes="two\n")
    reader = Repository(repo)
    assert reader.worktree().changes == ()
    assert reader.uncommitted() == ()
    assert not ran.exists(), ran.read_text()
    ran.unlink(missing_ok=True)
    commit(inner)
    assert reader.uncommitted() == ("inner",)  # another commit of it is a change, and is seen


def test_a_huge_difference_is_bounded(repo):
    git(repo, "switch", "-qc", "ben")
    write(repo, a_first="1\n", big="a line that is long enough to count\n" * 1_500_000, line="y" * 3_000_000)
    commit(repo)
    tracemalloc.start()
    began = time.monotonic()
    reading = Repository(repo).branch(against="main")
    found = by_path(reading)
    assert found["big"].hunks == (Hunk(0, 0, 1, 1_500_000),)
    limited = Repository(repo, most=20_000_000).branch(against="main")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert time.monotonic() - began < 60
    assert peak < 5_000_000
    assert [c.known for c in limited.changes] == [True, False, False]
    assert "larger than 20000000 bytes" in limited.notes[0]


def test_git_that_takes_too_long_is_stopped(repo):
    git(repo, "switch", "-qc", "ben")
    write(repo, big="a line\n" * 500_000)
    commit(repo)
    reader = Repository(repo)
    object.__setattr__(reader, "seconds", 0.001)
    with pytest.raises(RepositoryError, match=r"took longer than 0.001 s .* raise seconds="):
        reader.branch("ben", against="main")


def test_what_cannot_be_read_is_named_with_the_remedy(repo, tmp_path, monkeypatch):
    reader = Repository(repo)
    with pytest.raises(RepositoryError, match="has no commit 'nobody'; name a branch"):
        reader.branch("nobody", against="main")
    with pytest.raises(RepositoryError, match="names no commit"):
        reader.between("--output=x", "main")
    git(repo, "switch", "-q", "--detach", "HEAD")
    with pytest.raises(RepositoryError, match=r"is detached at .*; name the branch"):
        reader.branch(against="main")
    assert reader.branch("HEAD", against="main").changes == ()
    git(repo, "switch", "-q", "--orphan", "alone")
    commit(repo)
    with pytest.raises(RepositoryError, match="no commit in common"):
        reader.branch("alone", against="main")
    with pytest.raises(RepositoryError, match="is no git repository; name a worktree"):
        Repository(tmp_path)
    with pytest.raises(RepositoryError, match="there is no folder"):
        Repository(tmp_path / "missing")
    with pytest.raises(RepositoryError, match="limits and positive"):
        Repository(repo, seconds=0)
    git(tmp_path, "clone", "-q", "--bare", str(repo), "bare")
    assert Repository(tmp_path / "bare").branch("main", against="main").changes == ()
    with pytest.raises(RepositoryError, match="bare repository and has no files"):
        Repository(tmp_path / "bare").uncommitted()
    empty = tmp_path / "empty"
    empty.mkdir()
    git(empty, "init", "-q")
    with pytest.raises(RepositoryError, match="commit something first"):
        Repository(empty).worktree()
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToMError, match="no program 'git' on the PATH; install git"):
        Repository(repo)


def test_a_file_that_is_no_python_after_all(repo):
    git(repo, "switch", "-qc", "ben")
    write(repo, shop__cart_py=CART + "def (:\n", shop__old_py=b"x = '\\d'\n\xff\n")
    commit(repo)
    found = by_path(Repository(repo).branch(against="main"))
    assert found["shop/cart.py"].symbols is None
    assert found["shop/cart.py"].known
    assert found["shop/old.py"].symbols == ("x",) or found["shop/old.py"].symbols is None


def test_readings_are_plain_data(repo):
    git(repo, "switch", "-qc", "ben")
    write(repo, shop__cart_py=CART.replace("return 1", "return 3"))
    commit(repo)
    reading = Repository(repo).branch(against="main")
    plain = reading.as_plain()
    assert [type(reading.changes[0]).of_plain(one) for one in plain["changes"]] == list(reading.changes)


def test_texts_are_bounded_as_the_difference_is(repo, monkeypatch):
    text = "".join(f"x{number} = {number}\n" for number in range(5_000))
    write(repo, **{f"f{number}_py": text for number in range(40)})
    commit(repo)
    write(repo, **{f"f{number}_py": text + "y = 1\n" for number in range(40)})
    reader = Repository(repo, most=200_000)
    found = reader.worktree().changes
    assert [change.hunks for change in found] == [(Hunk(5000, 0, 5001, 1),)] * 40
    assert 0 < sum(change.symbols is not None for change in found) < 5
    commit(repo)
    write(repo, **{f"new{number}_py": text for number in range(10)})
    reading = reader.worktree()
    assert sum(change.known for change in reading.changes) == 3
    assert "no line was read" in reading.notes[0]
    monkeypatch.setattr("atom.coding.repository.new_file", None)  # names alone are asked for
    assert len(reader.uncommitted()) == 10
