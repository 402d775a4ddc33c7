"""What the program is called: whoever started ``atom-eval`` is told to go on with ``atom-eval``."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

SCRIPT = "atom-eval"
"""The console script of the distribution."""

MODULE = "python -m eval"
"""The same program in a checkout, in a notebook and in pages of the repository."""


def program() -> str:
    """The name by which this process was started; in a library's use, the one that works everywhere."""
    started = Path(next(iter(sys.argv), "")).stem
    return SCRIPT if started == SCRIPT else MODULE


def command_line(*arguments: str) -> str:
    """A command to be copied into a shell: the program's name, and its arguments, quoted."""
    return f"{program()} {shlex.join(arguments)}"
