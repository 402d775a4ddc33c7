"""What a patch does, read from its text alone, is what git says of it."""

import subprocess

import pytest

from atom.coding import Repository, changes_in

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


@pytest.mark.parametrize(
    "text", ["", "no patch at all\n", "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n", "diff --git \n"]
)
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
