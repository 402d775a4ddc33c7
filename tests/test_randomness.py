"""Random numbers: keyed by seed, episode, step and player, and nothing else."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from atom.randomness import LazyGenerator, draw, generator

number = st.one_of(st.integers(0, 100), st.integers(0, 2**70))


@given(number, number, number, st.text(max_size=40), st.sampled_from(["", "noise"]))
def test_the_generator_is_numpys_own_of_the_key(seed, episode, step, player, purpose):
    name = int.from_bytes(f"{player}\0{purpose}".encode(), "little")
    expected = np.random.default_rng([seed, episode, step, name])
    assert generator(seed, episode, step, player, purpose).random(4).tolist() == expected.random(4).tolist()


def test_every_part_of_the_key_matters():
    keys = [
        (0, 0, 0, "a", ""),
        (1, 0, 0, "a", ""),
        (0, 1, 0, "a", ""),
        (0, 0, 1, "a", ""),
        (0, 0, 0, "b", ""),
    ]
    firsts = {generator(*key).random() for key in [*keys, (0, 0, 0, "a", "x")]}
    assert len(firsts) == 6


def test_a_negative_part_is_refused():
    with pytest.raises(ValueError, match="non-negative"):
        generator(-1, 0, 0, "a")


def test_a_part_that_is_no_integer_is_refused():
    with pytest.raises(TypeError, match="integer"):
        generator(1.9, 0, 0, "a")


def test_a_lazy_generator_gives_the_same_numbers():
    lazy, eager = LazyGenerator(3, 2, 1, "ann"), generator(3, 2, 1, "ann")
    assert [lazy.random() for _ in range(3)] == [eager.random() for _ in range(3)]


def test_a_certain_action_uses_up_no_number():
    assert draw({"a": 0.0, "b": 1.0}, None) == "b"
