"""Before, during and after a command that asks a language model: estimate, confirmation, spend."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import typer

from atom import Usage
from atom.llm import Limiter, Memo, ProcessMemo, Sampling, SqliteMemo
from eval.play.transcripts import Transcripts, observe_exchange
from eval.play.unit import Pairing, Unit
from eval.results.runs import Run
from eval.sweeps.estimate import estimate
from eval.sweeps.spending import LLMRun
from eval.tasks import make_task
from partners import LLMBackend, asks_models, llm_backend, model_in

PAPER_TEMPERATURE = 0.1


@dataclass(frozen=True, slots=True)
class LLMOptions:
    """What the command line says about language models.

    Attributes:
        temperature: of every model (paper: 0.1).
        transcripts: directory of the episodes' transcripts, or None.
        rate: requests a minute at most, of all models together; None sets no limit.
        memo: SQLite file of answers that later runs find again; None keeps answers in this process,
            ``"none"`` nowhere, so that every decision pays for its own.
        yes: whether to start without asking.
    """

    temperature: float = PAPER_TEMPERATURE
    transcripts: Path | None = None
    rate: float | None = None
    memo: Path | Literal["none"] | None = None
    yes: bool = False

    def settings(self) -> dict[str, Any]:
        """What episodes depend on, for results files."""
        return {"temperature": self.temperature, **({"memo": self.memo} if self.memo == "none" else {})}

    def make_memo(self) -> Memo | None:
        """Where answers are kept."""
        if self.memo is None:
            return ProcessMemo()
        return SqliteMemo(self.memo) if isinstance(self.memo, Path) else None


@contextmanager
def llm_session(
    options: LLMOptions,
    units: Sequence[Unit],
    run: Run | None,
    settings: dict[str, Any],
    say: Callable[[str], None],
) -> Iterator[LLMRun | None]:
    """The run that episodes within the block belong to; None where no model is asked.

    Says what the episodes that are still to be played cost at most, asks whether to start, and says at the
    end what they did cost, also where the end came early.

    Args:
        options: from the command line.
        units: all episodes.
        run: where episodes are stored, and which are there already; None keeps no results.
        settings: what else the episodes depend on; transcripts of other settings are refused.
        say: writes a line to the user.

    Raises:
        ValueError: a player that cannot play its task.
        TranscriptError: the directory holds transcripts of other settings.
        typer.Abort: the user does not want to.
    """
    asking = [unit for unit in units if asks_models(unit.agent) or asks_models(unit.partner)]
    if not asking:
        yield None
        return
    names = {name for unit in asking for name in (unit.agent, unit.partner)}
    models = sorted({found[0] for name in names if (found := model_in(name))})
    transcripts = None
    if options.transcripts is not None:
        transcripts = Transcripts(options.transcripts, {**settings, **options.settings(), "models": models})
    llm_run = LLMRun(transcripts)
    known = llm_run.scores(asking) if run is None else run.scores()
    missing = [unit for unit in asking if unit.key not in known]
    sampling = Sampling(temperature=options.temperature)
    if missing:
        _agree(models, sampling, missing, say, yes=options.yes)
    backend = LLMBackend(
        sampling=sampling,
        memo=options.make_memo(),
        observer=observe_exchange,
        limiter=rate_limiter(options.rate),
    )
    try:
        with llm_backend(backend):
            yield llm_run
    finally:
        say(f"spent: {spend(llm_run.spent)}; {llm_run.degraded} decisions degraded")


def _agree(
    models: Sequence[str], sampling: Sampling, units: Sequence[Unit], say: Callable[[str], None], *, yes: bool
) -> None:
    """Says what ``units`` cost, and asks whether to start."""
    episodes = Counter((unit.task, unit.env, unit.agent, unit.partner) for unit in units)
    pairings = []
    for (name, env, agent, partner), n in episodes.items():
        task = make_task(name, env)
        Pairing(task, agent, partner, 0, seed=0)  # before anybody is asked for money
        pairings.append((task, agent, partner, n))
    for model in models:
        say(f"{model}: {estimate(model, sampling, pairings)}")
    if not yes:
        typer.confirm(f"Ask {', '.join(models)} for {len(units)} episodes?", abort=True)


def rate_limiter(requests_a_minute: float | None) -> Limiter | None:
    """Lets so many requests go in a minute, spread over its seconds; None for no limit.

    Raises:
        ValueError: no requests at all.
        ModuleNotFoundError: the extra ``eval`` is not installed.
    """
    if requests_a_minute is None:
        return None
    if requests_a_minute <= 0:
        raise ValueError(f"the rate of requests must be positive, got {requests_a_minute:g} a minute")
    from aiolimiter import AsyncLimiter  # noqa: PLC0415 - only where somebody asks for a limit

    a_second = requests_a_minute / 60
    # a bucket of one second: a larger one would let twice the rate go in the first minute
    return AsyncLimiter(max(1.0, a_second), max(1.0, 1.0 / a_second))


def spend(usage: Usage) -> str:
    """Calls, tokens and money in words."""
    price = "price unknown" if usage.cost is None else f"${usage.cost:,.4f}"
    return f"{usage.calls:,} calls, {usage.tokens:,} tokens, {price}, {usage.cache_hits:,} from the memo"
