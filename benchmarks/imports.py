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
    pairs = [(milliseconds("langgraph.graph"), milliseconds("atom, atom.node")) for _ in range(REPEATS)]
    core = [milliseconds("atom") for _ in range(REPEATS)]
    ratio = statistics.median(atom / langgraph for langgraph, atom in pairs)
    print(f"imports (CPU ms, best of {REPEATS} fresh interpreters)")
    print(f"  langgraph.graph      {min(pair[0] for pair in pairs):7.0f}")
    print(f"  atom                 {min(core):7.0f}")
    print(f"  atom and atom.node   {min(pair[1] for pair in pairs):7.0f}   {ratio:.2f} times (limit 1.15)")


if __name__ == "__main__":
    main()
