"""One contract that every partner passes, and what single ones promise."""

import importlib
import inspect
import json
import pickle
import pkgutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import partners
from atom import FixedOrderAgent, NormalFormReasoner, Situation, SituationError, symmetric_payoffs
from eval.tasks import MatrixTask, make_task
from eval.tasks.overcooked import OvercookedTask
from partners import (
    LLM,
    PARTNERS_GROUP,
    ZOO,
    NoisyPartner,
    PartnerKind,
    Population,
    SimplePartner,
    StaticPartner,
    Traits,
    UnknownNameError,
    all_kinds,
    kind_of,
    make_partner,
    partner,
    registry,
    save_policies,
    save_population,
    train,
    traits_of,
)
from partners.rps_bots import RULES
from tests.classical import GAMES

NAMES = [
    *ZOO,
    "switching:2-0-1@4-9",
    "noisy:0.3:bayes",
    "noisy:0.5:switching:1-2@6",
    "noisy:0:ftl",
    "hedge:0.5",
    "tomsup:2",
    "competence:1@2",
    "learning:fixed-share@2",
    "adaptive:adahedge/leader/above",
    "oracle:1-0@4",
    *(f"rps-bot:{name}" for name in RULES),
]


def asymmetric():
    """A game in which neither payoffs nor actions are the same in both seats."""
    payoffs = np.array([[[3.0, 0.0], [1.0, 2.0]], [[2.0, 4.0], [5.0, 1.0]]])
    return MatrixTask("asymmetric", payoffs, [["up", "down"], ["left", "right"]])


def two_by_three():
    """A game in which the seats do not even have as many actions."""
    actions = [["up", "down"], ["left", "middle", "right"]]
    return MatrixTask("two-by-three", GAMES["two by three"], actions)


@cache
def crossed():
    """A kitchen without a mirror: what is near to one cook is far from the other."""
    return OvercookedTask("crossed", "XXDXX\nO 1 S\nX   X\nP 2 X\nXOXXX")


def on_a_circle():
    """Rock-paper-scissors with other names and payoffs in each seat."""
    ahead = np.arange(3)[:, None] - np.arange(3)[None, :]
    payoffs = np.stack([np.array([0.0, 3.0, -1.0])[ahead % 3], np.array([1.0, 5.0, -2.0])[-ahead % 3]])
    return MatrixTask("on-a-circle", payoffs, [["rock", "paper", "scissors"], ["stone", "sheet", "shears"]])


PLAYED = {
    "all": [lambda: make_task("memory-1"), asymmetric, two_by_three],
    "2x2": [lambda: make_task("memory-1"), asymmetric],
    "3x3": [lambda: make_task("rock-paper-scissors"), on_a_circle],
    "matrices": [lambda: make_task("memory-1"), asymmetric, two_by_three],
    "pairs": [lambda: make_task("memory-1"), lambda: make_task("coordination-3")],
    "tables": [lambda: make_task("game-2"), lambda: make_task("game-1")],
    "kitchens": [lambda: make_task("overcooked"), crossed],
}
"""What a partner plays -> tasks to try it on, the first of them for most of the contract."""


def tasks_for(name):
    """The tasks of the contract for a partner's name."""
    return [make() for make in PLAYED[ZOO[name.split(":")[0]].plays]]


def trained(folder, task):
    """A file with a population that was trained for a moment."""
    file = folder / f"{task.name}.npz"
    settings = {"generations": 1, "members": 2, "games": 4, "steps": 10, "horizon": 30, "seed": 1}
    *_, last = train(task.model, **settings)
    save_policies(file, task.model, last.policies)
    return file


def populated(folder, task):
    """A file with a pair of a game, whose policies are drawn and not trained."""
    file = folder / f"{task.name}.json"
    actions = tuple(task.situation(task.start()).actions["player-1"])
    policies = np.random.default_rng(0).dirichlet(np.ones(len(actions)), size=(2, 2, 1 + len(actions) ** 2))
    save_population(file, Population(task.name, "plain", actions, {}, (1, 2), policies))
    return file


MADE_FROM = {"population": trained, "trained": populated}
"""Partner -> what makes the file that it needs."""


def argument_for(name, folder, task):
    return f":{MADE_FROM[name](folder, task)}" if name in MADE_FROM else ""


