"""What some see and others do not: views in situations, in beliefs, in reasoning and in play."""

import itertools
import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langgraph.graph import START, StateGraph

from atom import (
    AdaptiveAgent,
    AdaptiveToMNode,
    BareAgent,
    Bayes,
    BayesianGameReasoner,
    BeliefError,
    Hedge,
    Hypothesis,
    LLMError,
    NormalFormReasoner,
    PayoffError,
    Seen,
    Situation,
    SituationError,
    ToMState,
    conventions,
)
from atom.agents.unseen import MOST_VIEWS
from atom.belief import evidence, order
from atom.belief.sound import flaw_of, is_evidence
from eval.play import episode_graph, play, play_in_graph, seat_players
from eval.studies.hidden import hidden, other_play
from eval.tasks import DescribedTask, make_task
from eval.tasks.hanabi import TinyHanabiTask
from partners.signalling import settled, worth

TWO = {"ann": ("A", "B"), "ben": ("A", "B")}
MAYBE = {"ben": {"red": 0.25, "blue": 0.75}}


def by_view(red, blue):
    """A hypothesis: the chance of A by what the player sees."""

    def behaviour(situation, player):
        p = {"red": red, "blue": blue}[situation.private[player]]
        return {"A": p, "B": 1.0 - p}

    return behaviour


# ---- situations ----


def test_a_player_is_shown_its_own_view_alone():
    both = Situation(TWO, private={"ann": "x", "ben": "red"}, possible=MAYBE)
    assert both.known_to("ann").private == {"ann": "x"}
    assert both.known_to("ben").private == {"ben": "red"}
    assert both.known_to("ann").known_to("ben").private == {}
    assert both.unseen("ben") == {}
    assert both.known_to("ann").unseen("ben") == MAYBE["ben"]
    assert both.known_to("ann").with_views({"ben": "blue"}).private == {"ann": "x", "ben": "blue"}
    open_to_all = Situation(TWO)
    assert open_to_all.known_to("ann") is open_to_all


def test_views_stay_when_somebody_moves():
    then = Situation(TWO, private={"ann": "x"}, possible=MAYBE).after({"ben": "A"})
    assert (then.private, then.possible) == ({"ann": "x"}, MAYBE)
    assert then.as_seen_by("ben").possible == MAYBE


@pytest.mark.parametrize(
    ("views", "words"),
    [
        ({"private": {"ann": 3}}, "private is player -> what it alone sees"),
        ({"private": {"ann": ""}}, "private is player -> what it alone sees"),
        ({"private": ["ann"]}, "private is player -> what it alone sees"),
        ({"possible": {"ben": ["red"]}}, "possible is player -> view -> probability"),
        ({"possible": {"ben": {}}}, "positive probabilities that sum to 1"),
        ({"possible": {"ben": {"red": 0.5, "blue": 0.4}}}, "positive probabilities that sum to 1"),
        ({"possible": {"ben": {"red": 1.0, "blue": 0.0}}}, "positive probabilities that sum to 1"),
        ({"possible": {"ben": {"red": math.nan}}}, "positive probabilities that sum to 1"),
        ({"private": {"eve": "x"}}, r"\['eve'\] have views and are not in this situation"),
    ],
)
def test_views_that_are_none_are_named(views, words):
    with pytest.raises(SituationError, match=words):
        Situation(TWO, **views)
    with pytest.raises(SituationError, match="not in this situation"):
        Situation(TWO, private={"ann": "x"}).known_to("eve")


# ---- beliefs ----


def agent_for(behaviours, **kwargs):
    """An agent over two hypotheses with views."""
    found = [Hypothesis(name, behaviour=behaviour) for name, behaviour in behaviours.items()]
    game = NormalFormReasoner(np.ones((2, 2, 2)))
    return AdaptiveAgent("ann", game, hypotheses=found, **kwargs)


chances = st.floats(0.0, 1.0)
shares = st.floats(0.01, 0.99)


