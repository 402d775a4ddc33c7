"""A small language model on this machine, behind an OpenAI-compatible endpoint on loopback.

The runtime (llama.cpp) and the weights of one small model come from packages, extra ``local``; any other
file in the GGUF format can be served instead.
"""

from eval.localmodel.files import LocalModelError, checked_file, packaged_model
from eval.localmodel.serving import LocalModel

__all__ = ["LocalModel", "LocalModelError", "checked_file", "packaged_model"]
