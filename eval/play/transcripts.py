"""What was asked and answered in an episode, as plain entries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from typing import Any

from atom import Usage
from atom.llm import Exchange
from eval.play.episode import Step

_EXCHANGES: ContextVar[list[Exchange] | None] = ContextVar("eval_exchanges", default=None)


class TranscriptError(ValueError):
    """Transcripts that belong to another run, are damaged, or are not there."""


@dataclass(frozen=True, slots=True)
class TranscriptHead:
    """Which episode a transcript is of, and what came of it.

    Attributes:
        task, agent, partner, episode: as ``eval.play.Unit``; empty and -1 where a file does not say.
        score: the agent's.
        exchanges: questions to language models, those answered from a memo included.
        decisions: of all players.
        degraded: how many decisions were.
        prompt_tokens, completion_tokens: as the servers counted them.
    """

    task: str
    agent: str
    partner: str
    episode: int
    score: float
    exchanges: int
    decisions: int
    degraded: int
    prompt_tokens: int
    completion_tokens: int

    def as_plain(self) -> dict[str, Any]:
        """JSON-serialisable data."""
        return asdict(self)


def observe_exchange(exchange: Exchange) -> None:
    """Notes an exchange in the episode under way, if any."""
    exchanges = _EXCHANGES.get()
    if exchanges is not None:
        exchanges.append(exchange)


@contextmanager
def exchanges_of_episode() -> Iterator[list[Exchange]]:
    """Collects what is asked and answered within the block, in this context and those made from it."""
    exchanges: list[Exchange] = []
    token = _EXCHANGES.set(exchanges)
    try:
        yield exchanges
    finally:
        _EXCHANGES.reset(token)


def transcribe(steps: Iterable[Step]) -> tuple[list[Step], tuple[dict[str, Any], ...]]:
    """The steps of an episode as they happen, and the entries of its transcript.

    Returns:
        the steps, and for each of them what was asked and answered (type ``"exchange"``) and what each
        player decided (type ``"decision"``).
    """
    taken: list[Step] = []
    entries: list[dict[str, Any]] = []
    with exchanges_of_episode() as exchanges:
        for number, step in enumerate(steps):
            taken.append(step)
            entries += [{"type": "exchange", "step": number, **asdict(exchange)} for exchange in exchanges]
            exchanges.clear()
            entries += [
                {"type": "decision", "step": number, "seat": player, **decision.as_plain()}
                for player, decision in step.decisions.items()
            ]
    return taken, tuple(entries)


def ended(
    entries: Sequence[Mapping[str, Any]],
    key: tuple[str, str, str, int],
    seat: str,
    score: float,
    usage: Usage,
) -> list[Mapping[str, Any]]:
    """The entries of a whole transcript: those of ``transcribe``, and the end.

    Args:
        entries: from ``transcribe``.
        key: (task, agent, partner, episode).
        seat: which player the agent was.
        score: the agent's.
        usage: what all players' decisions cost together.

    Returns:
        the entries; the last, of type ``"episode"``, says which episode it was and what came of it.
    """
    task, agent, partner, episode = key
    end = {
        "type": "episode",
        "task": task,
        "agent": agent,
        "partner": partner,
        "episode": episode,
        "agent_seat": seat,
        "score": score,
        "usage": usage.as_plain(),
    }
    return [*entries, end]


def head_of(entries: Sequence[Mapping[str, Any]]) -> TranscriptHead:
    """The head of a whole transcript.

    Raises:
        KeyError, TypeError, ValueError: it is none.
    """
    end = entries[-1]
    kinds = [entry["type"] for entry in entries]
    usage = end["usage"]
    return TranscriptHead(
        end.get("task", ""),
        end.get("agent", ""),
        end.get("partner", ""),
        end.get("episode", -1),
        float(end["score"]),
        kinds.count("exchange"),
        kinds.count("decision"),
        sum(bool(entry["degraded"]) for entry in entries if entry["type"] == "decision"),
        usage["prompt_tokens"],
        usage["completion_tokens"],
    )