@given(
    one=st.tuples(chances, chances), two=st.tuples(chances, chances), red=shares, did=st.sampled_from("AB")
)
def test_the_likelihood_is_that_of_enumeration(one, two, red, did):
    """Σ_v P(v) · policy_k(a | v), at every lapse rate of the grid."""
    learner = Bayes(hazard=0.0)
    agent = agent_for({"one": by_view(*one), "two": by_view(*two)}, learner=learner)
    now = Situation(TWO, possible={"ben": {"red": red, "blue": 1.0 - red}})
    decision, memory = agent.decide(now, agent.start(["ben"]))
    after = agent.observe(memory, now, {"ben": did})["partners"]["ben"]["weights"]
    joint = []
    for of_red, of_blue in (one, two):
        mean = sum(
            p * (of_view if did == "A" else 1.0 - of_view)
            for p, of_view in ((red, of_red), (1.0 - red, of_blue))
        )
        joint.append([(1.0 - lapse) * mean + lapse / 2 for lapse in learner.lapses])
    assert np.allclose(after, np.array(joint) / np.sum(joint))
    assert decision.partners["ben"].views == pytest.approx({"red": red, "blue": 1.0 - red})


@given(data=st.data(), n=st.integers(1, 4))
@settings(max_examples=40)
def test_a_view_that_is_seen_later_is_as_if_it_was_seen_at_once(data, n):
    behaviours = {name: by_view(data.draw(chances), data.draw(chances)) for name in ("one", "two", "three")}
    now = Situation(TWO, possible=MAYBE)
    seen = [(data.draw(st.sampled_from("AB")), data.draw(st.sampled_from(("red", "blue")))) for _ in range(n)]
    agent = agent_for(behaviours, learner=Bayes(hazard=0.0), late=4)
    at_once = later = agent.start(["ben"])
    for did, view in seen:
        _, at_once = agent.decide(now, at_once)
        at_once = agent.observe(at_once, now, {"ben": Seen(did, view=view)})
        _, later = agent.decide(now, later)
        later = agent.observe(later, now, {"ben": did})
    for step in data.draw(st.permutations(range(n))):
        did, view = seen[step]
        later = json.loads(json.dumps(later))
        later = agent.observe(later, now, {"ben": Seen(did, step=step, view=view)})
    weights = [memory["partners"]["ben"]["weights"] for memory in (at_once, later)]
    assert np.allclose(*weights, rtol=1e-9)
    assert "late" not in later["partners"]["ben"]
    assert later["partners"]["ben"]["expected"] is None


def test_a_view_counts_once():
    agent = agent_for({"one": by_view(1.0, 0.0), "two": by_view(0.5, 0.5)}, late=2)
    now = Situation(TWO, possible=MAYBE)
    _, memory = agent.decide(now, agent.start(["ben"]))
    counted = agent.observe(memory, now, {"ben": "A"})
    assert agent.observe(counted, now, {"ben": "A"}) == counted  # said once more, and nothing is new
    once = agent.observe(counted, now, {"ben": Seen("A", view="red")})
    assert once["partners"]["ben"]["weights"] != counted["partners"]["ben"]["weights"]
    with pytest.raises(
        SituationError, match="observed an action of 'ben'; the partners of its last decision"
    ):
        agent.observe(once, None, {"ben": Seen("A", step=0, view="red")})


def test_evidence_for_a_store_is_corrected_and_stays_evidence():
    """Also where what was counted is in the Store by then: as a prior both ways come to the same."""
    names, n = ["one", "two"], 2
    at_once = evidence.observed(evidence.nothing(), names, [0.9, 0.2], n)
    counted = evidence.observed(evidence.nothing(), names, [0.4, 0.6], n)
    later = evidence.corrected(counted, names, [0.4, 0.6], [0.9, 0.2], n)
    for name in names:
        assert later["log"][name] == pytest.approx(at_once["log"][name])
    after_a_flush = evidence.corrected(evidence.nothing(), names, [0.4, 0.6], [0.9, 0.2], n)
    both = evidence.total([(1.0, counted), (1.0, after_a_flush)])
    assert is_evidence(after_a_flush)
    assert both["observations"] == 1
    assert evidence.prior(both, names, 0.0) == pytest.approx(evidence.prior(at_once, names, 0.0))


