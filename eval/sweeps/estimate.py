"""What episodes with a language model will cost, before the first call."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from atom.agents.pruning import evaluations
from atom.llm import Patience, Sampling
from atom.models import prompts
from atom.models.asking import MOST_ANSWERS, QUOTED, REPAIRS, least_tokens
from atom.models.findings import Findings, known_to_litellm, note_known
from atom.models.loading import load_litellm
from atom.models.settings import Method
from eval.tasks import DescribedTask, Task
from partners import model_in

_CHARACTERS_A_TOKEN = 4
_ORDERS = 3
_REPAIRS_TOKENS = (MOST_ANSWERS - 1) * 2 * QUOTED // _CHARACTERS_A_TOKEN
"""What repairs add to a prompt at most: each quotes a reply, and says as long what was wrong with it."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What episodes come to where nothing is known yet: if all goes well, and at most.

    Attributes:
        calls: requests where every first reply is usable.
        prompt_tokens, completion_tokens: of these, by the length of the prompts, four characters a token;
            without thoughts.
        cost: of these, US dollars; None where the model's price is unknown.
        most_calls: requests that are answered, at most: where no reply is usable, so that each is asked for
            again, with a larger limit, and in another form where that is tried.
        most_cost: of these, US dollars, where each reply takes the largest limit; about, as the prompts are.
        longest: that limit, in tokens.
        attempts: how often one request is sent at most, where it fails.
    """

    calls: int
    prompt_tokens: int
    completion_tokens: int
    cost: float | None
    most_calls: int = 0
    most_cost: float | None = None
    longest: int = 0
    attempts: int = 1

    def __str__(self) -> str:
        tokens = f"about {self.prompt_tokens:,} prompt and {self.completion_tokens:,} completion tokens"
        price = "price unknown" if self.cost is None else f"${self.cost:,.2f}"
        longest = f"{self.longest:,} tokens a reply"
        most = longest if self.most_cost is None else f"about ${self.most_cost:,.2f} with {longest}"
        return (
            f"{self.calls:,} calls where every reply is usable, {tokens}, {price}; at most "
            f"{self.most_calls:,} calls ({most}) where every reply has to be asked for again (all repairs, "
            "larger limits, other forms), and one to see that it answers. Not in this bound: a request that "
            "fails (no connection, time-out, rate limit, server error) is sent up to "
            f"{self.attempts} times, and one that is refused (400) in other words"
        )


def estimate(
    model: str,
    sampling: Sampling,
    pairings: Sequence[tuple[Task, str, str, int]],
    patience: Patience | None = None,
    options: Mapping[str, Any] | None = None,
) -> Estimate:
    """What episodes cost at most.

    Args:
        model: as LiteLLM names it.
        sampling: how an answer becomes a distribution.
        pairings: (task, agent, partner, episodes), names as in ``pairing_scores``; those of other models
            cost nothing.
        patience: how long to try; the default for None.
        options: further arguments of ``litellm.acompletion``, of which a budget for thoughts counts.
    """
    first = sampling.methods[0]
    by_labels = first == "logprobs"
    samples = sampling.n if "samples" in sampling.methods else 1
    found = _at_most(model, options or {})
    longest = calls = most = prompt = completion = most_prompt = most_completion = 0
    for task, agent, partner, episodes in pairings:
        others = agent if partner == "self" else partner
        decisions = task.max_steps * episodes
        size = max(map(len, task.situation(task.start()).actions.values()))
        listings = min(sampling.permutations, size) if by_labels else 1
        # a longer answer than that of any form it is asked for in
        forms: tuple[Method, ...] = (*sampling.methods, "single")
        room = found.room(max(least_tokens(form, size, by_schema=True) for form in forms))
        limit = room if sampling.max_tokens is None else sampling.max_tokens
        for name, seats in ((agent, 1), (others, len(task.players) - 1)):
            hypotheses, actions = (seats * decisions * n for n in _calls(name, model, task.players))
            if not hypotheses + actions:
                continue
            # log-probabilities of other words than options are given up for text, after their repairs
            most_labels = hypotheses * listings * (1 + REPAIRS) * by_labels
            most_texts = (hypotheses + actions) * MOST_ANSWERS
            a_prompt = _prompt_tokens(task)
            longest = max(longest, limit)
            calls += hypotheses * listings + actions
            most += most_labels + most_texts
            prompt += (hypotheses * listings + actions) * a_prompt
            most_prompt += (most_labels + most_texts) * (a_prompt + _REPAIRS_TOKENS)
            answer = least_tokens(first, size) * (sampling.n if first == "samples" else 1)
            completion += hypotheses * listings * answer + actions * least_tokens("single", size)
            most_completion += most_labels + hypotheses * MOST_ANSWERS * limit * samples
            most_completion += actions * MOST_ANSWERS * limit
    return Estimate(
        calls,
        prompt,
        completion,
        _cost(model, prompt, completion),
        most,
        _cost(model, most_prompt, most_completion),
        longest,
        (patience or Patience()).attempts,
    )


def _at_most(model: str, options: Mapping[str, Any]) -> Findings:
    """What is known of a model, and the worst of what may be found out: it thinks, and writes long."""
    found = Findings()
    note_known(found, options, known_to_litellm(load_litellm(), model, options))
    found.thinking()
    found.writes_long = True
    return found


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
