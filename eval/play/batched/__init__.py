"""Many episodes of one pairing at once, as arrays: equal to one at a time, action for action."""

from eval.play.batched.engine import FEWEST, LARGEST, Batched, Played, batched

__all__ = ["FEWEST", "LARGEST", "Batched", "Played", "batched"]