@pytest.mark.parametrize(
    "harm",
    [
        {"views": {"red": {"one": {"A": 1.0}}}},
        {"views": {"red": {"one": {"A": 1.0}}, "blue": {}}},
        {"chances": {"red": 0.5, "blue": math.nan}},
        {"chances": {"red": 0.5, "green": 0.5}},
        {"views": {view: {"one": {"A": 7.0}} for view in ("red", "blue")}},
        {"views": 3},
    ],
)
def test_damaged_views_are_noticed(harm):
    agent = agent_for({"one": by_view(1.0, 0.0), "two": by_view(0.5, 0.5)})
    _, memory = agent.decide(Situation(TWO, possible=MAYBE), agent.start(["ben"]))
    record, learner = memory["partners"]["ben"], agent.beliefs.learner
    assert flaw_of(record, learner, agent.beliefs.names) is None
    record = {**record, "expected": {**record["expected"], **harm}}
    assert flaw_of(record, learner, agent.beliefs.names) is not None


def test_views_that_were_not_possible_and_learners_that_cannot_correct_are_named():
    now = Situation(TWO, possible=MAYBE)
    behaviours = {"one": by_view(1.0, 0.0), "two": by_view(0.5, 0.5)}
    agent = agent_for(behaviours)
    _, memory = agent.decide(now, agent.start(["ben"]))
    with pytest.raises(SituationError, match="observed to see 'green'; possible in the situation were"):
        agent.observe(memory, now, {"ben": Seen("A", view="green")})
    with pytest.raises(SituationError, match="a view is a text"):
        Seen("A", view=3)
    other = agent_for(behaviours, learner=Hedge())
    _, memory = other.decide(now, other.start(["ben"]))
    told = other.observe(memory, now, {"ben": Seen("A", view="red")})  # in time it is no matter who learns
    assert told["partners"]["ben"]["weights"] != memory["partners"]["ben"]["weights"]
    memory = other.observe(memory, now, {"ben": "A"})
    with pytest.raises(BeliefError, match="only Bayes corrects that, not Hedge"):
        other.observe(memory, now, {"ben": Seen("A", view="red")})


def test_what_is_seen_to_be_done_waits_for_its_view_where_a_learner_cannot_correct_itself():
    """Of a partner that moved first: counted when it is reported, with its view or without."""
    agent = agent_for({"one": by_view(1.0, 0.0), "two": by_view(0.0, 1.0)}, learner=Hedge())
    now = Situation(TWO, possible=MAYBE, moved={"ben": "A"})
    decision, memory = agent.decide(now, agent.start(["ben"]))
    assert decision.partners["ben"].views == pytest.approx(MAYBE["ben"])  # each explains it in one view
    weights = [
        agent.observe(memory, now, {"ben": seen})["partners"]["ben"]["weights"]
        for seen in (Seen("A", view="red"), Seen("A", view="blue"))
    ]
    assert weights[0] == weights[1][::-1] != weights[1]


@given(of_view=st.tuples(chances, chances), view=st.sampled_from(("red", "blue")), did=st.sampled_from("AB"))
def test_one_possible_view_is_the_open_game(of_view, view, did):
    """Decision and belief are those of a hypothesis that has no views."""
    p = dict(zip(("red", "blue"), of_view, strict=True))[view]
    hiding = agent_for({"one": by_view(*of_view), "two": by_view(0.5, 0.5)})
    plain = agent_for({"one": lambda *_: {"A": p, "B": 1.0 - p}, "two": lambda *_: {"A": 0.5, "B": 0.5}})
    found = []
    for agent, now in (
        (hiding, Situation(TWO, possible={"ben": {view: 1.0}})),
        (hiding, Situation(TWO, possible=MAYBE)),
        (plain, Situation(TWO)),
    ):
        decision, memory = agent.decide(now, agent.start(["ben"]))
        seen = Seen(did, view=view) if now.possible else did
        memory = agent.observe(memory, now, {"ben": seen})
        found.append((decision, memory["partners"]["ben"]["weights"]))
    assert found[0][0].action == found[2][0].action
    for name, policy in found[2][0].partners["ben"].policies.items():
        assert found[0][0].partners["ben"].policies[name] == pytest.approx(policy)
    assert np.allclose(found[0][1], found[2][1])
    assert np.allclose(found[1][1], found[2][1])


