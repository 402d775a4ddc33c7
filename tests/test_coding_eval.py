"""Agents that code together: what merges and tests come to, who does what, and what the command says."""

import json
import subprocess
import sys
import time
from pathlib import Path
from statistics import fmean

import pytest
from typer.testing import CliRunner

from atom.errors import RepositoryError
from eval.cli import app
from eval.coding import (
    FAILURES,
    KINDS,
    Choice,
    Plan,
    Verdicts,
    Workshop,
    failure_of,
    make_pair,
    make_pairs,
    make_partner,
    play,
    successes,
)
from eval.coding.agents import WORK, next_free
from eval.coding.pairs import ANN, BEN, SPILL
from eval.coding.partners import PARTNERS, stale
from eval.coding.tasks import Board, listed, touched_parts
from eval.coding.testing import isolated, run_tests
from eval.coding.workshop import Merged, Outcome, merge


@pytest.fixture(params=list(KINDS))
def workshop(request, tmp_path):
    return Workshop(make_pair(request.param, 0, 7), tmp_path, Verdicts())


def test_a_pair_works_apart_and_breaks_at_the_same_part(workshop):
    pair = workshop.pair
    first, second, third, last = pair.parts
    same, apart = workshop.merged(first, first), workshop.merged(first, third)
    spills, clear = workshop.merged(second, first + SPILL), workshop.merged(last, first + SPILL)
    assert apart.naive.passed
    assert clear.naive.passed
    assert apart.union == apart.naive
    alike = pair.kind == "independent files"
    assert same.naive.passed is alike
    assert spills.naive.passed is alike
    merges = pair.kind in ("signature against caller", "clean merge, broken meaning", "independent files")
    assert same.naive.merged is merges
    assert bool(same.naive.conflicts) is not merges


def test_what_a_side_did_is_read_from_its_branch(workshop):
    pair = workshop.pair
    parts = list(pair.parts)
    for side in (ANN, BEN):
        for part in parts[:2]:
            assert touched_parts(pair, workshop.changes(side, part)) == (part,)
    spilled = touched_parts(pair, workshop.changes(BEN, parts[0] + SPILL))
    assert spilled == (parts[0], parts[1])


def test_pairs_are_those_of_their_seed():
    assert make_pairs(24, 0) == make_pairs(24, 0)
    assert [pair.key for pair in make_pairs(6, 0)] != [pair.key for pair in make_pairs(6, 1)]
    pairs = make_pairs(24, 0)
    assert len({pair.name for pair in pairs}) == len({pair.key for pair in pairs}) == 24
    assert [sum(pair.kind == kind for pair in pairs) for kind in KINDS] == [4] * 6


def test_a_verdict_is_found_once(tmp_path, monkeypatch):
    pair = make_pair("shared constant", 0, 0)
    first, second, *_ = pair.parts
    file = tmp_path / "verdicts.json"
    known = Verdicts(file)
    (tmp_path / "one").mkdir()
    found = Workshop(pair, tmp_path / "one", known).merged(first, second)
    known.save()
    again = Verdicts(file)
    monkeypatch.setattr("eval.coding.workshop.run_tests", None)  # which would fail
    (tmp_path / "two").mkdir()
    assert Workshop(pair, tmp_path / "two", again).merged(first, second) == found
    assert not (tmp_path / "two" / "repository").exists()
    file.write_text("[1]")
    with pytest.raises(ValueError, match="holds no verdicts of this version; name another file"):
        Verdicts(file)


def checkout(folder, test):
    (folder / "tests").mkdir(parents=True)
    (folder / "tests" / "test_it.py").write_text(test)
    return folder


def test_a_test_that_hangs_is_stopped_with_all_that_it_started(tmp_path):
    test = (
        "import subprocess, sys, time, pathlib\n\n\ndef test_it():\n"
        "    child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "    pathlib.Path('child').write_text(str(child.pid))\n    time.sleep(600)\n"
    )
    folder = checkout(tmp_path, test)
    began = time.monotonic()
    tested = run_tests(folder, ["tests/test_it.py"], seconds=5)
    assert time.monotonic() - began < 30
    assert tested.timed_out
    assert tested.failed == ("tests/test_it.py",)
    assert "stopped after 5 s" in tested.said
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert "time.sleep(600)" not in listed


