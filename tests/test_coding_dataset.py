"""A dataset in CooperBench's layout, made up here: merged, tested, compared; and the runner's adapter."""

import inspect
import json
import shutil
import subprocess
from dataclasses import fields
from pathlib import Path

import pytest
from typer.testing import CliRunner

from atom.coding import KEEPS, changes_in
from atom.errors import RepositoryError
from eval.cli import app
from eval.coding import Bench, Dataset, play_dataset
from eval.coding.adapter import AgentResult, CooperatingRunner, FolderBoard
from eval.coding.bench import find_repository

BASE = "def price(net):\n    return net\n\n\nA = 1\n\n\nB = 1\n\n\nC = 1\n"
FEATURES = {1: ("A = 1", "A = 2"), 2: ("B = 1", "B = 2"), 3: ("A = 1", "A = 3")}
RUNNER = 'TEST_PATCH="$1"\npip install pytest\n# Run tests\npython -m pytest tests/test_shop.py -v\n'


def git(folder, *arguments):
    command = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def checkout(tmp_path):
    """A dataset of one task with three features, and a clone of the repository that it is for."""
    clone = tmp_path / "clones" / "shop"
    (clone / "src").mkdir(parents=True)
    (clone / "tests").mkdir()
    (clone / "src" / "shop.py").write_text(BASE)
    (clone / "tests" / "test_shop.py").write_text("def test_nothing():\n    pass\n")
    git(clone, "init", "-q", "-b", "main")
    git(clone, "add", "-A")
    git(clone, "commit", "-q", "-m", "base")
    base = git(clone, "rev-parse", "HEAD").strip()
    task = tmp_path / "dataset" / "made_up_shop_task" / "task7"
    for number, (before, after) in FEATURES.items():
        folder = task / f"feature{number}"
        folder.mkdir(parents=True)
        (clone / "src" / "shop.py").write_text(BASE.replace(before, after))
        (folder / "feature.patch").write_text(git(clone, "diff"))
        git(clone, "checkout", "-q", ".")
        name, value = after.split(" = ")
        test = f"import shop\n\n\ndef test_{number}():\n    assert shop.{name} == {value}\n"
        (clone / "tests" / "test_shop.py").write_text(test)
        (folder / "tests.patch").write_text(git(clone, "diff"))
        git(clone, "checkout", "-q", ".")
        (folder / "feature.md").write_text(f"Set {name} to {value}.\n")
    (task / "Dockerfile").write_text(
        f"RUN git clone https://example.org/shop.git repo && \\\n    git checkout {base}\n"
    )
    (task / "runner.sh").write_text(RUNNER)
    rows = [
        {"repo": "made_up_shop_task", "task_id": 7, "f1": one, "f2": other, "has_conflict": conflict,
         "patch1_apply_failed": failed, "patch2_apply_failed": False}
        for one, other, conflict, failed in ((2, 1, False, False), (1, 3, True, False), (2, 3, True, True))
    ]  # fmt: skip
    (tmp_path / "dataset" / "gold_conflict_report.json").write_text(json.dumps({"all_results": rows}))
    return tmp_path


def test_pairs_are_merged_tested_and_compared(checkout):
    clone = checkout / "clones" / "shop"
    before = {path: path.stat().st_mtime_ns for path in clone.rglob("*")}
    (played,), skipped = play_dataset(Dataset(checkout / "dataset"), checkout / "clones")
    assert played.conflicts == {(1, 2): False, (1, 3): True, (2, 3): False}
    assert played.passed == {(1, 2): True, (1, 3): False, (2, 3): True}
    assert played.union == {(1, 2): True, (1, 3): False, (2, 3): True}
    assert played.alone == {1: True, 2: True, 3: True}
    assert played.agrees == (2, 2)  # of the third, the report applied no patch
    assert played.problems == []
    assert skipped == {}
    assert {path: path.stat().st_mtime_ns for path in clone.rglob("*")} == before


def test_the_command_shows_a_dataset(checkout):
    numbers = checkout / "numbers.json"
    arguments = ["--dataset", str(checkout / "dataset"), "--repositories", str(checkout / "clones")]
    done = CliRunner().invoke(app, ["coding", *arguments, "--json", str(numbers)])
    assert done.exit_code == 0, done.exception
    (task,) = json.loads(numbers.read_text())["tasks"]
    assert task["agrees"] == [2, 2]
    assert task["passed"] == 2
    done = CliRunner().invoke(app, ["coding", *arguments, "--only", "another"])
    assert "no task of" in str(done.exception)


def test_folders_may_be_relative(checkout, monkeypatch):
    monkeypatch.chdir(checkout)
    (played,), _ = play_dataset(Dataset(Path("dataset")), Path("clones"), tests=False)
    assert played.problems == []
    assert played.conflicts == {(1, 2): False, (1, 3): True, (2, 3): False}