def test_a_hypothesis_is_asked_as_the_partner_sees_it():
    """Its own view, and not the observer's."""
    asked = []

    def spy(situation, player):
        asked.append((dict(situation.private), dict(situation.possible)))
        return {"A": 1.0}

    agent = agent_for({"spy": spy, "other": lambda *_: {"B": 1.0}})
    now = Situation(TWO, private={"ann": "mine", "ben": "red"}, possible={**MAYBE, "ann": {"mine": 1.0}})
    agent.decide(now, agent.start(["ben"]))
    assert ({"ben": "red"}, {"ann": {"mine": 1.0}}) in asked
    assert ({"ben": "blue"}, {"ann": {"mine": 1.0}}) in asked
    assert all("ann" not in private for private, _ in asked)
    asked.clear()
    agent.decide(Situation(TWO, private={"ann": "mine"}), agent.start(["ben"]))
    assert asked
    assert all(private == {} for private, _ in asked)


def test_what_is_observed_without_a_decision_is_judged_by_every_view():
    """Also where the situation that is handed in has everything that anybody saw."""
    agent = agent_for({"one": by_view(1.0, 0.0), "two": by_view(0.5, 0.5)})
    everything = Situation(TWO, private={"ben": "blue"}, possible=MAYBE)
    _, memory = agent.decide(everything, agent.start(["ben"]))
    decided = agent.observe(memory, None, {"ben": "A"})
    undecided = agent.observe(agent.start(["ben"]), everything, {"ben": "A"})
    assert decided["partners"]["ben"]["weights"] == undecided["partners"]["ben"]["weights"]


async def test_awaited_decisions_are_the_same():
    game = make_task("tiny-hanabi").reasoner()
    now = make_task("tiny-hanabi").situation([])
    for me, seen in (("player-1", now), ("player-2", now.after({"player-1": "circle"}))):
        agent = AdaptiveAgent(me, game, hypotheses=[order(0), *conventions(game)], seed=3)
        (other,) = set(now.actions) - {me}
        assert await agent.adecide(seen, agent.start([other])) == agent.decide(seen, agent.start([other]))


# ---- reasoning ----


@given(seed=st.integers(0, 2**20))
@settings(max_examples=30)
def test_expected_payoffs_agree_with_enumeration_over_views(seed):
    rng = np.random.default_rng(seed)
    n_views, n_actions = rng.integers(1, 4, size=2), rng.integers(1, 4, size=2)
    payoffs = rng.normal(size=(*n_views, 2, *n_actions))
    views = [[f"v{i}" for i in range(n)] for n in n_views]
    actions = [[f"a{i}" for i in range(n)] for n in n_actions]
    prior = rng.dirichlet(np.ones(n_views.prod())).reshape(n_views)
    game = BayesianGameReasoner(payoffs, actions, views, prior)
    now = Situation(dict(zip(("ann", "ben"), map(tuple, actions), strict=True)), private={"ann": "v0"})
    predicted = dict(zip(actions[1], rng.dirichlet(np.ones(n_actions[1])), strict=True))
    values = game.expected_payoffs(now, "ann", {"ben": predicted})
    given_mine = prior[0] / prior[0].sum()
    for a, action in enumerate(actions[0]):
        total = sum(
            given_mine[v] * predicted[actions[1][b]] * payoffs[0, v, 0, a, b]
            for v, b in itertools.product(range(n_views[1]), range(n_actions[1]))
        )
        assert values[action] == pytest.approx(total)


@given(seed=st.integers(0, 2**20), k=st.integers(1, 3), moved=st.booleans())
@settings(max_examples=30)
def test_one_view_each_is_level_k_of_the_open_game(seed, k, moved):
    payoffs = np.random.default_rng(seed).normal(size=(2, 3, 3))
    actions = ("a", "b", "c")
    game = BayesianGameReasoner(payoffs[None, None], [actions] * 2, [("x",)] * 2)
    now = Situation({"ann": actions, "ben": actions}, moved={"ann": "b"} if moved else {})
    if moved:  # whoever acts last gives the best response at every order
        assert game.policy(now, "ben", k) == NormalFormReasoner(payoffs).policy(now, "ben", k)
        return
    values = game.expected_payoffs(now, "ann", {"ben": game.policy(now, "ben", k - 1)})
    (best,) = (action for action, p in game.policy(now, "ann", k).items() if p)
    assert values[best] == max(values.values())