@pytest.mark.parametrize("alone", [True, False], ids=["as-is", "without-namespaces"])
def test_tests_have_no_network(tmp_path, monkeypatch, alone):
    if not alone:
        monkeypatch.setattr("eval.coding.testing.isolated", lambda: ())
    test = (
        "import socket\nimport pytest\n\n\ndef test_it():\n    with pytest.raises(OSError):\n"
        "        socket.create_connection(('127.0.0.1', {port}), timeout=60)\n"
        "    with pytest.raises(OSError):\n        socket.socket().connect(('127.0.0.1', {port}))\n"
    )
    with __import__("socket").socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        folder = checkout(tmp_path, test.format(port=server.getsockname()[1]))
        tested = run_tests(folder, ["tests/test_it.py"])
    assert tested.failed == (), tested.said


def test_a_hanging_merge_fails_and_says_so(tmp_path):
    pair = make_pair("independent files", 0, 0)
    slow = {"tests/test_ann.py": "import time\n\n\ndef test_it():\n    time.sleep(600)\n"}
    pair = type(pair)(pair.name, pair.kind, pair.base, pair.parts, pair.edits, {**pair.tests, ANN: slow})
    first, second, *_ = pair.parts
    verdict = Workshop(pair, tmp_path, Verdicts(), seconds=3).merged(first, second)
    assert verdict.naive.timed_out
    assert not verdict.naive.passed


def test_verdicts_of_tests_that_were_stopped_are_counted_and_not_kept(tmp_path):
    known = Verdicts(tmp_path / "verdicts.json")
    passed = Outcome(merged=True, failed=())
    stopped = Outcome(merged=True, failed=(ANN,), timed_out=True)
    known.known = {"a": Merged(passed, passed), "b": Merged(passed, stopped)}
    assert known.stopped == 1
    known.save()
    assert Verdicts(tmp_path / "verdicts.json").known == {"a": Merged(passed, passed)}


def test_a_child_in_a_session_of_its_own_holds_up_nobody(tmp_path):
    test = (
        "import subprocess, sys, time\n\n\ndef test_it():\n"
        "    subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(300)'],\n"
        "        start_new_session=True)\n"
        "    time.sleep(300)\n"
    )
    folder = checkout(tmp_path, test)
    began = time.monotonic()
    assert run_tests(folder, ["tests/test_it.py"], seconds=4, options=["-s"]).timed_out
    assert time.monotonic() - began < 30
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert "--pid" not in isolated() or "time.sleep(300)" not in listed


def test_git_that_is_too_old_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("eval.coding.workshop.OLDEST", (99, 0))
    with pytest.raises(RepositoryError, match=r"needs git 99.0 or later .*; install a newer one"):
        Workshop(make_pair("shared constant", 0, 0), tmp_path, Verdicts())


def test_a_users_repository_is_not_written_to_by_a_verdict(tmp_path):
    """Merges are made in repositories of our own alone: the one place that writes is told which."""
    workshop = Workshop(make_pair("same function", 0, 0), tmp_path, Verdicts())
    first, *_ = workshop.pair.parts
    commits = [workshop.commit(side, first) for side in (ANN, BEN)]
    assert merge(tmp_path / "repository", *commits, union=False) == (None, ("process.py",))
    assert merge(tmp_path / "repository", *commits, union=True)[0] is not None


BOARD = Board(("a", "b", "c", "d"), "b", 0, 0)


@pytest.mark.parametrize(
    ("choice", "claim", "theirs", "kept", "kind"),
    [
        (Choice("b", expected="b"), "b", ("b",), True, "communication"),  # it was told, and went there
        (Choice("b"), "b", ("b",), True, "communication"),
        (Choice("b", expected="d"), "b", ("b",), True, "expectation"),  # it took the word for a lie
        (Choice("c", expected="b"), "b", ("c",), False, "commitment"),
        (Choice("c", expected="b"), "b", ("b", "c"), False, "commitment"),
        (Choice("b", expected="c"), "b", ("b", "c"), False, "expectation"),
        (Choice("a"), None, ("a",), None, "communication"),  # nothing said, nothing expected
        (Choice("a", expected="d"), None, ("a",), None, "expectation"),
        (Choice("a", expected="d"), None, ("d",), None, "integration"),
    ],
)
def test_failures_are_of_one_kind_by_rule(choice, claim, theirs, kept, kind):
    assert failure_of(choice, claim, theirs, kept=kept) == kind
    assert kind in FAILURES