class PartnerContract:
    """What every partner promises; inherit and set ``name`` for one of another package."""

    name = ""

    @pytest.fixture(autouse=True)
    def setting(self, tmp_path):
        """The tasks that the partner plays, and where a population is trained for them if it needs one."""
        self.tasks = tasks_for(self.name)
        self.task = self.tasks[0]
        self.folder = tmp_path

    def make(self, seed=7, seat=0, task=None):
        task = task or self.task
        return make_partner(
            self.name + argument_for(self.name, self.folder, task),
            task.players[seat],
            task.reasoner(),
            seed=seed,
        )

    def play(self, made, episode=0, rounds=12, against="tom-1", through_json=False, task=None):
        """The actions of an episode, and the memories before and after each observation."""
        task = task or self.task
        me = made.me
        (them,) = set(task.players) - {me}
        other = make_partner(against, them, task.reasoner())
        memory, memory2 = made.start([them], episode=episode), other.start([me])
        state, actions, memories = task.start(), [], []
        for _ in range(rounds):
            situation = task.situation(state)
            decision, before = made.decide(situation, memory)
            answer, memory2 = other.decide(situation, memory2)
            assert decision.action in situation.actions[me]
            joint = {me: decision.action, them: answer.action}
            memory = made.observe(before, situation, joint)
            memories.append((before, memory))
            if through_json:
                memory = json.loads(json.dumps(memory, allow_nan=False))
            actions.append(decision.action)
            transition = task.step(state, joint)
            state = transition.state
            if transition.done:
                break
        return actions, memories

    def actions(self, made, **settings):
        return self.play(made, **settings)[0]

    def test_has_traits_and_a_seat(self):
        assert isinstance(traits_of(self.name), Traits)
        assert self.make().me == "player-1"

    def test_clones_by_name_and_resets(self):
        """The same numbers, the same actions; an episode leaves nothing behind in the object."""
        made = self.make()
        first = self.actions(made, episode=3)
        self.actions(made, episode=4)
        assert self.actions(made, episode=3) == first
        assert self.actions(self.make(), episode=3) == first

    def test_memory_is_plain(self):
        assert self.actions(self.make(), through_json=True) == self.actions(self.make())

    def test_pickles(self):
        assert self.actions(pickle.loads(pickle.dumps(self.make()))) == self.actions(self.make())

    def test_traits_tell_the_truth_about_chance(self):
        seen = {
            tuple(self.actions(self.make(seed), episode=e, rounds=15)) for seed in range(3) for e in range(8)
        }
        if not traits_of(self.name).stochastic:
            assert len(seen) == 1
        else:
            assert len(seen) > 1

    def test_traits_tell_the_truth_about_adapting(self):
        """Who does not adapt keeps nothing of what others did."""
        if not traits_of(self.name).adaptive:
            assert all(before == after for before, after in self.play(self.make())[1])

    def test_plays_both_seats_where_they_differ(self):
        for task in self.tasks:
            for seat in (0, 1):
                first = self.actions(self.make(seat=seat, task=task), task=task)
                assert first == self.actions(self.make(seat=seat, task=task), task=task)

    async def test_async_decides_alike(self):
        made = self.make()
        situation = self.task.situation(self.task.start())
        memory = made.start(["player-2"])
        assert await made.adecide(situation, memory) == made.decide(situation, memory)


for _name in NAMES:
    _class = type(f"Test_{_name}", (PartnerContract,), {"name": _name})
    globals()[_class.__name__] = _class
del _class


def make_listed(name, folder):
    task = tasks_for(name)[0]
    return make_partner(name + argument_for(name, folder, task), "player-1", task.reasoner())


def test_every_partner_class_is_listed(tmp_path):
    listed = {type(make_listed(name, tmp_path)) for name in ZOO}
    found = set()
    for module in pkgutil.walk_packages(partners.__path__, "partners."):
        found |= {
            cls
            for _, cls in inspect.getmembers(importlib.import_module(module.name), inspect.isclass)
            if cls.__module__ == module.name and hasattr(cls, "decide") and not inspect.isabstract(cls)
        }
    assert found == {cls for cls in listed if cls.__module__.startswith("partners")}
    assert all(issubclass(cls, StaticPartner) for cls in found if cls.__name__ != "PermutedPartner")


def test_every_partner_says_what_it_is_and_whence():
    for kind in (*ZOO.values(), LLM):
        assert kind.summary
        assert kind.source
        assert kind.traits == traits_of(kind.name)
        assert bool(kind.argument) >= bool(kind.default)


