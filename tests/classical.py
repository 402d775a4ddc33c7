"""Small games of the textbooks, written down from their definitions, with seats that differ."""

import numpy as np


def bimatrix(row, column):
    """``[2, A, B]`` from both players' payoffs, ``[A, B]`` each."""
    return np.array([row, column], dtype=float)


GAMES = {
    "battle of the sexes": bimatrix([[3, 0], [0, 2]], [[2, 0], [0, 3]]),
    "stag hunt": bimatrix([[4, 0], [3, 3]], [[4, 3], [0, 3]]),
    "stag hunt, unequal": bimatrix([[5, -2], [3, 2]], [[9, 4], [0, 4]]),
    "matching pennies": bimatrix([[1, -1], [-1, 1]], [[-1, 1], [1, -1]]),
    "chicken": bimatrix([[0, 7], [2, 6]], [[0, 2], [7, 6]]),
    "prisoner's dilemma": bimatrix([[3, 0], [5, 1]], [[3, 5], [0, 1]]),
    # Shapley 1964: fictitious play goes round for ever
    "Shapley": bimatrix([[1, 0, 0], [0, 1, 0], [0, 0, 1]], [[0, 1, 0], [0, 0, 1], [1, 0, 0]]),
    "two by three": bimatrix([[4, 0, 2], [1, 3, 2]], [[1, 2, 0], [5, 0, 3]]),
    # three players: whoever is alone pays 1, 2 or 3 by its seat; together on the second action is best
    "odd one out": np.array(
        [
            [[[0, 1], [1, -1]], [[-1, 1], [1, 3]]],
            [[[0, 1], [-2, 1]], [[1, -2], [1, 3]]],
            [[[0, -3], [1, 1]], [[1, 1], [-3, 3]]],
        ],
        dtype=float,
    ),
}
"""Name -> payoffs ``[N, A_1, ..., A_N]``; small whole numbers, many with ties."""
