"""Settings of an adaptive agent: in groups or one by one, said once, and checked by types."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from atom import (
    Acting,
    AdaptiveAgent,
    BareAgent,
    Bayes,
    BeliefError,
    Beliefs,
    Budget,
    ChangePoints,
    Contract,
    FixedOrderAgent,
    Hedge,
    Hypothesis,
    Pruning,
    Spending,
)
from atom.belief import order
from atom.usage import current_meter
from eval.tasks import make_task

ROOT = Path(__file__).parents[1]
TASK = make_task("one-ahead-5")
REASONER = TASK.reasoner()
ME, OTHER = TASK.players
STAYS = Hypothesis("stays", behaviour=lambda situation, player: {situation.legal(player)[0]: 1.0})


def costly(situation, prediction):
    meter = current_meter()
    meter.end_call(meter.begin_call(), prompt_tokens=7, completion_tokens=2, cost=0.5)
    return "A"


def played(agent, rounds=15):
    """Everything that an agent decides and remembers beside a partner that changes its order."""
    memory, other = agent.start([OTHER]), {"episode": 0, "step": 0}
    state, decisions = TASK.start(), []
    for t in range(rounds):
        situation = TASK.situation(state)
        decision, memory = agent.decide(situation, memory)
        partner = FixedOrderAgent(OTHER, REASONER, 2 if t < 7 else 0)
        answer, other = partner.decide(situation, other)
        joint = {ME: decision.action, OTHER: answer.action}
        memory = agent.observe(memory, situation, joint)
        state = TASK.step(state, joint).state
        plain = decision.as_plain()
        if plain["usage"]:
            plain["usage"]["seconds"] = 0.0
        decisions.append(plain)
    return decisions, {key: value for key, value in memory.items() if key != "spent"}


GROUPS = {
    "beliefs": (
        {"beliefs": Beliefs(Hedge(2.0), [order(0), order(1), STAYS], Contract({ME: 0, OTHER: 1}))},
        {
            "learner": Hedge(2.0),
            "hypotheses": [order(0), order(1), STAYS],
            "contract": Contract({ME: 0, OTHER: 1}),
        },
    ),
    "changes": (
        {"beliefs": Beliefs(Bayes(hazard=0.1), [order(0), order(2)], changes=ChangePoints(3))},
        {"learner": Bayes(hazard=0.1), "orders": (0, 2), "changes": ChangePoints(3)},
    ),
    "acting": (
        {"acting": Acting("sample", "above", "override", REASONER, "raise"), "agent": lambda s, p: "A"},
        {
            "selection": "sample", "response": "above", "gate": "override", "payoffs": REASONER,
            "on_error": "raise", "agent": lambda s, p: "A",
        },
    ),
    "spending": (
        {"spending": Spending(Pruning(0.3, 3), Budget(calls=9, per="episode")), "agent": costly},
        {"prune": Pruning(0.3, 3), "budget": Budget(calls=9, per="episode"), "agent": costly},
    ),
    "nothing": ({"beliefs": Beliefs(), "acting": Acting(), "spending": Spending()}, {}),
}  # fmt: skip


@pytest.mark.parametrize(("groups", "single"), GROUPS.values(), ids=GROUPS)
def test_groups_decide_as_the_same_settings_one_by_one(groups, single):
    in_groups, one_by_one = AdaptiveAgent(ME, REASONER, **groups), AdaptiveAgent(ME, REASONER, **single)
    assert played(in_groups) == played(one_by_one)
    for name in ("beliefs", "acting", "spending"):
        assert getattr(in_groups, name) == getattr(one_by_one, name)


@pytest.mark.parametrize(("_", "single"), [g for n, g in GROUPS.items() if n != "nothing"])
def test_every_group_above_makes_a_difference(_, single):
    assert played(AdaptiveAgent(ME, REASONER, **single)) != played(AdaptiveAgent(ME, REASONER))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"beliefs": Beliefs(), "learner": Hedge()}, "['learner'] belong to the Beliefs that is given"),
        ({"beliefs": Beliefs(), "orders": (0, 1)}, "['hypotheses'] belong to the Beliefs"),
        ({"beliefs": Beliefs(), "contract": None}, "['contract'] belong to the Beliefs"),
        ({"acting": Acting(), "selection": "leader"}, "['selection'] belong to the Acting"),
        (
            {"acting": Acting(), "gate": "off", "on_error": "raise"},
            "['gate', 'on_error'] belong to the Acting",
        ),
        ({"spending": Spending(), "prune": None}, "['prune'] belong to the Spending"),
    ],
)
def test_a_setting_that_is_said_twice_is_named(settings, words):
    with pytest.raises(TypeError, match=re.escape(words)):
        AdaptiveAgent(ME, REASONER, **settings)


@pytest.mark.parametrize("name", ["order", "names", "prior", "temperature", "_settings"])
def test_an_unknown_setting_is_named_with_those_that_there_are(name):
    known = ["acting", "beliefs"]  # groups are parameters, not settings
    with pytest.raises(
        TypeError, match=re.escape(f"AdaptiveAgent has no setting ['{name}']; it has [")
    ) as no:
        AdaptiveAgent(ME, REASONER, **{name: 1})
    settings = str(no.value).split("it has ")[1]
    for setting in ("budget", "changes", "contract", "gate", "hypotheses", "on_error", "orders", "payoffs",
                    "prune", "response", "selection"):  # fmt: skip
        assert f"'{setting}'" in settings
    assert not any(f"'{group}'" in settings for group in known)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Acting(selection="best"), "selection must be 'win-stay', 'sample' or 'leader', got 'best'"),
        (lambda: Acting(response="below"), "response must be 'nearest' or 'above', got 'below'"),
        (lambda: Acting(gate="shut"), "gate must be 'off', 'ask' or 'override', got 'shut'"),
        (lambda: Acting(on_error="ignore"), "on_error must be 'degrade' or 'raise', got 'ignore'"),
        (lambda: FixedOrderAgent(ME, REASONER, 1, on_error="ignore"), "on_error must be"),
        (lambda: BareAgent(ME, lambda situation, prediction: "A", on_error="ignore"), "on_error must be"),
    ],
)
def test_a_value_that_is_none_of_the_choices_is_named_with_them(make, words):
    with pytest.raises(ValueError, match=words):
        make()


def test_a_gate_needs_somebody_who_knows_payoffs():
    class NoPayoffs:
        def policy(self, situation, player, order):
            return {"A": 1.0}

    with pytest.raises(ValueError, match="gate='ask' needs payoffs, and this reasoner knows none"):
        AdaptiveAgent(ME, NoPayoffs(), acting=Acting(gate="ask"))
    AdaptiveAgent(ME, NoPayoffs(), acting=Acting(gate="ask", payoffs=REASONER))


# ---- mistakes in types, as a user's type checker sees them ----

CORRECT = """
from typing import Any
from langchain_core.language_models import GenericFakeChatModel
from atom import (
    Acting, AdaptiveAgent, AdaptiveToMNode, Bayes, BeliefMemory, Decision, Hypothesis, NormalFormReasoner,
    Player, Situation, StaticPlayer, symmetric_payoffs,
)
from atom.belief import order

