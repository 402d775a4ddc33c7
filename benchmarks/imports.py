"""What ``import atom`` costs beside ``import langgraph.graph``, each in fresh interpreters, in turn."""

from __future__ import annotations

import statistics
import subprocess
import sys

REPEATS = 15
_TIMED = "import time; t = time.process_time(); import {module}; print(time.process_time() - t)"


def milliseconds(module: str) -> float:
    """CPU milliseconds of importing ``module`` in a fresh interpreter."""
    command = [sys.executable, "-c", _TIMED.format(module=module)]
    return 1e3 * float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)  # noqa: S603


def main() -> None:
    rows = [
        (milliseconds("langgraph.graph"), milliseconds("atom"), milliseconds("atom.graph.node"))
        for _ in range(REPEATS)
    ]
    langgraph, atom, node = (min(column) for column in zip(*rows, strict=True))
    ratio, with_node = (statistics.median(row[i] / row[0] for row in rows) for i in (1, 2))
    print(f"imports (CPU ms, best of {REPEATS} fresh interpreters; ratios are medians)")
    print(f"  langgraph.graph   {langgraph:7.0f}")
    print(f"  atom              {atom:7.0f}   {ratio:.2f} times (limit 1.15)")
    print(f"  atom.graph.node         {node:7.0f}   {with_node:.2f} times, langgraph.graph included")


if __name__ == "__main__":
    main()
