"""What a run shows of decisions: stream events, runs of tracers, spans, the log."""

import logging
import re
import subprocess
import sys
from contextlib import suppress
from dataclasses import fields, replace
from pathlib import Path
from typing import ClassVar

import pytest
from boards import board_graph, player_node, reasoner
from langchain_core.callbacks import BaseCallbackHandler
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.errors import ParentCommand
from langgraph.graph import StateGraph
from langgraph.types import Command, interrupt
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from atom import (
    AdaptiveAgent,
    Contract,
    FixedOrderAgent,
    Hypothesis,
    Situation,
    take_turn,
)
from atom.decision import PartnerPrediction
from atom.usage import current_meter

ROOT = Path(__file__).parents[2]
ROUNDS = 4


def graph(contract=None, order=1):
    ann = AdaptiveAgent("ann", reasoner(), contract=contract)
    return board_graph(ann, FixedOrderAgent("ben", reasoner(), order)).compile()


def test_every_event_says_who_believes_what_of_whom_and_when():
    events = list(graph().stream({"rounds": ROUNDS}, stream_mode="custom"))
    assert [(e["node"], e["observer"], e["partner"], e["step"]) for e in events] == [
        ("ann", "ann", "ben", step) for step in range(ROUNDS)
    ]
    assert sum(events[-1]["posterior"].values()) == pytest.approx(1.0)
    assert "contract" not in events[0]


def test_events_of_subgraphs_arrive_too():
    builder = StateGraph(board_graph().state_schema)
    builder.add_node("match", graph())
    builder.set_entry_point("match")
    events = list(builder.compile().stream({"rounds": 2}, stream_mode="custom", subgraphs=True))
    assert [event["step"] for _, event in events] == [0, 1]


def test_a_breach_is_one_event():
    events = list(graph(Contract({"ann": 1, "ben": 0})).stream({"rounds": 6}, stream_mode="custom"))
    breaches = [event for event in events if event["type"] == "tom.contract"]
    assert breaches == [
        {
            "type": "tom.contract",
            "status": "broken",
            "node": "ann",
            "observer": "ann",
            "partner": "ben",
            "step": 2,
            "declared": 0,
            "hypothesis": "1",
            "estimate": 1,
        }
    ]
    kept = [event["contract"]["kept"] for event in events if event["type"] == "tom.belief"]
    assert kept[0] > 0.9
    assert kept[2:] == [0.0] * 4


class Runs(BaseCallbackHandler):
    """Collects runs by name."""

    def __init__(self):
        self.started = []
        self.ended = []

    def on_chain_start(self, serialized, inputs, *, run_id, tags=None, metadata=None, name=None, **_):
        self.started.append((name, tags or [], metadata or {}, run_id))

    def on_chain_end(self, outputs, *, run_id, **_):
        self.ended.append((run_id, outputs))


@pytest.mark.parametrize("asynchronous", [False, True])
async def test_tracers_can_filter_by_tag_and_metadata(asynchronous):
    runs = Runs()
    config = {"callbacks": [runs]}
    if asynchronous:
        await graph().ainvoke({"rounds": ROUNDS}, config)
    else:
        graph().invoke({"rounds": ROUNDS}, config)
    mine = [run for run in runs.started if "tom:ann" in run[1]]
    assert [run[0] for run in mine] == ["tom.decide"] * ROUNDS
    assert all("tom" in tags for _, tags, _, _ in mine)
    assert all(m["tom_observer"] == "ann" and m["langgraph_node"] == "ann" for _, _, m, _ in mine)
    outputs = dict(runs.ended)
    assert outputs[mine[-1][3]]["tom"]["ann"]["step"] == ROUNDS
    nodes = [metadata for name, _, metadata, _ in runs.started if name == "ann"]
    assert all(metadata["tom_observer"] == "ann" for metadata in nodes)


def test_decisions_are_the_same_whoever_listens():
    bare = graph().invoke({"rounds": ROUNDS})
    traced = graph().invoke({"rounds": ROUNDS}, {"callbacks": [Runs()]})
    assert bare["history"] == traced["history"]


@pytest.fixture(scope="module")
def exporter():
    """The program's one tracer provider; OpenTelemetry allows no second."""
    found = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(found))
    trace.set_tracer_provider(provider)
    return found


def test_spans_carry_the_posterior_and_the_order(exporter):
    exporter.clear()
    graph(Contract({"ann": 1, "ben": 0})).invoke({"rounds": 3})
    spans = [span for span in exporter.get_finished_spans() if span.attributes["tom.observer"] == "ann"]
    assert [span.attributes["tom.step"] for span in spans] == [0, 1, 2]
    last = spans[-1]
    assert last.name == "tom.decide"
    assert last.attributes["tom.partner.ben.orders"] == (0, 1, 2, 3)
    assert 0.9 < sum(last.attributes["tom.partner.ben.posterior"]) < 1.0  # the rest are habits
    assert last.attributes["tom.order"] in (0, 2)
    assert last.attributes["tom.action"] in "ABCDE"
    assert [event.name for event in last.events] == ["tom.contract.broken"]
    assert "tom.calls" not in last.attributes


def test_spans_name_a_hypothesis_that_is_no_order(exporter, caplog):
    stays = Hypothesis("stays", behaviour=lambda situation, player: {situation.legal(player)[0]: 1.0})
    exporter.clear()
    board_graph(AdaptiveAgent("ann", reasoner(), hypotheses=[stays])).compile().invoke({"rounds": 1})
    (span,) = [s for s in exporter.get_finished_spans() if s.attributes["tom.observer"] == "ann"]
    assert span.attributes["tom.partner.ben.hypothesis"] == "stays"
    assert "tom.partner.ben.estimate" not in span.attributes
    assert "tom.order" not in span.attributes
    assert not caplog.records  # OpenTelemetry warns of values that it cannot keep


