"""Episodes to look at: the board and both players' beliefs, step by step."""

from eval.show.replay.record import Frame, record
from eval.show.replay.write import write_replay

__all__ = ["Frame", "record", "write_replay"]
