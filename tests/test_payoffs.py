"""Payoffs in words: as short as they can be told apart."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from eval.tasks import MatrixTask
from eval.tasks.payoffs import number_in_words, payoffs_in_words

PAYOFFS = st.floats(allow_nan=False, allow_infinity=False)


@given(PAYOFFS, PAYOFFS)
@example(1000001.0, 1000002.0)
@example(0.3, 0.1 + 0.2)
@example(0.0, -0.0)
@example(1e16, 1e16 + 2)
def test_payoffs_have_the_same_words_just_where_they_are_equal(one, other):
    words = [
        payoffs_in_words(np.full((2, 1, 1), payoff), {"ann": ["go"], "ben": ["go"]})
        for payoff in (one, other)
    ]
    assert (words[0] == words[1]) == (one == other)
    assert float(number_in_words(one)) == one


@pytest.mark.parametrize(
    ("payoff", "words"), [(3.0, "3"), (-0.0, "0"), (0.25, "0.25"), (1e6, "1000000"), (-2.0, "-2")]
)
def test_whole_payoffs_have_no_fraction(payoff, words):
    assert number_in_words(payoff) == words


def test_a_model_can_tell_large_payoffs_apart():
    task = MatrixTask("large", np.array([[[1000001.0, 1000002.0]] * 2] * 2), ["A", "B"])
    assert "A 1000001, B 1000002" in task.describe(task.start())
