"""What a call to a language model costs a process, beside others that make it; and how many a decision makes.

**Calls a second of one core**: the same request by our client on the direct way and through LiteLLM, by
LiteLLM alone, by OpenAI's client, by httpx and by aiohttp, eight at once, to a scripted server in a process
of its own. Processor time of this process; rounds of all, interleaved, and the median of their ratios.

**The first answer** of a fresh process, imports of the client included.

**Calls, rounds and seconds of a decision**, beside the naive recursion in the same run. There the scripted
model server answers after 200 ms, as a hosted model would.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from atom import AdaptiveAgent, Decision, FixedOrderAgent, Policy, Pruning, Situation
from atom.llm import LLMReasoner, Sampling
from atom.models import run_blocking
from atom.models.loading import load_litellm
from atom.models.prompts import level_k, level_zero
from eval.modelserver import ScriptedServer
from eval.tasks import Task, make_task

LATENCY = 0.2
ORDERS = (0, 1, 2)
AT_ONCE = 8
CALLS = 200
KEY = "none"

OURS = "ours, direct"
BEHIND = "ours, through LiteLLM"

Ask = Callable[[], Awaitable[object]]


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


async def milliseconds(ask: Ask, calls: int) -> float:
    """Processor time of this process a call, ``AT_ONCE`` at once."""
    left = iter(range(calls))

    async def worker() -> None:
        for _ in left:
            await ask()

    began = time.process_time()
    await asyncio.gather(*(worker() for _ in range(AT_ONCE)))
    return (time.process_time() - began) / calls * 1_000


def rivals(url: str) -> tuple[Mapping[str, Ask], Callable[[], Awaitable[None]]]:
    """Name -> what makes one call and reads the log-probabilities; and what is to be closed."""
    import aiohttp  # noqa: PLC0415  # these would be there before the first answer
    import httpx  # noqa: PLC0415
    import openai  # noqa: PLC0415

    task = make_task("memory-1")
    question = level_zero(described(task, task.start()), "player-1")
    request: dict[str, Any] = {
        "model": "scripted",
        "messages": question.messages("label"),
        "temperature": 1.0,
        "max_tokens": 1,
        "logprobs": True,
        "top_logprobs": 7,
    }
    address, headers = f"{url}/chat/completions", {"authorization": f"Bearer {KEY}"}
    litellm = load_litellm()
    client, plain = openai.AsyncOpenAI(base_url=url, api_key=KEY), httpx.AsyncClient()
    session: aiohttp.ClientSession | None = None

    def ours(way: str) -> Ask:
        there = {"api_base": url, "transport": way}
        reasoner = LLMReasoner("openai/scripted", api_key=KEY, memo=None, options=there)
        return lambda: reasoner.client.policy(question, "player-1", "order 0")

    async def by_litellm() -> object:
        named = {**request, "model": "openai/scripted", "timeout": 30.0, "max_retries": 0, "num_retries": 0}
        reply = await litellm.acompletion(**named, api_base=url, api_key=KEY, drop_params=True)
        return reply.choices[0].logprobs

    async def by_openai() -> object:
        return (await client.chat.completions.create(**request)).choices[0].logprobs

    async def by_httpx() -> object:
        reply = await plain.post(address, json=request, headers=headers)
        return reply.json()["choices"][0]["logprobs"]

    async def by_aiohttp() -> object:
        nonlocal session
        session = session or aiohttp.ClientSession()
        async with session.post(address, json=request, headers=headers) as reply:
            return (await reply.json())["choices"][0]["logprobs"]

    async def close() -> None:
        await client.close()
        await plain.aclose()
        if session is not None:
            await session.close()

    return {
        OURS: ours("direct"),
        BEHIND: ours("litellm"),
        "LiteLLM": by_litellm,
        "OpenAI's client": by_openai,
        "httpx": by_httpx,
        "aiohttp": by_aiohttp,
    }, close


async def a_core(url: str, rounds: int) -> None:
    """The first table."""
    asks, close = rivals(url)
    taken: dict[str, list[float]] = {name: [] for name in asks}
    for ask in asks.values():
        await milliseconds(ask, 2 * AT_ONCE)  # connections, imports, caches
    for _ in range(rounds):
        for name, ask in asks.items():
            taken[name].append(await milliseconds(ask, CALLS))
    print(f"one call, {AT_ONCE} at once, {rounds} rounds                  ms   calls/s   x ours, direct")
    for name, times in taken.items():
        ratio = statistics.median(a / b for a, b in zip(times, taken[OURS], strict=True))
        middle = statistics.median(times)
        print(f"  {name:<44}{middle:8.3f}{1_000 / middle:10.0f}{ratio:15.1f}")
    await close()


def the_first_answer(url: str) -> None:
    """The second table."""
    print("the first answer of a process                     s of processor time     s on the clock")
    for name, way in ((OURS, "auto"), (BEHIND, "litellm")):
        environment = {**os.environ, "OPENAI_API_BASE": url, "OPENAI_API_KEY": KEY, "ATOM_TRANSPORT": way}
        command = [sys.executable, __file__, "--first"]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment)  # noqa: S603
        worked, waited = json.loads(done.stdout)
        print(f"  {name:<44}{worked:19.2f}{waited:21.2f}")


def first() -> None:
    """One answer; what it takes is printed as JSON."""
    situation = described(make_task("memory-1"), [])
    worked, waited = time.process_time(), time.monotonic()
    LLMReasoner("openai/scripted").policy(situation, "player-1", 0)
    print(json.dumps([time.process_time() - worked, time.monotonic() - waited]))


def a_decision() -> None:
    """The third table."""
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


def main(rounds: int) -> None:
    command = [sys.executable, "-m", "eval.modelserver", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603  # our own
        url = (server.stdout or sys.stdin).readline().split()[-1]
        try:
            run_blocking(a_core(url, rounds))
            the_first_answer(url)
        finally:
            server.terminate()
    a_decision()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="interleaved rounds of the first table")
    parser.add_argument("--first", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.first:
        first()
    else:
        main(given.rounds)
