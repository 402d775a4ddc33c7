"""Games of any number of players: tickets, volunteers, minorities.

Payoffs depend on how many others do the same, so that reasoning costs little however many play.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from atom import CongestionReasoner, JointAction, Situation
from eval.tasks.base import State, Transition, in_two_parts

TEAM_ROUNDS = 30
COST_OF_VOLUNTEERING = 0.5
SPECIAL = 2.0


@dataclass(frozen=True, slots=True)
class TicketPayoff:
    """A ticket is worth something to whoever is alone on it.

    Attributes:
        special: player -> the ticket that is worth ``SPECIAL`` to it instead of 1.
    """

    special: tuple[tuple[str, str], ...] = ()

    def __call__(self, player: str, action: str, same: int, others: int) -> float:
        """The value of the ticket, 0 where it is shared."""
        if same:
            return 0.0
        return SPECIAL if (player, action) in self.special else 1.0


def volunteer_payoff(player: str, action: str, same: int, others: int) -> float:
    """1 to everybody if anybody volunteers, less the cost for those who do (Diekmann 1985)."""
    if action == "volunteer":
        return 1.0 - COST_OF_VOLUNTEERING
    return float(same < others)


def minority_payoff(player: str, action: str, same: int, others: int) -> float:
    """1 for those who chose what fewer chose (Challet and Zhang 1997)."""
    return float(2 * (same + 1) < others + 1)


class TeamTask:
    """A congestion game played for a number of rounds; the score is the sum of a player's payoffs.

    Args:
        name: as given on the command line.
        n: number of players, >= 2.
        actions: the actions, the same for all.
        payoff: see ``atom.reasoning.congestion.Congestion``.
        rules: the payoffs in words.
        optimum: the best score that every player can have at once, where there is such a thing.
        rounds: length of an episode, >= 1.
    """

    better: Literal["higher"] = "higher"
    unit = "points"

    def __init__(
        self,
        name: str,
        n: int,
        actions: tuple[str, ...],
        payoff: Callable[[str, str, int, int], float],
        rules: str,
        *,
        optimum: float | None = None,
        rounds: int = TEAM_ROUNDS,
    ) -> None:
        self.name = name
        self.players = team_players(n)
        self.optimum = optimum
        self.max_steps = rounds
        self._actions = dict.fromkeys(self.players, actions)
        self._payoff = payoff
        self._rules = rules

    @cached_property
    def _reasoner(self) -> CongestionReasoner:
        return CongestionReasoner(self._payoff)

    def reasoner(self) -> CongestionReasoner:
        """Exact level-k reasoning for these payoffs."""
        return self._reasoner

    def start(self) -> State:
        """No round played; ``{"round": int, "last": the last joint action or {}}``."""
        return {"round": 0, "last": {}}

    def situation(self, state: State) -> Situation:
        """The last round is the history: nobody remembers more."""
        return Situation(self._actions, history=[state["last"]] if state["last"] else [])

    def step(self, state: State, actions: JointAction) -> Transition:
        """Every player gets the payoff of its action beside how many others took it."""
        counts = Counter(actions[player] for player in self.players)
        others = len(self.players) - 1
        scores = {
            player: float(self._payoff(player, actions[player], counts[actions[player]] - 1, others))
            for player in self.players
        }
        after = {"round": state["round"] + 1, "last": {player: actions[player] for player in self.players}}
        return Transition(after, scores, after["round"] >= self.max_steps)

    def describe(self, state: State) -> str:
        """Rules and the last round in words."""
        first = next(iter(self._actions.values()))[0]
        last = state["last"] or dict.fromkeys(self.players, first)
        rules = [
            f"{', '.join(self.players)} choose an action at the same time, again and again.",
            self._rules,
            f"The game lasts {self.max_steps} rounds.",
            "Of equally good actions players take the one that they took last, or the next after it.",
            "Players remember the last round.",
        ]
        remembered = ", ".join(f"{player} chose {last[player]}" for player in self.players)
        return in_two_parts("\n".join(rules), f"Remembered: {remembered}.")


def collisions(actions: JointAction) -> int:
    """How many players did what somebody else did too, 0 to N."""
    counts = Counter(actions.values())
    return sum(n for n in counts.values() if n > 1)


def team_players(n: int) -> tuple[str, ...]:
    """The names of n players."""
    return tuple(f"player-{i + 1}" for i in range(n))


def tickets(n: int, m: int) -> TeamTask:
    """N players, M tickets: a ticket is worth 1 to a player that takes it alone."""
    return TeamTask(
        f"tickets-{n}-{m}",
        n,
        _ticket_names(m),
        TicketPayoff(),
        "A player that is alone on its ticket gets 1, the others get nothing.",
        optimum=float(TEAM_ROUNDS) if m >= n else None,
    )


def specialists(n: int, m: int) -> TeamTask:
    """The same, and to every player a ticket of its own is worth 2 (in a circle if there are too few)."""
    names = _ticket_names(m)
    special = tuple((player, names[i % m]) for i, player in enumerate(team_players(n)))
    owned = "; ".join(f"{ticket} to {player}" for player, ticket in special)
    return TeamTask(
        f"specialists-{n}-{m}",
        n,
        names,
        TicketPayoff(special),
        "A player that is alone on its ticket gets 1, the others get nothing. These tickets are worth "
        f"{SPECIAL:g}: {owned}.",
        optimum=SPECIAL * TEAM_ROUNDS if m >= n else None,
    )


def volunteer(n: int) -> TeamTask:
    """Everybody gets 1 if anybody volunteers, which costs a half (Diekmann 1985)."""
    return TeamTask(
        f"volunteer-{n}",
        n,
        ("wait", "volunteer"),
        volunteer_payoff,
        f"If anybody volunteers everybody gets 1; volunteering costs {COST_OF_VOLUNTEERING:g}.",
    )


def minority(n: int) -> TeamTask:
    """Those whose action fewer chose get 1 (Challet and Zhang 1997)."""
    return TeamTask(
        f"minority-{n}",
        n,
        ("A", "B"),
        minority_payoff,
        "Those who chose the action that fewer players chose get 1, the others nothing.",
    )


def _ticket_names(m: int) -> tuple[str, ...]:
    return tuple(f"ticket-{i + 1}" for i in range(m))
