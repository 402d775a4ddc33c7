"""A run of episodes with language models: what it has cost so far, and where transcripts are kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from atom import Usage
from eval.play.transcripts import Transcripts
from eval.play.unit import EpisodeResult, Key, Unit


@dataclass
class LLMRun:
    """What a sweep keeps of its episodes with language models, besides their results.

    Attributes:
        transcripts: where episodes are kept and looked up; None keeps none.
        spent: calls, tokens and money of the episodes played so far, not of those looked up.
        degraded: decisions so far that degraded.
        on_episode: called with the run after every episode that was played.
    """

    transcripts: Transcripts | None = None
    spent: Usage = field(default_factory=Usage)
    degraded: int = 0
    on_episode: Callable[[LLMRun], None] = lambda _: None

    def scores(self, units: Iterable[Unit]) -> dict[Key, float]:
        """The agent's score in those of the episodes that there are transcripts of.

        Raises:
            TranscriptError: a file is no transcript.
        """
        if self.transcripts is None:
            return {}
        found = ((unit.key, self.transcripts.finished(self.transcripts.path(*unit.key))) for unit in units)
        return {key: score for key, score in found if score is not None}

    def keep(self, result: EpisodeResult) -> None:
        """Keeps what was asked and answered in an episode, and books what it cost."""
        if not result.transcript:
            return
        if self.transcripts is not None:
            self.transcripts.keep(
                self.transcripts.path(*result.unit.key),
                result.transcript,
                result.player,
                result.score,
                result.totals.usage,
            )
        self.spent += result.totals.usage
        self.degraded += result.totals.degraded
        self.on_episode(self)
