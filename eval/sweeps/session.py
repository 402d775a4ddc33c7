"""Before, during and after episodes that ask a language model: estimate, confirmation, spend."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from atom import Usage
from atom.llm import Limiter, Memo, ProcessMemo, Sampling, SqliteMemo
from atom.models.arguments import limit_of
from atom.usage import Meter, metered
from eval.play import EpisodeResult, Key, Pairing, Tally, Transcripts, Unit, observe_exchange
from eval.results import Run
from eval.sweeps.estimate import estimate
from eval.sweeps.outcomes import Outcome, stored_outcomes, transcribed_outcomes
from eval.sweeps.plan import ModelSettings, Sweep
from eval.sweeps.reachable import check_names_and_keys, first_question
from eval.tasks import Task, make_task
from partners import LLMBackend, asks_models, llm_backend, model_in


@dataclass
class ModelSession:
    """What is kept of episodes with language models, besides their results.

    Attributes:
        transcripts: where episodes are kept and looked up; None keeps none.
        spent: calls, tokens and money of the episodes played so far, not of those looked up.
        tally: what the decisions of these episodes were like.
        on_episode: called with the session after every episode that was played.
    """

    transcripts: Transcripts | None = None
    spent: Usage = field(default_factory=Usage)
    tally: Tally = field(default_factory=Tally)
    on_episode: Callable[[ModelSession], None] = lambda _: None

    @property
    def degraded(self) -> int:
        """Decisions so far that degraded."""
        return self.tally.degraded

    def outcomes(self, units: Iterable[Unit]) -> tuple[dict[Key, Outcome], set[Key]]:
        """What came of the episodes that there are transcripts of, and which of them are played again.

        Raises:
            TranscriptError: a file is no transcript.
        """
        return ({}, set()) if self.transcripts is None else transcribed_outcomes(units, self.transcripts)

    def keep(self, result: EpisodeResult) -> None:
        """Keeps what was asked and answered in an episode, and books what it cost."""
        if not result.transcript:
            return
        if self.transcripts is not None:
            self.transcripts.keep(
                result.unit.key,
                result.transcript,
                result.player,
                result.score,
                result.totals.usage,
            )
        self.spent += result.totals.usage
        self.tally += result.tally
        self.on_episode(self)


@dataclass(frozen=True, slots=True)
class Asking:
    """How language models are asked, as far as episodes do not depend on it.

    Attributes:
        transcripts: directory of the episodes' transcripts, or None.
        memo: SQLite file of answers that later runs find again; None keeps them in this process.
        rate: requests a minute at most, of all models together; None sets no limit.
        yes: whether to start without asking the user.
        endpoints: model -> further arguments of its calls, such as ``api_base``, where several servers take
            part.
    """

    transcripts: Path | None = None
    memo: Path | None = None
    rate: float | None = None
    yes: bool = False
    endpoints: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def make_memo(self) -> Memo:
        """Where answers are kept."""
        return ProcessMemo() if self.memo is None else SqliteMemo(self.memo)


@dataclass(frozen=True, slots=True)
class Speaker:
    """How the user is spoken to.

    Attributes:
        say: shows a line.
        confirm: asks a question, and raises where the answer is no.
    """

    say: Callable[[str], None]
    confirm: Callable[[str], object]


@contextmanager
def model_session(
    sweep: Sweep, asking: Asking, run: Run | None, told: Mapping[str, Any], user: Speaker
) -> Iterator[ModelSession | None]:
    """The session that episodes within the block belong to; None where no model is asked.

    Says what the episodes that are still to be played cost at most, asks whether to start, asks every model
    one question to see that it answers, and says at the end what all did cost, also where the end came early.

    Args:
        sweep: what is asked for.
        asking: how models are asked.
        run: where episodes are stored, and which are there already; None keeps no results.
        told: what transcripts say of the sweep, plain data; those of others are refused.
        user: who is told and asked.

    Raises:
        ValueError: a player that cannot play its task.
        ModelUnavailableError: a model without a key or a provider, before anybody is asked anything; or one
            that does not answer, before any episode is played.
        TranscriptError: the directory holds transcripts of other settings.
        Exception: what ``user.confirm`` raises where the user does not want to.
    """
    if not sweep.asks_models:
        yield None
        return
    units = [unit for unit in sweep.units if asks_models(unit.agent) or asks_models(unit.partner)]
    names = {name for unit in units for name in (unit.agent, unit.partner)}
    models = sorted({found[0] for name in names if (found := model_in(name))})
    transcripts = None
    if asking.transcripts is not None:
        settings = {**told, **sweep.models.as_plain(), "models": models}
        transcripts = Transcripts(asking.transcripts, settings)
    session = ModelSession(transcripts)
    missing = _missing(units, session, run, user)
    backend = model_backend(sweep.models, asking)
    tasks = _tasks_of(missing)
    if missing:
        check_names_and_keys({model: backend.options_of(model) for model in tasks})
        _agree(list(tasks), backend, missing, user, yes=asking.yes)
    try:
        with llm_backend(backend):
            for model, task in tasks.items():
                _ask_first(model, backend, task, session, user)
            yield session
    finally:
        tally = session.tally
        user.say(
            f"spent: {spend(session.spent)}; {tally.degraded} decisions degraded, {tally.repaired} asked for "
            f"again, {tally.truncated} cut off"
        )


def model_backend(models: ModelSettings, asking: Asking) -> LLMBackend:
    """How models are asked: by the settings that episodes depend on, and those that they do not."""
    return LLMBackend(
        sampling=Sampling(
            temperature=models.temperature,
            max_tokens=limit_of(models.options),
            structured=models.structured,
        ),
        memo=asking.make_memo() if models.memo else None,
        observer=observe_exchange,
        limiter=rate_limiter(asking.rate),
        options=dict(models.options),
        endpoints=asking.endpoints,
    )


def _missing(units: Sequence[Unit], session: ModelSession, run: Run | None, user: Speaker) -> list[Unit]:
    """The units that are still to be played; says which of before are played again."""
    known, again = session.outcomes(units) if run is None else stored_outcomes(run)
    missing = [unit for unit in units if unit.key not in known]
    if repeated := sum(unit.key in again for unit in missing):
        what, are = ("episode", "is") if repeated == 1 else ("episodes", "are")
        user.say(
            f"{repeated} {what} of before, in which every decision of a language model was degraded, {are} "
            "played again"
        )
    return missing


def _tasks_of(units: Iterable[Unit]) -> dict[str, Task]:
    """Model -> the first task that it plays, in the order of models' names."""
    first: dict[str, Unit] = {}
    for unit in units:
        for name in (unit.agent, unit.partner):
            if found := model_in(name):
                first.setdefault(found[0], unit)
    return {model: make_task(unit.task, unit.env) for model, unit in sorted(first.items())}