def test_the_package_imports_nothing_heavy():
    heavy = ("litellm", "langgraph", "langchain_core", "matplotlib", "tomsup", "overcooked_ai_py", "scipy")
    code = f"import sys, partners; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_modules_that_moved_have_a_place():
    for old, new in partners._moved.MOVED.items():
        assert not (Path(partners.__file__).parents[1] / (old.replace(".", "/") + ".py")).exists()
        importlib.import_module(new)


@pytest.fixture
def _own_registry(monkeypatch):
    """What a test enters is gone after it."""
    monkeypatch.setattr(registry, "ZOO", dict(ZOO))
    monkeypatch.setattr(registry, "_entered_by", dict(registry._entered_by))
    registry.extension_partners.cache_clear()
    yield
    registry.extension_partners.cache_clear()


class LastActions(SimplePartner):
    """Takes one of its last ``N`` actions."""

    def __init__(self, me, n, *, seed=0):
        super().__init__(me, seed=seed)
        self.n = n

    def choose(self, situation, memory, rng):
        return situation.legal(self.me)[-int(rng.integers(self.n)) - 1], memory


@pytest.mark.usefixtures("_own_registry")
def test_a_class_and_a_decorator_make_a_partner():
    entered = partner(
        "last-actions",
        source="a test",
        traits=lambda n: Traits(stochastic=n > 1, adaptive=False),
        argument="N",
        default="2",
        reads=lambda text: (int(text),),
    )(LastActions)
    assert entered is LastActions
    kind = kind_of("last-actions")
    assert kind.summary == "takes one of its last N actions"
    assert kind.traits == Traits(stochastic=True, adaptive=False)
    assert traits_of("noisy:0:last-actions:1") == Traits(stochastic=False, adaptive=False)
    task = make_task("one-ahead-5")
    made = make_partner("last-actions:1", "player-1", task.reasoner())
    assert made.decide(task.situation(task.start()), made.start(["player-2"]))[0].action == "E"
    for name in ("last-actions:x", "noisy:0:last-actions:x"):
        with pytest.raises(ValueError, match="the form is last-actions:N"):
            traits_of(name)


@pytest.mark.usefixtures("_own_registry")
def test_what_cannot_be_entered():
    with pytest.raises(TypeError, match="declares no traits"):
        partner("last-actions", source="a test")(LastActions)
    with pytest.raises(ValueError, match=r"has the name of one of partners\.adaptive"):
        partner("bayes", source="a test", traits=Traits(stochastic=True, adaptive=False))(LastActions)


class Announced:
    """An entry point of a package that is not installed."""

    dist = None
    module = __name__

    def __init__(self, name, thing):
        self.name, self.value, self._thing = name, f"{__name__}:{name}", thing

    def load(self):
        return self._thing()


@pytest.mark.usefixtures("_own_registry")
def test_the_decorator_serves_other_packages_too(monkeypatch):
    """Entered when its entry point is loaded, and listed once; asked again, nobody warns."""
    fixed = Traits(stochastic=False, adaptive=False)

    def entered():
        return partner("theirs", source="theirs 1.0", traits=fixed, argument="N", default="1", reads=list)(
            LastActions
        )

    def held():
        return PartnerKind("held", "holds", "theirs", fixed, lambda *_: LastActions("me", 1))

    entries = [Announced("theirs", entered), Announced("held", held)]
    monkeypatch.setattr(
        "partners.extensions.entry_points", lambda group: entries if group == PARTNERS_GROUP else []
    )
    for _ in range(2):
        kinds = all_kinds()
        assert list(kinds)[-2:] == ["theirs", "held"]
        assert kinds["theirs"].argument == "N"


def expect(name, partner_actions, expected, task="one-ahead-5", **kwargs):
    """The partner's actions against given ones, as a row of letters."""
    task = make_task(task)
    made = make_partner(name, "player-1", task.reasoner(), **kwargs)
    memory, state, actions = made.start(["player-2"]), task.start(), ""
    for theirs in partner_actions:
        situation = task.situation(state)
        decision, memory = made.decide(situation, memory)
        joint = {"player-1": decision.action, "player-2": theirs}
        memory = made.observe(memory, situation, joint)
        state = task.step(state, joint).state
        actions += decision.action
    assert actions == expected


