"""The middleware in real agents made by ``create_agent``, with a scripted chat model."""

import json
import logging
import re
import time

import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import SummarizationMiddleware, TodoListMiddleware
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.store.memory import InMemoryStore
from scripted import ScriptedModel

from atom import (
    AdaptiveAgent,
    AdaptiveToMMiddleware,
    BeliefError,
    BeliefMemory,
    Contract,
    ExtractionError,
    FixedOrderAgent,
    Hypothesis,
    IllegalActionError,
    NormalFormReasoner,
    Situation,
    SituationError,
    json_field,
    symmetric_payoffs,
    tool_calls,
)

ROUNDS = 8
REASONER = NormalFormReasoner(symmetric_payoffs([[0, 5], [5, 0]]))
ACTIONS = {"ann": ("A", "B"), "ben": ("A", "B")}


def history(state):
    """The joint actions, as the tool reported them."""
    rounds = [json.loads(m.content) for m in state["messages"] if isinstance(m, ToolMessage)]
    return tuple({"ann": entry["you"], "ben": entry["ben_did"]} for entry in rounds)


def situation(state):
    return Situation(ACTIONS, history=history(state))


class Game:
    """A tool that plays a round against a partner of a fixed order, and a model that follows advice."""

    def __init__(self, order=1, rounds=ROUNDS, **settings):
        self.ben = FixedOrderAgent("ben", REASONER, order)
        self.memory = self.ben.start(["ann"])
        self.played = []
        self.model = ScriptedModel(answer=self.answer)
        self.rounds = rounds
        settings.setdefault("observed", json_field("ben", "ben_did"))
        settings.setdefault("acted", tool_calls("ann", "choose"))
        contract = settings.pop("contract", None)
        self.middleware = AdaptiveToMMiddleware(
            AdaptiveAgent("ann", REASONER, seed=2, contract=contract), situation=situation, **settings
        )

    def answer(self, messages):
        if len(self.played) >= self.rounds:
            return AIMessage("done")
        text = messages[0].text if isinstance(messages[0], SystemMessage) else ""
        advised = re.search(r'fits is "(\w)"', text)
        action = advised.group(1) if advised else "A"
        call = {"name": "choose", "args": {"action": action}, "id": f"c{len(self.played)}"}
        return AIMessage("", tool_calls=[call])

    def choose(self, action):
        board = Situation(ACTIONS, history=tuple(self.played))
        decision, self.memory = self.ben.decide(board, self.memory)
        self.played.append({"ann": action, "ben": decision.action})
        return json.dumps({"you": action, "ben_did": decision.action})

    def agent(self, *more, **settings):
        @tool
        def choose(action: str) -> str:
            """Choose A or B."""
            return self.choose(action)

        return create_agent(
            self.model, tools=[choose], middleware=[self.middleware, *more], system_prompt="Play.", **settings
        )

    @property
    def hits(self):
        return sum(joint["ann"] != joint["ben"] for joint in self.played)


START = {"messages": [HumanMessage("Go.")]}


@pytest.mark.parametrize("order", [0, 1, 2])
def test_an_agent_that_listens_coordinates(order):
    game = Game(order)
    state = game.agent().invoke(START, {"recursion_limit": 100})
    assert len(game.played) == ROUNDS
    assert game.hits >= ROUNDS - 3
    told = state["tom"]["ann"]["told"]
    assert told["decision"]["partners"]["ben"]["order"] in ((0, 2) if order != 1 else (1,))
    assert json.loads(json.dumps(state["tom"])) == state["tom"]


def test_an_agent_that_hears_nothing_keeps_its_first_idea():
    deaf = Game(1, observed=lambda messages: None)
    state = deaf.agent().invoke(START, {"recursion_limit": 100})
    assert len({joint["ann"] for joint in deaf.played}) == 1
    assert state["tom"]["ann"]["step"] == 1


async def test_asynchronous_agents_decide_alike():
    one, other = Game(1), Game(1)
    one.agent().invoke(START, {"recursion_limit": 100})
    await other.agent().ainvoke(START, {"recursion_limit": 100})
    assert one.played == other.played


def test_the_prediction_comes_after_the_system_prompt_and_only_there():
    game = Game(1, rounds=3)
    state = game.agent().invoke(START, {"recursion_limit": 100})
    for messages in game.model.sent:
        assert messages[0].text.startswith("Play.")
        assert '- "ben" does' in messages[0].text
        assert not any(isinstance(message, SystemMessage) for message in messages[1:])
    assert not any(isinstance(message, SystemMessage) for message in state["messages"])


def test_what_the_agent_did_is_recorded():
    game = Game(1, rounds=2)
    agent = game.agent(checkpointer=InMemorySaver())
    config = {"configurable": {"thread_id": "t"}, "recursion_limit": 50}
    agent.invoke(START, config)
    taken = [
        state.values["tom"]["ann"]["told"]["taken"]
        for state in reversed(list(agent.get_state_history(config)))
        if state.values.get("tom")
    ]
    for joint in game.played:
        assert joint["ann"] in taken
    assert taken[-1] is None  # the last answer was no action