def test_a_clone_without_folders_leaves_out_its_task_alone(checkout):
    shop, torn = checkout / "clones" / "shop", checkout / "clones" / "torn"
    git(checkout, "clone", "-q", "--no-hardlinks", str(shop), str(torn))
    git(torn, "commit", "-q", "--allow-empty", "-m", "another base")
    base = git(torn, "rev-parse", "HEAD").strip()
    tree = git(torn, "rev-parse", "HEAD:src").strip()
    (torn / ".git" / "objects" / tree[:2] / tree[2:]).unlink()
    first = checkout / "dataset" / "made_up_shop_task" / "task7"
    second = shutil.copytree(first, first.with_name("task8"))
    (second / "Dockerfile").write_text(
        f"RUN git clone https://example.org/shop.git repo && \\\n    git checkout {base}\n"
    )
    played, skipped = play_dataset(Dataset(checkout / "dataset"), checkout / "clones", tests=False)
    assert [(one.task, len(one.conflicts)) for one in played] == [("made_up_shop_task/task7", 3)]
    assert "make it a whole clone, without --filter" in skipped["made_up_shop_task/task8"]


def test_a_feature_that_fails_its_own_tests_is_named(checkout):
    patch = checkout / "dataset" / "made_up_shop_task" / "task7" / "feature2" / "tests.patch"
    patch.write_text(patch.read_text().replace("shop.B == 2", "shop.B == 5"))
    (played,), _ = play_dataset(Dataset(checkout / "dataset"), checkout / "clones")
    assert played.alone == {1: True, 2: False, 3: True}
    assert "feature 2 fails its own tests: " in played.problems[0]
    assert "test_2" in played.problems[0] or "assert" in played.problems[0]


def test_a_patch_that_does_not_apply_is_named(checkout):
    patch = checkout / "dataset" / "made_up_shop_task" / "task7" / "feature1" / "feature.patch"
    patch.write_text(patch.read_text().replace("-A = 1", "-A = 77").replace("index ", "index 0"))
    (played,), _ = play_dataset(Dataset(checkout / "dataset"), checkout / "clones")
    assert played.conflicts == {(2, 3): False}
    assert any("feature1/feature.patch does not apply" in problem for problem in played.problems)


def test_what_a_dataset_lacks_is_said(checkout, tmp_path):
    task = checkout / "dataset" / "made_up_shop_task" / "task7"
    (task / "feature3" / "tests.patch").unlink()
    assert Dataset(checkout / "dataset").skipped == {"made_up_shop_task/task7": "feature3 has no tests.patch"}
    (task / "Dockerfile").write_text("FROM python\n")
    assert "names the commit" in Dataset(checkout / "dataset").skipped["made_up_shop_task/task7"]
    with pytest.raises(ValueError, match="holds no task; a dataset has folders REPO/taskN/featureK"):
        Dataset(checkout / "clones")
    with pytest.raises(RepositoryError, match="clone the repository into it, with its history"):
        find_repository(checkout / "clones", "1" * 40)
    with pytest.raises(RepositoryError, match="name one that holds clones"):
        find_repository(checkout / "nowhere", "1" * 40)


def test_a_runner_without_pytest_is_merged_and_not_tested(checkout):
    (checkout / "dataset" / "made_up_shop_task" / "task7" / "runner.sh").write_text("go test ./...\n")
    (played,), _ = play_dataset(Dataset(checkout / "dataset"), checkout / "clones")
    assert played.conflicts == {(1, 2): False, (1, 3): True, (2, 3): False}
    assert (played.passed, played.alone) == ({}, {1: None, 2: None, 3: None})


def test_tests_that_hang_are_stopped(checkout, tmp_path):
    patch = checkout / "dataset" / "made_up_shop_task" / "task7" / "feature1" / "tests.patch"
    patch.write_text(patch.read_text().replace("    assert shop.A == 2", "    while True: shop.A"))
    (task,) = Dataset(checkout / "dataset").tasks
    (tmp_path / "bench").mkdir()
    bench = Bench(task, checkout / "clones" / "shop", tmp_path / "bench", seconds=3)
    assert bench.tested(bench.commit(task.features[0]), task.features[0]).timed_out


PATCH = "diff --git a/shop/{0}.py b/shop/{0}.py\n--- a/shop/{0}.py\n+++ b/shop/{0}.py\n@@ -1 +1 @@\n-a\n+b\n"
PARTS = {"cart": ["shop/cart.py"], "tax": ["shop/tax.py"], "stock": ["shop/stock.py"]}


class Inner:
    """A coding agent that does as it is told, or touches one part whatever it is told."""

    def __init__(self, part=None):
        self.part, self.told = part, []

    def run(self, task, image, *, agent_id="agent", model_name="m", agents=None, comm_url=None,
            git_server_url=None, git_enabled=False, messaging_enabled=True, config=None, agent_config=None,
            log_dir=None):  # fmt: skip
        self.told.append(task)
        part = self.part or task.split("Build the feature at ")[1].split(" ")[0]
        return AgentResult(
            "Submitted", PATCH.format(part), cost=0.5, steps=3, input_tokens=7, output_tokens=2
        )


