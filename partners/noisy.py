"""Partners that lapse: any player, wrapped."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from atom import Decision, JointAction, Memory, Player, Reasoner, Situation
from atom.belief import Declared
from atom.randomness import RandomStream
from partners.base import OWN, StaticPartner, Traits
from partners.registry import make_partner, partner, traits_of


class NoisyPartner(StaticPartner):
    """Plays as another player, and with a given probability a uniformly random action instead.

    Args:
        inner: the player that lapses.
        rate: probability of a lapse, in [0, 1].
        seed: seed of the lapses, independent of the inner player's random numbers.

    Raises:
        ValueError: a rate outside [0, 1].
    """

    def __init__(self, inner: Player, rate: float, *, seed: int = 0) -> None:
        if not 0.0 <= rate <= 1.0:
            raise ValueError(f"a lapse rate lies in [0, 1], got {rate}")
        super().__init__(inner.me, seed=seed)
        self.inner = inner
        self.rate = rate

    def start(self, partners: Sequence[str], *, episode: int = 0) -> Memory:
        """Memory at the beginning of an episode."""
        return {
            **super().start(partners, episode=episode),
            "inner": self.inner.start(partners, episode=episode),
        }

    def hear(self, memory: Memory, declared: Mapping[str, Declared]) -> Memory:
        """The inner player hears."""
        return {**memory, "inner": self.inner.hear(memory["inner"], declared)}

    def decide(self, situation: Situation, memory: Memory) -> tuple[Decision, Memory]:
        """The inner player's decision, or a lapse."""
        return self._lapse(situation, memory, *self.inner.decide(situation, memory["inner"]))

    async def adecide(self, situation: Situation, memory: Memory) -> tuple[Decision, Memory]:
        """The same as ``decide``, awaited."""
        return self._lapse(situation, memory, *await self.inner.adecide(situation, memory["inner"]))

    def observe(self, memory: Memory, situation: Situation | None, actions: JointAction) -> Memory:
        """The inner player observes."""
        return {**memory, "inner": self.inner.observe(memory["inner"], situation, actions)}

    def _lapse(
        self, situation: Situation, memory: Memory, decision: Decision, inner: Memory
    ) -> tuple[Decision, Memory]:
        rng = RandomStream(self._seed, memory["episode"], memory["step"], self.me, "lapse")
        if rng.random() < self.rate:
            legal = situation.legal(self.me)
            decision = dataclasses.replace(decision, action=legal[rng.integers(len(legal))])
        return decision, {**memory, "step": memory["step"] + 1, "inner": inner}


def _rate_and_inner(text: str) -> tuple[float, str]:
    rate, _, inner = text.partition(":")
    return float(rate), inner


def _traits(rate: float, inner: str) -> Traits:
    """The inner partner's, and stochastic where it lapses at all."""
    traits = traits_of(inner)
    return dataclasses.replace(traits, stochastic=traits.stochastic or rate > 0.0)


@partner(
    "noisy",
    source=OWN,
    traits=_traits,
    argument="RATE:PARTNER",
    default="0.05:tom-1",
    reads=_rate_and_inner,
)
def noisy(me: str, reasoner: Reasoner, rate: float, inner: str, *, seed: int = 0) -> NoisyPartner:
    """Another partner that lapses to a random action at a rate.

    Args:
        me, reasoner, inner, seed: see ``make_partner``.
        rate: probability of a lapse, in [0, 1].
    """
    return NoisyPartner(make_partner(inner, me, reasoner, seed=seed), rate, seed=seed)
