"""Lines of Markdown: paragraphs and tables."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence

_WIDTH = 140
_TOGETHER = re.compile(r"`[^`]*`| %| ± ")
"""No line ends in there."""
_GLUE = "\x00"


def prose(*parts: str) -> list[str]:
    """A paragraph, or an item of a list that begins with ``- ``, in lines of the pages' width.

    Args:
        parts: of its text, joined by spaces.
    """
    text = _TOGETHER.sub(lambda found: found[0].replace(" ", _GLUE), " ".join(parts))
    lines = textwrap.wrap(
        text,
        _WIDTH,
        subsequent_indent="  " if parts[0].startswith("- ") else "",
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [line.replace(_GLUE, " ") for line in lines]


def table(headings: Sequence[str], rows: Sequence[Sequence[str]], *, right: bool = False) -> list[str]:
    """A table; with ``right`` all but the first column are aligned to the right.

    Raises:
        ValueError: a row of more or fewer cells than there are headings.
    """
    for row in rows:
        if len(row) != len(headings):
            raise ValueError(f"{len(row)} cells under {len(headings)} headings: {list(row)}")
    under = ["---", *("---:" if right else "---" for _ in headings[1:])]
    return [
        f"| {' | '.join(headings)} |",
        f"|{'|'.join(under)}|",
        *(f"| {' | '.join(row)} |".replace("|  |", "| |").replace("|  |", "| |") for row in rows),
    ]


def bold(name: str, ours: Sequence[str] = ("bayes",)) -> str:
    """A name as code, bold where it is ours."""
    return f"**`{name}`**" if name in ours else f"`{name}`"
