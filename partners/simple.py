"""Partners that follow a simple rule: reference points that no theory of mind explains well."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping

from atom import JointAction, Memory, Reasoner, Situation, SituationError, TabularReasoner
from atom.randomness import RandomStream, draw
from atom.reasoning import Responder
from partners.base import SimplePartner, Traits
from partners.registry import partner


@partner("random", source="folklore")
class RandomPartner(SimplePartner):
    """Draws every action with the same probability."""

    traits = Traits(stochastic=True, adaptive=False)

    def choose(self, situation: Situation, memory: Memory, rng: RandomStream) -> tuple[str, Memory]:
        """A uniformly random action."""
        legal = situation.legal(self.me)
        return legal[rng.integers(len(legal))], memory


@partner("repeat", source="folklore")
class RepeatPartner(SimplePartner):
    """Draws its first action and keeps it.

    Where it is no longer legal, it draws anew.
    """

    traits = Traits(stochastic=True, adaptive=False)

    def choose(self, situation: Situation, memory: Memory, rng: RandomStream) -> tuple[str, Memory]:
        """The last action."""
        legal = situation.legal(self.me)
        action: str = memory.get("last", "")
        if action not in legal:
            action = legal[rng.integers(len(legal))]
        return action, {**memory, "last": action}


@partner("alternate", source="folklore")
class AlternatePartner(SimplePartner):
    """Goes through its actions in turn.

    It begins with the first of those that are legal.
    """

    traits = Traits(stochastic=False, adaptive=False)

    def choose(self, situation: Situation, memory: Memory, rng: RandomStream) -> tuple[str, Memory]:
        """The next action in turn."""
        legal = situation.legal(self.me)
        return legal[memory["step"] % len(legal)], memory


@partner("imitate", source="folklore")
class ImitatePartner(SimplePartner):
    """Does what the next player did last (tit for tat's memory).

    Its first legal action where that is none of its own. In a game of two that is tit for tat (Axelrod and
    Hamilton 1981) where the first action is to cooperate, so no other partner stands for it.
    """

    traits = Traits(stochastic=False, adaptive=False)

    def choose(self, situation: Situation, memory: Memory, rng: RandomStream) -> tuple[str, Memory]:
        """The other's last action."""
        players, legal = list(situation.actions), situation.legal(self.me)
        other = players[(players.index(self.me) + 1) % len(players)]
        last = situation.history[-1].get(other, "") if situation.history else ""
        return last if last in legal else legal[0], memory


@partner("by-seat", source="folklore", plays="matrices")
class BySeatPartner(SimplePartner):
    """Takes the action of its seat: the first player the first one, the second the second.

    A convention that no partner has to be modelled for, and that holds only where the others keep it too.
    """

    traits = Traits(stochastic=False, adaptive=False)

    def choose(self, situation: Situation, memory: Memory, rng: RandomStream) -> tuple[str, Memory]:
        """The action with the seat's number; the seats beyond the last action begin anew."""
        legal = situation.legal(self.me)
        return legal[list(situation.actions).index(self.me) % len(legal)], memory


class _CountingPartner(SimplePartner):
    """Best-responds to how often it saw each action, of which one more is added to every count.

    That is the mean of the posterior from a uniform prior over what a partner does.

    Args:
        me: this player's name in situations.
        reasoner: must be able to respond to predicted partners.
        seed: seed of the random numbers, >= 0.

    Raises:
        SituationError: a reasoner that cannot, or one on tables.
    """

    traits = Traits(stochastic=False, adaptive=True)

    def __init__(self, me: str, reasoner: Reasoner, *, seed: int = 0) -> None:
        super().__init__(me, seed=seed)
        # on tables what is done depends on the state, which these counts leave out
        if not isinstance(reasoner, Responder) or isinstance(reasoner, TabularReasoner):
            raise SituationError(
                "a predictor that counts actions needs a reasoner that can respond to predicted ones, as "
                "those of normal-form games do; it cannot play this task"
            )
        self.reasoner = reasoner

    @abstractmethod
    def counted(self, memory: Memory, player: str) -> Mapping[str, int]:
        """How often ``player`` took each action where it stands now; those left out count 0."""

    def choose(self, situation: Situation, memory: Memory, rng: RandomStream) -> tuple[str, Memory]:
        """The best response to the counted frequencies."""
        predicted = {}
        for player, legal in situation.actions.items():
            if player != self.me:
                counts = self.counted(memory, player)
                seen = [counts.get(action, 0) + 1 for action in legal]
                predicted[player] = {a: n / sum(seen) for a, n in zip(legal, seen, strict=True)}
        return draw(self.reasoner.respond(situation, self.me, predicted), rng), memory


@partner("frequency", source="Brown 1951", plays="matrices")
class FrequencyPartner(_CountingPartner):
    """Best-responds to how often each action was taken.

    One is added to every count. It models what partners do and not why: the fictitious player (Brown
    1951) of repeated games.
    """

    def counted(self, memory: Memory, player: str) -> Mapping[str, int]:
        """All that it did."""
        found: Mapping[str, int] = memory.get("counts", {}).get(player, {})
        return found

    def observe(self, memory: Memory, situation: Situation | None, actions: JointAction) -> Memory:
        """Counts the partners' actions."""
        counts = {player: dict(own) for player, own in memory.get("counts", {}).items()}
        for player, action in actions.items():
            if player != self.me:
                own = counts.setdefault(player, {})
                own[action] = own.get(action, 0) + 1
        return {**memory, "counts": counts}


@partner("markov-predictor", source="folklore", plays="matrices")
class MarkovPredictor(_CountingPartner):
    """Best-responds to how often each action followed the partner's last one.

    One is added to every count, so it expects every action alike after one that it sees for the first time.
    """

    def counted(self, memory: Memory, player: str) -> Mapping[str, int]:
        """What followed the last action."""
        last = memory.get("last", {}).get(player)
        found: Mapping[str, int] = memory.get("followed", {}).get(player, {}).get(last, {})
        return found

    def observe(self, memory: Memory, situation: Situation | None, actions: JointAction) -> Memory:
        """Counts the partners' transitions."""
        followed, last = dict(memory.get("followed", {})), dict(memory.get("last", {}))
        for player, action in actions.items():
            if player == self.me:
                continue
            if player in last:
                rows = dict(followed.get(player, {}))
                row = dict(rows.get(last[player], {}))
                row[action] = row.get(action, 0) + 1
                followed[player] = {**rows, last[player]: row}
            last[player] = action
        return {**memory, "followed": followed, "last": last}
