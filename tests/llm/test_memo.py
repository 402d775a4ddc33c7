"""Equal questions are asked once: in a process, and across processes with a file."""

import logging
import subprocess
import sys

import pytest

from atom.llm import ProcessMemo, SqliteMemo
from eval.tasks import make_task
from tests.llm.conftest import described, reasoner_at

SITUATION = described(make_task("memory-1"), [])


def test_equal_situations_are_answered_from_the_memo(server):
    reasoner = reasoner_at(server)
    first = reasoner.policy(SITUATION, "player-1", 1)
    reasoner.policy(described(make_task("memory-1"), [{"player-1": "B", "player-2": "B"}]), "player-1", 1)
    assert server.requests == 4
    assert reasoner.policy(described(make_task("memory-1"), []), "player-1", 1) == first
    assert server.requests == 4


def test_without_a_memo_every_situation_is_asked_anew(server):
    reasoner = reasoner_at(server, memo=None)
    other = described(make_task("memory-1"), [{"player-1": "B", "player-2": "B"}])
    for situation in (SITUATION, other, SITUATION):
        reasoner.policy(situation, "player-1", 0)
    assert server.requests == 3


def test_a_file_answers_in_another_process(server, tmp_path):
    path = tmp_path / "deep" / "memo.sqlite"
    policy = reasoner_at(server, memo=SqliteMemo(path)).policy(SITUATION, "player-1", 2)
    before = server.requests
    code = (
        "from atom.llm import SqliteMemo; from eval.tasks import make_task\n"
        "from tests.llm.conftest import *\n"
        f"server = type('Server', (), {{'url': {server.url!r}}})\n"
        f"reasoner = reasoner_at(server, memo=SqliteMemo({str(path)!r}))\n"
        "print(dict(reasoner.policy(described(make_task('memory-1'), []), 'player-1', 2)))\n"
        "import sys; assert 'litellm' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == str(dict(policy))
    assert server.requests == before


def test_settings_and_models_have_answers_of_their_own(server):
    memo = ProcessMemo()
    reasoner_at(server, memo=memo).policy(SITUATION, "player-1", 0)
    reasoner_at(server, memo=memo, sampling=None).policy(SITUATION, "player-1", 0)
    assert server.requests == 2


@pytest.mark.parametrize("damage", ["not a database", "directory"])
def test_a_file_that_cannot_be_used_is_reported_once(damage, server, tmp_path, caplog):
    path = tmp_path / "memo.sqlite"
    if damage == "directory":
        path.mkdir()
    else:
        path.write_text("this is not a database " * 100, encoding="utf-8")
    with caplog.at_level(logging.WARNING):
        reasoner = reasoner_at(server, memo=SqliteMemo(path))
        assert reasoner.policy(SITUATION, "player-1", 0) == {"A": 0.0, "B": 1.0}
        reasoner.policy(described(make_task("memory-1"), [{"player-1": "B", "player-2": "B"}]), "player-1", 0)
        reasoner.policy(SITUATION, "player-1", 0)
    assert server.requests == 2
    assert [record.getMessage()[:8] for record in caplog.records] == ["the memo"]


def test_the_least_recently_used_answer_goes_first():
    memo = ProcessMemo(size=2)
    for key in "abac":
        memo.put(key, {key: 1.0})
    assert [memo.get(key) for key in "abc"] == [{"a": 1.0}, None, {"c": 1.0}]
