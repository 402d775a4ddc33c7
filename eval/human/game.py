"""A game of a person with agents, as values: nothing here waits for anybody."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

from atom import Decision, Memory, Player, Situation
from atom.names import in_words
from eval.human.told import in_your_seat, told
from eval.play import SELF, EpisodeResult, Step, Unit, materials_of, record, seat_players, total_scores
from eval.results import ResultsError, open_run
from eval.tasks import GridTask, MatrixTask, Task, board_of, make_task

PERSON = "person"
"""The person's name as a partner in results files."""

View: TypeAlias = dict[str, Any]
"""What the person may see, as plain data."""


class GameError(ValueError):
    """A move that cannot be made; the message says what can."""


@dataclass(frozen=True)
class Game:
    """A game under way.

    Attributes:
        unit: which episode it is; the agent sits where ``unit.seat`` says.
        me: the person's seat.
        agents: player -> agent, at all other seats.
        memories: player -> memory, of the agents.
        state: the task's state.
        decisions: player -> decision, which the agents have taken for this round already.
        steps: the rounds so far.
        done: whether the game is over.
        began: when, in seconds of ``time.time``.
        ended: when, likewise; 0 until it is over.
        hidden: whether the person is not told who the agents are until it is over.
    """

    unit: Unit
    me: str
    agents: Mapping[str, Player]
    memories: Mapping[str, Memory]
    state: Any
    decisions: Mapping[str, Decision] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    done: bool = False
    began: float = 0.0
    ended: float = 0.0
    hidden: bool = False

    @property
    def round(self) -> int:
        """The round to be played, counted from 1."""
        return len(self.steps) + 1

    @cached_property
    def task(self) -> Task:
        """The task that is played."""
        return make_task(self.unit.task)

    @cached_property
    def situation(self) -> Situation:
        """What all players see now."""
        return self.task.situation(self.state)

    @property
    def actions(self) -> Sequence[str]:
        """What the person can do; nothing once the game is over."""
        return () if self.done else self.situation.legal(self.me)

    def scores(self) -> dict[str, float]:
        """Player -> score so far."""
        return total_scores(self.task, [step.scores for step in self.steps])

    def beliefs(self) -> list[dict[str, Any]]:
        """What the agents believed of the person in every round, and what they then expected of it."""
        rounds = []
        for step in self.steps:
            found = {}
            for me, decision in step.decisions.items():
                seen = decision.partners.get(self.me)
                if me != self.me and seen is not None:
                    found[me] = {
                        "estimate": in_words(seen.hypothesis),
                        "order": decision.order,
                        "posterior": dict(seen.probabilities),
                        "expected": max(seen.expected, key=lambda action: seen.expected[action]),
                    }
            rounds.append(found)
        return rounds

    def view(self) -> View:
        """The game as the person may see it; beliefs and orders only when it is over."""
        rules, board = self.task.describe(self.task.start()), None
        if isinstance(self.task, GridTask):
            rules, board = self.task.rules(), self._board(self.task)
        elif isinstance(self.task, MatrixTask) and len(self.task.players) == 2:
            rules = self._payoffs(self.task)
        history = [{"actions": step.actions, "scores": dict(step.scores)} for step in self.steps]
        return {
            "task": self.task.name,
            "partner": None if self.hidden and not self.done else self.unit.agent,
            "rules": rules,
            "board": board,
            "drawn": self._drawn(),
            "me": self.me,
            "players": list(self.task.players),
            "round": self.round,
            "rounds": self.task.max_steps,
            "actions": list(self.actions),
            "history": history,
            "scores": self.scores(),
            "better": self.task.better,
            "unit": self.task.unit,
            "limit": self.task.optimum,
            "done": self.done,
            "beliefs": self.beliefs() if self.done else None,
            "told": self.told if self.done else None,
            "in_your_seat": self.in_your_seat if self.done else None,
        }

    @cached_property
    def told(self) -> list[str]:
        """What was believed, in sentences, once the game is over."""
        return told(self)

    @cached_property
    def in_your_seat(self) -> dict[str, float]:
        """What others score in the person's seat, once the game is over."""
        return in_your_seat(self)

    def _drawn(self) -> View | None:
        """The board as pages draw it, where there is more to see than a table of payoffs."""
        board = board_of(self.task)
        if board.kind not in ("grid", "kitchen"):
            return None
        return {"board": {**board.content, "kind": board.kind}, "frame": board.frame(self.state)}

    def _payoffs(self, task: MatrixTask) -> str:
        seat = task.players.index(self.me)
        mine, theirs = (self.task.situation(self.task.start()).actions[p] for p in self._both(task))
        payoffs = task.payoffs[seat] if seat == 0 else task.payoffs[seat].T
        width = max(map(len, (*mine, *theirs, "you"))) + 2
        numbers = zip(mine, payoffs, strict=True)
        rows = [["you", *theirs], *([a, *(f"{x:g}" for x in row)] for a, row in numbers)]
        table = "\n".join("".join(cell.ljust(width) for cell in row).rstrip() for row in rows)
        return (
            "Both choose an action at the same time and then see what the other chose. Your points, by your "
            f"action (rows) and the other's (columns):\n\n{table}"
        )

    def _both(self, task: MatrixTask) -> tuple[str, str]:
        (other,) = (player for player in task.players if player != self.me)
        return self.me, other

    def _board(self, task: GridTask) -> str:
        rows = [[" · " if tile in ".12" else "███" for tile in row] for row in task.map.rows]
        goal = task.map.starts[1 - task.players.index(self.me)]
        rows[goal[0]][goal[1]] = " + "
        for player, (r, c) in zip(task.players, task.where(self.state), strict=True):
            rows[r][c] = "YOU" if player == self.me else " @ "
        legend = "@ the other, + your goal"
        return "\n".join([*("".join(row) for row in rows), legend])


