"""Baselines of language models: what they are told, and what becomes of their answers."""

import pytest

from atom import BudgetError, LLMError, Prediction
from atom.llm import LLMActor
from eval.play import play, seat_players
from eval.tasks import DescribedTask, make_task
from partners import LLMBackend, UntoldActor, VotingActor, llm_backend, make_partner, model_in, traits_of
from tests.llm.conftest import GREEDY, QUICK, described

MODEL = "openai/scripted"


def actor_at(server, **settings):
    settings = {"sampling": GREEDY, "patience": QUICK, "api_key": "none", **settings}
    return LLMActor("player-1", MODEL, api_base=server.url, **settings)


def decisions(server, mode, partner="tom-2", task="one-ahead-5"):
    """What ``llm:MODEL@mode`` decided in one episode, and what it was asked."""
    asked = []
    backend = LLMBackend(
        sampling=GREEDY, patience=QUICK, observer=asked.append,
        options={"api_base": server.url, "api_key": "none"},
    )  # fmt: skip
    with llm_backend(backend):
        described_task = DescribedTask(make_task(task))
        seats = seat_players(described_task, [f"llm:{MODEL}@{mode}", partner], seed=4)
        steps = list(play(described_task, seats, 0))
    return [step.decisions["player-1"] for step in steps], asked


def test_prompt_only_is_told_and_decides_alone(server):
    found, asked = decisions(server, "prompt-only")
    assert len(asked) == len(found) == 15
    assert all("You expect now:" in exchange.messages[1]["content"] for exchange in asked)
    assert all(decision.overruled is None for decision in found)
    assert all(decision.gap is not None for decision in found)
    assert all(decision.usage.calls == 1 for decision in found)


def test_gate_only_is_told_nothing_and_overruled(server):
    found, asked = decisions(server, "gate-only")
    assert all("You expect now:" not in exchange.messages[1]["content"] for exchange in asked)
    overruled = [decision for decision in found if decision.overruled is not None]
    assert overruled
    for decision in overruled:
        assert decision.action != decision.overruled
        assert decision.gap > 0


def test_both_together(server):
    found, asked = decisions(server, "prompt-and-gate")
    assert all("You expect now:" in exchange.messages[1]["content"] for exchange in asked)
    for decision in found:  # a best response to what was predicted, whatever the model said
        (expected,) = [ACTIONS.index(a) for a, p in decision.partners["player-2"].policy.items() if p == 1.0]
        neighbours = {ACTIONS[(expected - 1) % 5], ACTIONS[(expected + 1) % 5]}
        assert decision.action in neighbours


def test_recommend_only_is_told_the_action_that_fits(server):
    found, asked = decisions(server, "recommend-only")
    assert len(asked) == len(found) == 15
    for decision, exchange in zip(found, asked, strict=True):
        system, question = (message["content"] for message in exchange.messages[:2])
        assert "What was observed so far" not in system, "what changes stands at the end"
        (line,) = [line for line in question.splitlines() if line.startswith("So the best option for you is")]
        recommended = line.split('"')[1]
        (expected,) = [ACTIONS.index(a) for a, p in decision.partners["player-2"].policy.items() if p == 1.0]
        assert recommended in {ACTIONS[(expected - 1) % 5], ACTIONS[(expected + 1) % 5]}
        assert f'"player-2" is likely to do "{ACTIONS[expected]}"' in question
        assert question.index("Your options:") < question.index(line)
    assert all(decision.usage.calls == 1 for decision in found)


def test_a_gate_leaves_who_follows_a_recommendation_alone(server):
    found, asked = decisions(server, "recommend-and-gate")
    for decision, exchange in zip(found, asked, strict=True):
        (line,) = [
            s for s in exchange.messages[1]["content"].splitlines() if s.startswith("So the best option")
        ]
        recommended = line.split('"')[1]
        if decision.overruled is not None:
            assert decision.overruled != recommended


def test_the_gate_needs_payoffs(server):
    with pytest.raises(ValueError, match=r"@gate-only overrules by expected payoffs.*TabularReasoner"):
        decisions(server, "gate-only", "tom-0", "game-1")
    found, _ = decisions(server, "prompt-only", "tom-0", "game-1")
    assert len(found) == 6  # the aligned optimum


