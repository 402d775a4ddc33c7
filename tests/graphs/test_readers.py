"""What reads actions from messages: every form of a call, and what is no action at all."""

import json

import pytest
from langchain.agents import create_agent
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from scripted import ScriptedModel

from atom import (
    AdaptiveAgent,
    AdaptiveToMMiddleware,
    NormalFormReasoner,
    Situation,
    json_field,
    symmetric_payoffs,
    tool_calls,
)
from atom.graph.messages import as_done

REASONER = NormalFormReasoner(symmetric_payoffs([[0, 5], [5, 0]]))
TOO_LONG = "1" * 5000  # digits; Python reads no number of more than 4300


def of_langchain(name, args, call="c"):
    return AIMessage("", tool_calls=[{"name": name, "args": args, "id": call}])


def of_openai(name, args, call="c"):
    function = {"name": name, "arguments": args if isinstance(args, str) else json.dumps(args)}
    return {"role": "assistant", "tool_calls": [{"id": call, "type": "function", "function": function}]}


FORMS = pytest.mark.parametrize("form", [of_langchain, of_openai])


@FORMS
def test_calls_are_read_in_every_form(form):
    assert tool_calls("ann", "choose")([form("choose", {"action": "B"})]) == {"ann": "B"}
    assert tool_calls("ann", "choose")([form("choose", {"action": 3})]) == {"ann": "3"}
    parsed = {"id": "c", "function": {"name": "choose", "arguments": {"action": "B"}}}
    assert tool_calls("ann", "choose")([{"tool_calls": [parsed]}]) == {"ann": "B"}
    assert tool_calls("ann", {"left": "A", "right": "B"})([form("right", {})]) == {"ann": "B"}
    assert tool_calls("ann", {"left": "A"})([form("up", {})]) is None
    failed = {"role": "tool", "tool_call_id": "c", "status": "error", "content": "no"}
    assert tool_calls("ann", "choose")([form("choose", {"action": "B"}), failed]) is None


@FORMS
@pytest.mark.parametrize("args", [{}, {"ticket": "B"}, {"action": None}])
def test_a_call_without_the_argument_is_no_action(form, args):
    made = form("choose", args)
    assert tool_calls("ann", "choose")([made]) is None
    assert tool_calls("ann", "choose")([form("choose", {"action": "A"}, "b"), made]) == {"ann": "A"}


@pytest.mark.parametrize("arguments", ["", "{", "[1]", '"B"', f'{{"action": {TOO_LONG}}}', None, ["B"]])
def test_arguments_that_are_no_object_name_no_action(arguments):
    call = {"id": "c", "type": "function", "function": {"name": "choose", "arguments": arguments}}
    message = {"role": "assistant", "tool_calls": [call]}
    assert tool_calls("ann", "choose")([message]) is None
    assert tool_calls("ann", {"choose": "A"})([message]) == {"ann": "A"}


@pytest.mark.parametrize("calls", [None, "choose", [None, "choose", 3], [{}], [{"function": None}]])
def test_what_is_no_call_is_passed_over(calls):
    assert tool_calls("ann", "choose")([{"role": "assistant", "tool_calls": calls}]) is None


@FORMS
def test_what_was_really_done_is_read_in_every_form(form):
    edited = {"c": {"name": "choose", "args": {"action": "A"}}}
    (done,) = as_done([form("choose", {"action": "B"})], [], edited)
    assert tool_calls("ann", "choose")([done]) == {"ann": "A"}
    rejected = ToolMessage("no", tool_call_id="c", status="error")
    (done,) = as_done([form("choose", {"action": "B"})], [rejected], {})
    assert tool_calls("ann", "choose")([done]) is None
    untouched = form("choose", {"action": "B"})
    assert as_done([untouched], [], {})[0] == untouched


@pytest.mark.parametrize("text", [f'{{"move": {TOO_LONG}}}', f'{{"x": {TOO_LONG}, "move": "A"}}'])
@pytest.mark.parametrize("message", [HumanMessage, lambda text: ToolMessage(text, tool_call_id="1")])
def test_numbers_too_long_to_be_read_are_passed_over(text, message):
    read = json_field("ben", "move")
    assert read([message(text)]) is None
    after = ToolMessage(text + ' {"move": "B"}', tool_call_id="1")
    assert read([after]) == {"ben": "B"}


def test_null_is_no_action():
    read = json_field("ben", "move")
    assert read([HumanMessage('{"move": null}')]) is None
    said = [ToolMessage('{"move": "A"} {"move": null}', tool_call_id="1"), HumanMessage('{"move": null}')]
    assert read(said) == {"ben": "A"}


@pytest.mark.parametrize(
    "content", [[3, None, {"text": 5}, {"type": "image"}, '{"move": "B"}'], 7, {"text": "A"}]
)
def test_parts_that_are_no_text_are_passed_over(content):
    expected = {"ben": "B"} if isinstance(content, list) else None
    assert json_field("ben", "move")([{"role": "tool", "content": content}]) == expected


@pytest.mark.parametrize("way", ["sync", "async"])
async def test_a_number_too_long_to_be_read_is_no_problem_of_an_agent(way, caplog):
    middleware = AdaptiveToMMiddleware(
        AdaptiveAgent("ann", REASONER),
        situation=lambda state: Situation({"ann": ("A", "B"), "ben": ("A", "B")}),
        observed=json_field("ben", "move"),
    )
    agent = create_agent(ScriptedModel(answer=lambda messages: AIMessage("A")), middleware=[middleware])
    state = {"messages": [HumanMessage("Go.")]}
    for said in (None, f'{{"move": {TOO_LONG}}}', '{"move": "B"}'):
        news = [] if said is None else [HumanMessage(said)]
        given = {**state, "messages": [*state["messages"], *news]}
        state = await agent.ainvoke(given) if way == "async" else agent.invoke(given)
    assert state["tom"]["ann"]["step"] == 2
    assert state["tom"]["ann"]["told"]["problems"] == []
    assert caplog.records == []
