"""What a person may play, and with whom: tasks and partners by group, and the choice of one of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from atom import RandomStream
from eval.human.game import Game, begin
from eval.tasks import MatrixTask, Task, all_tasks, make_task
from partners import kind_of, split_name, summary_of

Plain: TypeAlias = dict[str, Any]

SURPRISE = "surprise"
"""A partner that is drawn, and named when the game is over."""

LARGEST_SEED = 2**53 - 1
"""The largest whole number that JavaScript holds exactly."""

GIVEN = "From the command line"
_TASKS = {
    "Games": (
        "one-ahead-5", "memory-1", "memory-n", "anti-coordination-3", "coordination-3", "stag-hunt",
        "rock-paper-scissors",
    ),
    "Games of more players": ("tickets-3-3", "specialists-3-3", "volunteer-3", "minority-3"),
    "Mazes": ("game-1", "game-2"),
    "Overcooked": ("overcooked", "overcooked-ring"),
}  # fmt: skip
_WORDS = {
    "specialists-3-3": "3 players, 3 tickets, each has a ticket worth twice as much to it",
    "game-2": "a corridor with a bay, each player goes where the other began",
    "overcooked-ring": "two cooks, one onion soup, in a ring of floor",
}
"""For those whose summary in the list of tasks begins with "the same"."""
_PARTNERS = {
    "Adaptive: finds out how you play": ("bayes", "ftl", "hedge", "fixed-share", "adahedge", "conventions"),
    "Of a fixed order": ("tom-0", "tom-1", "tom-2", "tom-3"),
    "Learners: count, reinforce, imitate": (
        "frequency", "markov-predictor", "rescorla-wagner", "win-stay-lose-shift", "learning", "imitate",
    ),
}  # fmt: skip


class ChoiceError(ValueError):
    """A choice that cannot be played; the message says what can."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person wants to play.

    Attributes:
        task: name of a task.
        partner: name of the zoo, or ``"surprise"``.
        seat: the person's, counted from 1; None for the seats in turn.
        seed: of the partner's random numbers, in [0, ``LARGEST_SEED``].
    """

    task: str
    partner: str
    seat: int | None = None
    seed: int = 42

    def as_plain(self) -> Plain:
        """As links and requests have it."""
        return {"task": self.task, "partner": self.partner, "seat": self.seat, "seed": self.seed}


@dataclass(frozen=True)
class Offer:
    """Everything that can be chosen, and what is chosen before anybody does.

    Attributes:
        first: the choice to begin with.
        tasks: group -> names of tasks.
        partners: group -> names of the zoo.
        episode: number of the first game, >= 0; it keys the random numbers and seats the partner.
    """

    first: Choice
    tasks: Mapping[str, Sequence[str]] = field(default_factory=dict)
    partners: Mapping[str, Sequence[str]] = field(default_factory=dict)
    episode: int = 0

    def as_plain(self) -> Plain:
        """As the page needs it: groups of tasks and partners, who can play what, and the first choice."""
        tasks = {name: make_task(name) for name in _names(self.tasks)}
        return {
            "tasks": [
                {
                    "group": group,
                    "names": [
                        {
                            "name": name,
                            "summary": _summary_of_task(name),
                            "players": list(tasks[name].players),
                            "partners": self._playing(tasks[name]),
                        }
                        for name in names
                    ],
                }
                for group, names in self.tasks.items()
            ],
            "partners": [
                {"group": group, "names": [{"name": name, "summary": summary(name)} for name in names]}
                for group, names in {**self.partners, "Unknown until the end": (SURPRISE,)}.items()
            ],
            "first": self.first.as_plain(),
            "most_seed": LARGEST_SEED,
        }

    def read(self, body: Mapping[str, Any]) -> Choice:
        """A choice from a request; what it does not name is as in the first choice.

        Only what is on offer can be chosen: a name may stand for a file, or ask a language model.

        Args:
            body: ``"task"``, ``"partner"``, ``"seat"`` and ``"seed"``.

        Raises:
            ChoiceError: anything else is in it.
        """
        if unknown := [*set(body) - set(self.first.as_plain())]:
            raise ChoiceError(
                f"a choice has task, partner, seat and seed, and not {', '.join(sorted(unknown))!r}"
            )
        given = {**self.first.as_plain(), **body}
        task = _one_of("task", given["task"], _names(self.tasks))
        made = make_task(task)
        partner = _one_of("partner", given["partner"], [*_names(self.partners), SURPRISE])
        seat, seed = given["seat"], given["seed"]
        if seat is not None and not _within(seat, 1, len(made.players)):
            raise ChoiceError(
                f"a seat of {task!r} is 1 to {len(made.players)}, or null for one after another"
            )
        if not _within(seed, 0, LARGEST_SEED):
            raise ChoiceError(f"a seed is a whole number from 0 to {LARGEST_SEED}, got {seed!r:.40}")
        return Choice(task, partner, seat, seed)

    def begin(self, number: int, choice: Choice | None = None) -> Game:
        """A game.

        Args:
            number: how many were begun before, >= 0.
            choice: what is played; the first choice for None.

        Raises:
            ChoiceError: the partner cannot play the task.
        """
        chosen = choice or self.first
        task = make_task(chosen.task)
        episode = self.episode + number
        if chosen.seat is not None:
            # the partner's seat is the number's remainder, and one's own comes after it
            n = len(task.players)
            episode = self.episode + (chosen.seat - 2 - self.episode) % n + n * number
        hidden = chosen.partner == SURPRISE
        partner = self._drawn(task, chosen.seed, episode) if hidden else chosen.partner
        try:
            return begin(chosen.task, partner, seed=chosen.seed, episode=episode, hidden=hidden)
        except ValueError as error:
            who = "the partner that was drawn" if hidden else repr(partner)
            others = f"choose one of {', '.join(self._playing(task))}"
            raise ChoiceError(f"{who} cannot play {chosen.task!r} ({error}); {others}") from None

    def _playing(self, task: Task) -> list[str]:
        """Who is offered for a task: those of the command line, and all who can play it."""
        given = self.partners.get(GIVEN, ())
        names = [name for name in _names(self.partners) if name in given or _plays(name, task)]
        if task.name == self.first.task and self.first.partner not in (*names, SURPRISE):
            names.append(self.first.partner)
        return [*names, SURPRISE]

    def _drawn(self, task: Task, seed: int, episode: int) -> str:
        names = [
            name for group, names in self.partners.items() if group != GIVEN
            for name in names if _plays(name, task)
        ]  # fmt: skip
        return names[RandomStream(seed, episode, 0, SURPRISE).integers(len(names))]


def offer_of(
    tasks: Sequence[str] = ("one-ahead-5",),
    partner: str = "bayes",
    *,
    seat: int | None = None,
    seed: int = 42,
    episode: int = 0,
) -> Offer:
    """The offer of a server: this project's, and what it is asked for besides.

    Args:
        tasks: names; the first is chosen before anybody does.
        partner: name of the zoo, or ``"surprise"``; likewise.
        seat, seed: see ``Choice``.
        episode: see ``Offer``.

    Raises:
        UnknownNameError: a name that nothing has.
        ChoiceError: the first choice cannot be played.
        ValueError: a file that does not fit.
    """
    games, zoo = dict(_TASKS), dict(_PARTNERS)
    if given := [name for name in tasks if name not in _names(_TASKS)]:
        games = {GIVEN: tuple(given), **games}
    if partner != SURPRISE and partner not in _names(_PARTNERS):
        kind_of(split_name(partner)[0])
        zoo = {GIVEN: (partner,), **zoo}
    for name in given:
        made = make_task(name)
        if not made.situation(made.start()).at_once:
            raise ChoiceError(f"people play games in which all act at once; {name!r} is one of turns")
    offer = Offer(Choice(tasks[0], partner, seat, seed), games, zoo, episode)
    offer.read({})
    return offer


def summary(partner: str) -> str:
    """What a partner does, in words."""
    if partner == SURPRISE:
        return "one of the others, drawn; who it was is told at the end"
    return kind_of(split_name(partner)[0]).summary


def _plays(name: str, task: Task) -> bool:
    """Whether a partner can play a task, as far as its entry in the zoo tells."""
    return kind_of(split_name(name)[0]).plays != "matrices" or isinstance(task, MatrixTask)


def _summary_of_task(name: str) -> str:
    if name in _WORDS:
        return _WORDS[name]
    kind = next((kind for kind in all_tasks() if kind.match(name) is not None), None)
    return summary_of(make_task(name), "a task") if kind is None else kind.summary


def _names(groups: Mapping[str, Sequence[str]]) -> list[str]:
    return [name for names in groups.values() for name in names]


def _one_of(what: str, value: Any, names: Sequence[str]) -> str:
    if not isinstance(value, str) or value not in names:
        raise ChoiceError(f"there is no {what} {value!r:.60} here; choose one of {', '.join(names)}")
    return value


def _within(value: Any, low: int, high: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