def test_it_works_beside_other_middlewares_and_in_threads():
    game = Game(1, rounds=6)
    summarise = SummarizationMiddleware(
        ScriptedModel(answer=lambda messages: AIMessage("In short.")),
        trigger=("messages", 6),
        keep=("messages", 3),
    )
    game.middleware._situation = lambda state: Situation(ACTIONS, history=tuple(game.played))
    agent = game.agent(TodoListMiddleware(), summarise, checkpointer=InMemorySaver())
    config = {"configurable": {"thread_id": "t"}, "recursion_limit": 100}
    agent.invoke(START, config)
    memory = agent.get_state(config).values["tom"]["ann"]
    assert len(game.played) == 6
    assert memory["step"] == 7  # every action was seen once, although old messages went
    assert game.hits >= 3
    assert any("write_todos" in messages[0].text for messages in game.model.sent)


def test_other_model_calls_leave_the_prediction_alone():
    game = Game(1, rounds=0)
    agent = game.agent(checkpointer=InMemorySaver())
    config = {"configurable": {"thread_id": "t"}}
    for _ in range(3):
        agent.invoke({"messages": [HumanMessage("Nothing happened.")]}, config)
    assert agent.get_state(config).values["tom"]["ann"]["step"] == 1


def test_events_carry_observer_partner_and_step():
    game = Game(1, rounds=3)
    events = list(game.agent().stream(START, {"recursion_limit": 50}, stream_mode="custom"))
    assert [event["step"] for event in events] == [0, 1, 2, 3]
    assert {(event["type"], event["observer"], event["partner"]) for event in events} == {
        ("tom.belief", "ann", "ben")
    }


def test_a_broken_contract_is_told_to_the_model():
    game = Game(1, rounds=5, contract=Contract({"ann": 1, "ben": 0}))
    events = list(game.agent().stream(START, {"recursion_limit": 50}, stream_mode="custom"))
    assert [event["step"] for event in events if event["type"] == "tom.contract"] == [2]
    assert game.hits == 3
    assert "do not rely on" in game.model.sent[-1][0].text


def test_a_partner_that_is_no_order_is_told_as_such():
    """No order is advised against a habit, but the answer to it."""
    stays = Hypothesis("stays", behaviour=lambda situation, player: {"B": 1.0})
    game = Game(1, rounds=1)
    game.middleware = AdaptiveToMMiddleware(
        AdaptiveAgent("ann", REASONER, hypotheses=[stays]),
        situation=situation,
        observed=json_field("ben", "ben_did"),
    )
    game.agent().invoke(START, {"recursion_limit": 50})
    words = game.model.sent[0][0].text
    assert '- "ben" does "B": "stays" (100% sure).' in words
    assert "order" not in words
    assert game.played[0]["ann"] == "A"


def test_beliefs_are_kept_in_the_agents_store():
    store, beliefs = InMemoryStore(), BeliefMemory("tickets")
    for _ in range(2):
        game = Game(1, rounds=5, beliefs=beliefs)
        state = game.agent(store=store).invoke(START, {"recursion_limit": 50})
    assert beliefs.known(store, "ann", "ben")["observations"] == 10
    assert state["tom"]["ann"]["partners"]["ben"]["recalled"] == 5
    with pytest.raises(BeliefError, match="pass store= to create_agent"):
        Game(1, beliefs=beliefs).agent().invoke(START)


def test_a_situation_without_a_partner_says_so():
    game = Game(1)
    game.middleware._situation = lambda state: Situation({"ann": ("A", "B")})
    with pytest.raises(SituationError, match="no partner of 'ann' is in this situation"):
        game.agent().invoke(START)


def test_it_goes_on_with_the_memory_that_a_node_made():
    """A node decided under the same name, in a graph whose state the agent shares."""
    game = Game(1, rounds=1)
    agent = AdaptiveAgent("ann", REASONER, seed=2)
    _, memory = agent.decide(Situation(ACTIONS), agent.start(["ben"]))
    state = game.agent().invoke({**START, "tom": {"ann": memory}}, {"recursion_limit": 50})
    assert state["tom"]["ann"]["step"] == 2
    assert state["tom"]["ann"]["told"]["text"]


def raising(messages):
    raise KeyError("ben_did")


