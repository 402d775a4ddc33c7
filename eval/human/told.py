"""What a person is told when a game is over: what was believed when, and who else did how well."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from atom.names import in_words
from eval.play import play, seat_players, total_scores
from eval.tasks import Task
from partners import kind_of, split_name

if TYPE_CHECKING:
    from eval.human.game import Game

BESIDE = ("tom-1", "bayes")
"""Whose scores in the person's seat a person is shown."""

SURE = 0.5
UNEXPLAINED = 0.25
"""Below this probability that anything explains a partner, no hypothesis is named."""

_LONGEST = 6
_REPEATS = 2.5


def told(game: Game) -> list[str]:
    """What the agents believed, in sentences; nothing of agents without beliefs. Who was hidden is named.

    Args:
        game: a game that is over.
    """
    mine = [step.actions[game.me] for step in game.steps]
    found = (
        [f"your partner was {game.unit.agent}: {kind_of(split_name(game.unit.agent)[0]).summary}"]
        if game.hidden
        else []
    )
    many = len(game.agents) > 1
    for agent in game.agents:
        seen = [
            (i, decision.partners[game.me])
            for i, step in enumerate(game.steps)
            if game.me in (decision := step.decisions[agent]).partners
        ]
        if not seen:
            continue
        who = agent if many else "it"
        last = seen[-1][1]
        leaders = [max(one.probabilities, key=lambda name: one.probabilities[name]) for _, one in seen]
        if last.explained is not None and last.explained < UNEXPLAINED:
            found.append(f"{who} never found anything that explains what you did")
        elif max(last.probabilities.values()) < SURE:
            found.append(f"{who} never made up its mind about you")
        else:
            since = next(i for i in range(len(leaders)) if len(set(leaders[i:])) == 1)
            sure = f"{last.probabilities[leaders[-1]]:.0%} in the end"
            found.append(
                f"from round {seen[since][0] + 1} on {who} took you for {_kind(leaders[-1])} ({sure})"
            )
        right = sum(mine[i] == max(one.expected, key=lambda a: one.expected[a]) for i, one in seen)
        found.append(f"what {who} thought likeliest you did in {right} of {len(seen)} rounds")
    if cycle := repeated(mine):
        found.append(f"you repeated {'–'.join(cycle)}")
    return [f"{sentence[0].upper()}{sentence[1:]}." for sentence in found]


def in_your_seat(game: Game) -> dict[str, float]:
    """Name of the zoo -> its score in the person's seat, beside the same agents, with the same seed.

    Args:
        game: a game that is over; players that cannot play its task are left out.
    """
    scores = {}
    for name in BESIDE:
        try:
            scores[name] = _score(game.task, game, name)
        except ValueError:
            continue
    return scores


def repeated(actions: Sequence[str]) -> tuple[str, ...]:
    """The shortest sequence of up to six actions that the last ones repeat, 2.5 times at least.

    Args:
        actions: what was done, one after the other.
    """
    for length in range(1, _LONGEST + 1):
        cycle, covered = actions[-length:], 0
        while covered < len(actions) and actions[-1 - covered] == cycle[-1 - covered % length]:
            covered += 1
        if covered >= max(4.0, _REPEATS * length):
            start = len(actions) - covered
            return tuple(actions[start : start + length])
    return ()


def _score(task: Task, game: Game, name: str) -> float:
    names = [name if player == game.me else game.unit.agent for player in task.players]
    seats = seat_players(task, names, seed=game.unit.seed)
    steps = play(task, seats, game.unit.episode)
    return total_scores(task, [step.scores for step in steps])[game.me]


def _kind(hypothesis: str) -> str:
    if hypothesis == "habits":
        return "somebody of habits"
    return f"a player of {in_words(hypothesis)}" if hypothesis.isdigit() else f"{hypothesis!r}"
