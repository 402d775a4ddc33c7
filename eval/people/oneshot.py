"""One-shot choices: how deeply people reason in games that each of them plays once.

Level 0 draws uniformly; level k best-responds to level k-1 (level-k), or to all levels below it in Poisson
proportions (cognitive hierarchy; Camerer, Ho and Chong 2004, equation 1 and section II).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import numpy as np
from scipy import optimize

from atom import Bayes, NormalFormReasoner, PayoffError, Policy, Situation, symmetric_payoffs
from atom.policies import lapsed
from eval.people.reading import ONE_SHOT, RecordingError, Row, rows_of
from eval.people.recordings import Floats, parts_of
from eval.people.scoring import Scored
from partners.bounded import mixed, poisson_shares

LEVELS = 6
_PLAYERS = ("0", "1")


@dataclass(frozen=True, eq=False)
class OneShot:
    """A game that people played once.

    Attributes:
        payoffs: ``[2, A_1, A_2]``.
    """

    payoffs: Floats

    def level_k(self) -> list[Floats]:
        """For each seat ``[LEVELS, A]``: order k best-responds to order k-1."""
        return self._levels(lambda level: [float(k == level - 1) for k in range(level)])

    def hierarchy(self, tau: float) -> list[Floats]:
        """For each seat ``[LEVELS, A]``: level k best-responds to those below it."""
        return self._levels(lambda level: poisson_shares(tau, level))

    def _levels(self, shares: Callable[[int], list[float]]) -> list[Floats]:
        shape = self.payoffs.shape[1:]
        actions = {p: tuple(map(str, range(n))) for p, n in zip(_PLAYERS, shape, strict=True)}
        reasoner, situation = self._reasoner, Situation(actions)
        policies: list[list[Policy]] = [[dict.fromkeys(actions[p], 1.0 / len(actions[p]))] for p in _PLAYERS]
        for level in range(1, LEVELS):
            below = [mixed(own, shares(level)) for own in policies]
            for seat, player in enumerate(_PLAYERS):
                predicted = {_PLAYERS[1 - seat]: below[1 - seat]}
                policies[seat].append(reasoner.respond(situation, player, predicted))
        return [np.array([list(policy.values()) for policy in own]) for own in policies]

    @cached_property
    def _reasoner(self) -> NormalFormReasoner:
        return NormalFormReasoner(self.payoffs, ties="uniform")


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody chose in a game.

    Attributes:
        player: who.
        game: the game.
        seat: 0 or 1, the player's axis in the payoffs.
        action: the number of the action, from 0.
    """

    player: str
    game: OneShot
    seat: int
    action: int

    @property
    def n_actions(self) -> int:
        """How many actions the player has."""
        return int(self.game.payoffs.shape[1 + self.seat])


def read_choices(path: Path) -> list[Choice]:
    """Choices from a table: ``player``, ``choice``, ``payoffs``, and ``seat`` where it matters.

    ``payoffs`` is JSON, one list a row of the own action: ``[[3, 0], [5, 1]]`` for a symmetric game, one such
    matrix for each player (``[[[…]], [[…]]]``, both with the first seat's actions as rows) for another.
    ``choice`` counts the own actions from 1, ``seat`` is 1 or 2.

    Raises:
        RecordingError: the file, a column or a cell does not fit.
    """
    columns, rows = rows_of(path)
    if not columns >= ONE_SHOT:
        missing = ", ".join(sorted(ONE_SHOT - columns))
        raise RecordingError(f"{path}, line 1: the column {missing} is missing; one-shot choices need it")
    choices = list(_choices(rows))
    if not choices:
        raise RecordingError(f"{path}, line 2: no rows below the header; add some")
    return choices


def _choices(rows: Iterator[Row]) -> Iterator[Choice]:
    games: dict[str, OneShot] = {}
    for row in rows:
        text = row.filled("payoffs")
        if text not in games:
            games[text] = OneShot(_payoffs(row, text))
        seat = row.counted("seat", 2) - 1 if row.cells.get("seat") else 0
        n = games[text].payoffs.shape[1 + seat]
        yield Choice(row.filled("player"), games[text], seat, row.counted("choice", n) - 1)


def _payoffs(row: Row, text: str) -> Floats:
    try:
        numbers = json.loads(text)
        array = np.asarray(numbers, dtype=float)
        found = NormalFormReasoner(symmetric_payoffs(array) if array.ndim == 2 else array).payoffs
    except (ValueError, TypeError, PayoffError) as error:
        raise row.error("payoffs", f"{error}; write a symmetric game as [[3, 0], [5, 1]]") from None
    if found.ndim != 3:
        raise row.error("payoffs", f"is of {found.ndim - 1} players; give games of two")
    return found


