"""Before the first episode: whether language models can be asked at all."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any

from atom import LLMError
from atom.errors import ToMError
from atom.models import prompts, run_blocking
from atom.models.deadline import Deadline
from atom.models.loading import load_litellm
from atom.models.responses import RefusedError
from eval.tasks import DescribedTask, Task
from partners import LLMBackend

_ANSWER_TOKENS = 16
_NAMELESS = re.compile(
    r"model\b.{0,80}?\b(does(n't| not) exist|not found|not exist|is not a valid|unknown)|"
    r"\b(unknown|invalid|no such|not a valid) model\b",
    re.IGNORECASE | re.DOTALL,
)
"""What servers say of a model that they do not have where they do not answer with status 404."""


_KEYLESS = re.compile(r"\bmissing credentials\b", re.IGNORECASE)
"""What a client says that has an empty key; it asks nobody."""


class ModelUnavailableError(ToMError):
    """A language model that cannot be asked: no such model, no key, or no server that answers."""


def check_names_and_keys(models: Mapping[str, Mapping[str, Any]]) -> None:
    """Refuses models that nobody can be asked for, without asking anybody.

    Where other credentials than a key may do, as in clouds, and where the options name a server, the
    first question tells.

    Args:
        models: name, as LiteLLM knows it -> further arguments of ``litellm.acompletion`` for it.

    Raises:
        ModelUnavailableError: LiteLLM knows no provider of a model, or misses its key.
    """
    litellm = load_litellm()
    for model, options in models.items():
        given = {name: options.get(name) for name in ("api_base", "api_key")}
        try:
            *_, key, _ = litellm.get_llm_provider(
                model, custom_llm_provider=options.get("custom_llm_provider"), **given
            )
        except litellm.exceptions.BadRequestError as error:
            if "LLM Provider NOT provided" not in str(error):
                continue
            raise ModelUnavailableError(
                f"no provider is known of the language model {model!r}; LiteLLM names models "
                "PROVIDER/MODEL, such as openai/gpt-4o-mini, anthropic/claude-sonnet-4-0 or "
                "ollama_chat/llama3.1"
            ) from None
        if key or given["api_key"] or given["api_base"]:
            continue
        if missing := missing_keys(model):
            raise ModelUnavailableError(
                f"the language model {model!r} needs a key, and the environment variable "
                f"{' or '.join(missing)} is not set; export it and run the same command again (a server of "
                f"your own that wants none takes any: {missing[-1]}=none)"
            )


def missing_keys(model: str) -> list[str]:
    """Environment variables with a key of which LiteLLM misses one; empty where other credentials may do."""
    missing: list[str] = load_litellm().validate_environment(model)["missing_keys"]
    keys = [name for name in missing if name.endswith("_API_KEY")]
    # Azure's list has its address besides, and a token of its directory does without a key.
    return keys if len(keys) == len(missing) else []


def first_question(model: str, backend: LLMBackend, task: Task) -> str:
    """Asks a model one question of a task, whatever the answer; its calls are booked on the current meter.

    Args:
        model: its name.
        backend: how it is asked.
        task: whose first situation is asked about.

    Returns:
        the problem in words where the server refused the question itself, which it may do for the question's
        form; else no words.

    Raises:
        ModelUnavailableError: nobody answers, the key is refused, or the model is unknown there.
    """
    endpoint = backend.reasoner(model).client.endpoints[0]
    described = DescribedTask(task)
    question = prompts.action(described.situation(described.start()), task.players[0])
    asked = endpoint.complete(
        question.messages("label"),
        deadline=Deadline.after(backend.patience.deadline),
        temperature=backend.sampling.temperature,
        max_tokens=_ANSWER_TOKENS,
    )
    try:
        run_blocking(asked)
    except LLMError as error:
        problem = str(error).removeprefix(f"{model}: ")
        if isinstance(error, RefusedError) and not _NAMELESS.search(problem):
            return problem
        # the original may quote a key
        raise ModelUnavailableError(_in_words(model, problem)) from None
    return ""


def _in_words(model: str, problem: str) -> str:
    if problem.startswith(("AuthenticationError", "PermissionDeniedError")) or _KEYLESS.search(problem):
        variables = missing_keys(model) or _keys_of(model)
        named = f" in {' or '.join(variables)}" if variables else ""
        remedy = f"the key{named} is missing or refused; set a valid one"
    elif problem.startswith("NotFoundError") or _NAMELESS.search(problem):
        remedy = "its server has no such model; check the name"
    else:
        remedy = "its server does not answer; check that it runs, and its address (such as OPENAI_API_BASE)"
    return (
        f"the language model {model!r} cannot be asked: {remedy}, and run the same command again. Nothing "
        f"was played. ({problem})"
    )


def _keys_of(model: str) -> list[str]:
    """The environment variables that hold a model's key, as far as they are named after its provider."""
    provider = load_litellm().get_llm_provider(model)[1].upper()
    names = (f"{provider}_API_KEY", f"{provider.replace('_', '')}_API_KEY")
    return [name for name in dict.fromkeys(names) if name in os.environ]
