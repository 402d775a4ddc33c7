"""Before, during and after a command that asks a language model: estimate, confirmation, spend."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from atom.llm import ProcessMemo, Sampling, SqliteMemo
from atom.usage import Usage
from eval.llm.estimate import estimate
from eval.llm.run import LLMRun, current_run
from eval.llm.transcripts import Transcripts, observe_exchange
from eval.tasks.base import Task
from partners import LLMBackend, asks_models, llm_backend

PAPER_TEMPERATURE = 0.1


@dataclass(frozen=True, slots=True)
class LLMOptions:
    """What the command line says about language models.

    Attributes:
        temperature: of every model (paper: 0.1).
        transcripts: directory of the episodes' transcripts, or None.
        workers: episodes at once.
        memo: SQLite file of answers that later runs find again, or None.
        yes: whether to start without asking.
    """

    temperature: float = PAPER_TEMPERATURE
    transcripts: Path | None = None
    workers: int = 4
    memo: Path | None = None
    yes: bool = False


@contextmanager
def llm_session(
    options: LLMOptions,
    pairings: Sequence[tuple[Task, str, str]],
    episodes: int,
    settings: dict[str, Any],
    say: Callable[[str], None],
) -> Iterator[LLMRun | None]:
    """The run that episodes within the block belong to; None where no model is asked.

    Says what the run costs at most, asks whether to start, and says at the end what it did cost.

    Args:
        options: from the command line.
        pairings: (task, agent, partner) of every cell.
        episodes: episodes a cell.
        settings: what else the episodes depend on; transcripts of other settings are refused.
        say: writes a line to the user.

    Raises:
        TranscriptError: the directory holds transcripts of other settings.
        typer.Abort: the user does not want to.
    """
    asking = [pairing for pairing in pairings if any(map(asks_models, pairing[1:]))]
    if not asking:
        yield None
        return
    sampling = Sampling(temperature=options.temperature)
    models = sorted({_model(name) for pairing in asking for name in pairing[1:] if asks_models(name)})
    transcripts = None
    if options.transcripts is not None:
        transcripts = Transcripts(
            options.transcripts, {**settings, "temperature": options.temperature, "models": models}
        )
    for model in models:
        own = [pairing for pairing in asking if model in map(_model, pairing[1:])]
        say(f"{model}: {estimate(model, sampling, own, episodes)}")
    if not options.yes:
        typer.confirm(f"Ask {', '.join(models)} for {len(asking) * episodes} episodes?", abort=True)
    run = LLMRun(transcripts, options.workers)
    memo = ProcessMemo() if options.memo is None else SqliteMemo(options.memo)
    backend = LLMBackend(sampling=sampling, memo=memo, observer=observe_exchange)
    with ExitStack() as stack:
        stack.enter_context(llm_backend(backend))
        stack.enter_context(current_run(run))
        yield run
    say(f"spent: {spend(run.spent)}; {run.degraded} decisions degraded")


def spend(usage: Usage) -> str:
    """Calls, tokens and money in words."""
    price = "price unknown" if usage.cost is None else f"${usage.cost:,.4f}"
    return f"{usage.calls:,} calls, {usage.tokens:,} tokens, {price}, {usage.cache_hits:,} from the memo"


def _model(name: str) -> str:
    """The model in a player's name, ``…llm:MODEL[@MODE]``."""
    model = name.partition("llm:")[2]
    return model.rpartition("@")[0] or model
