"""What predicts recorded play: no peeking, counts by hand, orders recovered, scores held out."""

import itertools
import json
from dataclasses import replace

import numpy as np
import pytest
from typer.testing import CliRunner

from atom import Bayes
from eval.cli import app
from eval.people import (
    DEPTHS,
    NONE,
    ORDERS,
    Believed,
    Choice,
    CognitiveHierarchy,
    Habit,
    OneShot,
    Side,
    Tables,
    compare,
    depths,
    habits,
    levels,
    predictors,
    recovered,
    verdict,
    win_rate,
)
from eval.people.agents import agents
from eval.people.depths import causes
from eval.people.habits import joint_action, nothing, outcome
from eval.people.oneshot import fit_hierarchy
from eval.people.recordings import folds, spans
from eval.people.scoring import grouped_mean
from eval.tasks import make_task
from partners.rps_bots import RULES

RPS = make_task("rock-paper-scissors").payoffs
UNEVEN = np.array([[[3, 0, 1], [1, 2, 2]], [[2, 4, 0], [1, 1, 3]]], dtype=float)  # 2 actions beside 3
NAMES = ["rock", "paper", "scissors"]


def drawn(rounds=60, payoffs=RPS, seat=0, seed=0, name="g", missing=0.1):
    """A side that draws, with rounds without a move."""
    rng = np.random.default_rng(seed)
    n = payoffs.shape[1 + seat], payoffs.shape[2 - seat]
    own, other = (np.where(rng.random(rounds) < missing, NONE, rng.integers(k, size=rounds)) for k in n)
    return Side(name, "ann", seat, own, other)


def by_order(order, rounds=200, lapse=0.1, seed=0, name="g", **kwargs):
    """A side that answers its partner's draws at an order, and lapses."""
    rng = np.random.default_rng(seed)
    other, own, table = rng.integers(3, size=rounds), [0], Tables(RPS).orders(ORDERS)[0]
    for t in range(1, rounds):
        says = int(table[order, 1 + own[-1] * 3 + other[t - 1]].argmax())
        own.append(says if rng.random() >= lapse else int(rng.integers(3)))
    return Side(name, "ann", 0, np.array(own), other, **kwargs)


@pytest.mark.parametrize(("payoffs", "seat"), [(RPS, 0), (RPS, 1), (UNEVEN, 0), (UNEVEN, 1)])
def test_predictions_are_distributions_and_see_nothing_of_what_comes(payoffs, seat):
    side = drawn(payoffs=payoffs, seat=seat)
    n = payoffs.shape[1 + seat]
    later = replace(side, own=side.own.copy(), other=side.other.copy())
    later.own[30:], later.other[30:] = 0, 0
    for model in predictors(payoffs):
        fitted = model.fitted([drawn(payoffs=payoffs, seat=s, seed=1) for s in (0, 1)])
        predicted = fitted.predict(side)
        assert predicted.shape == (60, n)
        assert np.allclose(predicted.sum(axis=1), 1.0)
        assert (predicted > 0.0).all(), model.name
        assert np.allclose(predicted[:31], fitted.predict(later)[:31]), model.name


def test_habits_count_what_was_done_before():
    """Beside counting by hand, round by round."""
    side = drawn()
    contexts = {
        "frequency": lambda t: 0,
        "Markov: own action": lambda t: side.own[t - 1],
        "Markov: other's action": lambda t: side.other[t - 1],
        "Markov: joint action": lambda t: (
            None if NONE in (side.own[t - 1], side.other[t - 1]) else (side.own[t - 1], side.other[t - 1])
        ),
    }
    for habit in habits(RPS)[:4]:
        context, predicted = contexts[habit.name], habit.predict(side)
        here = ["begin" if t == 0 and habit.name != "frequency" else context(t) for t in range(60)]
        here = [None if c in ("begin", NONE) else c for c in here]
        for t in range(60):
            seen = [side.own[s] for s in range(t) if here[s] == here[t] and side.own[s] != NONE]
            by_hand = [(seen.count(a) + 1) / (len(seen) + 3) for a in range(3)]
            assert np.allclose(predicted[t], by_hand), (habit.name, t)


