"""How good a belief is: calibration over what can be told apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atom.policies import added, same_policy

Array = NDArray[np.float64]
_SMALLEST = 1e-12


@dataclass(frozen=True, slots=True)
class Calibration:
    """How well probabilities fit what was true.

    Attributes:
        log_loss: mean of ``-ln P(truth)`` in nats, >= 0; ``ln K`` for a uniform belief over K classes.
        error: expected calibration error in [0, 1]: how far, on average over bins of confidence, the
            rate of being right lies from the confidence.
        accuracy: how often the likeliest class was the true one; ties count in equal parts.
        n: how many beliefs were judged.
    """

    log_loss: float
    error: float
    accuracy: float
    n: int


def equivalence_classes(
    predictions: Iterable[Mapping[str, Mapping[str, float]]], tolerance: float = 1e-9
) -> list[list[str]]:
    """The orders that acted alike in every one of some situations.

    No observation in these situations tells two orders of one class apart, so a belief can only be
    right or wrong about classes: an order is identifiable up to behavioural equivalence only.

    Args:
        predictions: for each situation, order -> policy.
        tolerance: largest difference of a probability within a class.

    Returns:
        classes of orders, in the order in which they were first named.

    Example:
        >>> same, other = {"A": 1.0}, {"B": 1.0}
        >>> equivalence_classes([{"0": same, "1": other, "2": same}])
        [['0', '2'], ['1']]
    """
    classes: list[list[str]] = []
    for by_order in predictions:
        if not classes:
            classes = [list(by_order)]
        classes = [part for group in classes for part in _split(group, by_order, tolerance)]
    return classes


def class_probabilities(posterior: Mapping[str, float], classes: Sequence[Sequence[str]]) -> list[float]:
    """The probability of every class: the sum over its orders."""
    return [added(posterior[order] for order in group) for group in classes]


def calibration(beliefs: Sequence[ArrayLike], truths: Sequence[int], *, bins: int = 10) -> Calibration:
    """Log loss and expected calibration error of beliefs over classes.

    The error is that of the likeliest class, with bins of equal width (Naeini et al. 2015; Guo et al.
    2017, "On calibration of modern neural networks", equation 3).

    Args:
        beliefs: N distributions, over as many classes each as could be told apart there.
        truths: N indices of the true classes.
        bins: how many.

    Raises:
        ValueError: no beliefs, or not one truth for each.
    """
    if not beliefs or len(beliefs) != len(truths):
        raise ValueError(
            f"calibration needs one truth for every belief, got {len(truths)} for {len(beliefs)}"
        )
    arrays = [np.asarray(belief, dtype=float) for belief in beliefs]
    of_truth = np.array([belief[truth] for belief, truth in zip(arrays, truths, strict=True)])
    confidence = np.array([belief.max() for belief in arrays])
    likeliest = [np.flatnonzero(belief >= belief.max() - _SMALLEST) for belief in arrays]
    right = np.array(
        [(truth in top) / len(top) for top, truth in zip(likeliest, truths, strict=True)], dtype=float
    )
    bin_of = np.minimum((confidence * bins).astype(int), bins - 1)
    counts = np.bincount(bin_of, minlength=bins)
    gaps = np.abs(
        np.bincount(bin_of, weights=confidence, minlength=bins)
        - np.bincount(bin_of, weights=right, minlength=bins)
    )
    log_loss = float(-np.log(np.clip(of_truth, _SMALLEST, 1.0)).mean()) + 0.0  # no negative zero
    return Calibration(log_loss, float(gaps.sum() / counts.sum()), float(right.mean()), len(arrays))


def _split(
    group: Sequence[str], by_order: Mapping[str, Mapping[str, float]], tolerance: float
) -> list[list[str]]:
    parts: list[list[str]] = []
    for order in group:
        for part in parts:
            if _alike(by_order.get(part[0]), by_order.get(order), tolerance):
                part.append(order)
                break
        else:
            parts.append([order])
    return parts


def _alike(a: Mapping[str, float] | None, b: Mapping[str, float] | None, tolerance: float) -> bool:
    """An order that was not evaluated tells nothing, so it is not told apart."""
    if a is None or b is None:
        return True
    return same_policy(a, b, tolerance)