def test_plays():
    """Rows of play: what the partner does against the given actions."""
    expect("tom-0", "ABCDE", "BBCDE")  # one ahead of the last, A being the common memory
    expect("tom-1", "AAAAA", "CEBDA")  # expects one ahead of its own last, and goes one ahead of that
    expect("alternate", "AAAAAA", "ABCDEA")
    expect("imitate", "BCDEA", "ABCDE")
    expect("switching:0-1@3", "AAAAA", "BBDAC")
    expect("repeat", "ABCDE", "CCCCC", seed=1)
    expect("noisy:0:tom-0", "ABCDE", "BBCDE")


def test_switching_changes_at_the_given_round():
    task = make_task("one-ahead-5")
    switching = make_partner("switching:2-0@8", "player-1", task.reasoner())
    memory = switching.start(["player-2"])
    state = task.start()
    orders = []
    for _ in range(10):
        decision, memory = switching.decide(task.situation(state), memory)
        orders.append(decision.order)
    assert orders == [2] * 7 + [0] * 3


def test_noise_lapses_at_its_rate():
    task = make_task("one-ahead-5")
    made = make_partner("noisy:0.5:tom-0", "player-1", task.reasoner())
    situation = task.situation(task.start())
    plays = [made.decide(situation, made.start(["player-2"], episode=e))[0].action for e in range(1000)]
    # half of the time the policy's B, the other half one of five at random
    assert 550 <= plays.count("B") <= 650
    assert all(60 <= plays.count(action) <= 140 for action in "ACDE")


def test_tomsup_learns_to_coordinate():
    """A tomsup k-ToM agent finds the constant partner's other action."""
    task = make_task("memory-1")
    made = make_partner("tomsup:1", "player-1", task.reasoner())
    memory, state, late = made.start(["player-2"]), task.start(), []
    for step in range(40):
        situation = task.situation(state)
        decision, memory = made.decide(situation, memory)
        joint = {"player-1": decision.action, "player-2": "A"}
        memory = made.observe(memory, situation, joint)
        state = task.step(state, joint).state
        late += [decision.action] if step >= 20 else []
    assert late.count("B") >= 18


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("tom-9", "did you mean tom-"),
        ("hegde", "did you mean hedge"),
        ("random:3", "takes no argument"),
        ("switching:1-2", "1 ascending rounds after 1, got \\[\\].*the form is switching:"),
        ("switching:1-2@1", "ascending"),
        ("noisy:2:tom-1", "lies in \\[0, 1\\], got 2.0"),
        ("noisy:0.1:tim-1", "did you mean tom-1"),
        ("hedge:x", "the form is hedge:ETA"),
        ("tomsup:9", "between 0 and 5"),
        ("competence:1.1", "lies in \\[0, 1\\], got 1.1.*the form is competence:PROBABILITY@ORDER"),
        ("quantal:0", "positive and finite, got 0.0"),
        ("quantal:1@0", "at least 1, got 0"),
        ("cognitive-hierarchy:-1", "positive and finite, got -1.0"),
        ("deceptive:1-1@3", "two different orders"),
        ("deceptive:1-0@0", "at least one good answer"),
        ("learning:hegde@1", "did you mean hedge"),
    ],
)
def test_bad_names(name, words):
    with pytest.raises(ValueError, match=words):
        make_partner(name, "player-1", make_task("memory-1").reasoner())


def test_unknown_partners_are_told_from_bad_arguments():
    with pytest.raises(UnknownNameError):
        make_partner("nobody", "player-1", make_task("memory-1").reasoner())


def test_tomsup_refuses_larger_games():
    with pytest.raises(SituationError, match="two actions each"):
        make_partner("tomsup", "player-1", make_task("one-ahead-5").reasoner())


def test_repeat_draws_anew_where_its_action_is_gone():
    made = make_partner("repeat", "a", NormalFormReasoner(symmetric_payoffs([[0, 1], [1, 0]])))
    decision, memory = made.decide(Situation({"a": ("x",), "b": ("x",)}), made.start(["b"]))
    assert decision.action == "x"
    assert made.decide(Situation({"a": ("y",), "b": ("y",)}), memory)[0].action == "y"


def test_a_wrapper_keeps_the_traits_of_what_it_wraps():
    assert traits_of("noisy:0:tom-2") == Traits(stochastic=False, adaptive=False, order=2)
    assert traits_of("noisy:0.1:tom-2") == Traits(stochastic=True, adaptive=False, order=2)
    assert traits_of("noisy:0:ftl") == Traits(stochastic=False, adaptive=True)
    assert traits_of("noisy:0.1:noisy:0:llm:a/b@tom-1") == Traits(stochastic=True, adaptive=False, order=1)