def test_steps_by_outcome_are_win_stay_lose_shift():
    own, other = [0], [2, 0, 1, 2, 0, 1] * 20  # stays after a win, one on after a loss, stays after a tie
    for t in range(1, 120):
        own.append((own[-1] + ((own[-1] - other[t - 1]) % 3 == 2)) % 3)
    side = Side("g", "ann", 0, np.array(own), np.array(other))
    predicted = Habit("steps", RPS, outcome, steps=True).predict(side)
    assert (predicted[60:, :].argmax(axis=1) == side.own[60:]).all()
    assert outcome(side, RPS)[:3].tolist() == [0, 3, 2]
    second = Side("g", "ann", 1, side.own, side.other)
    assert np.array_equal(outcome(second, RPS), outcome(side, RPS))  # the game is symmetric


def test_the_prior_is_fitted_by_likelihood():
    sides = [drawn(seed=seed, rounds=300) for seed in range(5)]
    assert Habit("frequency", RPS, nothing).fitted(sides).alpha > 50.0  # draws: the past says nothing
    constant = [replace(side, own=np.full(300, seed % 3)) for seed, side in enumerate(sides)]
    assert Habit("joint", RPS, joint_action).fitted(constant).alpha < 0.1


def test_orders_are_the_six_rules_of_one_step():
    steps = {}
    for order, table in enumerate(Tables(RPS).orders(ORDERS)[0]):
        for anchor, step in itertools.product(("own", "other"), range(3)):
            says = [
                ((own if anchor == "own" else other) + step) % 3 for own in range(3) for other in range(3)
            ]
            if (table[1:].argmax(axis=1) == says).all() and (table[1:].max(axis=1) == 1.0).all():
                steps[order] = (anchor, step)
        assert np.allclose(table[0], 1 / 3)
    assert steps == {
        0: ("other", 1),
        1: ("own", 2),
        2: ("other", 0),
        3: ("own", 1),
        4: ("other", 2),
        5: ("own", 0),
    }


def test_a_belief_predicts_by_its_posterior():
    """Beside Bayes' rule in the open, over orders and lapse rates and without a hazard."""
    side, learner = by_order(2, rounds=30), Bayes(lapses=(0.1, 0.5), hazard=0.0)
    tables = Tables(RPS)
    predicted = Believed("orders", tables, ORDERS, learner=learner).predict(side)
    joint = np.full((6, 2), 1 / 12)
    says = tables.in_context(tables.orders(ORDERS), side)
    for t in range(30):
        likely = says[t][:, None, :] * np.array([0.9, 0.5])[:, None] + np.array([0.1, 0.5])[:, None] / 3
        assert np.allclose(predicted[t], np.einsum("kl,kla->a", joint, likely))
        joint = joint * likely[:, :, side.own[t]]
        joint /= joint.sum()


def test_the_hierarchy_answers_the_levels_below():
    """Level 1 answers a repetition; level 2 both levels below, here mostly level 1."""
    table = Tables(RPS).hierarchy(3.0, 4)[0]
    orders = Tables(RPS).orders(ORDERS)[0]
    repeats = np.eye(3)[np.repeat(np.arange(3), 3)]
    assert np.array_equal(table[0, 1:], repeats)
    assert np.array_equal(table[1, 1:], orders[0, 1:])
    assert np.array_equal(table[2, 1:], orders[1, 1:])
    few = Tables(RPS).hierarchy(0.1, 4)[0]
    assert np.array_equal(few[2, 1:], orders[0, 1:])  # hardly anybody is of level 1


