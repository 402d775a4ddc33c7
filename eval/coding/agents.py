"""Who is judged: agents that trust claims, ignore them, look first, or believe what is likely."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from atom import (
    AdaptiveAgent,
    BareAgent,
    Contract,
    Decision,
    Hypothesis,
    Memory,
    Player,
    Prediction,
    RecursiveReasoner,
)
from atom.belief import order
from atom.coding import KEEPS, promising
from atom.policies import Policy
from atom.situation import Situation
from eval.coding.pairs import ANN, BEN, Pair
from eval.coding.tasks import Board, Choice, Look

COST = 0.1
"""What a look costs beside a task that is worth 1: the time that is spent waiting for a branch."""

MODEL = "llm:"


def first(situation: Situation, player: str) -> Policy:
    """ToM-0: the part that the ticket names."""
    return {situation.legal(player)[0]: 1.0}


def next_free(situation: Situation, player: str, predicted: Mapping[str, Policy]) -> Policy:
    """The part where the other is least likely; of several the first after the likeliest, going round."""
    (theirs,) = predicted.values()
    legal = list(situation.legal(player))
    at = legal.index(max(legal, key=lambda part: theirs.get(part, 0.0)))
    return {min([*legal[at + 1 :], *legal[: at + 1]], key=lambda part: round(theirs.get(part, 0.0), 9)): 1.0}


WORK = RecursiveReasoner(first, next_free)
"""Order k takes the k-th part after the one that the ticket names."""


def stays(situation: Situation, player: str) -> Policy | None:
    """The part that it took last; None where that is not to be had, or it took none."""
    last = situation.history[-1].get(player) if situation.history else None
    return None if last not in situation.legal(player) or last is None else {last: 1.0}


class Coder(Protocol):
    """Ann."""

    def start(self, run: int) -> Memory:
        """What it remembers at the beginning of a run."""
        ...

    def choose(self, board: Board, memory: Memory, look: Look) -> tuple[Choice, Memory]:
        """What it does, and what it remembers."""
        ...

    def observe(self, memory: Memory, part: str) -> Memory:
        """What it remembers after the partner's part was read from its branch."""
        ...


class Rule:
    """A coder that remembers nothing.

    Args:
        choose: ``choose(board, look)``, what it does.
    """

    def __init__(self, choose: Callable[[Board, Look], Choice]) -> None:
        self._choose = choose

    def start(self, run: int) -> Memory:
        """Nothing."""
        return {}

    def choose(self, board: Board, memory: Memory, look: Look) -> tuple[Choice, Memory]:
        """By its rule."""
        return self._choose(board, look), memory

    def observe(self, memory: Memory, part: str) -> Memory:
        """The same."""
        return memory


class Playing:
    """Any player of ``atom`` as a coder.

    Args:
        player: who decides.
        cost: of a look, in (0, 1], beside a task that is worth 1; None for one that cannot look. It looks
            where the partner is likelier than that to be at the part that it would take.
    """

    def __init__(self, player: Player, cost: float | None = None) -> None:
        self._player, self._cost = player, cost

    def start(self, run: int) -> Memory:
        """A new memory of the player."""
        return self._player.start([BEN], episode=run)

    def choose(self, board: Board, memory: Memory, look: Look) -> tuple[Choice, Memory]:
        """What the player decides, or another part than the partner is seen at."""
        situation = board.situation
        decision, memory = self._player.decide(situation, memory)
        expected, risk = _expected(decision)
        standing = decision.contracts.get(BEN)
        reported = standing is not None and standing.broken_at is not None
        if self._cost is not None and risk > self._cost:
            theirs = look()
            (part,) = next_free(situation, ANN, {BEN: dict.fromkeys(theirs, 1.0)})
            return Choice(part, True, theirs[0], reported), memory
        return Choice(decision.action, False, expected, reported, bool(decision.degraded)), memory

    def observe(self, memory: Memory, part: str) -> Memory:
        """The player's memory after it."""
        return self._player.observe(memory, None, {BEN: part})