def test_a_wrapper_takes_the_seat_of_what_it_wraps():
    inner = FixedOrderAgent("ann", NormalFormReasoner(symmetric_payoffs([[0, 1], [1, 0]])), 1)
    assert NoisyPartner(inner, 0.5).me == "ann"


def test_traits_follow_the_argument():
    assert traits_of("competence:1@2") == Traits(stochastic=False, adaptive=False, order=2)
    assert traits_of("competence:0.5@2") == Traits(stochastic=True, adaptive=False, order=2)
    assert traits_of("cognitive-hierarchy:1@3").order == 3
    with pytest.raises(UnknownNameError, match="did you mean tom-1"):
        traits_of("noisy:0.1:tim-1")
    with pytest.raises(ValueError, match="takes no argument"):
        traits_of("random:3")


def test_bots_of_rock_paper_scissors_follow_their_rules():
    """The likeliest action after given rounds, 1000 episodes each: rock, paper, scissors are 0, 1, 2."""
    task = make_task("rock-paper-scissors")
    names = ("rock", "paper", "scissors")

    def rounds(*joint):
        return [{"player-1": names[own], "player-2": names[other]} for own, other in joint]

    def counts(bot, *joint):
        made = make_partner(f"rps-bot:{bot}", "player-1", task.reasoner())
        situation = task.situation(rounds(*joint))
        return [made.decide(situation, made.start(["player-2"], episode=e))[0].action for e in range(1000)]

    for bot, joint, says in [
        ("prev_move_positive", [(2, 0)], 0),
        ("prev_move_negative", [(0, 1)], 2),
        ("opponent_prev_move_positive", [(0, 1)], 2),
        ("opponent_prev_move_nil", [(0, 1)], 1),
        ("win_nil_lose_positive", [(1, 0)], 1),  # paper won
        ("win_nil_lose_positive", [(0, 1)], 1),
        ("win_nil_lose_positive", [(0, 0)], 2),
        ("win_positive_lose_negative", [(1, 0)], 2),
        ("win_positive_lose_negative", [(1, 2)], 0),
        ("outcome_transition_dual_dependency", [(0, 0), (1, 1)], 2),  # a step of one, again
        ("outcome_transition_dual_dependency", [(0, 0), (1, 0)], 0),  # one, after a win two
        ("outcome_transition_dual_dependency", [(0, 0), (1, 2)], 1),  # one, after a loss none
    ]:
        played = counts(bot, *joint)
        assert 860 <= played.count(names[says]) <= 940, bot
        assert all(20 <= played.count(name) <= 85 for i, name in enumerate(names) if i != says), bot
    for bot, joint in [("prev_move_positive", []), ("outcome_transition_dual_dependency", [(1, 1)])]:
        played = counts(bot, *joint)
        assert all(270 <= played.count(name) <= 400 for name in names), bot


def test_orders_of_the_bots_are_those_of_the_reasoner():
    """Where a rule has an order, the reasoner's policy of that order is the rule."""
    task = make_task("rock-paper-scissors")
    names = ("rock", "paper", "scissors")
    assert [rule.order for rule in RULES.values()] == [3, 1, 0, 2, None, None, None]
    for own, other in np.ndindex(3, 3):
        situation = task.situation([{"player-1": names[own], "player-2": names[other]}])
        for rule in RULES.values():
            if rule.order is not None:
                policy = task.reasoner().policy(situation, "player-1", rule.order)
                assert policy[names[rule.follows([own], other, (own - other) % 3)]] == 1.0


def test_bots_of_rock_paper_scissors_refuse_other_games():
    for task in ("memory-1", "stag-hunt", "one-ahead-5", "tickets-3-3", "game-2"):
        with pytest.raises(SituationError, match="three actions lie on a circle"):
            make_partner("rps-bot", make_task(task).players[0], make_task(task).reasoner())
    with pytest.raises(UnknownNameError, match="did you mean prev_move_positive"):
        traits_of("rps-bot:prev_move_positiv")
    assert traits_of("rps-bot:prev_move_negative").order == 1
    assert traits_of("rps-bot:win_nil_lose_positive").order is None