def test_the_hierarchy_is_recovered():
    rng, true = np.random.default_rng(3), CognitiveHierarchy(Tables(RPS), tau=1.2, lapse=0.2)
    sides = []
    for game in range(12):
        side = Side(str(game), "ann", 0, np.zeros(250, dtype=np.int64), rng.integers(3, size=250))
        for t in range(250):
            side.own[t] = rng.choice(3, p=true.predict(side)[t] / true.predict(side)[t].sum()) if t else 0
        sides.append(side)
    fitted = CognitiveHierarchy(Tables(RPS)).fitted(sides)
    assert abs(fitted.tau - 1.2) < 0.4
    assert abs(fitted.lapse - 0.2) < 0.1


@pytest.mark.parametrize("order", ORDERS)
def test_causes_are_told_apart(order):
    shares = causes(by_order(order, lapse=0.4), Tables(RPS), RPS)
    assert shares.argmax() == order
    assert shares[order] > 0.9


def test_neither_orders_nor_habits_are_told_as_well():
    assert causes(drawn(300, missing=0.0), Tables(RPS), RPS)[len(ORDERS)] > 0.8
    often = replace(drawn(300, missing=0.0), own=np.array([0, 0, 0, 0, 1, 2] * 50))
    assert causes(often, Tables(RPS), RPS)[len(ORDERS) + 1] > 0.9


def test_depths_of_groups_and_their_change():
    """Ten people who draw at first and find the bot's order + 1 later, and ten who never do."""
    sides = []
    for i in range(10):
        found, lost = by_order(3, seed=i), drawn(200, seed=i, missing=0.0)
        learner = replace(found, own=np.concatenate([lost.own[:100], found.own[100:]]), game=f"l{i}")
        sides.append(replace(learner, group="opponent_prev_move_nil"))
        sides.append(replace(lost, game=f"x{i}", group="win_nil_lose_positive"))
    nil, outcomes, everybody = depths(sides, RPS)
    assert (nil.order, outcomes.order, everybody.group, everybody.n) == (2, None, "all", 20)
    assert nil.above["last"].estimate > 0.9
    assert nil.above["first"].estimate < 0.5
    assert nil.change.low > 0.4
    assert outcomes.above == {}
    assert outcomes.shares["all"]["none"] > 0.6
    assert all(abs(sum(row.shares["all"].values()) - 1.0) < 1e-9 for row in (nil, outcomes, everybody))
    assert tuple(nil.shares["all"]) == DEPTHS


def test_orders_of_bots_are_recovered_and_the_others_are_not_explained():
    rng, sides = np.random.default_rng(5), []
    for name, rule in RULES.items():
        for game in range(4):
            own, other = [0], rng.integers(3, size=300)
            for t in range(1, 300):
                says = rule.follows(own[-2:], other[t - 1], (own[-1] - other[t - 1]) % 3)
                follows = says is not None and rng.random() < 0.9
                own.append(says if follows else int(rng.integers(3)))
            sides.append(Side(f"{name}{game}", name, 1, np.array(own), other, name, bot=True))
    rows = {row.bot: row for row in recovered(sides, RPS)}
    for name, rule in RULES.items():
        assert rows[name].order == rule.order
        if rule.order is None:
            assert np.isnan(rows[name].found)
            assert rows[name].unexplained >= 0.25
        else:
            assert (rows[name].found, rows[name].unexplained) == (1.0, 0.0)
            assert rows[name].rounds < 20


def test_parts_keep_games_together_and_hold_every_group():
    sides = [
        replace(drawn(5), game=f"{g}{i}", seat=seat, group=g)
        for g in "ab"
        for i in range(10)
        for seat in (0, 1)
    ]
    parts = folds(sides, 5)
    assert sorted(itertools.chain(*parts)) == sorted({side.game for side in sides})
    assert all(sum(game.startswith(group) for game in part) == 2 for part in parts for group in "ab")
    assert parts == folds(sides, 5) != folds(sides, 5, seed=1)
    for n in (1, 21):
        with pytest.raises(ValueError, match="20 games cannot be split"):
            folds(sides, n)
    assert [s.indices(300) for s in spans(300).values()] == [(0, 300, 1), (0, 100, 1), (200, 300, 1)]