def _expected(decision: Decision) -> tuple[str | None, float]:
    """The part that the partner is expected at, and how likely it is at the part that was decided on."""
    partner = decision.partners.get(BEN)
    if partner is None:
        return None, 0.0
    predictive = partner.predictive
    return max(predictive, key=predictive.__getitem__), predictive[decision.action]


def _trusts(board: Board, look: Look) -> Choice:
    return Choice(next(part for part in board.parts if part != board.claim), expected=board.claim)


def _ignores(board: Board, look: Look) -> Choice:
    return Choice(board.parts[0])


def _looks(board: Board, look: Look) -> Choice:
    theirs = look()
    free = next(part for part in board.parts if part not in theirs)
    return Choice(free, looked=True, expected=theirs[0])


def _split(pair: Pair) -> Callable[[Board, Look], Choice]:
    mine = list(pair.parts)[: len(pair.parts) // 2]

    def rule(board: Board, look: Look) -> Choice:
        return Choice(next(part for part in board.parts if part in mine))

    return rule


def hypotheses(*, promises: bool) -> list[Hypothesis]:
    """Orders, one that stays, and with promises what these may be worth, all in one posterior."""
    found = [order(0), order(1), order(2), Hypothesis("stays", behaviour=stays, prior=0.5)]
    return [*found, *promising(prior=3.0)] if promises else found


class Answering:
    """Answers a partner that promised something as it is predicted, over all hypotheses.

    Two alike that adapt must draw what they take each other for, or they never part. One who says beforehand
    what it will do does not adapt to us, and is best answered by all that is known. Others are answered as
    the agent recommends.
    """

    tell = "recommendation"

    def __call__(self, situation: Situation, prediction: Prediction) -> str:
        """The action."""
        partner = prediction.partners.get(BEN)
        if partner is None or BEN not in situation.announced or prediction.recommended is None:
            return prediction.recommended or situation.legal(ANN)[0]
        (part,) = next_free(situation, ANN, {BEN: partner.predictive})
        return part

    async def aact(self, situation: Situation, prediction: Prediction) -> str:
        """The same, awaited."""
        return self(situation, prediction)


def _adaptive(seed: int, *, promises: bool) -> AdaptiveAgent:
    told = hypotheses(promises=promises)
    if not promises:
        return AdaptiveAgent(ANN, WORK, hypotheses=told, seed=seed)
    contract = Contract({BEN: KEEPS})
    return AdaptiveAgent(ANN, WORK, agent=Answering(), hypotheses=told, contract=contract, seed=seed)


_AGENTS: dict[str, Callable[[Pair, int, float], Coder]] = {
    "trusts-claims": lambda pair, seed, cost: Rule(_trusts),
    "ignores-claims": lambda pair, seed, cost: Rule(_ignores),
    "fixed-split": lambda pair, seed, cost: Rule(_split(pair)),
    "looks": lambda pair, seed, cost: Rule(_looks),
    "atom": lambda pair, seed, cost: Playing(_adaptive(seed, promises=False)),
    "atom-promises": lambda pair, seed, cost: Playing(_adaptive(seed, promises=True)),
    "atom-looks": lambda pair, seed, cost: Playing(_adaptive(seed, promises=True), cost),
}
AGENTS = tuple(_AGENTS)
TESTING = ("atom-promises", "atom-looks")
"""Those that test promises."""


def make_agent(name: str, pair: Pair, seed: int, cost: float = COST) -> Coder:
    """An agent by its name; ``llm:MODEL`` is a language model that is told the board in words.

    Raises:
        ValueError: there is none of that name.
    """
    if name.startswith(MODEL) and len(name) > len(MODEL):
        from atom.llm import LLMActor  # noqa: PLC0415 - LiteLLM, which takes seconds

        return Playing(BareAgent(ANN, LLMActor(ANN, name.removeprefix(MODEL)), seed=seed))
    if name not in _AGENTS:
        raise ValueError(
            f"there is no agent {name!r} that codes; there are {', '.join(AGENTS)} and {MODEL}MODEL"
        )
    return _AGENTS[name](pair, seed, cost)