def test_orders_are_grounded_and_pragmatic_in_turn():
    """ToM-0 reads words and no signs; ToM-1 reads ToM-0's signs, and says the colour itself."""
    task = make_task("tiny-hanabi")
    game, now = task.reasoner(), task.situation([])
    (card,) = now.private.values()
    place = task.cards.index(card)

    def does(player, k, hint=None):
        there = now.after({"player-1": hint}) if hint else now
        return max(game.policy(there, player, k).items(), key=lambda item: item[1])[0]

    assert [does("player-1", k) for k in range(4)] == [task.signs[place], f"say {card}"] * 2
    assert [does("player-2", k, "square") for k in range(4)] == ["keep", "blue", "keep", "blue"]
    assert {does("player-2", k, "say red") for k in range(4)} == {"red"}


def test_what_does_not_fit_the_game_is_named():
    task = make_task("tiny-hanabi")
    game, now = task.reasoner(), task.situation([])
    with pytest.raises(SituationError, match="what 'player-1' sees is missing"):
        game.policy(now.known_to("player-2"), "player-1", 0)
    with pytest.raises(SituationError, match=r"sees one of \['red', 'blue'\] in this game, not 'green'"):
        game.policy(now.with_views({"player-1": "green"}), "player-1", 0)
    with pytest.raises(PayoffError, match="has the actions"):
        game.policy(Situation({"player-1": ("x",), "player-2": ("y",)}), "player-2", 0)
    with pytest.raises(SituationError, match="the game has 2 players"):
        game.policy(Situation({"ann": ("x",), "ben": ("x",), "cem": ("x",)}), "ann", 0)
    with pytest.raises(ValueError, match="integer >= 0"):
        game.policy(now, "player-1", -1)
    with pytest.raises(PayoffError, match=r"need the shape \[2, 1, 2, 4, 3\]"):
        BayesianGameReasoner(np.zeros((2, 2)), list(now.actions.values()), game.views)
    with pytest.raises(PayoffError, match="named twice"):
        BayesianGameReasoner(game.payoffs, [["x", "x"], ["y"]], game.views)
    with pytest.raises(PayoffError, match="prior of the views"):
        BayesianGameReasoner(game.payoffs, game.actions, game.views, [0.0, 0.0])
    with pytest.raises(PayoffError, match="no prediction for player"):
        game.expected_payoffs(Situation(now.actions, private=now.private), "player-1", {})


# ---- the tiny Hanabi ----


@pytest.mark.parametrize("name", ["tiny-hanabi", "tiny-hanabi-3", "tiny-hanabi-unseen"])
def test_both_runtimes_play_the_same(name):
    task = make_task(name)
    for names in (["self-play:4", "conventions:0"], ["sampled-conventions", "tom-1"], ["bayes", "random"]):
        steps = list(play(task, seat_players(task, names, seed=5), 3))
        graph = episode_graph(task, seat_players(task, names, seed=5)).compile()
        end = play_in_graph(graph, task, 3)
        assert [step.actions for step in steps] == end["history"]
        assert [step.scores for step in steps] == end["scores"]


def test_nobody_is_shown_what_it_may_not_see():
    task = TinyHanabiTask("tiny-hanabi")
    shown = {player: [] for player in task.players}

    def looks(me):
        def act(situation, prediction):
            shown[me].append(dict(situation.private))
            return situation.actions[me][0]

        return BareAgent(me, act)

    list(play(DescribedTask(task), {me: looks(me) for me in task.players}, 0))
    play_in_graph(episode_graph(task, {me: looks(me) for me in task.players}).compile(), task, 0)
    first, second = task.players
    assert shown[second] == [{}] * 40
    assert shown[first] == [{first: card} for card in task.deck] * 2
    node = AdaptiveToMNode(
        first,
        looks(first),
        situation=lambda _: Situation(TWO_SEATS, private=BOTH),
        observed=lambda _: None,
        write=lambda decision: {},
    )
    builder = StateGraph(ToMState)
    builder.add_node(first, node)
    builder.add_edge(START, first)
    builder.compile().invoke({})
    assert shown[first][-1] == {first: "mine"}


