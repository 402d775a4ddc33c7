"""Numbers of the README and of ``docs/``: blocks of pages, each made from studies that are played again."""

from eval.published.blocks import BLOCKS, blocks_named
from eval.published.pages import blocks_in, shape, with_blocks
from eval.published.study import Block, How, Playing, Result, Setting, Study, no_bar

__all__ = [
    "BLOCKS",
    "Block",
    "How",
    "Playing",
    "Result",
    "Setting",
    "Study",
    "blocks_in",
    "blocks_named",
    "no_bar",
    "shape",
    "with_blocks",
]
