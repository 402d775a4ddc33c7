"""What was asked and answered, one file an episode; a finished episode is read instead of played again."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import quote

from atom import Usage
from atom.llm import Exchange
from eval.play.episode import Step

_RUN_FILE = "run.json"
_EXCHANGES: ContextVar[list[Exchange] | None] = ContextVar("eval_exchanges", default=None)


class TranscriptError(ValueError):
    """A directory of transcripts that belongs to another run, or a file that is no transcript."""


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


class Transcripts:
    """A directory with one JSON-lines file for each finished episode.

    Args:
        directory: made when absent.
        settings: what the episodes depend on, plain data without keys of any API. A directory made
            with others is refused.

    Raises:
        TranscriptError: the directory holds transcripts of other settings.
    """

    def __init__(self, directory: Path, settings: Mapping[str, Any]) -> None:
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        run, wanted = directory / _RUN_FILE, json.loads(json.dumps(dict(settings)))
        if run.exists():
            found = _load(run, run.read_text(encoding="utf-8"))
            differences = [
                f"{key}: {found.get(key)!r} there, {wanted.get(key)!r} now"
                for key in sorted({*found, *wanted})
                if found.get(key) != wanted.get(key)
            ]
            if differences:
                raise TranscriptError(
                    f"the transcripts in {str(directory)!r} are of a run with other settings "
                    f"({'; '.join(differences)}); use another directory"
                )
        else:
            _write_whole(run, json.dumps(wanted, indent=1) + "\n")

    def path(self, task: str, agent: str, partner: str, episode: int) -> Path:
        """The file of one episode."""
        pairing = f"{quote(agent, safe='@')}__{quote(partner, safe='@')}"
        return self.directory / quote(task, safe="") / pairing / f"{episode:05d}.jsonl"

    def finished(self, path: Path) -> float | None:
        """The agent's score in an episode that was played already.

        Raises:
            TranscriptError: the file is no transcript.
        """
        if not path.exists():
            return None
        last = read_transcript(path)[-1]
        try:
            return float(last["score"])
        except (KeyError, TypeError) as error:
            raise TranscriptError(f"{str(path)!r} is no whole transcript ({error!r}); delete it") from None

    def keep(
        self, path: Path, entries: Sequence[Mapping[str, Any]], seat: str, score: float, usage: Usage
    ) -> None:
        """Keeps an episode; the file appears when it is whole.

        Args:
            path: from ``path``.
            entries: from ``transcribe``.
            seat: which player the agent was.
            score: the agent's.
            usage: what all players' decisions cost together.
        """
        end = {"type": "episode", "agent_seat": seat, "score": score, "usage": usage.as_plain()}
        path.parent.mkdir(parents=True, exist_ok=True)
        # ASCII: models answer with separators and lone surrogates that no text file should hold
        lines = (json.dumps(entry) + "\n" for entry in (*entries, end))
        _write_whole(path, "".join(lines))


def read_transcript(path: Path) -> list[dict[str, Any]]:
    """The entries of one episode: exchanges and decisions by step, the score last.

    Raises:
        TranscriptError: the file cannot be read, or is no transcript.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise TranscriptError(f"cannot read the transcript {str(path)!r}: {error}") from None
    entries = [_load(path, line) for line in text.split("\n") if line]
    if not entries:
        raise TranscriptError(f"{str(path)!r} is empty; delete it")
    return entries


def _load(path: Path, text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        raise TranscriptError(f"{str(path)!r} is no transcript: {error}; delete it") from None
    if not isinstance(found, dict):
        raise TranscriptError(f"{str(path)!r} is no transcript; delete it")
    return found


def _write_whole(path: Path, text: str) -> None:
    unfinished = path.with_suffix(f"{path.suffix}.{os.getpid()}.tmp")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path)