class Replies:
    """An actor whose answers are given."""

    me = "player-1"

    def __init__(self, *answers):
        self._answers = list(answers)
        self.told = []

    def __call__(self, situation, prediction):
        self.told.append(prediction)
        return self._answers[0]

    async def aact(self, situation, prediction):
        self.told.append(prediction)
        answer = self._answers[(len(self.told) - 1) % len(self._answers)]
        if isinstance(answer, Exception):
            raise answer
        return answer


SITUATION = described(make_task("one-ahead-5"), [])
ACTIONS = SITUATION.actions["player-1"]
NOTHING = Prediction(0, {})


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ((ACTIONS[3], ACTIONS[1], ACTIONS[3]), ACTIONS[3]),
        ((ACTIONS[3], ACTIONS[1]), ACTIONS[1]),  # a tie: the first legal action
        ((LLMError("down"), ACTIONS[4], LLMError("down")), ACTIONS[4]),
    ],
)
async def test_votes_are_counted(answers, expected):
    assert await VotingActor(Replies(*answers), len(answers)).aact(SITUATION, NOTHING) == expected


async def test_votes_that_all_fail(server):
    with pytest.raises(LLMError, match="down"):
        await VotingActor(Replies(LLMError("down")), 3).aact(SITUATION, NOTHING)
    assert (
        await VotingActor(Replies(ACTIONS[0], BudgetError("spent")), 2).aact(SITUATION, NOTHING) == ACTIONS[0]
    )
    with pytest.raises(RuntimeError, match="a bug"):
        await VotingActor(Replies(ACTIONS[0], RuntimeError("a bug")), 2).aact(SITUATION, NOTHING)
    with pytest.raises(ValueError, match="at least one answer"):
        VotingActor(Replies(), 0)


def test_votes_are_so_many_requests(server):
    before = server.requests
    assert VotingActor(actor_at(server), 5)(SITUATION, NOTHING) in ACTIONS
    assert server.requests - before == 5


async def test_an_untold_actor_hears_nothing():
    prediction = Prediction(2, {"player-2": object()}, note="Decide again.")
    replies = Replies(ACTIONS[0])
    UntoldActor(replies)(SITUATION, prediction)
    await UntoldActor(replies).aact(SITUATION, prediction)
    assert [(told.partners, told.note) for told in replies.told] == [({}, ""), ({}, "")]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("llm:openai/gpt-4o-mini", ("openai/gpt-4o-mini", "")),
        ("llm:vertex_ai/claude@20240229", ("vertex_ai/claude@20240229", "")),
        ("noisy:0.1:llm:vertex_ai/claude@20240229@vote-12", ("vertex_ai/claude@20240229", "vote-12")),
        ("llm:x/y@prompt-and-gate", ("x/y", "prompt-and-gate")),
        ("llm:vertex_ai/claude-opus-4-6@default@bayes", ("vertex_ai/claude-opus-4-6@default", "bayes")),
        ("llm:vertex_ai/mistral-large@2411-001", ("vertex_ai/mistral-large@2411-001", "")),
        ("llm:cloudflare/@cf/meta/llama-3.1-8b", ("cloudflare/@cf/meta/llama-3.1-8b", "")),
        ("tom-1", None),
    ],
)
def test_the_model_in_a_name(name, expected):
    assert model_in(name) == expected


@pytest.mark.parametrize("mode", ["prompt", "vote", "vote-x", "gate", "tom1", "bays", "hedg"])
def test_unknown_modes_are_named(mode):
    with pytest.raises(ValueError, match=rf"@prompt-only, @gate-only.*got @{mode}"):
        make_partner(f"llm:x/y@{mode}", "player-1", make_task("memory-1").reasoner())


def test_players_of_the_baselines_have_traits():
    adaptive = {
        mode: traits_of(f"llm:{MODEL}@{mode}").adaptive
        for mode in ("prompt-only", "gate-only", "prompt-and-gate", "recommend-only", "vote-3")
    }
    assert adaptive == {
        "prompt-only": True,
        "gate-only": True,
        "prompt-and-gate": True,
        "recommend-only": True,
        "vote-3": False,
    }
