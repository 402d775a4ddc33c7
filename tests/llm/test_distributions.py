"""How an answer becomes a distribution, and what happens where a model does not support a way."""

import asyncio
import contextlib
import math
import time

import numpy as np
import pytest

from atom import Bayes, FixedOrderAgent, Hedge, LLMError
from atom.llm import LLMReasoner, Sampling
from atom.models.listings import over_listings
from atom.models.prompts import level_zero
from atom.models.replies import ReplyError, from_logprobs, from_samples, read_label, read_stated
from atom.randomness import draw
from eval.tasks import make_task
from tests.llm.conftest import QUICK, described, reasoner_at

pytestmark = pytest.mark.usefixtures("transport")

TASK = make_task("one-ahead-5")
SITUATION = described(TASK, [])
# log-odds of 3 for each of the two best actions over the three others, and of 0.45 for one over the other
PREFERRED, OTHER = math.exp(3.45), math.exp(3.0)
TOTAL = PREFERRED + OTHER + 3


def _policy(server, **settings):
    reasoner = reasoner_at(server, memo=None, sampling=Sampling(**settings))
    return reasoner.policy(SITUATION, "player-1", 0), reasoner


def test_logprobs_give_the_distribution_in_one_call_and_one_token(server):
    policy, _ = _policy(server, temperature=1.0)
    assert server.requests == 1
    assert server.bodies[0]["max_tokens"] == 1
    assert policy["B"] == pytest.approx(PREFERRED / TOTAL, rel=0.01)
    assert policy["A"] == pytest.approx(1 / TOTAL, rel=0.01)
    assert sum(policy.values()) == pytest.approx(1.0)


def test_the_temperature_sharpens_logprobs(server):
    warm, _ = _policy(server, temperature=1.0)
    cool, _ = _policy(server, temperature=0.5)
    cold, _ = _policy(server, temperature=0.0)
    odds = warm["C"] / warm["B"]
    assert cool["C"] / cool["B"] == pytest.approx(odds**2)
    assert cold == {"A": 0.0, "B": 1.0, "C": 0.0, "D": 0.0, "E": 0.0}
    assert all(body["temperature"] == 1.0 for body in server.bodies)


def test_samples_count(server):
    policy, _ = _policy(server, methods=("samples",), temperature=1.0, n=200)
    assert server.requests == 1
    assert server.bodies[0]["n"] == 200
    assert policy["B"] == pytest.approx(PREFERRED / TOTAL, abs=0.1)


def test_a_stated_distribution_is_read(server):
    policy, _ = _policy(server, methods=("stated",))
    assert policy["B"] == pytest.approx(PREFERRED / TOTAL, rel=0.01)
    assert "response_format" not in server.bodies[0]  # LiteLLM knows of no schemas here


@pytest.mark.parametrize("structured", [True, False])
def test_a_single_answer_gets_a_lapse_rate(structured, server):
    policy, _ = _policy(server, methods=("single",), temperature=0.0, lapse=0.1, structured=structured)
    assert policy == pytest.approx({"A": 0.02, "B": 0.92, "C": 0.02, "D": 0.02, "E": 0.02})
    schema = server.bodies[0].get("response_format", {}).get("json_schema", {}).get("schema", {})
    if structured:
        assert schema["properties"]["answer"]["enum"] == ["1", "2", "3", "4", "5"]


def test_what_a_model_does_not_support_is_left_out_from_then_on(serve):
    server = serve(logprobs=False, samples=False, schemas=False, record=True)
    policy, reasoner = _policy(server, temperature=1.0, structured=True)
    assert policy["B"] == pytest.approx(PREFERRED / TOTAL, rel=0.01)  # stated, without a schema
    before = server.requests
    reasoner.policy(SITUATION, "player-2", 0)
    assert server.requests == before + 1