async def test_spans_count_calls_and_tokens(exporter):
    def chatty(situation, prediction):
        meter = current_meter()
        meter.end_call(meter.begin_call(), prompt_tokens=7, completion_tokens=2)
        return "A"

    exporter.clear()
    ann = AdaptiveAgent("ann", reasoner(), agent=chatty)
    await board_graph(ann).compile().ainvoke({"rounds": 1})
    (span,) = [s for s in exporter.get_finished_spans() if s.attributes["tom.observer"] == "ann"]
    counted = [span.attributes[f"tom.{key}"] for key in ("calls", "prompt_tokens", "completion_tokens")]
    assert counted == [1, 7, 2]


def test_an_error_is_in_the_span(exporter):
    exporter.clear()

    def failing(situation, prediction):
        return "nothing legal"

    with pytest.raises(ValueError, match="is not a legal action"):
        board_graph(AdaptiveAgent("ann", reasoner(), agent=failing)).compile().invoke({"rounds": 1})
    (span,) = [s for s in exporter.get_finished_spans() if s.attributes["tom.observer"] == "ann"]
    assert not span.status.is_ok
    assert span.status.description.startswith("IllegalActionError: ")
    assert [event.name for event in span.events] == ["exception"]


@pytest.mark.parametrize("way", ["sync", "async"])
async def test_a_pause_or_a_handoff_is_no_error_in_the_span(exporter, way):
    def asking(situation, prediction):
        return interrupt("Which?")

    def handing_over(situation, prediction):
        raise ParentCommand(Command(graph=Command.PARENT))

    for acts, kind in ((asking, "GraphInterrupt"), (handing_over, "ParentCommand")):
        exporter.clear()
        nodes = {"ann": player_node(AdaptiveAgent("ann", reasoner(), agent=acts))}
        compiled = board_graph(nodes=nodes).compile(checkpointer=InMemorySaver())
        config = {"configurable": {"thread_id": "1"}}
        with suppress(ParentCommand):  # there is no graph around
            if way == "async":
                await compiled.ainvoke({"rounds": 1}, config)
            else:
                compiled.invoke({"rounds": 1}, config)
        (span,) = exporter.get_finished_spans()
        assert span.status.status_code is trace.StatusCode.UNSET
        ((name, attributes),) = [(event.name, dict(event.attributes)) for event in span.events]
        assert (name, attributes) == ("tom.passed_on", {"tom.kind": kind})


def test_the_logger_is_quiet_unless_asked(caplog, capsys):
    with caplog.at_level(logging.INFO):
        graph().invoke({"rounds": 2})
    assert not caplog.records
    with caplog.at_level(logging.DEBUG, "atom"):
        graph().invoke({"rounds": 2})
    assert len([r for r in caplog.records if r.name == "atom"]) == 4
    assert "posterior" in caplog.text
    assert capsys.readouterr().err == ""


class Spoken(PartnerPrediction):
    """A prediction that counts how often it is put into words, as every event does."""

    count: ClassVar[list[str]] = []

    def in_words(self, partner):
        self.count.append(partner)
        return super().in_words(partner)


class Speaking(AdaptiveAgent):
    """An agent whose predictions count."""

    def decide(self, situation, memory):
        decision, memory = super().decide(situation, memory)
        partners = {
            name: Spoken(**{field.name: getattr(found, field.name) for field in fields(found) if field.init})
            for name, found in decision.partners.items()
        }
        return replace(decision, partners=partners), memory


def test_events_are_made_for_whoever_takes_them_and_breaches_logged_all_the_same(caplog):
    board = {"ann": tuple("ABCDE"), "ben": tuple("ABCDE")}
    ben, memory = FixedOrderAgent("ben", reasoner(), 1), {}
    for send, made in ((None, 0), ([].append, 4)):
        Spoken.count.clear()
        ann = Speaking("ann", reasoner(), contract=Contract({"ann": 1, "ben": 0}))
        memories, memory, history, seen = {}, ben.start(["ann"]), [], None
        with caplog.at_level(logging.INFO, "atom"):
            caplog.clear()
            for _ in range(4):
                situation = Situation(board, history=tuple(history))
                decision, memories = take_turn(ann, memories, situation, seen, send=send)
                did, memory = ben.decide(situation, memory)
                seen = {"ann": decision.action, "ben": did.action}
                history.append(seen)
        assert len(Spoken.count) == made
        (record,) = caplog.records
        assert "'ben' does not act by the order that it declared" in record.message


def test_the_plugin_imports_no_opentelemetry():
    """LangChain's own tracing may; without the package, players decide all the same."""
    for path in (ROOT / "atom").rglob("*.py"):
        assert not re.search(r"^\s*(from|import) opentelemetry", path.read_text(), re.MULTILINE), path
    code = (
        "import sys; sys.modules['opentelemetry'] = None\n"
        "from atom import AdaptiveAgent, NormalFormReasoner, Situation, symmetric_payoffs, take_turn\n"
        "ann = AdaptiveAgent('ann', NormalFormReasoner(symmetric_payoffs([[0, 5], [5, 0]])))\n"
        "decision, _ = take_turn(ann, {}, Situation({'ann': 'A B'.split(), 'ben': 'A B'.split()}))\n"
        "print(decision.action in 'AB', [m for m in sys.modules if m.startswith('opentelemetry.')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True []"