@dataclass(frozen=True, slots=True)
class Moved:
    """What a move led to.

    Attributes:
        game: the game after it.
        step: the round that was played.
    """

    game: Game
    step: Step


def begin(task: str, agent: str, *, seed: int, episode: int = 0, hidden: bool = False) -> Game:
    """A new game; the agents have already taken their first decision, unseen.

    Args:
        task: name of a task.
        agent: name of the zoo, who takes all other seats.
        seed: seed of the agents' random numbers, >= 0.
        episode: its number, >= 0; it keys the random numbers and seats the agent.
        hidden: whether the person is told who the agent is only at the end.

    Raises:
        ValueError: an unknown name, or an agent that cannot play the task.
    """
    made = make_task(task)
    if not made.situation(made.start()).at_once:
        raise ValueError(f"people play games in which all act at once; {task!r} is one of turns")
    unit = Unit(task, agent, PERSON, episode, seed)
    # with two players the agent's seat leaves one; in a team the person takes the seat after it
    me = made.players[(unit.seat + 1) % len(made.players)]
    seats = seat_players(made, [agent] * len(made.players), seed=seed)
    agents = {player: seats[player] for player in made.players if player != me}
    memories = {
        player: agents[player].start([other for other in made.players if other != player], episode=episode)
        for player in agents
    }
    return _decided(Game(unit, me, agents, memories, made.start(), began=time.time(), hidden=hidden))


def move(game: Game, action: str, *, round_: int | None = None) -> Moved:
    """The game after everybody acted at once.

    Args:
        game: the game before.
        action: the person's.
        round_: the round that the person meant, where it may have been played meanwhile.

    Raises:
        GameError: no legal action, another round, or the game is over.
    """
    if game.done:
        raise GameError("this game is over; begin a new one")
    if round_ is not None and round_ != game.round:
        raise GameError(f"round {round_} has been played already, perhaps in another window; look again")
    if action not in game.actions:
        raise GameError(f"{action!r} is not possible here; choose one of {', '.join(game.actions)}")
    decisions = {
        player: Decision(game.me, action) if player == game.me else game.decisions[player]
        for player in game.task.players
    }
    joint = {player: decision.action for player, decision in decisions.items()}
    memories = {
        player: agent.observe(game.memories[player], game.situation, joint)
        for player, agent in game.agents.items()
    }
    transition = game.task.step(game.state, joint)
    step = Step(game.state, game.situation, decisions, transition.scores)
    after = replace(
        game,
        memories=memories,
        state=transition.state,
        steps=(*game.steps, step),
        done=transition.done,
        ended=time.time() if transition.done else 0.0,
        decisions={},
    )
    return Moved(after if after.done else _decided(after), step)


def save(file: Path, game: Game) -> int:
    """Stores a game as an episode like any other; the partner of the agent is called ``person``.

    A game that is stored already, such as one whose storing failed at the very end, is not stored again.

    Args:
        file: the results file, made where it does not exist; it holds games of one task, agent and
            seed, or begins a new run for others.
        game: a game that is over.

    Returns:
        The number of the episode in its run.

    Raises:
        ResultsError: the file cannot be used.
        GameError: the game is not over.
    """
    if not game.done:
        raise GameError("this game is not over, and only whole games can be compared")
    unit = game.unit
    asked = {
        "kind": "play",
        "matrices": {unit.task: {"agents": [unit.agent], "partners": [PERSON]}},
        "seed": unit.seed,
    }
    if game.hidden:  # what people do who do not know may differ, so that it is a run of its own
        asked["surprise"] = True
    recorded, totals = record(game.steps)
    scores = game.scores()
    agent, seconds = game.task.players[unit.seat], game.ended - game.began
    with open_run(file, asked, command=["play"], beside_others=True) as run:
        if (before := run.number_of(recorded, seconds)) is not None:
            return before
        # as if with its own kind: a person is no player by name
        run.keep(materials_of([replace(unit, partner=SELF)]))
        taken = {episode for *_, episode in {*run.scores(), *run.taken}}
        # the same seat as in the game, so that the seat can be read from the number
        seats = len(game.task.players)
        number = next(
            n for n in range(unit.seat, unit.seat + seats * (len(taken) + 1), seats) if n not in taken
        )
        stored = replace(unit, episode=number)
        run.add(EpisodeResult(stored, scores[agent], scores, recorded, totals, seconds))
        run.finish(replaced=False)
    return number


def rescue(file: Path, game: Game) -> Path:
    """Stores a game elsewhere, where its results file cannot be used: beside it, or among temporary files.

    Returns:
        the results file that holds it.

    Raises:
        ResultsError: nothing can be written anywhere.
    """
    name = f"{file.stem}-rescued{file.suffix or '.sqlite'}"
    try:
        save(file.with_name(name), game)
    except ResultsError:
        elsewhere = Path(tempfile.gettempdir()) / name
        save(elsewhere, game)
        return elsewhere
    return file.with_name(name)


def _decided(game: Game) -> Game:
    decisions, memories = {}, {}
    for player, agent in game.agents.items():
        decisions[player], memories[player] = agent.decide(game.situation, game.memories[player])
    return replace(game, decisions=decisions, memories=memories)