def test_all_refused_is_an_error_that_quotes_the_server(serve):
    server = serve()
    situation = described(make_task("memory-1"), [])
    broken = type(situation)(situation.actions, description="A game that nobody understands.")
    with pytest.raises(LLMError, match="cannot read the prompt"):
        reasoner_at(server).policy(broken, "player-1", 0)


def test_a_player_with_one_action_needs_no_model(server):
    situation = type(SITUATION)({"player-1": ["go"], "player-2": ["go", "stay"]})
    assert reasoner_at(server).policy(situation, "player-1", 0) == {"go": 1.0}
    assert server.requests == 0


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_misalignment_costs_less_when_models_are_less_rational(temperature, serve):
    """Paper: misalignment hurts more when agents are more rational (lower temperature)."""
    server = serve(rationality=2.0)
    task = make_task("memory-1")
    reasoner = reasoner_at(server, sampling=Sampling(temperature=temperature))
    means = {}
    for partner_order in (1, 2):
        total = 0.0
        for episode in range(12):
            seats = [
                FixedOrderAgent(p, reasoner, k, seed=1)
                for p, k in zip(task.players, (1, partner_order), strict=True)
            ]
            memories = [seat.start([], episode=episode) for seat in seats]
            state, done = task.start(), False
            while not done:
                situation = described(task, state)
                joint = {}
                for i, seat in enumerate(seats):
                    decision, memories[i] = seat.decide(situation, memories[i])
                    joint[seat.me] = decision.action
                transition = task.step(state, joint)
                state, done = transition.state, transition.done
                total += transition.scores["player-1"]
        means[partner_order] = total / 12
    penalty = means[2] - means[1]
    assert (penalty == 75.0) if temperature == 0.0 else (5.0 < penalty < 50.0)


ACTIONS = {"1": "wait", "2": "go left"}


@pytest.mark.parametrize(
    "text",
    [
        "2",
        " 2.",
        "'2'",
        "**2**",
        '{"answer": "2"}',
        '{"answer": 2}',
        "go left",
        "GO LEFT",
        "Answer: 2",
        '```json\n{"answer": "2"}\n```',
        "I think they wait, so my answer is 2.",
        '2) "go left"',
        "2.",
        "(2)",
        "[2]",
        "2 - go left",
        "Option 2",
        "option 2: go left",
        "Final answer: **2**",
        "**Answer:** 2",
        "<answer>2</answer>",
        r"\boxed{2}",
        r"So it is $\boxed{\text{go left}}$.",
        '"go left"',
        "「2」",
        "\uff12",
        "\uff12\uff09",
        "<think>They wait. 1? No.</think>\n2",
        "They wait, so 1? No. </think> 2",
        "Option 1 is bad. My answer is 2.",
        'I choose "go left".',
        "I'd pick go left, since they wait.",
        "Let me think.\n\n**2**",
        '{"choice": 2}',
        '{"action": "go left", "why": "they wait"}',
        '{"why": "it is free", "tool": "go left"}',
        '{"answer": "2) go left"}',
    ],
)
def test_labels_are_found(text):
    assert read_label(text, ACTIONS) == "2"


@pytest.mark.parametrize(
    "text",
    [
        "answer" + " ." * 1990, "answer " * 570, "{" * 3990, "\\boxed{" * 500, "((" * 1990, "option 1 " * 440,
        '"' * 3990, "</think>" * 400 + "x", "I do " * 790, "1)" * 1990, "answer: " * 490 + "1 or 2",
    ],
    ids=lambda text: text[:10],
)  # fmt: skip
def test_reading_takes_no_longer_for_what_is_hard_to_read(text):
    many = {str(i): f"room {i}" for i in range(1, 100)}
    began = time.thread_time()
    with contextlib.suppress(ReplyError):
        read_label(text, many)
    assert time.thread_time() - began < 1.0


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "empty"),
        ("", "empty"),
        ("3", "none of the options"),
        ('{"note": "why"}', "no key"),
        ('{"note": "go left", "other": "wait"}', "no key"),
        ("<think>I wait, so 2", "within its thoughts"),
        ('1) "go left"', "none of the options"),
        ("1. wait\n2. go left", "none of the options"),
        ("1. First, I look at what they do", "none of the options"),
        ("I would not choose option 1.", "none of the options"),
        ("They take wait.", "none of the options"),
        ("Option 1 is good, option 2 is better.", "none of the options"),
        ('{"answer": ["2"]}', "none of the options"),
        ("1 or 2", "none of the options"),
        ("x" * 5000, "long"),
        ("{", "no JSON"),
        ('{"answer": null}', "none of the options"),
    ],
)
def test_anything_else_is_refused(text, says):
    with pytest.raises(ReplyError, match=says):
        read_label(text, ACTIONS)


