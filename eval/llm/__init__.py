"""Episodes with language models: what they will cost, and what they have cost."""

from eval.llm.estimate import Estimate, estimate
from eval.llm.run import LLMRun
from eval.llm.session import LLMOptions, llm_session, spend
from eval.llm.show import show_transcript
from eval.transcripts import TranscriptError, Transcripts, read_transcript

__all__ = [
    "Estimate",
    "LLMOptions",
    "LLMRun",
    "TranscriptError",
    "Transcripts",
    "estimate",
    "llm_session",
    "read_transcript",
    "show_transcript",
    "spend",
]
