"""Golden files of every task's prompts: a change of wording is seen in review.

To accept a change: ``UPDATE_GOLDEN=1 python -m pytest tests/llm/test_prompts.py``.
"""

import os
import runpy
import statistics
from dataclasses import replace
from itertools import takewhile
from pathlib import Path

import numpy as np
import pytest

from atom import PartnerPrediction, Prediction, Situation
from atom.models import prompts
from atom.models.loading import load_litellm
from atom.models.replies import read_label
from eval.tasks import TASKS, MatrixTask, make_task
from eval.tasks.payoffs import payoffs_in_words
from tests.llm.conftest import described

GOLDEN = Path(__file__).parent / "golden"
LEAST_KNOWN = {
    "memory-n": 0.85,
    "overcooked": 0.88,
    "overcooked-ring": 0.88,
    "tiny-hanabi": 0.86,
    "tiny-hanabi-3": 0.86,
}
"""Where counts and what cooks hold are long beside the rules."""
MEASURED = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "prompts.py"))
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
    "lever-5",
    "tiny-hanabi",
    "tiny-hanabi-unseen",
    "tiny-hanabi-3",
]


def _situation(task, steps=2):
    state = task.start()
    rng = np.random.default_rng(1)
    for _ in range(steps):
        situation = task.situation(state)
        state = task.step(state, {p: str(rng.choice(situation.actions[p])) for p in task.players}).state
    return described(task, state)


def _prompts(name):
    """The prompts of one task: order 0, order 2, a wrapped agent and a model with a prediction."""
    task = make_task(name)
    situation = _situation(task)
    me, other, *more = task.players
    first, second = situation.actions[other][:2]
    expected = PartnerPrediction("1", {"0": 0.25, "1": 0.75}, {"1": {first: 0.8, second: 0.2}}, {second: 1.0})
    prediction = Prediction(2, {other: expected})
    told = prompts.advice(prediction)
    questions = {
        "order 0": prompts.level_zero(situation, me).messages("label"),
        "order 2": prompts.level_k(situation, me, 2, {p: {first: 1.0} for p in (other, *more)}).messages(
            "json"
        ),
        "a wrapped agent": prompts.action(situation, me, told).messages("stated"),
        "a model that is told": prompts.told_last(situation, me, prediction, "text").messages("json"),
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
    assert text.startswith("The players are ")
    assert '\nYou are "player-2". Your options:\n' in text
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


def test_numbers_as_labels_are_as_long_as_each_other_and_read_without_their_zeros():
    labels = prompts.label_actions([f"a{i}" for i in range(100)])
    assert {len(label) for label in labels} == {3}
    assert len({len(load_litellm().encode(model="gpt-4o", text=label)) for label in labels}) == 1
    assert (
        read_label("007", labels) == read_label("7", labels) == read_label('{"answer": "7"}', labels) == "007"
    )
    assert read_label("a7", labels) == "008"


def test_chances_are_rounded_and_certain_ones_left_out():
    assert prompts.chances({"A": 0.999, "B": 0.001}) == '"A"'
    assert prompts.chances({"A": 0.2504, "B": 0.7496}) == '"B" (75%), "A" (25%)'


def _known(asked):
    """Median share of a prompt that is a prefix of an earlier one, in characters, after the first."""
    shares = []
    for i, own in enumerate(asked[1:], start=1):
        common = (
            sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(own, earlier, strict=False)))
            for earlier in asked[:i]
        )
        shares.append(max(common) / len(own))
    return statistics.median(shares)


@pytest.mark.parametrize("tell", ["text", "recommendation"])
@pytest.mark.parametrize("name", NAMES)
def test_most_of_a_prompt_is_a_prefix_of_an_earlier_one(name, tell):
    """Of two players; the state and expectations of more are longer than the rules."""
    episodes = [MEASURED["asked_in_an_episode"](name, tell, seed) for seed in range(5)]
    known = statistics.median(map(_known, episodes))
    assert known >= LEAST_KNOWN.get(name, 0.9 if len(make_task(name).players) == 2 else 0.6)
    systems = {prompt.split("<human>")[0] for asked in episodes for prompt in asked}
    assert len(systems) == 1, "the system message does not change with what is told"


@pytest.mark.parametrize("common", [True, False])
def test_payoffs_of_five_actions_take_a_third_of_what_sentences_took(common):
    payoffs = np.random.default_rng(1).integers(0, 9, (2, 5, 5)).astype(float)
    task = MatrixTask("drawn", payoffs[[0, 0]] if common else payoffs, list("ABCDE"))
    assert 3 * len(task.describe([])) <= 2800


@pytest.mark.parametrize("common", [True, False])
def test_payoffs_of_three_players_are_a_list(common):
    payoffs = np.arange(24.0).reshape(3, 2, 2, 2)
    words = payoffs_in_words(
        payoffs[[0, 0, 0]] if common else payoffs, dict.fromkeys("xyz", ("go", "no way"))
    )
    assert '\ngo, "no way", go: ' + ("2" if common else "2/10/18") in words
    assert len(words.splitlines()) == 9


def test_what_changes_is_told_last_and_marked():
    state = 'Remembered: ann chose A.\n1) "C"'
    situation = Situation(
        dict.fromkeys(("ann", "ben"), ("A", "B")), description=f"Rules.\n\nMore rules.\n\n{state}"
    )
    text = prompts.level_zero(situation, "ann").messages("label")[1]["content"]
    assert "| Rules.\n| \n| More rules.\n\nYou are" in text
    assert text.index("Reply with") < text.index("The game so far:\n| Remembered: ann chose A.\n| 1) ")
    same = replace(situation, description="Rules.\nRemembered: ann chose A.")
    assert "The game so far" not in prompts.level_zero(same, "ann").text
    assert "| Rules.\n| Remembered: ann chose A.\n\nYou are" in prompts.level_zero(same, "ann").text
