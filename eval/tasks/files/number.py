"""Payoffs as written: whole numbers, decimals, fractions."""

from __future__ import annotations

import math
import re
from fractions import Fraction

_FORM = re.compile(r"[+-]?(\d+/\d+|(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?)")
_LONGEST = 400


def number(text: str) -> float:
    """The float that is nearest to a number such as ``3``, ``-.5``, ``1e-3`` or ``2/3``.

    Raises:
        ValueError: something else, a fraction over 0, or beyond the range of floats; the message says
            what is wrong and what to do, as a part of a sentence that begins with the number.
    """
    if not _FORM.fullmatch(text) or len(text) > _LONGEST:
        hint = ", with a point and not a comma" if re.fullmatch(r"[+-]?\d+,\d+", text) else ""
        raise ValueError(f"is no number; write it as 3, -0.5, 1e-3 or 2/3{hint}")
    numerator, slash, denominator = text.partition("/")
    if not slash:
        value = float(numerator)
    elif int(denominator) == 0:
        raise ValueError("is a fraction over 0; payoffs are finite")
    else:
        try:
            value = float(Fraction(int(numerator), int(denominator)))
        except OverflowError:
            value = math.inf
    if not math.isfinite(value):
        raise ValueError(
            "is beyond the range of floats, about 1.8e308; divide all payoffs of the player by one number, "
            "which is the same game"
        )
    return value


def written(value: float) -> str:
    """A finite number so that ``number`` gives it back: whole ones without a point."""
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(float(value))
