"""Many episodes of one pairing at once, as arrays: equal to one at a time, action for action."""

from eval.play.batched.engine import LARGEST, Batched, Played, batched

__all__ = ["LARGEST", "Batched", "Played", "batched"]