@dataclass(frozen=True, slots=True)
class Levels:
    """What one-shot choices come to.

    Attributes:
        scored: the predictors' held-out log scores, one value a player.
        shares: for each order, the mean posterior probability over players after their last choice.
        players: how many players.
        choices: how many choices.
    """

    scored: list[Scored]
    shares: list[float]
    players: int
    choices: int


def levels(
    choices: Sequence[Choice], *, n_folds: int, seed: int = 0, progress: Callable[[], None] = lambda: None
) -> Levels:
    """Held-out scores of uniform, frequencies, cognitive hierarchy and orders.

    Players are split: τ, the lapse rate and the frequencies of each game come from the players of the other
    parts. The belief over orders is the plugin's with its defaults; it learns from a player's choices in
    turn.

    Args:
        choices: what was chosen.
        n_folds: in how many parts the players are split, >= 2.
        seed: seed of the split, >= 0.
        progress: called after every part.

    Raises:
        ValueError: fewer players than parts.
    """
    by_player: dict[str, list[Choice]] = {}
    for choice in choices:
        by_player.setdefault(choice.player, []).append(choice)
    names = list(by_player)
    scores: dict[str, dict[str, float]] = {}
    settings: list[tuple[float, float]] = []
    for held in parts_of(names, n_folds, "players", seed=seed):
        training = [choice for choice in choices if choice.player not in set(held)]
        settings.append(fit_hierarchy(training))
        for name in held:
            for model, likely in _predicted(by_player[name], training, *settings[-1]).items():
                scores.setdefault(model, {})[name] = float(np.log(likely).mean())
        progress()
    tau, lapse = np.mean(settings, axis=0).tolist()
    scored = [
        Scored(
            model,
            {"tau": tau, "lapse": lapse} if model == "cognitive hierarchy" else {},
            {"all": np.array([values[name] for name in names])},
            [""] * len(names),
        )
        for model, values in scores.items()
    ]
    ends = np.array([_believed(own)[1] for own in by_player.values()])
    return Levels(scored, ends.mean(axis=0).tolist(), len(names), len(choices))


def fit_hierarchy(choices: Sequence[Choice]) -> tuple[float, float]:
    """The likeliest τ in 0.1, 0.2, … 6 and lapse rate (``scipy.optimize.minimize_scalar``)."""
    sizes = np.array([choice.n_actions for choice in choices])

    def best(tau: float) -> tuple[float, float, float]:
        says = np.array([_hierarchy(choice, tau) for choice in choices])

        def loss(lapse: float) -> float:
            return -float(np.log((1.0 - lapse) * says + lapse / sizes).sum())

        found = optimize.minimize_scalar(loss, bounds=(1e-3, 1.0), method="bounded")
        return float(found.fun), tau, float(found.x)

    _, tau, lapse = min(best(tau) for tau in np.linspace(0.1, 6.0, 60).tolist())
    return tau, lapse


def _predicted(
    own: Sequence[Choice], training: Sequence[Choice], tau: float, lapse: float
) -> dict[str, list[float]]:
    """Predictor -> the probability that it gave to each choice of one player."""
    return {
        "uniform": [1.0 / choice.n_actions for choice in own],
        "frequency": [_frequency(choice, training) for choice in own],
        "cognitive hierarchy": [lapsed(_hierarchy(choice, tau), lapse, choice.n_actions) for choice in own],
        "orders": _believed(own)[0],
    }


def _frequency(choice: Choice, training: Sequence[Choice]) -> float:
    """How often others chose so in the same seat of the same game; one is added to every count."""
    here = [other.action for other in training if (other.game, other.seat) == (choice.game, choice.seat)]
    return (here.count(choice.action) + 1.0) / (len(here) + choice.n_actions)


@cache
def _hierarchy(choice: Choice, tau: float) -> float:
    tables = _tables(choice.game, tau)
    return float(np.average(tables[choice.seat][:, choice.action], weights=poisson_shares(tau, LEVELS)))


@cache
def _tables(game: OneShot, tau: float | None) -> list[Floats]:
    """The levels of a game: of a cognitive hierarchy, or of level-k where τ is None."""
    return game.level_k() if tau is None else game.hierarchy(tau)


def _believed(own: Sequence[Choice]) -> tuple[list[float], list[float]]:
    """The probability that a belief over orders gave to each choice, and the orders' after the last."""
    learner = Bayes()
    weights, predicted = learner.init([str(k) for k in range(LEVELS)]), []
    lapses = np.asarray(learner.lapses)
    for choice in own:
        says = _tables(choice.game, None)[choice.seat][:, choice.action]
        likely = lapsed(says[:, None], lapses, choice.n_actions)
        predicted.append(float((np.asarray(weights) * likely).sum()))
        weights = learner.update(weights, says.tolist(), choice.n_actions)
    return predicted, learner.probabilities(weights)
