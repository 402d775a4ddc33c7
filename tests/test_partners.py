"""One contract that every partner passes, and what single ones promise."""

import inspect
import json
import pickle
import pkgutil

import pytest

import partners
from atom import NormalFormReasoner, Situation, SituationError, symmetric_payoffs
from eval.tasks import make_task
from partners import ZOO, NoisyPartner, Partner, Traits, UnknownNameError, make_partner
from partners.population import save_policies, train

NAMES = [
    *ZOO,
    "switching:2-0-1@4-9",
    "noisy:0.3:bayes",
    "noisy:0.5:switching:1-2@6",
    "hedge:0.5",
    "tomsup:2",
    "competence:1@2",
    "learning:fixed-share@2",
]


PLAYED = {
    "all": "memory-1",
    "2x2": "memory-1",
    "matrices": "memory-1",
    "tables": "game-2",
    "kitchens": "overcooked",
}


def task_for(name):
    """The task of the contract for a partner's name."""
    return make_task(PLAYED[ZOO[name.split(":")[0]].plays])


def trained(folder):
    """A file with a population that was trained for a moment."""
    file = folder / "population.npz"
    model = task_for("population").model
    settings = {"generations": 1, "members": 2, "games": 4, "steps": 10, "horizon": 30, "seed": 1}
    *_, last = train(model, **settings)
    save_policies(file, model, last.policies)
    return file


class PartnerContract:
    """What every partner promises; inherit and set ``name`` for one of another package."""

    name = ""

    @pytest.fixture(autouse=True)
    def setting(self, tmp_path):
        """A task that the partner plays, and a trained population where it needs one."""
        self.task = task_for(self.name)
        self.argument = f":{trained(tmp_path)}" if self.name == "population" else ""

    def make(self, seed=7):
        return make_partner(self.name + self.argument, "player-1", self.task.reasoner(), seed=seed)

    def actions(self, partner, episode=0, rounds=12, against="tom-1", through_json=False):
        other = make_partner(against, "player-2", self.task.reasoner())
        memory, memory2 = partner.start(["player-2"], episode=episode), other.start(["player-1"])
        state, actions = self.task.start(), []
        for _ in range(rounds):
            situation = self.task.situation(state)
            decision, memory = partner.decide(situation, memory)
            answer, memory2 = other.decide(situation, memory2)
            assert decision.action in situation.actions["player-1"]
            joint = {"player-1": decision.action, "player-2": answer.action}
            memory = partner.observe(memory, situation, joint)
            if through_json:
                memory = json.loads(json.dumps(memory, allow_nan=False))
            actions.append(decision.action)
            transition = self.task.step(state, joint)
            state = transition.state
            if transition.done:
                break
        return actions

    def test_is_a_partner_with_traits(self):
        partner = self.make()
        assert isinstance(partner, Partner)
        assert isinstance(partner.traits, Traits)
        assert partner.me == "player-1"

    def test_reproducible_and_reset(self):
        """The same numbers, the same actions; an episode leaves nothing behind in the object."""
        partner = self.make()
        first = self.actions(partner, episode=3)
        self.actions(partner, episode=4)
        assert self.actions(partner, episode=3) == first
        assert self.actions(self.make(), episode=3) == first

    def test_memory_is_plain(self):
        assert self.actions(self.make(), through_json=True) == self.actions(self.make())

    def test_pickles(self):
        assert self.actions(pickle.loads(pickle.dumps(self.make()))) == self.actions(self.make())

    def test_traits_tell_the_truth_about_chance(self):
        seen = {
            tuple(self.actions(self.make(seed), episode=e, rounds=15)) for seed in range(3) for e in range(8)
        }
        if not self.make().traits.stochastic:
            assert len(seen) == 1
        else:
            assert len(seen) > 1

    async def test_async_decides_alike(self):
        partner = self.make()
        situation = self.task.situation(self.task.start())
        memory = partner.start(["player-2"])
        assert await partner.adecide(situation, memory) == partner.decide(situation, memory)