@pytest.mark.parametrize(
    "text",
    [
        "1",
        "[]",
        '{"probabilities": {}}',
        '{"probabilities": {"1": -1, "2": 2}}',
        '{"probabilities": {"3": 1}}',
        '{"probabilities": {"1": 0.2, "2": 0.2}}',
        '{"probabilities": {"1": NaN, "2": 1}}',
        '{"probabilities": {"1": "all"}}',
        '{"probabilities": [1, 0]}',
    ],
)
def test_what_is_no_distribution_is_refused(text):
    with pytest.raises(ReplyError):
        read_stated(text, ACTIONS)


def test_logprobs_of_one_label_in_several_spellings_add_up():
    top = [{" 1": math.log(0.3), "1": math.log(0.3), "**2": math.log(0.2), "The": math.log(0.2)}]
    assert from_logprobs(top, ACTIONS, 1.0) == pytest.approx({"wait": 0.75, "go left": 0.25})


def test_a_first_token_of_white_space_is_skipped_and_words_are_refused():
    blank = {"\n": math.log(0.9)}
    assert from_logprobs([blank, {"2": -0.01}], ACTIONS, 0.0) == {"wait": 0.0, "go left": 1.0}
    with pytest.raises(ReplyError, match="does not begin with a label"):
        from_logprobs([{"Well": -0.1}, {"2": -0.01}], ACTIONS, 0.0)
    with pytest.raises(ReplyError):
        from_logprobs([], ACTIONS, 0.0)


def test_logprobs_identify_an_order_in_fewer_rounds_than_losses_of_zero_and_one(server):
    """A model at temperature 1 plays order 2; the full table is in benchmarks/llm_identification.py."""
    reasoner = reasoner_at(server, sampling=Sampling(temperature=1.0))
    known = {}

    def rounds_until_order_2_leads(learner, graded, seed):
        rng = np.random.default_rng(seed)
        weights, state, since = learner.init((0, 1, 2)), TASK.start(), 0
        for number in range(20):
            situation = described(TASK, state)
            if situation.description not in known:
                known[situation.description] = [reasoner.policy(situation, "player-2", k) for k in range(3)]
            policies = known[situation.description]
            action = draw(policies[2], rng)
            likelihoods = [p[action] if graded else action == max(p, key=p.get) for p in policies]
            weights = learner.update(weights, likelihoods, 5)
            found = learner.probabilities(weights)
            since = since if found[2] > max(found[:2]) else number + 1
            own = str(rng.choice(list("ABCDE")))
            state = TASK.step(state, {"player-1": own, "player-2": action}).state
        return since

    graded, losses = (
        np.mean([rounds_until_order_2_leads(learner, by_chances, seed) for seed in range(30)])
        for learner, by_chances in ((Bayes(), True), (Hedge(), False))
    )
    assert graded < 2.5
    assert losses > 2 * graded


def test_a_minority_of_useless_samples_is_left_out():
    assert from_samples(["2", "1", "2", "Hm."], ACTIONS) == pytest.approx({"wait": 1 / 3, "go left": 2 / 3})
    with pytest.raises(ReplyError, match="none of the options"):
        from_samples(["2", "Hm.", "Er", "1"], ACTIONS)


