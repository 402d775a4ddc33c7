"""What a patch does, read from its text alone, is what git says of it."""

import subprocess

import pytest

from atom.coding import Repository, changes_in
from atom.errors import RepositoryError

BEFORE = {
    "a.py": "x = 1\n\n\ndef f():\n    return 1\n",
    "gone": "1\n2\n",
    "old name": "y\n" * 9,
    "bin": "\0\1",
}
AFTER = {
    "a.py": "x = 2\n\n\ndef f():\n    return 1\n--- a/b\n",
    "new": "1\n2\n3\n",
    "new name": "y\n" * 9,
    "bin": "\0\2",
}


def git(folder, *arguments):
    command = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


def commit(folder, files):
    for path in folder.iterdir():
        if path.name != ".git":
            path.unlink()
    for name, content in files.items():
        (folder / name).write_text(content)
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "work")


def test_a_patch_says_what_git_says(tmp_path):
    git(tmp_path, "init", "-q", "-b", "main")
    commit(tmp_path, BEFORE)
    commit(tmp_path, AFTER)
    patch = git(tmp_path, "diff", "-U0", "-M", "HEAD~1", "HEAD")
    by_git = Repository(tmp_path).between("HEAD~1", "HEAD").changes
    by_text = changes_in(patch)
    assert [(c.path, c.status, c.before, c.hunks, c.binary, c.known) for c in by_text] == [
        (c.path, c.status, c.before, c.hunks, c.binary, c.known) for c in by_git
    ]
    with_context = changes_in(git(tmp_path, "diff", "-M", "HEAD~1", "HEAD"))
    assert [change.path for change in with_context] == [change.path for change in by_git]


@pytest.mark.parametrize("text", ["", "no patch at all\n", "diff --git \n", "a rule\n--- \n"])
def test_what_is_no_patch_of_git_does_nothing(text):
    assert changes_in(text) == ()


def test_a_patch_that_shows_a_patch_does_one_thing():
    lines = [
        "diff --git a/x b/x",
        "--- a/x",
        "+++ b/x",
        "@@ -0,0 +1,2 @@",
        "+diff --git a/y b/y",
        "+@@ -1 +1 @@",
    ]
    assert [(c.path, len(c.hunks)) for c in changes_in("\n".join(lines) + "\n")] == [("x", 1)]


@pytest.mark.parametrize("setting", ["noprefix", "mnemonicPrefix"])
def test_prefixes_are_no_part_of_a_path(tmp_path, setting):
    git(tmp_path, "init", "-q", "-b", "main")
    commit(tmp_path, BEFORE)
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.py").write_text("nothing = like(it)\n")
    git(tmp_path, "add", "-A")
    (tmp_path / "gone").unlink()
    (tmp_path / "a.py").write_text("x = 2\n")
    git(tmp_path, "add", "-A")
    git(tmp_path, "mv", "old name", "new name")
    patch = git(tmp_path, "-c", f"diff.{setting}=true", "diff", "-M", "--cached", "HEAD")
    found = {change.path: change.status for change in changes_in(patch)}
    assert found == {"a.py": "modified", "a/x.py": "added", "gone": "deleted", "new name": "renamed"}


def test_a_patch_without_lines_of_git():
    one = "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n"
    two = "--- cart.py\t2024-01-01 00:00:00\n+++ cart.py\t2024-01-02 00:00:00\n@@ -3 +3 @@\n-a\n+b\n"
    new = "--- /dev/null\n+++ b/new\n@@ -0,0 +1 @@\n+b\n"
    found = [(change.path, change.status, len(change.hunks)) for change in changes_in(one + two + new)]
    assert found == [("x", "modified", 1), ("cart.py", "modified", 1), ("new", "added", 1)]


def test_hunks_of_no_file_are_named():
    with pytest.raises(
        RepositoryError, match="hunks of a file that it does not name; write it with git diff"
    ):
        changes_in("@@ -1 +1 @@\n-a\n+b\n")


def test_talk_before_a_patch_names_no_file():
    talk = "copy to x\nrename to y\n@@ -1 +1 @@\n-a\n+b\n"
    (change,) = changes_in(talk + "diff --git a/z b/z\n--- a/z\n+++ b/z\n@@ -1 +1 @@\n-a\n+b\n")
    assert (change.path, change.status) == ("z", "modified")