TWO_SEATS = {"player-1": ("A", "B"), "player-2": ("A", "B")}
BOTH = {"player-1": "mine", "player-2": "yours"}


def test_words_tell_nobody_the_card():
    task = TinyHanabiTask("tiny-hanabi")
    played = [{"player-1": "circle", "player-2": "keep"}]
    for state in ([], played):
        assert task.describe(state).count(task.deck[len(state)]) == 1 + bool(
            state and task.deck[0] == task.deck[1]
        )
    assert "the card was" not in make_task("tiny-hanabi-unseen").describe(played)


@pytest.mark.parametrize("n", [1, 5])
def test_other_numbers_of_cards_are_refused(n):
    with pytest.raises(ValueError, match="2 to 4 cards"):
        make_task(f"tiny-hanabi-{n}")


def test_the_deck_has_every_card_as_often():
    for n in (2, 3, 4):
        task = TinyHanabiTask("x", n)
        assert sorted(task.deck) == sorted(task.cards * 10)


def test_self_play_and_other_play_are_those_of_enumeration():
    """All deterministic pairs of the game of two cards, each with itself and with its relabelled selves."""
    task = make_task("tiny-hanabi")
    game = task.reasoner()
    payoffs = game.payoffs[:, 0, 0]
    best_own = best_other = -math.inf
    for hints in itertools.product(range(4), repeat=2):
        for plays in itertools.product(range(3), repeat=4):
            best_own = max(best_own, sum(payoffs[v, hints[v], plays[hints[v]]] for v in (0, 1)) / 2)
            total = 0.0
            for signs, colours in itertools.product([(0, 1), (1, 0)], repeat=2):
                hint_of = [*signs, *(2 + c for c in colours)]
                play_of = [0, *(1 + c for c in colours)]
                for v in (0, 1):
                    heard = plays[hint_of[hints[v]]]
                    total += payoffs[v, hints[v], play_of.index(heard)] / 8
            best_other = max(best_other, total)
    assert best_own == task.optimum / task.max_steps
    assert best_other == pytest.approx(other_play(game)) == 0.5
    assert {worth(game, pair, pair) for pair in (settled(game, seed) for seed in range(6))} == {best_own}


def test_conventions_beat_orders_beside_pairs_that_settled_on_their_own():
    found = hidden("tiny-hanabi", pairs=8, seed=42)
    assert str(found.played_own) == str(found.own)
    assert found.played_cross.estimate == pytest.approx(found.cross.estimate)
    assert found.own.estimate == 1.0
    assert found.cross.estimate < 0.0
    assert found.ahead.low > 0.0


def test_the_study_refuses_other_tasks():
    for name, pairs in (("memory-1", 8), ("tiny-hanabi", 3), ("tiny-hanabi", 5)):
        with pytest.raises(ValueError, match="conventions of hints are compared"):
            hidden(name, pairs=pairs, seed=0)


# ---- the gate ----


def matching_where_it_pays():
    """Ann does A where it is hot, B where it is cold; ben, who does not see it, is paid 10 or 1 for that."""
    payoffs = np.zeros((2, 1, 2, 2, 2))
    for view, paid in ((0, 10.0), (1, 1.0)):
        for action in (0, 1):
            payoffs[view, 0, 0, action, :] = float(action == view)
            payoffs[view, 0, 1, action, action] = paid
    views = [("hot", "cold"), ("nothing",)]
    return BayesianGameReasoner(payoffs, [("A", "B"), ("A", "B")], views, prior=[[0.3], [0.7]])


@pytest.mark.parametrize(
    ("gate", "says", "does", "gap"),
    [
        ("off", "A", "A", 0.0),
        ("off", "B", "B", 2.3),
        ("override", "A", "A", 0.0),
        ("override", "B", "A", 2.3),
    ],
)
def test_the_gate_weighs_the_views_and_not_their_mean(gate, says, does, gap):
    """A is worth .3 · 10, B .7 · 1; against what ann does on the average it would be 1.62 and 3.1."""
    situation = Situation(TWO, possible={"ann": {"hot": 0.3, "cold": 0.7}})
    agent = AdaptiveAgent(
        "ben", matching_where_it_pays(), orders=(0,), agent=lambda situation, prediction: says, gate=gate
    )
    decision, _ = agent.decide(situation, agent.start(["ann"]))
    assert (decision.action, decision.gap) == (does, pytest.approx(gap))
    assert decision.overruled == (says if says != does else None)


