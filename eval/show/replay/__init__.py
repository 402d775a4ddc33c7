"""Episodes to look at: the board and both players' beliefs, step by step (GIF: extra ``pictures``)."""

from eval.show.replay.board import board_size, draw_board
from eval.show.replay.frames import BoardTask, Frame, Mind, frames_of
from eval.show.replay.page import write_page
from eval.show.replay.write import draw_frame, write_replay

__all__ = [
    "BoardTask",
    "Frame",
    "Mind",
    "board_size",
    "draw_board",
    "draw_frame",
    "frames_of",
    "write_page",
    "write_replay",
]
