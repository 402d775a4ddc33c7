"""Nine graphs in one table: bare agents, a coin, a fixed convention, and ours.

Each row is an example of its own, which prints every partner by itself. Bare agents are a scripted chat model
that is told what the others did last; ours is the same model inside the node, told what they will do. In the
Send fan-out the node acts without a model.

Run it: ``python examples/nine_graphs.py``, with ``--seeds N`` for another number of runs beside each partner
(20) and ``--markdown`` for the table of docs/fits.md.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import approval
import at_once
import coding
import delegation
import fan_out
import functional
import in_turn
import negotiation
import swarm
from measured import ROUNDS, WAYS, Numbers, Summary, in_words, summary
from rich.console import Console
from rich.table import Table

GRAPHS: dict[str, Callable[[int], Numbers]] = {
    "1 two at once": at_once.numbers,
    "2 in turn, the leader is seen": in_turn.seen,
    "2 in turn, and a colleague at once": in_turn.anticipated,
    "3 supervisor, accept or hand back": delegation.numbers,
    "4 swarm of two": swarm.numbers,
    "5 two coding agents": coding.numbers,
    "6 negotiation with a liar": negotiation.numbers,
    "7 human approval inside": approval.numbers,
    "8 Send fan-out, five agents": fan_out.numbers,
    "9 functional API": functional.numbers,
}
"""Title -> numbers of so many seeds."""

COLUMNS = ("graph", *WAYS, "calls: bare, ours", "tokens: bare, ours")

Results = dict[str, dict[str, Summary]]
"""Graph -> who sits in our seats -> what came of it."""


def results(seeds: int = 20) -> Results:
    """All graphs."""
    found = {title: numbers(seeds) for title, numbers in GRAPHS.items()}
    return {title: {way: summary(one, way) for way in WAYS} for title, one in found.items()}


def rows(found: Results) -> list[list[str]]:
    """The table's cells."""
    table = []
    for title, by_way in found.items():
        went = [f"{in_words(one.wrong, one.error)} ({one.worst:.1f})" for one in by_way.values()]
        bare, ours = by_way["bare"], by_way["ours"]
        calls, tokens = f"{bare.calls:.0f}, {ours.calls:.0f}", f"{bare.tokens:.0f}, {ours.tokens:.0f}"
        table.append([title, *went, calls, tokens])
    return table


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--seeds", type=int, default=20, help="runs beside each partner")
    parser.add_argument("--markdown", action="store_true", help="print Markdown")
    chosen = parser.parse_args()
    cells = rows(results(chosen.seeds))
    if chosen.markdown:
        print("| " + " | ".join(COLUMNS) + " |\n|" + "---|" * len(COLUMNS))
        print("\n".join("| " + " | ".join(row) + " |" for row in cells))
        return
    table = Table(
        *COLUMNS,
        title=f"rounds of {ROUNDS} that went wrong: mean over partners ± standard error (worst partner)",
    )
    for row in cells:
        table.add_row(*row)
    Console().print(table)


if __name__ == "__main__":
    main()
