"""Golden files of every task's prompts: a change of wording is seen in review.

To accept a change: ``UPDATE_GOLDEN=1 python -m pytest tests/llm/test_prompts.py``.
"""

import os
from pathlib import Path

import numpy as np
import pytest

from atom import PartnerPrediction, Prediction
from atom.models import prompts
from eval.tasks import TASKS, make_task
from tests.llm.conftest import described

GOLDEN = Path(__file__).parent / "golden"
NAMES = [
    "memory-1",
    "memory-n",
    "one-ahead-5",
    "anti-coordination-3",
    "coordination-3",
    "stag-hunt",
    "rock-paper-scissors",
    "game-1",
    "game-2",
    "overcooked",
    "overcooked-ring",
    "tickets-5-5",
    "specialists-5-5",
    "volunteer-5",
    "minority-5",
    "in-turn:memory-1",
]


def _situation(task, steps=2):
    state = task.start()
    rng = np.random.default_rng(1)
    for _ in range(steps):
        situation = task.situation(state)
        state = task.step(state, {p: str(rng.choice(situation.actions[p])) for p in task.players}).state
    return described(task, state)


def _prompts(name):
    """The prompts of one task: order 0, order 2, a wrapped agent with a prediction."""
    task = make_task(name)
    situation = _situation(task)
    me, other, *more = task.players
    first, second = situation.actions[other][:2]
    expected = PartnerPrediction("1", {"0": 0.25, "1": 0.75}, {"1": {first: 0.8, second: 0.2}}, {second: 1.0})
    told = prompts.advice(Prediction(2, {other: expected}))
    questions = {
        "order 0": prompts.level_zero(situation, me).messages("label"),
        "order 2": prompts.level_k(situation, me, 2, {p: {first: 1.0} for p in (other, *more)}).messages(
            "json"
        ),
        "a wrapped agent": prompts.action(situation, me, told).messages("stated"),
    }
    return "\n".join(
        f"######## {what}\n" + "\n".join(f"[{m['role']}]\n{m['content']}\n" for m in messages)
        for what, messages in questions.items()
    )


@pytest.mark.parametrize("name", NAMES)
def test_prompts_are_the_golden_ones(name):
    found = _prompts(name)
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(found, encoding="utf-8")
    assert found == path.read_text(encoding="utf-8")


def test_every_kind_of_task_has_golden_prompts():
    for kind in TASKS:
        if "FILE" not in kind.form:
            assert any(kind.match(name) is not None for name in NAMES), f"no golden prompts of {kind.form}"


@pytest.mark.parametrize("name", NAMES)
def test_a_prompt_says_everything_that_an_agent_needs(name):
    task = make_task(name)
    situation = _situation(task)
    text = prompts.level_zero(situation, "player-2").text
    assert text.startswith('You are "player-2".')
    for player in task.players:
        assert f'"{player}"' in text
        assert f"| {player}" in text or f" {player} " in text
    for i, action in enumerate(situation.actions["player-2"]):
        assert f'\n{i + 1}) "{action}"\n' in text
    for line in task.describe(task.start()).splitlines()[:3]:
        assert f"| {line}" in text


def test_more_options_than_digits_get_letters_and_more_than_letters_numbers():
    assert list(prompts.label_actions([f"a{i}" for i in range(9)])) == list("123456789")
    assert list(prompts.label_actions([f"a{i}" for i in range(10)]))[-1] == "J"
    assert list(prompts.label_actions([f"a{i}" for i in range(27)]))[-1] == "27"


def test_chances_are_rounded_and_certain_ones_left_out():
    assert prompts.chances({"A": 0.999, "B": 0.001}) == '"A"'
    assert prompts.chances({"A": 0.2504, "B": 0.7496}) == '"B" (75%), "A" (25%)'