chat = GenericFakeChatModel(messages=iter([]))
game = NormalFormReasoner(symmetric_payoffs([[0, 5], [5, 0]]))
board = Situation({"ann": ("A", "B"), "ben": ["A", "B"]})


def stays(situation: Situation, player: str) -> dict[str, float]:
    return {situation.legal(player)[0]: 1.0}


class Mine(StaticPlayer):
    def __init__(self) -> None:
        self.me = "ann"

    def decide(self, situation: Situation, memory: dict[str, Any]) -> tuple[Decision, dict[str, Any]]:
        return Decision(self.me, "A"), memory


mine: Player = Mine()
ann: Player = AdaptiveAgent("ann", game, Bayes(), chat, orders=(0, 1), selection="leader", seed=3)
habit = Hypothesis("stays", behaviour=stays)
AdaptiveAgent("ann", game, hypotheses=[order(0), habit], acting=Acting("sample"))
node = AdaptiveToMNode(
    "ann", mine, situation=lambda state: board, observed=lambda state: None,
    write=lambda decision: {"ann": decision.action}, beliefs=BeliefMemory("game"),
)
"""

MISTAKES = {
    "a chat model as reasoner": ('AdaptiveAgent("ann", chat)', "arg-type"),
    "a learner as reasoner": ('AdaptiveAgent("ann", Bayes())', "arg-type"),
    "an agent as learner": ('AdaptiveAgent("ann", game, chat)', "arg-type"),
    "a number as agent": ('AdaptiveAgent("ann", game, agent=3)', "arg-type"),
    "a string from write": (
        'AdaptiveToMNode("n", mine, situation=lambda s: board, observed=lambda s: None, write=lambda d: "A")',
        "(arg-type|return-value|misc)",
    ),
    "a string from observed": (
        'AdaptiveToMNode("n", mine, situation=lambda s: board, observed=lambda s: "A", write=lambda d: {})',
        "(arg-type|return-value|misc)",
    ),
    "a reasoner as player": (
        'AdaptiveToMNode("n", game, situation=lambda s: board, observed=lambda s: None, write=lambda d: {})',
        "arg-type",
    ),
    "integer actions": ('Situation({"ann": (0, 1), "ben": ("A", "B")})', "(dict-item|arg-type)"),
    "an unknown keyword": ('AdaptiveAgent("ann", game, temperature=0.5)', "call-arg"),
    "an unknown selection": ('AdaptiveAgent("ann", game, selection="best")', "arg-type"),
    "an unknown selection in a group": ('Acting(selection="best")', "arg-type"),
    "orders that are names": ('AdaptiveAgent("ann", game, orders=("0", "1"))', "arg-type"),
    "names as hypotheses": ('AdaptiveAgent("ann", game, hypotheses=["0", "1"])', "(list-item|arg-type)"),
    "an action as behaviour": ('Hypothesis("stays", behaviour=lambda s, p: "A")', "(arg-type|return-value)"),
    "a player without decide": ("StaticPlayer()", "abstract"),
    "a memory as situation": ('ann.decide(ann.start(["ben"]), ann.start(["ben"]))', "arg-type"),
    "an action as joint action": ('ann.observe(ann.start(["ben"]), board, "A")', "arg-type"),
}


@pytest.fixture(scope="module")
def complaints(tmp_path_factory):
    """Line -> what mypy says of it, in a user's file: what is correct first, a mistake a line after it."""
    file = tmp_path_factory.mktemp("user") / "mine.py"
    file.write_text(CORRECT + "".join(f"{mistake}\n" for mistake, _ in MISTAKES.values()))
    done = subprocess.run(  # with the project's settings and cache
        [sys.executable, "-m", "mypy", "--no-error-summary", str(file)],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stderr
    found = {}
    for line in done.stdout.splitlines():
        if told := re.search(r"mine\.py:(\d+): error: (.*)", line):
            found.setdefault(int(told[1]), []).append(told[2])
    return found


def test_correct_use_passes_the_type_checker(complaints):
    last = len(CORRECT.splitlines())
    assert {line: told for line, told in complaints.items() if line <= last} == {}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_types_is_an_error_on_its_line(complaints, mistake):
    line = len(CORRECT.splitlines()) + 1 + list(MISTAKES).index(mistake)
    assert any(re.search(rf"\[{MISTAKES[mistake][1]}\]$", told) for told in complaints.get(line, ())), (
        complaints.get(line)
    )


def test_an_agent_in_the_learners_place_is_named():
    with pytest.raises(BeliefError, match=r"is no learner.*agent="):
        AdaptiveAgent("ann", REASONER, lambda situation, prediction: "A")
