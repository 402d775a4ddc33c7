"""A scripted model server: speaks the chat-completions protocol on loopback and reads prompts as text.

It is no language model. It knows nothing but the prompt: it parses rules, payoffs, maps, history and
predictions out of the words, computes an answer, and words it as it was asked to, with
log-probabilities. Latency, temperature and faults are configurable and seeded.
"""

from eval.modelserver.faults import KINDS, PASSING, Faults
from eval.modelserver.modes import MODES
from eval.modelserver.reading import UnreadableError
from eval.modelserver.server import ScriptedServer

__all__ = ["KINDS", "MODES", "PASSING", "Faults", "ScriptedServer", "UnreadableError"]