def test_scores_are_held_out_and_compared_in_pairs():
    sides = [by_order(i % 2, rounds=90, seed=i, name=str(i), lapse=0.2) for i in range(8)]
    models = [
        m
        for m in predictors(RPS)
        if m.name
        in ("uniform", "Markov: joint action", "orders", "orders + habits", "the agent with orders 0 to 5")
    ]
    steps = []
    scored = compare(sides, models, n_folds=4, progress=lambda: steps.append(1))
    assert len(steps) == 20
    uniform, markov, orders, both, agent = scored
    assert agent.less(markov).low > 0.05
    assert abs(agent.less(both).estimate) < 0.03
    assert np.allclose(uniform.scores["all"], -np.log(3))
    assert orders.less(markov).low > 0.05
    assert both.less(markov).low > 0.05
    assert "orders + habits is ahead of the best Markov predictor (Markov: joint action): +0." in verdict(
        scored
    )
    back = verdict([*scored[:3], replace(both, scores=uniform.scores)])
    assert back.startswith("orders + habits is behind")
    with pytest.raises(ValueError, match="nobody made a move"):
        compare([replace(drawn(5), own=np.full(5, NONE))], models)


def test_the_agent_expects_before_it_sees():
    side = by_order(1, rounds=30, seed=3, lapse=0.2)
    for agent in agents(RPS):
        said = agent.predict(side)
        assert said.shape == (30, 3)
        assert np.allclose(said.sum(axis=1), 1.0)
        other = replace(side, own=np.concatenate([side.own[:20], (side.own[20:] + 1) % 3]))
        assert np.array_equal(said[:21], agent.predict(other)[:21])
        assert not np.allclose(said[21:], agent.predict(other)[21:])
        still = replace(side, own=np.where(np.arange(30) == 10, NONE, side.own))
        assert np.isfinite(agent.predict(still)).all()


def test_means_over_groups():
    values = np.array([1.0, 3.0, 10.0, 14.0, np.nan])
    mean = grouped_mean(values, ["a", "a", "b", "b", "b"])
    assert mean.estimate == 7.0
    assert mean.low < 7.0 < mean.high
    assert grouped_mean(values[:4], ["a", "a", "a", "b"]).estimate == 7.0  # pooled
    assert grouped_mean(np.array([2.0]), ["a"]) == grouped_mean(np.array([2.0, np.nan]), ["a", "b"])


def guess(points):
    """A game in which every level takes another action: whoever is one above the other wins."""
    return OneShot(np.stack([points, np.transpose(points)]))


def test_one_shot_levels_are_those_of_the_papers():
    """In the 11-20 game (Arad and Rubinstein 2012) level 1 asks for 19, level 2 for 18, after 20 at first."""
    asks = np.arange(11, 21)
    points = asks[:, None] + 20.0 * (asks[:, None] == asks[None, :] - 1)
    twenty = guess(points)
    first = twenty.level_k()[0]
    assert np.allclose(first[0], 0.1)
    assert [asks[row.argmax()] for row in first[1:4]] == [19, 18, 17]
    assert [asks[row.argmax()] for row in twenty.hierarchy(3.0)[0][1:3]] == [19, 18]


def test_one_shot_choices_are_scored_and_their_orders_found():
    rng, choices = np.random.default_rng(0), []
    games = [guess(rng.normal(size=(4, 4)) * 5) for _ in range(12)]
    for person in range(12):
        for game in games:
            action = int(game.level_k()[0][1].argmax())
            choices.append(
                Choice(str(person), game, 0, action if rng.random() < 0.9 else int(rng.integers(4)))
            )
    found = levels(choices, n_folds=3)
    scores = {row.name: row.scores["all"].mean() for row in found.scored}
    assert (found.players, found.choices) == (12, 144)
    assert np.argmax(found.shares) == 1
    assert found.shares[1] > 0.7
    assert scores["orders"] > scores["uniform"] + 0.3
    assert scores["cognitive hierarchy"] > scores["uniform"] + 0.3
    assert scores["frequency"] > scores["uniform"]
    tau, lapse = fit_hierarchy(choices)
    assert 0.0 < tau <= 6.0
    assert lapse < 0.8