@pytest.mark.parametrize(
    ("observed", "message"),
    [
        (raising, r"the extractor 'raising' of 'ann' failed \(KeyError: 'ben_did'\)"),
        (lambda messages: {"ben": "Z"}, r"'Z' is not a legal action of 'ben'; legal are \['A', 'B'\]"),
        (lambda messages: {"eve": "A"}, "observed an action of 'eve'"),
        (lambda messages: {"eve": None}, "observed an action of 'eve'"),
        (lambda messages: {"ben": 10**5000}, r"<int object at \w+> is not a legal action of 'ben'"),
    ],
    ids=["raises", "unknown action", "unknown player", "nothing of an unknown player", "a long number"],
)
def test_an_extractor_that_fails(observed, message, caplog):
    game = Game(1, rounds=2, observed=observed)
    with caplog.at_level(logging.WARNING, "atom"):
        state = game.agent().invoke(START, {"recursion_limit": 50})
    assert len(game.played) == 2
    problems = state["tom"]["ann"]["told"]["problems"]
    assert len(problems) == 2
    assert re.search(message, problems[0])
    assert len(caplog.records) == 2
    assert state["tom"]["ann"]["step"] == 1
    with pytest.raises(ExtractionError, match=message) as caught:
        Game(1, observed=observed, on_error="raise").agent().invoke(START, {"recursion_limit": 50})
    assert "on_error='degrade'" in str(caught.value)
    if observed is not raising:
        assert isinstance(caught.value.__cause__, IllegalActionError | SituationError)


def test_an_action_of_its_own_that_is_not_legal_is_noted():
    game = Game(1, rounds=1, acted=lambda messages: {"ann": "Q"})
    state = game.agent().invoke(START, {"recursion_limit": 50})
    assert "'Q' is not a legal action of 'ann'" in state["tom"]["ann"]["told"]["problems"][0]


def test_tool_calls_as_actions():
    call = {"name": "take_left", "args": {}, "id": "1"}
    messages = [AIMessage("", tool_calls=[call], name="ben"), AIMessage("", name="eve")]
    read = tool_calls("ben", {"take_left": "left", "take_right": "right"}, author="ben")
    assert read(messages) == {"ben": "left"}
    assert read(messages[1:]) is None
    assert tool_calls("ben", {"take_left": "left"}, author="eve")(messages) is None
    pick = {"name": "pick", "args": {"ticket": 3}, "id": "2"}
    assert tool_calls("ben", "pick", argument="ticket")([AIMessage("", tool_calls=[pick])]) == {"ben": "3"}


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ('{"move": "A"}', "A"),
        ('I think {not json} and so {"move": "B", "why": {"move": "A"}} it is', "B"),
        ('first {"move": "A"} then ```json\n{"move": "B"}\n```', "B"),
        ("move: A", None),
        ('{"other": 1} [{"x": {}}]', None),
        ('{"move": 3}', "3"),
    ],
)
def test_a_json_field_as_action(text, action):
    expected = None if action is None else {"ben": action}
    read = json_field("ben", "move")
    assert read([ToolMessage(text, tool_call_id="1")]) == expected
    assert read([ToolMessage([{"type": "text", "text": text}], tool_call_id="1")]) == expected
    assert read([HumanMessage(text, name="ben")]) == read([AIMessage(text, name="ben")]) == expected
    assert json_field("ben", "move", author="eve")([HumanMessage(text, name="eve")]) == expected
    assert json_field("ben", "move", author="ben")([HumanMessage(text)]) is None
    assert read([{"role": "tool", "content": text}]) == expected


@pytest.mark.parametrize(
    ("message", "action"),
    [
        (HumanMessage('{"move": "A"}'), "A"),
        (HumanMessage('```json\n{"move": "A"}\n```'), "A"),
        (HumanMessage('You saw {"move": "A"}, so why?'), None),
        (HumanMessage('{"move": "A"} and {"move": "B"}'), None),
        (HumanMessage('{"move": "A"}', additional_kwargs={"lc_source": "summarization"}), None),
        (HumanMessage('ben said {"move": "A"}', name="eve"), None),
        (AIMessage('ben did {"move": "A"}'), None),
        (AIMessage('{"move": "A"}', name="ann"), None),
        (SystemMessage('So far: {"move": "A"}'), None),
        (ToolMessage('{"move": "A"}', tool_call_id="1", status="error"), None),
    ],
)
def test_who_quotes_an_action_reports_none(message, action):
    assert json_field("ben", "move")([message]) == (None if action is None else {"ben": action})


def test_objects_are_found_in_time_that_grows_with_the_text():
    for text in ('{"a":' * 20000, "{" * 100000, '{"a": [' * 15000, '{"a": 1 ' * 12000):
        began = time.process_time()
        assert json_field("ben", "move")([ToolMessage(text, tool_call_id="1")]) is None
        assert time.process_time() - began < 20.0  # growing with its square, minutes


def test_a_rejected_call_is_no_action():
    calls = [{"name": "choose", "args": {"action": name}, "id": name} for name in "AB"]
    message = AIMessage("", tool_calls=calls, name="ben")
    read = tool_calls("ben", "choose")
    assert read([message]) == {"ben": "B"}
    assert read([message, ToolMessage("no", tool_call_id="B", status="error")]) == {"ben": "A"}
    assert read([message, *(ToolMessage("no", tool_call_id=i, status="error") for i in "AB")]) is None