def test_the_gate_knows_what_a_move_revealed():
    """Whoever moved is believed to have seen what makes that likely; the gate answers that."""
    right = np.array([[[[[[1, -1]] * 2] * 2]], [[[[[-1, 1]] * 2] * 2]]])[:, :, 0]
    views = [("red", "blue"), ("nothing",)]
    game = BayesianGameReasoner(right, [("o", "x"), ("red", "blue")], views, prior=[[0.6], [0.4]])
    situation = Situation(
        {"ann": ("o", "x"), "ben": ("red", "blue")},
        moved={"ann": "x"},
        possible={"ann": {"red": 0.6, "blue": 0.4}},
    )
    alone = AdaptiveAgent("ben", game, orders=(0, 1))
    says_blue = AdaptiveAgent(
        "ben", game, orders=(0, 1), agent=lambda situation, prediction: "blue", gate="override"
    )
    memory = alone.start(["ann"])
    for _ in range(5):
        decision, memory = alone.decide(situation, memory)
        other, _ = says_blue.decide(situation, memory)
        memory = alone.observe(memory, None, {"ann": Seen("x", view="blue")})
    assert decision.action == other.action == "blue"
    assert (other.overruled, other.gap) == (None, 0.0)


class Counting:
    """Everybody does A; it counts what it is asked, and may fail after that."""

    def __init__(self):
        self.asked, self.most = [], 10**9

    def policy(self, situation, player, order):
        self.asked.append((player, order))
        if len(self.asked) > self.most:
            raise LLMError("down")
        return {"A": 1.0, "B": 0.0}


class Flat:
    """B is worth more than A by one."""

    def expected_payoffs(self, situation, player, predicted):
        return {"A": 0.0, "B": 1.0}


@pytest.mark.parametrize("gate", ["ask", "override"])
def test_the_gate_goes_by_the_average_beyond_what_is_weighed(gate):
    names = ["ann", *(f"p{i}" for i in range(10))]
    situation = Situation(
        dict.fromkeys(names, ("A", "B")), possible={name: {"low": 0.5, "high": 0.5} for name in names[1:]}
    )
    said = iter("AB")
    agent = AdaptiveAgent(
        "ann", Counting(), agent=lambda situation, prediction: next(said), payoffs=Flat(), gate=gate
    )
    decision, _ = agent.decide(situation, agent.start(names[1:]))
    assert (decision.action, decision.gap, decision.overruled, decision.degraded) == ("B", 1.0, "A", ())


@pytest.mark.parametrize("on_error", ["degrade", "raise"])
@pytest.mark.parametrize("later", [False, True])
@pytest.mark.parametrize("partners", [1, 3, 12])
def test_a_gap_that_nobody_acts_on_costs_no_question_and_fails_no_decision(partners, later, on_error):
    names = ["ann", *(f"p{i}" for i in range(partners))]
    situation = Situation(
        dict.fromkeys(names, ("A", "B")),
        turns=[names[:1], names[1:]] if later else (),
        possible={name: {"low": 0.5, "high": 0.5} for name in names[1:]},
    )
    questions = []
    for payoffs in (None, Flat()):
        reasoner = Counting()
        for most in (10**9, None):
            reasoner.most = most or len(reasoner.asked)
            reasoner.asked = []
            agent = AdaptiveAgent(
                "ann", reasoner, agent=lambda situation, prediction: "A", payoffs=payoffs, on_error=on_error
            )
            decision, _ = agent.decide(situation, agent.start(names[1:]))
            questions.append(len(reasoner.asked))
            assert (decision.action, decision.degraded) == ("A", ())
            weighed = payoffs is not None and not later and 2**partners <= MOST_VIEWS
            assert decision.gap == (1.0 if weighed else None)
    assert len(set(questions)) == 1