def test_one_above_the_order_beats_the_bots_that_have_one():
    """300 rounds, 2 games a bot; whoever knows the rule wins 0.9, and chance a third."""
    task = make_task("rock-paper-scissors")

    def mean(agent, bot):
        return np.mean([win_rate(agent, bot, task, seed) for seed in range(2)])

    for bot, rule in RULES.items():
        above = mean("orders 0-5, above", bot)
        assert (0.82 < above < 0.92) if rule.order is not None else (0.27 < above < 0.38), bot
    assert mean("bayes", "opponent_prev_move_positive") > 0.82
    for bot in ("prev_move_positive", "win_nil_lose_positive", "win_positive_lose_negative"):
        assert mean("bayes", bot) > 0.82, bot  # the last two are of no order


def run(*arguments):
    return CliRunner().invoke(app, ["people", *map(str, arguments)])


def recording(path, games=4, rounds=30):
    lines = ["game,round,player,action"]
    for game in range(games):
        side = by_order(game % 3, rounds=rounds, seed=game)
        for t, (own, other) in enumerate(zip(side.own, side.other, strict=True), 1):
            lines += [f"{game},{t},ann,{NAMES[own]}", f"{game},{t},ben,{NAMES[other]}"]
    path.write_text("\n".join(lines) + "\n")
    return path


def test_the_command(tmp_path):
    numbers, tables = tmp_path / "people.json", tmp_path / "people.md"
    result = run(recording(tmp_path / "play.csv"), "--folds", 2, "--json", numbers, "--out", tables)
    assert result.exit_code == 0, result.exception
    assert "orders + habits" in result.output
    found = json.loads(numbers.read_text())
    assert (found["people"], found["folds"], found["recovered"], found["beaten"]) == (8, 2, [], [])
    assert set(found["scores"]) == {model.name for model in predictors(RPS)}
    assert found["verdict"] in tables.read_text()
    assert "| orders + habits |" in tables.read_text()


def test_the_command_on_bots_and_on_one_shot_choices(tmp_path):
    wide = tmp_path / "wide.csv"
    rows = [
        f"{g},prev_move_positive,{t},{NAMES[(t + g) % 3]},{NAMES[t % 3]}"
        for g in (1, 2, 3)
        for t in range(1, 41)
    ]
    wide.write_text("\n".join(["game,bot,round,person,bot_move", *rows]) + "\n")
    result = run(wide, "--folds", 2, "--seeds", 1, "--json", tmp_path / "n.json")
    assert result.exit_code == 0, result.exception
    found = json.loads((tmp_path / "n.json").read_text())
    assert [row["bot"] for row in found["recovered"]] == ["prev_move_positive"]
    assert found["beaten"][0]["agents"]["orders 0-5, above"]["estimate"] > 0.8
    choices = tmp_path / "choices.csv"
    rows = [f'{p},{1 + (p % 2)},"[[3, 0], [5, 1]]"' for p in range(6)]
    choices.write_text("\n".join(["player,choice,payoffs", *rows]) + "\n")
    result = run(choices, "--folds", 3)
    assert result.exit_code == 0, result.exception
    assert "6 players, 6 choices" in result.output


def test_what_the_command_refuses(tmp_path):
    path = recording(tmp_path / "play.csv", games=2, rounds=5)
    for arguments, words in [
        ((path, "--folds", 3), "2 games cannot be split into 3 parts"),
        ((path, "--task", "memory-1", "--folds", 2), "none of the task's actions"),
        ((path, "--task", "game-2"), "no normal-form game of two players"),
        ((path, "--json", tmp_path / "no" / "file.json"), "cannot write"),
    ]:
        result = run(*arguments)
        assert result.exit_code != 0
        assert words in str(result.exception)