for _name in NAMES:
    _class = type(f"Test_{_name}", (PartnerContract,), {"name": _name})
    globals()[_class.__name__] = _class
del _class


def make_listed(name, folder):
    argument = f":{trained(folder)}" if name == "population" else ""
    return make_partner(name + argument, "player-1", task_for(name).reasoner())


def test_every_partner_class_is_listed(tmp_path):
    listed = {type(make_listed(name, tmp_path)) for name in ZOO}
    for name in ("llm:a/b", "llm:a/b@tom-1", "llm:a/b@bayes"):  # need a server to play, and none to be made
        listed.add(type(make_partner(name, "player-1", make_task("memory-1").reasoner())))
    found = set()
    for module in pkgutil.iter_modules(partners.__path__):
        members = inspect.getmembers(__import__(f"partners.{module.name}", fromlist=["_"]), inspect.isclass)
        found |= {
            cls
            for _, cls in members
            if cls.__module__ == f"partners.{module.name}"
            and hasattr(cls, "decide")
            and not inspect.isabstract(cls)
            and not cls.__name__.startswith("_")
            and not getattr(cls, "_is_protocol", False)
        }
    assert found == {cls for cls in listed if cls.__module__.startswith("partners")}


def test_the_list_declares_the_traits_that_partners_have(tmp_path):
    for name, kind in ZOO.items():
        assert make_listed(name, tmp_path).traits == kind.traits, name
        assert kind.summary
        assert kind.source


def expect(name, partner_actions, expected, task="one-ahead-5", **kwargs):
    """The partner's actions against given ones, as a row of letters."""
    task = make_task(task)
    partner = make_partner(name, "player-1", task.reasoner(), **kwargs)
    memory, state, actions = partner.start(["player-2"]), task.start(), ""
    for theirs in partner_actions:
        situation = task.situation(state)
        decision, memory = partner.decide(situation, memory)
        joint = {"player-1": decision.action, "player-2": theirs}
        memory = partner.observe(memory, situation, joint)
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
    expect("repeat", "ABCDE", "DDDDD", seed=1)
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
    partner = make_partner("noisy:0.5:tom-0", "player-1", task.reasoner())
    situation = task.situation(task.start())
    plays = [partner.decide(situation, partner.start(["player-2"], episode=e))[0].action for e in range(1000)]
    # half of the time the policy's B, the other half one of five at random
    assert 550 <= plays.count("B") <= 650
    assert all(60 <= plays.count(action) <= 140 for action in "ACDE")


def test_tomsup_learns_to_coordinate():
    """A tomsup k-ToM agent finds the constant partner's other action."""
    task = make_task("memory-1")
    partner = make_partner("tomsup:1", "player-1", task.reasoner())
    memory, state, late = partner.start(["player-2"]), task.start(), []
    for step in range(40):
        situation = task.situation(state)
        decision, memory = partner.decide(situation, memory)
        joint = {"player-1": decision.action, "player-2": "A"}
        memory = partner.observe(memory, situation, joint)
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
    partner = make_partner("repeat", "a", NormalFormReasoner(symmetric_payoffs([[0, 1], [1, 0]])))
    decision, memory = partner.decide(Situation({"a": ("x",), "b": ("x",)}), partner.start(["b"]))
    assert decision.action == "x"
    assert partner.decide(Situation({"a": ("y",), "b": ("y",)}), memory)[0].action == "y"


def test_a_wrapper_keeps_the_traits_of_what_it_wraps():
    task = make_task("memory-1")
    inner = make_partner("tom-2", "player-1", task.reasoner())
    assert NoisyPartner(inner, 0.0).traits == Traits(stochastic=False, adaptive=False, order=2)
    assert NoisyPartner(inner, 0.1).traits == Traits(stochastic=True, adaptive=False, order=2)
