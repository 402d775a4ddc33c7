"""OpenTelemetry spans of decisions, for programs that use OpenTelemetry (extra: otel).

Spans go to the tracer provider that the program set. OpenTelemetry is never imported here, and a
program that set no provider pays nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from langgraph.errors import GraphBubbleUp

from atom.decision import Decision
from atom.memories import Memory

SPAN = "tom.decide"

_NO_SPAN = nullcontext()


def deciding_span(node: str, observer: str) -> AbstractContextManager[Any]:
    """A span around one decision; of None in a program that set no tracer provider.

    An error is its status. A pause or a handoff is none: it is the event ``tom.passed_on``, with the kind.
    """
    trace = sys.modules.get("opentelemetry.trace")
    if trace is None or isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):
        return _NO_SPAN
    return _span(trace, {"tom.node": node, "tom.observer": observer})


@contextmanager
def _span(trace: Any, attributes: Mapping[str, str]) -> Iterator[Any]:
    # OpenTelemetry would take whatever is raised for an error
    with trace.get_tracer("atom").start_as_current_span(
        SPAN, attributes=attributes, record_exception=False, set_status_on_exception=False
    ) as span:
        try:
            yield span
        except GraphBubbleUp as passing:
            span.add_event("tom.passed_on", {"tom.kind": type(passing).__name__})
            raise
        except Exception as error:  # whatever it is, it is recorded and goes on its way
            span.record_exception(error)
            status = trace.Status(trace.StatusCode.ERROR, f"{type(error).__name__}: {error}")
            span.set_status(status)
            raise


def describe(span: Any, decision: Decision, memory: Memory) -> None:
    """Sets what was decided as attributes of a span, and breaches of contract as its events.

    Attributes: ``tom.step``, ``tom.order``, ``tom.action``; for each partner ``tom.partner.NAME.hypothesis``,
    ``.estimate`` where that is an order, ``.explained``, ``.orders`` and ``.posterior`` (two lists of one
    length); ``tom.calls``, ``tom.prompt_tokens``, ``tom.completion_tokens`` where models were called;
    ``tom.degraded`` where something went wrong.
    """
    if span is None or not span.is_recording():
        return
    step = memory.get("step", 1) - 1
    span.set_attributes({"tom.step": step, **_attributes(decision)})
    for partner, standing in decision.contracts.items():
        if standing.broken_at == step:
            span.add_event("tom.contract.broken", {"tom.partner": partner, "tom.declared": standing.order})


def _attributes(decision: Decision) -> Mapping[str, Any]:
    found: dict[str, Any] = {"tom.action": decision.action}
    if decision.order is not None:
        found["tom.order"] = decision.order
    for partner, expected in decision.partners.items():
        found[f"tom.partner.{partner}.hypothesis"] = expected.hypothesis
        if expected.order is not None:
            found[f"tom.partner.{partner}.estimate"] = expected.order
        if expected.explained is not None:
            found[f"tom.partner.{partner}.explained"] = expected.explained
        found[f"tom.partner.{partner}.orders"] = list(expected.posterior)
        found[f"tom.partner.{partner}.posterior"] = list(expected.posterior.values())
        if expected.contract is not None:
            found[f"tom.partner.{partner}.contract.kept"] = expected.contract.kept
    if decision.usage is not None:
        found["tom.calls"] = decision.usage.calls
        found["tom.prompt_tokens"] = decision.usage.prompt_tokens
        found["tom.completion_tokens"] = decision.usage.completion_tokens
    if decision.degraded:
        found["tom.degraded"] = list(decision.degraded)
    return found
