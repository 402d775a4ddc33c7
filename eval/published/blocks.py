"""All blocks of all pages."""

from __future__ import annotations

from eval.published import (
    ablation,
    calibrated,
    changing,
    circle,
    delegation,
    examples,
    findings,
    hidden,
    paper,
    people,
    robustness,
    strangers,
    teams,
    training,
    views,
)
from eval.published.study import Block
from partners.program import program

BLOCKS: tuple[Block, ...] = (
    *paper.BLOCKS,
    *circle.BLOCKS,
    *calibrated.BLOCKS,
    *strangers.BLOCKS,
    *views.BLOCKS,
    *teams.BLOCKS,
    *delegation.BLOCKS,
    *changing.BLOCKS,
    *ablation.BLOCKS,
    *examples.BLOCKS,
    *people.BLOCKS,
    *training.BLOCKS,
    *hidden.BLOCKS,
    *findings.BLOCKS,
    *robustness.BLOCKS,
)
"""In the order in which they are listed; those of one page follow the page."""


def blocks_named(names: list[str]) -> tuple[Block, ...]:
    """Blocks by their names, or those of a page by its path; all of them where no name is given.

    Raises:
        ValueError: a name of neither.
    """
    if not names:
        return BLOCKS
    known = {block.name for block in BLOCKS} | {block.page for block in BLOCKS}
    if unknown := [name for name in names if name not in known]:
        raise ValueError(
            f"there is no block or page {', '.join(map(repr, unknown))}; '{program()} results --list' "
            "names all"
        )
    return tuple(block for block in BLOCKS if block.name in names or block.page in names)
