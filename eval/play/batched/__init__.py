"""Many episodes of one pairing at once, as arrays: equal to one at a time, action for action."""

from eval.play.batched.engine import FEWEST_AT_ONCE, MOST_AT_ONCE, Batched, Played, batched

__all__ = ["FEWEST_AT_ONCE", "MOST_AT_ONCE", "Batched", "Played", "batched"]
