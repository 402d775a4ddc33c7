"""A small language model on this machine, before and after a belief about its partner is put around it.

Two players take one of two tickets at the same time, fifteen rounds a board; a ticket that both took is
worked on twice (the paper's Memory-1). The model plays on its own (*bare*), told what its partner will
probably do (*told*), told which action is best against that (*advised*), and told and overruled where it
acts against the prediction (*gated*). Beside it stand a coin, a
player that always takes the first ticket, and the adaptive agent without any model: what the gate adds
to a model can be no more than that one has.

The model answers by JSON schema, since one of this size seldom keeps to a form that it is only asked for;
``--in-words`` shows what that costs.

Run it: ``python examples/local_model.py [--model FILE.gguf] [--boards N] [--in-words]`` (extra ``local``).
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # LiteLLM looks nothing up on the network

from atom import ToMError, Usage
from atom.llm import Patience, Sampling
from eval.localmodel import LocalModel
from eval.play import Step, play, seat_players
from eval.tasks import DescribedTask, make_task
from partners import LLMBackend, asks_models, llm_backend

TASK = "memory-1"
PARTNERS = ("tom-0", "tom-1", "itself")
SEED = 0
BOARDS_WITHOUT_MODEL = 100
"""They take no time."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One agent beside one partner.

    Attributes:
        boards: for each board, whether the two collided, round by round.
        degraded: share of the agent's decisions that a model's failure degraded.
        overruled: share of the agent's decisions that the gate changed.
        usage: what all decisions of the cell cost.
    """

    boards: Sequence[Sequence[bool]]
    degraded: float
    overruled: float
    usage: Usage

    @property
    def collisions(self) -> float:
        """On a board, on average."""
        return sum(map(sum, self.boards)) / len(self.boards)


def agents(model: str) -> dict[str, str]:
    """Title -> player."""
    return {
        "a coin": "random",
        "always the first": "constant:0",
        "model, bare": f"llm:{model}",
        "model, told": f"llm:{model}@prompt-only",
        "model, advised": f"llm:{model}@recommend-only",
        "model, gated": f"llm:{model}@prompt-and-gate",
        "belief, no model": "bayes",
    }


def played(agent: str, partner: str, boards: int) -> Cell:
    """``agent`` in the first seat and ``partner`` in the second."""
    task = DescribedTask(make_task(TASK))
    seats = seat_players(task, [agent, agent if partner == "itself" else partner], seed=SEED)
    steps: list[list[Step]] = [list(play(task, seats, board)) for board in range(boards)]
    own = [step.decisions[task.players[0]] for rounds in steps for step in rounds]
    every = [decision for rounds in steps for step in rounds for decision in step.decisions.values()]
    return Cell(
        [[len(set(step.actions.values())) == 1 for step in rounds] for rounds in steps],
        sum(bool(decision.degraded) for decision in own) / len(own),
        sum(decision.overruled is not None for decision in own) / len(own),
        sum((decision.usage for decision in every if decision.usage is not None), Usage()),
    )


def row(title: str, partner: str, cell: Cell) -> str:
    """A cell in a line: its first board, and the mean over all of them."""
    board = "".join("✗" if collided else "✓" for collided in cell.boards[0])
    return (
        f"{title:>16} with {partner:<6} {board}  {cell.collisions:4.1f} of {len(cell.boards[0])} on "
        f"{len(cell.boards):3} boards, overruled {cell.overruled:4.0%}, degraded {cell.degraded:4.0%}"
    )


def bill(usage: Usage) -> str:
    """What the model's answers cost."""
    return (
        f"{'':>16} {usage.calls} calls, {usage.prompt_tokens:,} + {usage.completion_tokens:,} tokens, "
        f"{usage.seconds / usage.calls:.2f} s a call\n"
    )


def main() -> None:
    """Serve a model, play, and print every first board."""
    parser = argparse.ArgumentParser(description="A model on this machine: bare, told, advised, gated.")
    parser.add_argument("--model", type=Path, help="any file in the GGUF format")
    parser.add_argument("--boards", type=int, default=1, help="of the model with each partner")
    parser.add_argument("--in-words", action="store_true", help="ask for labels in words, not by schema")
    parser.add_argument("--threads", type=int, help="of the processor")
    asked = parser.parse_args()
    if asked.boards < 1:
        parser.error(f"at least one board is played, got {asked.boards}")
    began = time.monotonic()

    def say(news: str) -> None:
        print(news, file=sys.stderr, flush=True)

    with LocalModel(asked.model, threads=asked.threads, seed=SEED, say=say) as served:
        backend = LLMBackend(
            sampling=Sampling(structured=not asked.in_words),
            patience=Patience(timeout=120.0, deadline=240.0),
            memo=None,
            options=served.options,
        )
        print("✗: both took the same ticket. The first board, and the mean over all of them.\n", flush=True)
        with llm_backend(backend):
            for title, name in agents(served.model).items():
                boards = asked.boards if asks_models(name) else BOARDS_WITHOUT_MODEL
                usage = Usage()
                for partner in PARTNERS:
                    cell = played(name, partner, boards)
                    print(row(title, partner, cell), flush=True)
                    usage += cell.usage
                print(bill(usage) if usage.calls else "")
    print(f"{time.monotonic() - began:.0f} s in all")


if __name__ == "__main__":
    try:
        main()
    except ToMError as error:
        sys.exit(f"error: {error}")
