"""What episodes with a language model will cost, before the first call."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from atom.agents.pruning import evaluations
from atom.llm import Patience, Sampling
from atom.models import prompts
from atom.models.asking import REPAIRS
from atom.models.findings import REASONING_TOKENS
from atom.models.loading import load_litellm
from eval.tasks import DescribedTask, Task
from partners import model_in

_CHARACTERS_A_TOKEN = 4
_ORDERS = 3
_ANSWER_TOKENS = 16


@dataclass(frozen=True, slots=True)
class Estimate:
    """What episodes come to where nothing is known yet: if all goes well, and at most.

    Attributes:
        calls: requests where every first reply is usable.
        prompt_tokens, completion_tokens: of these, by the length of the prompts, four characters a token.
        cost: of these, US dollars; None where the model's price is unknown.
        most_calls: requests where no first reply is usable, so that each is asked for again, in each form
            that is tried.
        most_cost: of these, US dollars, about; None as above.
        attempts: how often one request is sent at most, where it fails.
    """

    calls: int
    prompt_tokens: int
    completion_tokens: int
    cost: float | None
    most_calls: int = 0
    most_cost: float | None = None
    attempts: int = 1

    def __str__(self) -> str:
        tokens = f"about {self.prompt_tokens:,} prompt and {self.completion_tokens:,} completion tokens"
        price = "price unknown" if self.cost is None else f"${self.cost:,.2f}"
        most = "" if self.most_cost is None else f" (about ${self.most_cost:,.2f})"
        return (
            f"{self.calls:,} calls where every reply is usable, {tokens}, {price}; at most "
            f"{self.most_calls:,} calls{most} where every reply has to be asked for again (all repairs), and "
            "one to see that it answers. Not in this bound: a request that fails (no connection, time-out, "
            f"rate limit, server error) is sent up to {self.attempts} times"
        )


def estimate(
    model: str,
    sampling: Sampling,
    pairings: Sequence[tuple[Task, str, str, int]],
    patience: Patience | None = None,
) -> Estimate:
    """What episodes cost at most.

    Args:
        model: as LiteLLM names it.
        sampling: how an answer becomes a distribution.
        pairings: (task, agent, partner, episodes), names as in ``pairing_scores``; those of other models
            cost nothing.
        patience: how long to try; the default for None.
    """
    first = sampling.methods[0]
    hypothesis = 1 if first == "logprobs" else _ANSWER_TOKENS * (sampling.n if first == "samples" else 1)
    # log-probabilities of other words than options are given up for the next form
    forms = 2 if first == "logprobs" else 1
    longest = _longest_reply(model, sampling)
    calls = most = prompt = completion = most_prompt = most_completion = 0
    for task, agent, partner, episodes in pairings:
        others = agent if partner == "self" else partner
        decisions = task.max_steps * episodes
        for name, seats in ((agent, 1), (others, len(task.players) - 1)):
            hypotheses, actions = _calls(name, model, task.players)
            hypotheses *= _listings(task, sampling)
            asked = seats * decisions * (hypotheses + actions)
            if not asked:
                continue
            most_asked = (1 + REPAIRS) * seats * decisions * (forms * hypotheses + actions)
            a_prompt = _prompt_tokens(task)
            calls += asked
            most += most_asked
            prompt += asked * a_prompt
            # a repair quotes the reply besides
            most_prompt += most_asked * (a_prompt + _ANSWER_TOKENS)
            completion += seats * decisions * (hypotheses * hypothesis + actions * _ANSWER_TOKENS)
            most_completion += most_asked * longest * (sampling.n if "samples" in sampling.methods else 1)
    return Estimate(
        calls,
        prompt,
        completion,
        _cost(model, prompt, completion),
        most,
        _cost(model, most_prompt, most_completion),
        (patience or Patience()).attempts,
    )


def _longest_reply(model: str, sampling: Sampling) -> int:
    """Tokens of a reply at most, as far as is known: its stated limit, or with room for thoughts."""
    if sampling.max_tokens is not None:
        return sampling.max_tokens
    return _ANSWER_TOKENS + REASONING_TOKENS * bool(load_litellm().supports_reasoning(model=model))


def _listings(task: Task, sampling: Sampling) -> int:
    """Requests for one policy."""
    if sampling.methods[0] != "logprobs":
        return 1
    return min(sampling.permutations, max(map(len, task.situation(task.start()).actions.values())))


def _calls(name: str, model: str, players: Sequence[str]) -> tuple[int, int]:
    """Calls to ``model`` in one decision at most: for hypotheses, and for an action.

    What the recursion needs for a player at an order or an adaptive one (2K + 2 between two players), and
    one answer to partners of different orders; N votes; one action where exact reasoners predict.
    """
    found = model_in(name)
    if found is None or found[0] != model:
        return 0, 0
    kind, _, number = found[1].partition("-")
    me, *others = players
    if kind == "tom":
        return len(evaluations(players, [(me, int(number))])), 0
    if kind == "vote":
        return 0, int(number)
    if kind in ("", "prompt", "gate", "recommend"):
        return 0, 1
    pairs = [(other, order) for other in others for order in range(_ORDERS)]
    return len(evaluations(players, [*pairs, (me, _ORDERS)])) + (len(others) > 1), 0


def _prompt_tokens(task: Task) -> int:
    """Tokens of a prompt midway through an episode of random actions."""
    rng = np.random.default_rng(0)
    task = DescribedTask(task)
    state, situation = task.start(), task.situation(task.start())
    for _ in range(task.max_steps // 2):
        joint = {player: str(rng.choice(situation.actions[player])) for player in task.players}
        transition = task.step(state, joint)
        if transition.done:
            break
        state, situation = transition.state, task.situation(transition.state)
    me, *others = task.players
    expected = {other: {situation.actions[other][0]: 1.0} for other in others}
    messages = prompts.level_k(situation, me, 1, expected).messages("label")
    return math.ceil(sum(len(message["content"]) for message in messages) / _CHARACTERS_A_TOKEN)


def _cost(model: str, prompt: int, completion: int) -> float | None:
    litellm = load_litellm()
    try:
        costs = litellm.cost_per_token(model=model, prompt_tokens=prompt, completion_tokens=completion)
    except Exception:  # noqa: BLE001  # LiteLLM raises a plain Exception, or one of its own, by version
        return None
    return float(sum(costs))