def arguments(me, config, log_dir):
    return {
        "agent_id": me, "model_name": "m", "agents": ["agent1", "agent2"], "comm_url": None,
        "git_server_url": None, "git_enabled": False, "messaging_enabled": True, "config": config,
        "agent_config": None, "log_dir": str(log_dir / me),
    }  # fmt: skip


def test_the_adapter_keeps_the_protocol(tmp_path):
    names = {"status", "patch", "cost", "steps", "input_tokens", "output_tokens", "cache_read_tokens",
             "cache_write_tokens", "messages", "sent_messages", "error"}  # fmt: skip
    assert {item.name for item in fields(AgentResult)} == names
    inspect.signature(CooperatingRunner.run).bind(
        None, "task", "image", **arguments("agent1", None, tmp_path)
    )
    none = CooperatingRunner().run("task", "image", **arguments("agent1", None, tmp_path))
    assert (none.status, none.patch) == ("Error", "")
    assert "needs one that writes the code" in none.error
    bare = CooperatingRunner(Inner("cart")).run("task", "image", **arguments("agent1", None, tmp_path))
    assert (bare.status, bare.cost, bare.steps, bare.input_tokens) == ("Submitted", 0.5, 3, 7)
    wrong = {"parts": {"cart": ["../x"], "tax": ["y"]}}
    refused = CooperatingRunner(Inner()).run("task", "image", **arguments("agent1", wrong, tmp_path))
    assert refused.status == "Error"
    assert "leads outside the repository" in refused.error


def test_agents_behind_the_adapter_promise_and_keep_apart(tmp_path):
    config = {"parts": PARTS, "board": str(tmp_path / "board")}
    one, two = Inner(), Inner()
    first = CooperatingRunner(one).run("Feature 1.", "image", **arguments("agent1", config, tmp_path))
    second = CooperatingRunner(two).run("Feature 2.", "image", **arguments("agent2", config, tmp_path))
    assert changes_in(first.patch)[0].path != changes_in(second.patch)[0].path
    assert "agent1 promises to work at" in two.told[0]
    assert second.messages[-1]["kept"] is True
    assert second.sent_messages[0]["type"] == "promise"


def test_what_a_partner_did_is_remembered_for_the_next_run(tmp_path):
    """Agent 1 says cart and touches tax, again and again; agent 2 learns it."""
    memory, expected = None, []
    for run in range(6):
        board = FolderBoard(tmp_path / f"board{run}")
        board.post("promise", "agent1", {"part": "cart"})
        board.post("patch", "agent1", {"patch": PATCH.format("tax")})
        config = {"parts": PARTS, "board": str(tmp_path / f"board{run}"), "memory": memory}
        inner = Inner()
        done = CooperatingRunner(inner).run("Feature 2.", "image", **arguments("agent2", config, tmp_path))
        memory = json.loads(json.dumps(done.messages[-1]["tom"]))
        expected.append(done.messages[-1]["part"])
    assert memory["partners"]["agent1"]["contract"]["broken"] == 2
    assert memory["partners"]["agent1"]["contract"]["order"] == KEEPS
    assert set(expected[3:]) <= {"cart", "stock"}


def test_with_one_part_there_is_nothing_to_promise_and_the_agent_is_asked(tmp_path):
    config = {"parts": {"cart": PARTS["cart"]}, "board": str(tmp_path / "board")}
    inner = Inner("cart")
    done = CooperatingRunner(inner).run("Feature 1.", "image", **arguments("agent1", config, tmp_path))
    assert done.status == "Submitted"
    assert inner.told
    assert "promise" not in done.messages[-1]


def test_a_partners_patch_that_cannot_be_read_ends_nobodys_run(tmp_path):
    board = FolderBoard(tmp_path / "board")
    board.post("patch", "agent1", {"patch": "@@ -1 +1 @@\n-a\n+b\n"})
    config = {"parts": PARTS, "board": str(tmp_path / "board"), "memory": None}
    done = CooperatingRunner(Inner()).run("Feature 2.", "image", **arguments("agent2", config, tmp_path))
    assert done.status == "Submitted"


def test_a_broken_own_promise_is_reported(tmp_path):
    config = {"parts": PARTS, "board": str(tmp_path / "board")}
    board = FolderBoard(tmp_path / "board")
    board.post("promise", "agent1", {"part": "tax"})
    (tmp_path / "board" / "promise.broken.json").write_text("{")  # somebody else's mistake
    done = CooperatingRunner(Inner("tax")).run("Feature 2.", "image", **arguments("agent2", config, tmp_path))
    assert done.messages[-1]["kept"] is False
    assert done.messages[-1]["breaches"] == ["touched shop/tax.py, and promised to leave shop/tax.py alone"]
