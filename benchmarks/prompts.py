"""What prompts cost, and what a small model makes of them.

Without a model: characters and tokens of a prompt, and the share of its tokens that a prefix cache of
a provider or a server has seen: the longest prefix that it has in common with an earlier prompt of the same
agent in the episode, in the median after the first. A model that answers by chance plays, so that
histories and predictions vary. Tokens are counted by LiteLLM as OpenAI does, without a network.

With ``--model FILE.gguf`` (extra ``local``; ``--model small`` for the one in the box): how often a model
picks a best response to what it is told that the other does, by the log-probabilities of its labels
(``hypotheses``) and as an agent that is told the prediction or a recommendation; which place in the list
of options it picks; with ``--timed`` seconds a decision, with the server's prefix cache; and with
``--boards N`` collisions in ``memory-1``. Run the same file in a work tree of another revision to compare.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path
from typing import Any, cast

os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")

import numpy as np
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from pydantic import Field

from atom import AdaptiveAgent, PartnerPrediction, Policy, Prediction, Situation
from atom.llm import LLMActor, LLMReasoner, Patience, Sampling
from atom.models.loading import load_litellm
from eval.localmodel import LocalModel
from eval.play import play, seat_players
from eval.tasks import DescribedTask, MatrixTask, make_task
from partners import LLMBackend, llm_backend

MODEL = "gpt-4o"
TASKS = ("memory-1", "one-ahead-5", "tickets-5-5", "game-1")
KNOWN = (
    "memory-1",
    "coordination-3",
    "anti-coordination-3",
    "one-ahead-5",
    "stag-hunt",
    "rock-paper-scissors",
)
TIMED = ("memory-1", "one-ahead-5")
MODES = {"text": "prompt-only", "recommendation": "recommend-only"}
STEPS = 15


class ByChance(BaseChatModel):
    """Answers a label by chance, and remembers what it was asked."""

    asked: list[str] = Field(default_factory=list)
    rng: Any = Field(default_factory=lambda: np.random.default_rng(1))

    @property
    def _llm_type(self) -> str:
        return "by chance"

    def _generate(self, messages: list[BaseMessage], *_: Any, **__: Any) -> ChatResult:
        self.asked.append("\n".join(f"<{message.type}>\n{message.content}" for message in messages))
        labels = re.findall(r"^(\w+)\) ", self.asked[-1], re.MULTILINE)
        return ChatResult(generations=[ChatGeneration(message=AIMessage(str(self.rng.choice(labels))))])


def asked_in_an_episode(name: str, kind: str, seed: int = 1) -> list[str]:
    """All prompts of an agent beside partners of order 1 who lapse now and then.

    Args:
        name: the task's.
        kind: ``"hypotheses"`` for an agent whose hypotheses are the model's, or how it is told.
        seed: of the players' random numbers.
    """
    task, model = DescribedTask(make_task(name)), ByChance()
    me, *_ = task.players
    sampling: dict[str, Any] = {"sampling": Sampling(methods=("single",))}
    if kind == "hypotheses":
        agent = AdaptiveAgent(me, LLMReasoner(model, memo=None, **sampling), orders=(0, 1, 2))
    else:
        actor = LLMActor(me, model, tell=kind, **sampling)  # type: ignore[arg-type]
        agent = AdaptiveAgent(me, task.reasoner(), agent=actor)
    names = ["random", *["noisy:0.2:tom-1"] * (len(task.players) - 1)]
    seats = {**seat_players(task, names, seed=seed), me: agent}
    list(zip(range(STEPS), play(task, seats, 0), strict=False))
    return model.asked


def prefixes(asked: list[str]) -> tuple[float, float, float]:
    """Mean characters and tokens of a prompt; median share of tokens known from an earlier one."""
    litellm = load_litellm()
    tokens = [litellm.encode(model=MODEL, text=prompt) for prompt in asked]
    shares = [
        max(_common(own, earlier) for earlier in tokens[:i]) / len(own)
        for i, own in enumerate(tokens)
        if i > 0
    ]
    return statistics.mean(map(len, asked)), statistics.mean(map(len, tokens)), statistics.median(shares)


def _common(one: list[int], other: list[int]) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


@dataclass(frozen=True, slots=True)
class Known:
    """A situation in which a best response is known: the other is said to do one thing.

    Attributes:
        situation: with its words.
        expected: other player -> its action, for sure.
        best: the best responses.
        recommended: the first of them.
    """

    situation: Situation
    expected: Mapping[str, Policy]
    best: frozenset[str]
    recommended: str

    def prediction(self) -> Prediction:
        """The same as an agent is told it."""
        partners = {
            other: PartnerPrediction("0", {"0": 0.9, "1": 0.1}, {"0": policy})
            for other, policy in self.expected.items()
        }
        return Prediction(1, partners, recommended=self.recommended)


def known(name: str, states: int) -> Iterator[Known]:
    """Every action of the other, in as many states that some rounds by chance lead to."""
    task = cast("MatrixTask", make_task(name))
    me, other = task.players
    rng, state = np.random.default_rng(1), task.start()
    for j, action in list(enumerate(task.situation(state).actions[other])) * states:
        situation = replace(task.situation(state), description=task.describe(state))
        payoffs = task.payoffs[0][:, j]
        best = [a for i, a in enumerate(situation.actions[me]) if payoffs[i] == payoffs.max()]
        yield Known(situation, {other: {action: 1.0}}, frozenset(best), str(rng.choice(best)))
        state = task.step(
            state, {p: str(rng.choice(actions)) for p, actions in situation.actions.items()}
        ).state


def choices(served: LocalModel, permutations: int, states: int) -> Iterator[tuple[str, str, float, int]]:
    """(task, kind, probability of best responses, place of what is chosen) for each situation."""
    extra: dict[str, Any] = {"permutations": permutations} if permutations > 1 else {}
    by_label = Sampling(methods=("logprobs", "single"), temperature=1.0, structured=True, **extra)
    by_schema = Sampling(temperature=0.0, structured=True)
    settings: dict[str, Any] = {"patience": Patience(timeout=120.0, deadline=240.0), **served.options}
    reasoner = LLMReasoner(served.model, sampling=by_label, memo=None, **settings)
    for name in KNOWN:
        for case in known(name, states):
            me = next(iter(case.situation.actions))
            legal = list(case.situation.actions[me])
            policy = reasoner.respond(case.situation, me, case.expected)
            chosen = max(policy, key=lambda action: policy[action])
            yield name, "hypotheses", sum(policy[action] for action in case.best), legal.index(chosen)
            for tell in MODES if permutations == 1 else ():
                actor = LLMActor(me, served.model, tell=tell, sampling=by_schema, **settings)  # type: ignore[arg-type]
                action = actor(case.situation, case.prediction())
                fits = action == case.recommended if tell == "recommendation" else action in case.best
                yield name, tell, float(fits), legal.index(action)


def played(served: LocalModel, name: str, mode: str, partner: str, boards: int) -> tuple[float, float, float]:
    """Collisions in an episode; median seconds of a decision after the first; prompt tokens of one."""
    backend = LLMBackend(
        sampling=Sampling(structured=True),
        patience=Patience(timeout=120.0, deadline=240.0),
        memo=None,
        options=served.options,
    )
    agent = f"llm:{served.model}@{mode}"
    collided, usages = 0, []
    with llm_backend(backend):
        task = DescribedTask(make_task(name))
        seats = seat_players(task, [agent, agent if partner == "itself" else partner], seed=0)
        for board in range(boards):
            steps = [step for _, step in zip(range(STEPS), play(task, seats, board), strict=False)]
            collided += sum(len(set(step.actions.values())) == 1 for step in steps)
            usages += [step.decisions[task.players[0]].usage for step in steps[1:]]
    spent = [usage for usage in usages if usage is not None]
    tokens = sum(usage.prompt_tokens for usage in spent) / len(spent)
    return collided / boards, statistics.median(usage.seconds for usage in spent), tokens


def without_a_model() -> None:
    print(
        f"prompts of an episode: characters, {MODEL}'s tokens, tokens that a prefix cache has seen (median)"
    )
    for name in TASKS:
        for kind in (*MODES, "hypotheses"):
            asked = asked_in_an_episode(name, kind)
            characters, tokens, share = prefixes(asked)
            sizes = f"{characters:8.0f}{tokens:7.0f}{100 * share:6.0f} %"
            print(f"  {name:14}{kind:16}{len(asked):5} prompts{sizes}", flush=True)
    table = len(make_task("one-ahead-5").describe([]))
    print(f"  description of one-ahead-5: {table} characters")


def with_a_model(served: LocalModel, asked: argparse.Namespace) -> None:
    found = list(choices(served, asked.permutations, asked.states))
    print(f"{served.model}: best responses of {len(found)} choices, permutations {asked.permutations}")
    for kind in dict.fromkeys(kind for _, kind, _, _ in found):
        for name in KNOWN:
            own = [(p, place) for task, k, p, place in found if (task, k) == (name, kind)]
            places = Counter(place + 1 for _, place in own)
            shown = ", ".join(f"{place}: {n}" for place, n in sorted(places.items()))
            print(f"  {kind:16}{name:22}{statistics.mean(p for p, _ in own):6.2f}   places chosen {shown}")
        print(
            f"  {kind:16}{'all':22}{statistics.mean(p for _, k, p, _ in found if k == kind):6.2f}", flush=True
        )
    for name in TIMED if asked.timed else ():
        for tell, mode in MODES.items():
            _, seconds, tokens = played(served, name, mode, "tom-1", 1)
            print(f"  {name:14}{tell:16}{seconds:6.2f} s a decision{tokens:7.0f} tokens", flush=True)
    for tell, mode in MODES.items() if asked.boards else ():
        cells = [
            played(served, "memory-1", mode, partner, asked.boards)[0]
            for partner in ("tom-0", "tom-1", "itself")
        ]
        print(f"  collisions in memory-1, {tell:16}" + "".join(f"{cell:6.1f}" for cell in cells), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="What prompts cost, and what a small model makes of them.")
    parser.add_argument("--model", type=Path, help="any file in the GGUF format, or small")
    parser.add_argument(
        "--permutations", type=int, default=1, help="listings of the options that are averaged"
    )
    parser.add_argument(
        "--states", type=int, default=1, help="in which each action of the other is told; 0 for none"
    )
    parser.add_argument("--timed", action="store_true", help="seconds of a decision, too")
    parser.add_argument("--boards", type=int, default=0, help="of memory-1 beside tom-0, tom-1 and itself")
    asked = parser.parse_args()
    if asked.model is None:
        without_a_model()
        return
    with LocalModel(None if asked.model == Path("small") else asked.model) as served:
        with_a_model(served, asked)


if __name__ == "__main__":
    main()
