"""Calls, rounds and seconds of a decision with a language model, beside the naive recursion in the same run.

The scripted model server answers after 200 ms, as a hosted model would.
"""

from __future__ import annotations

import asyncio
import dataclasses
import time

from atom import AdaptiveAgent, Decision, FixedOrderAgent, Policy, Pruning, Situation
from atom.llm import LLMReasoner, Sampling
from atom.models.prompts import level_k, level_zero
from eval.modelserver import ScriptedServer
from eval.tasks import Task, make_task

LATENCY = 0.2
ORDERS = (0, 1, 2)


def described(task: Task, state: object) -> Situation:
    return dataclasses.replace(task.situation(state), description=task.describe(state))


def reasoner_at(server: ScriptedServer) -> LLMReasoner:
    return LLMReasoner(
        "openai/scripted", api_base=server.url, api_key="none", sampling=Sampling(temperature=0.0)
    )


async def naive_policy(reasoner: LLMReasoner, situation: Situation, player: str, order: int) -> Policy:
    """Every hypothesis by a recursion of its own, one call after the other, nothing kept."""
    if order == 0:
        return await reasoner.client.policy(level_zero(situation, player), player, "order 0")
    (other,) = (name for name in situation.actions if name != player)
    predicted = {other: await naive_policy(reasoner, situation, other, order - 1)}
    question = level_k(situation, player, order, predicted)
    return await reasoner.client.policy(question, player, f"order {order}")


async def naive_decision(server: ScriptedServer, situation: Situation, partner: str, me: str) -> None:
    """Three hypotheses and the answer to one of them."""
    policies = []
    for order in ORDERS:
        reasoner = LLMReasoner("openai/scripted", api_base=server.url, api_key="none", memo=None)
        policies.append(await naive_policy(reasoner, situation, partner, order))
    reasoner = LLMReasoner("openai/scripted", api_base=server.url, api_key="none", memo=None)
    question = level_k(situation, me, 3, {partner: policies[-1]})
    await reasoner.client.policy(question, me, "order 3")


def episode(server: ScriptedServer, name: str, order: int) -> list[Decision]:
    """An adaptive agent against a fixed order, with a memo that is empty at first."""
    task = make_task(name)
    me, other = task.players
    agent = AdaptiveAgent(me, reasoner_at(server), response="above", prune=Pruning(), seed=1)
    partner = FixedOrderAgent(other, task.reasoner(), order)
    memory, partner_memory = agent.start([other]), partner.start([me])
    state, done, decisions = task.start(), False, []
    while not done:
        situation = described(task, state)
        decision, memory = agent.decide(situation, memory)
        answer, partner_memory = partner.decide(situation, partner_memory)
        joint = {me: decision.action, other: answer.action}
        memory = agent.observe(memory, situation, joint)
        transition = task.step(state, joint)
        state, done = transition.state, transition.done
        decisions.append(decision)
    return decisions


def row(label: str, calls: float, rounds: float, seconds: float) -> None:
    print(f"  {label:<44}{calls:8.2f}{rounds:8.2f}{seconds:9.2f} s{seconds / LATENCY:8.1f} x 200 ms")


def main() -> None:
    with ScriptedServer(latency=LATENCY) as server:
        task = make_task("one-ahead-5")
        situation = described(task, task.start())
        reasoner_at(server).policy(described(make_task("memory-1"), []), "player-1", 0)  # imports LiteLLM
        print("one decision with three hypotheses        calls  rounds     time")
        before, began = server.requests, time.monotonic()
        asyncio.run(naive_decision(server, situation, "player-2", "player-1"))
        took, asked = time.monotonic() - began, server.requests - before
        row("naive recursion", asked, asked, took)
        for name in ("memory-1", "one-ahead-5"):
            for order in ORDERS:
                usages = [decision.usage for decision in episode(server, name, order) if decision.usage]
                cold, steady = usages[0], usages[5:]
                row(f"{name}, partner of order {order}: cold", cold.calls, cold.rounds, cold.seconds)
                row(
                    "  mean of rounds 6 to 15",
                    sum(u.calls for u in steady) / len(steady),
                    sum(u.rounds for u in steady) / len(steady),
                    sum(u.seconds for u in steady) / len(steady),
                )
                row(
                    "  mean of all 15 rounds",
                    sum(u.calls for u in usages) / len(usages),
                    sum(u.rounds for u in usages) / len(usages),
                    sum(u.seconds for u in usages) / len(usages),
                )


if __name__ == "__main__":
    main()
