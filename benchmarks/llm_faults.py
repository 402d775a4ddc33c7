"""Episodes with a model server that fails 30 % of the time: every kind of fault alone, and all together.

An adaptive agent with an empty memo in every episode plays Memory-1 against order 1. Everything goes
over HTTP through LiteLLM; the server is scripted.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from atom import AdaptiveAgent, Decision, FixedOrderAgent, Player
from atom.llm import LLMReasoner, Patience, Sampling
from eval.modelserver import PASSING, Faults, ScriptedServer
from eval.play import play
from eval.tasks import DescribedTask
from eval.tasks.matrix import memory_one

RATE = 0.3
PATIENCE = Patience(timeout=0.25, deadline=2.0, attempts=4, pause=0.01, longest_pause=0.05)


def episode(url: str, number: int) -> list[Decision]:
    task = DescribedTask(memory_one())
    reasoner = LLMReasoner(
        "openai/scripted",
        api_base=url,
        api_key="none",
        sampling=Sampling(temperature=0.0),
        patience=PATIENCE,
        seed=number,
    )
    seats: dict[str, Player] = {
        "player-1": AdaptiveAgent("player-1", reasoner),
        "player-2": FixedOrderAgent("player-2", task.reasoner(), 1),
    }
    return [step.decisions["player-1"] for step in play(task, seats, number)]


def mixes() -> Iterator[tuple[str, Faults]]:
    for kind in PASSING:
        yield kind, Faults({kind: RATE}, hang=0.5)
    yield "all together", Faults.all_together(RATE, hang=0.5)


def refused_base() -> str:
    """Where nobody listens."""
    with ScriptedServer() as server:
        return server.url


def main(only: list[str], episodes: int) -> None:
    print(f"{RATE:.0%} faults, {episodes} episodes of 15 rounds, deadline {PATIENCE.deadline:g} s a policy")
    headings = ("finished", "requests", "faults", "degraded", "longest", "total")
    print(f"  {'fault':<14}" + "".join(f"{heading:>10}" for heading in headings))
    for label, faults in mixes():
        if not only or label in only:
            with ScriptedServer(faults=faults) as server:
                run(label, [server.url] * episodes, server)
    if not only or "refused" in only:
        with ScriptedServer() as server:
            dead = refused_base()
            urls = [dead if number % 10 < 10 * RATE else server.url for number in range(episodes)]
            run("refused", urls, server)


def run(label: str, urls: list[str], server: ScriptedServer) -> None:
    began = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        played = list(pool.map(episode, urls, range(len(urls))))
    decisions = [decision for one in played for decision in one]
    degraded = sum(bool(decision.degraded) for decision in decisions)
    longest = max(d.usage.seconds for d in decisions if d.usage)
    print(
        f"  {label:<14}{sum(len(one) == 15 for one in played):>10}{server.requests:>10}"
        f"{sum(server.fault_counts.values()):>10}{degraded / len(decisions):>10.1%}{longest:>9.2f}s"
        f"{time.monotonic() - began:>9.1f}s"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("only", nargs="*", help="kinds of faults; all by default")
    parser.add_argument("--episodes", type=int, default=20, help="episodes of each")
    arguments = parser.parse_args()
    main(arguments.only, arguments.episodes)
