"""Language models by name or by file: those in files are served here for as long as a command runs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from eval.localmodel import LocalModel, packaged_model
from eval.show.console import note
from eval.sweeps import ModelSettings
from partners import split_model

PACKAGED = "packaged"
"""Stands for the small model of the extra ``local``."""

HELP = (
    "names of LiteLLM, files in the GGUF format, or 'packaged' for the small model of the extra local; files "
    "are served on this machine meanwhile"
)


def is_served(name: str) -> bool:
    """Whether a model is a file that has to be served here."""
    return name == PACKAGED or name.endswith(".gguf")


@contextmanager
def served(given: Sequence[str], threads: int | None = None) -> Iterator[dict[str, dict[str, Any]]]:
    """Model as LiteLLM names it -> how to reach it; nothing for those that are not served here.

    Raises:
        ValueError: two files of one name, or a model with a mode.
        LocalModelError, MissingExtraError: see ``LocalModel``.
    """
    with ExitStack() as stack:
        found: dict[str, dict[str, Any]] = {}
        for name in dict.fromkeys(given):
            if is_served(name):
                file = None if name == PACKAGED else Path(name)
                model = stack.enter_context(LocalModel(file, threads=threads, say=note))
                if model.model in found:
                    raise ValueError(f"two files are called {model.model!r}; rename one of them")
                found[model.model] = model.options
            elif split_model(name)[1]:
                raise ValueError(f"models go without a mode here; got {name!r}")
            else:
                found[name] = {}
        yield found


def fitting(settings: ModelSettings, options: Mapping[str, Any]) -> ModelSettings:
    """The settings for a model that is reached by ``options``; by schema where it is served here."""
    return replace(settings, structured=True) if options and settings.structured is None else settings


def about(given: str, name: str) -> dict[str, Any]:
    """What a reader needs to know to ask the same model: its name, and of a file the size and hash."""
    if not is_served(given):
        return {"name": name}
    file = packaged_model() if given == PACKAGED else Path(given)
    return {"name": name, "bytes": file.stat().st_size, "sha256": _hash(file)}


@cache
def _hash(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
