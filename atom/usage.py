"""What decisions cost in calls to language models, and how much they may cost.

A decision opens a meter; whatever calls a model on its behalf, however deep below, books there. The
meter travels in a context variable, so reasoners and agents need not pass it on, and asyncio tasks
and ``asyncio.to_thread`` carry it along.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeAlias, get_args

from atom.errors import BudgetError, ToMError, check_choice

Per: TypeAlias = Literal["decision", "episode"]
"""What a budget is for."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What was spent.

    Attributes:
        calls: requests sent to models, retries included.
        rounds: how many of the calls had to wait for one another: the largest number of calls of
            which each began after the one before it had ended.
        prompt_tokens, completion_tokens: as the servers counted them.
        cost: in US dollars; None when the price of some call is unknown.
        cache_hits: answers taken from a memo instead of a call.
        seconds: wall time.
        repairs: how often a model was asked again because its reply named no option.
        truncated: replies that ended by their limit of tokens, and not by themselves.
        known_cost: what the calls of known price cost, in US dollars; ``cost`` where that is not None.
    """

    calls: int = 0
    rounds: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float | None = 0.0
    cache_hits: int = 0
    seconds: float = 0.0
    repairs: int = 0
    truncated: int = 0
    known_cost: float = 0.0

    def __post_init__(self) -> None:
        if self.cost is not None and self.cost != self.known_cost:
            object.__setattr__(self, "known_cost", self.cost)

    def __add__(self, other: Usage) -> Usage:
        """Both together; rounds add up, as for decisions that follow one another."""
        known_cost = self.known_cost + other.known_cost
        return Usage(
            self.calls + other.calls,
            self.rounds + other.rounds,
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            None if self.cost is None or other.cost is None else known_cost,
            self.cache_hits + other.cache_hits,
            self.seconds + other.seconds,
            self.repairs + other.repairs,
            self.truncated + other.truncated,
            known_cost,
        )

    @property
    def tokens(self) -> int:
        """Prompt and completion tokens together."""
        return self.prompt_tokens + self.completion_tokens

    def as_plain(self) -> dict[str, Any]:
        """JSON-serialisable data; ``known_cost`` where ``cost`` does not say it."""
        plain = asdict(self)
        if self.cost is not None or not self.known_cost:
            del plain["known_cost"]
        return plain

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any] | None) -> Usage:
        """The usage that ``as_plain`` wrote; nothing spent for None.

        Raises:
            ToMError: it is none.
        """
        if not plain:
            return cls()
        try:
            found = cls(**plain)
        except TypeError:
            raise ToMError(
                f"what was spent has the keys {[*plain][:20]}, which are not those of a usage"
            ) from None
        for name, spent in asdict(found).items():
            if not (_is_amount(spent) or (name == "cost" and spent is None)):
                raise ToMError(f"what was spent has {name}={spent!r:.40}, which is no finite number >= 0")
        return found


@dataclass(frozen=True, slots=True)
class Budget:
    """How much may be spent; None sets no limit.

    A decision that cannot afford everything degrades in steps, each named in ``Decision.degraded``:
    fewer hypotheses (the least likely go first), then ToM-1 only, then the bare agent, and with
    nothing left an action drawn uniformly. The steps are planned by the worst case, one call for each
    policy that is still unknown; no call is sent beyond the limit whatever the plan.

    Args:
        calls: requests to models, retries included.
        tokens: prompt and completion tokens; the last call may go over, its answer is not known before.
        cost: US dollars, as ``tokens``. Calls of unknown price do not count; those beside them do.
        seconds: wall time; at its end calls under way are given up.
        per: whether the limits hold for every ``"decision"`` or for a whole ``"episode"``.

    Raises:
        ValueError: a limit that is no number >= 0, or another ``per``.
    """

    calls: int | None = None
    tokens: int | None = None
    cost: float | None = None
    seconds: float | None = None
    per: Per = "decision"

    def __post_init__(self) -> None:
        for name in ("calls", "tokens", "cost", "seconds"):
            limit = getattr(self, name)
            if limit is not None and not (_is_amount(limit) or limit == math.inf):
                raise ValueError(
                    f"the budget's {name} must be at least 0 or None for no limit, got {limit!r}"
                )
        check_choice("per", self.per, get_args(Per))

    def affordable_calls(self, spent: Usage) -> float:
        """How many further calls fit, by the size of those so far; at least 1 while anything is left."""
        limits = [float("inf")]
        if self.calls is not None:
            limits.append(self.calls - spent.calls)
        for limit, used in ((self.tokens, spent.tokens), (self.cost, spent.known_cost)):
            if limit is not None:
                left = limit - used
                a_call = used / spent.calls if spent.calls else 0.0
                limits.append(0.0 if left <= 0 else max(1.0, left / a_call) if a_call else float("inf"))
        if self.seconds is not None and spent.seconds >= self.seconds:
            limits.append(0.0)
        return max(0.0, min(limits))


def _is_amount(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < math.inf


_NOTHING = Usage()


class Meter:
    """Books the calls of one decision.

    Args:
        budget: the limits, or None.
        spent: what counts against the limits already.
    """

    # Most decisions call no model, and need no more of a meter than this.
    _calls: tuple[tuple[float, float], ...] = ()
    _open = _prompt = _completion = _hits = _repairs = _truncated = 0
    _cost = 0.0
    _is_priced = True

    def __init__(self, budget: Budget | None = None, spent: Usage | None = None) -> None:
        self.budget = budget
        self.before = spent or _NOTHING
        self._began = time.monotonic()

    @property
    def touched(self) -> bool:
        """Whether anything was booked."""
        return bool(self._calls or self._open or self._hits)

    @property
    def deadline(self) -> float | None:
        """When the budget's time is up, on ``time.monotonic``'s clock."""
        if self.budget is None or self.budget.seconds is None:
            return None
        return self._began + self.budget.seconds - self.before.seconds

    def begin_call(self) -> float:
        """Books a call that is about to be sent; returns the time for ``end_call``.

        Raises:
            BudgetError: the budget does not allow it.
        """
        if self.budget is not None and self.budget.affordable_calls(self.before + self.usage()) < 1.0:
            raise BudgetError(f"the budget is spent: {self.budget}")
        self._open += 1
        return time.monotonic()

    def end_call(
        self, began: float, *, prompt_tokens: int = 0, completion_tokens: int = 0, cost: float | None = 0.0
    ) -> None:
        """Books the end of a call, answered or not; a cost of None is an unknown price."""
        self._open -= 1
        self._calls = (*self._calls, (began, time.monotonic()))
        self._prompt += prompt_tokens
        self._completion += completion_tokens
        if cost is None:
            self._is_priced = False
        else:
            self._cost += cost

    def hit(self) -> None:
        """Books an answer from a memo."""
        self._hits += 1

    def repair(self) -> None:
        """Books that a model is asked again because its reply named no option; its call is booked besides."""
        self._repairs += 1

    def truncate(self) -> None:
        """Books a reply that ended by its limit of tokens; its call is booked besides."""
        self._truncated += 1

    def usage(self) -> Usage:
        """What was spent since the meter was made."""
        return Usage(
            len(self._calls) + self._open,
            _longest_chain(self._calls),
            self._prompt,
            self._completion,
            self._cost if self._is_priced else None,
            self._hits,
            time.monotonic() - self._began,
            self._repairs,
            self._truncated,
            self._cost,
        )


def _longest_chain(intervals: Sequence[tuple[float, float]]) -> int:
    """The largest number of intervals that do not overlap, by earliest end."""
    chain, free_at = 0, float("-inf")
    for began, ended in sorted(intervals, key=lambda interval: interval[1]):
        if began >= free_at:
            chain, free_at = chain + 1, ended
    return chain


_METER: ContextVar[Meter | None] = ContextVar("atom_meter", default=None)


def current_meter() -> Meter | None:
    """The meter of the decision under way, or None outside of one."""
    return _METER.get()


class metered:  # noqa: N801 - reads as a verb: `with metered(meter):`
    """Books on ``meter`` within the block.

    A class: ``contextmanager`` takes a microsecond longer, and every decision enters one.
    """

    __slots__ = ("_meter", "_token")

    def __init__(self, meter: Meter) -> None:
        self._meter = meter

    def __enter__(self) -> Meter:
        self._token = _METER.set(self._meter)
        return self._meter

    def __exit__(self, *_: object) -> None:
        _METER.reset(self._token)