def _ask_first(model: str, backend: LLMBackend, task: Task, session: ModelSession, user: Speaker) -> None:
    """Sees that a model answers, and books what that costs."""
    with metered(Meter()) as meter:
        try:
            check_reachable(model, backend, task, user.say)
        finally:
            session.spent += meter.usage()


def check_reachable(model: str, backend: LLMBackend, task: Task, say: Callable[[str], None]) -> None:
    """Sees that a model can be asked: its name, its key, and a first question, booked on the current meter.

    Args:
        model: as LiteLLM names it.
        backend: how it is asked.
        task: whose first situation is asked about.
        say: told of a question that the server refused, and why.

    Raises:
        ModelUnavailableError: it cannot.
    """
    check_names_and_keys({model: backend.options_of(model)})
    problem = first_question(model, backend, task)
    if problem:
        say(f"{model} refused a first question, and is asked in other forms: {problem}")


def _agree(
    models: Sequence[str], backend: LLMBackend, units: Sequence[Unit], user: Speaker, *, yes: bool
) -> None:
    """Says what ``units`` cost, and asks whether to start."""
    episodes = Counter((unit.task, unit.env, unit.agent, unit.partner) for unit in units)
    pairings = []
    for (name, env, agent, partner), n in episodes.items():
        task = make_task(name, env)
        Pairing(task, agent, partner, 0, seed=0)  # before anybody is asked for money
        pairings.append((task, agent, partner, n))
    for model in models:
        found = estimate(model, backend.sampling, pairings, backend.patience, backend.options_of(model))
        user.say(f"{model}: {found}")
    if not yes:
        user.confirm(f"Ask {', '.join(models)} for {len(units)} episodes?")


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
    price = f"${usage.known_cost:,.4f}"
    if usage.cost is None:
        price = f"{price} and calls of unknown price" if usage.known_cost else "price unknown"
    return f"{usage.calls:,} calls, {usage.tokens:,} tokens, {price}, {usage.cache_hits:,} from the memo"
