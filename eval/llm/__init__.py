"""Episodes with language models: what they will cost, transcripts, resumption, several at once."""

from eval.llm.estimate import Estimate, estimate
from eval.llm.run import LLMRun, current_run, llm_scores
from eval.llm.transcripts import TranscriptError, Transcripts, read_transcript

__all__ = [
    "Estimate",
    "LLMRun",
    "TranscriptError",
    "Transcripts",
    "current_run",
    "estimate",
    "llm_scores",
    "read_transcript",
]