def test_partners_say_and_do_what_they_are_called():
    pair = make_pair("shared constant", 0, 0)

    def acts(name, n=60):
        partner = make_partner(name, pair, 5)
        return [
            partner.act(Board(listed(pair, 5, 0, task), None, 0, task), partner.start(0))[:2]
            for task in range(n)
        ]

    parts = list(pair.parts)
    assert all(claim == did for claim, did in acts("honest"))
    assert all(parts[(parts.index(claim) + 1) % 4] == did for claim, did in acts("breaker"))
    assert all(claim != did for claim, did in acts("liar"))
    spilled = [did.endswith(SPILL) for _, did in acts("careless")]
    assert 0.3 < fmean(spilled) < 0.7
    for k in range(3):
        said = acts(f"silent-{k}")
        assert said == [(None, listed(pair, 5, 0, task)[k]) for task in range(60)]
    assert 0.2 < fmean(claim == did for claim, did in acts("stale")) < 0.7
    assert stale(Board(listed(pair, 5, 0, 3), None, 0, 3), pair, 5)[0] in parts


def test_orders_take_the_parts_in_turn():
    policies = [WORK.policy(BOARD.situation, BEN, k) for k in range(4)]
    assert [max(policy, key=policy.get) for policy in policies] == ["a", "b", "c", "d"]
    assert next_free(BOARD.situation, ANN, {BEN: {"b": 0.5, "c": 0.5}}) == {"d": 1.0}


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """One pair, agents beside all partners."""
    pairs = [make_pair("clean merge, broken meaning", 0, 1)]
    agents = ("trusts-claims", "ignores-claims", "looks", "atom-promises", "atom-looks")
    cells = play(pairs, Plan(agents, PARTNERS, runs=3), Verdicts())
    return {(one.agent, one.partner): one for one in successes(cells, 0.1)}


def test_what_promises_are_worth_is_learned(played):
    assert played["trusts-claims", "breaker"].naive.estimate < 0.7
    for partner in ("breaker", "liar", "silent-0", "silent-1", "silent-2"):
        assert played["atom-promises", partner].naive.estimate >= 0.95
    assert played["atom-promises", "honest"].naive.estimate >= 0.99
    assert played["atom-promises", "honest"].reported == 0
    assert played["atom-promises", "breaker"].reported == 3


def test_looking_is_chosen_where_it_pays(played):
    assert played["looks", "stale"].naive.estimate == 1.0
    assert played["atom-looks", "stale"].naive.estimate >= 0.9
    assert played["atom-looks", "stale"].looks > 0.5
    assert played["atom-looks", "honest"].looks == 0.0
    assert played["atom-looks", "breaker"].looks < 0.05


def run(*arguments):
    command = [sys.executable, "-m", "eval", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[1])


def test_the_command_shows_the_tables_and_repeats_itself(tmp_path):
    options = ["coding", "--pairs", "1", "--runs", "2", "--tasks", "4", "--learning", "1", "--workers", "2",
               "--verdicts", str(tmp_path / "verdicts.json")]  # fmt: skip
    numbers = []
    for name in ("one", "two"):
        files = ["--json", str(tmp_path / f"{name}.json"), "--markdown", str(tmp_path / f"{name}.md")]
        done = run(*options, *files)
        assert done.returncode == 0, done.stderr
        assert "both features work: 1 pairs, 2 runs of 4 tasks, the last 3 of each" in done.stdout
        numbers.append(json.loads((tmp_path / f"{name}.json").read_text()))
    assert numbers[0] == numbers[1]
    assert (tmp_path / "one.md").read_text() == (tmp_path / "two.md").read_text()
    assert len(numbers[0]["cells"]) == 7 * 9


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--agents", "nobody"], "there is no agent 'nobody' that codes; there are trusts-claims"),
        (["--partners", "nobody"], "there is no partner 'nobody' to code with; there are honest"),
        (["--json", "missing/x.json"], "there is no directory"),
        (["--dataset", "missing", "--repositories", "."], "there is no dataset 'missing'; name a checkout"),
        (["--dataset", "."], "give a folder of clones with their history, --repositories DIR"),
    ],
)
def test_what_cannot_be_played_is_said_before_anything_is(arguments, said):
    done = CliRunner().invoke(app, ["coding", *arguments])
    assert done.exit_code != 0
    assert said in str(done.exception)