def test_a_model_that_begins_with_other_words_is_asked_in_another_way(serve):
    server = serve(chatty=True, record=True)
    policy, _ = _policy(server, temperature=0.0)
    assert policy["B"] > 0.5
    assert [body.get("logprobs") for body in server.bodies] == [True, True, None]


def test_models_that_take_no_temperature_and_no_logprobs(serve):
    """LiteLLM refuses some settings for reasoning models; they are dropped instead."""
    server = serve(record=True)
    reasoner = LLMReasoner(
        "openai/o3-mini",
        api_base=server.url,
        api_key="none",
        sampling=Sampling(max_tokens=2000),
        patience=QUICK,
    )
    policy = reasoner.policy(SITUATION, "player-1", 0)
    assert sum(policy.values()) == pytest.approx(1.0)
    assert "logprobs" not in server.bodies[-1]
    assert server.bodies[-1]["max_completion_tokens"] == 2000


def _biased(question, worth, place_odds):
    """A model to which a place in the list is worth something."""
    weights = {
        action: math.exp(worth[action] + place_odds[place])
        for place, action in enumerate(question.actions.values())
    }
    total = sum(weights.values())
    return {action: weight / total for action, weight in weights.items()}


async def test_listings_in_a_circle_cancel_what_a_place_is_worth():
    question = level_zero(SITUATION, "player-1")
    worth, place_odds = dict(zip("ABCDE", (0.1, 0.0, 0.4, 0.2, 0.3), strict=True)), (3.0, 0.0, 1.0, -2.0, 0.5)
    asked = []

    async def ask(listed):
        asked.append(list(listed.actions.values()))
        return _biased(listed, worth, place_odds)

    fair = _biased(question, worth, [0.0] * 5)
    once = await over_listings(question, 1, 1.0, ask)
    assert (max(once, key=once.get), max(fair, key=fair.get)) == ("A", "C")
    asked.clear()
    assert await over_listings(question, 7, 1.0, ask) == pytest.approx(fair)  # no more than options
    assert len(asked) == 5
    for place in range(5):
        assert {listed[place] for listed in asked} == set("ABCDE")
    assert (await over_listings(question, 5, 0.0, ask))["C"] == 1.0
    asked.clear()
    await over_listings(question, 2, 1.0, ask)
    assert asked == [list("ABCDE"), list("CDEAB")]


async def test_a_listing_that_fails_ends_the_others():
    ended = []

    async def ask(listed):
        if next(iter(listed.actions.values())) == "B":
            raise LLMError("down")
        if next(iter(listed.actions.values())) != "A":
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                ended.append(listed)
                raise
        return dict.fromkeys("ABCDE", 0.2)

    with pytest.raises(LLMError, match="down"):
        await over_listings(level_zero(SITUATION, "player-1"), 5, 1.0, ask)
    await asyncio.sleep(0)
    assert len(ended) == 3


def test_permutations_are_requests_and_change_no_answer_of_a_model_without_bias(serve):
    server = serve(record=True)
    plain = reasoner_at(server, sampling=Sampling(temperature=1.0)).policy(SITUATION, "player-1", 0)
    assert server.requests == 1
    sampling = Sampling(temperature=1.0, permutations=5)
    found = reasoner_at(server, sampling=sampling, memo=None).policy(SITUATION, "player-1", 0)
    assert server.requests == 6
    firsts = {body["messages"][1]["content"].split("\n1) ")[1][:3] for body in server.bodies[1:]}
    assert firsts == {f'"{action}"' for action in "ABCDE"}
    assert found == pytest.approx(plain, abs=1e-3)
    with pytest.raises(ValueError, match="permutations is at least 1, the list as it is; got 0"):
        Sampling(permutations=0)
