"""Statistics on data whose answers are known."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from atom import Bayes, FixedShare, FollowTheLeader, Hedge
from atom.belief import AdaHedge, RescorlaWagner
from eval.measure import (
    Interval,
    benjamini_hochberg,
    calibration,
    class_probabilities,
    compare,
    disjoint_seed_pairs,
    equivalence_classes,
    external_regret,
    holm,
    interval_bounds,
    is_beyond_chance,
    joint_mean,
    mean_and_error,
    mean_interval,
    paired_difference,
    regret_bound,
    self_and_cross,
    self_and_cross_play,
    share_of_optimum,
    sign_flip_test,
    stratified_mean,
    summarise,
    wilson_interval,
    worst_partner,
)
from eval.play import Cell
from eval.tasks import make_task

SIMULATIONS = 4000
RESAMPLES = 999
PARTNER_MEANS = (3.0, 0.0, -1.0, 10.0)


def bounds_of(strata, **kwargs):
    """Data sets of one batch share their resamples, and with them an error; batches do not."""
    batches = [np.array_split(stratum, 20) for stratum in strata]
    found = [
        interval_bounds(batch, resamples=RESAMPLES, seed=seed, **kwargs)
        for seed, batch in enumerate(zip(*batches, strict=True))
    ]
    return np.concatenate(found, axis=1)


def covered(bounds, truth):
    return float(((bounds[0] <= truth) & (truth <= bounds[1])).mean())


def normal(rng, n):
    return rng.normal(size=(SIMULATIONS, n))


def skewed(rng, n):
    return rng.exponential(size=(SIMULATIONS, n)) - 1.0


def points(rng, n):
    """Scores as matrix games give them: multiples of 5 up to 75."""
    return 5.0 * rng.binomial(15, 0.9, size=(SIMULATIONS, n)) - 67.5


@pytest.mark.parametrize(("draw", "episodes"), [(normal, 30), (points, 30), (skewed, 60)])
def test_stratified_intervals_cover_at_their_level(draw, episodes):
    """Four partners with means of their own."""
    rng = np.random.default_rng(1)
    strata = [mean + draw(rng, episodes) for mean in PARTNER_MEANS]
    coverage = covered(bounds_of(strata), np.mean(PARTNER_MEANS))
    assert 0.93 <= coverage <= 0.97, coverage


def test_paired_intervals_cover_at_their_level():
    """Both agents share the luck of an episode, which is larger than their difference."""
    rng = np.random.default_rng(3)
    luck = 20.0 * normal(rng, 60)
    first, second = luck + 1.5 + normal(rng, 60), luck + normal(rng, 60)
    bounds = bounds_of([first - second])
    assert 0.93 <= covered(bounds, 1.5) <= 0.97
    unpaired = bounds_of([first, second], weights=[1.0, -1.0])
    assert (unpaired[1] - unpaired[0]).mean() > 10 * (bounds[1] - bounds[0]).mean()


def test_contrasts_cover_at_their_level():
    rng = np.random.default_rng(5)
    strata = [rng.normal(mean, 1 + mean, size=(SIMULATIONS, 40)) for mean in (1.0, 2.0, 3.0)]
    bounds = bounds_of(strata, weights=[1.0, -0.5, -0.5])
    assert 0.93 <= covered(bounds, -1.5) <= 0.97


@pytest.mark.parametrize("rate", [0.05, 0.5, 0.97])
def test_wilson_intervals_cover_at_their_level(rate):
    """Exactly: summed over all outcomes. A single rate lies a little to either side of 95 %."""
    coverages = []
    for n in range(40, 80):
        intervals = [wilson_interval(k, n) for k in range(n + 1)]
        mass = stats.binom.pmf(np.arange(n + 1), n, rate)
        coverages.append(sum(p for p, i in zip(mass, intervals, strict=True) if not i.excludes(rate)))
    assert 0.93 <= np.mean(coverages) <= 0.97


def test_disjoint_seed_pairs_cover_where_all_pairs_do_not():
    """Agents have a skill each, so the entries of a row hang together."""
    rng = np.random.default_rng(7)
    disjoint, naive = 0, 0
    for seed in range(1000):
        skill = rng.normal(size=20)
        matrix = skill[:, None] + skill[None, :] + 0.3 * rng.normal(size=(20, 20))
        disjoint += not disjoint_seed_pairs(matrix, seed=seed).excludes(0.0)
        values = matrix[~np.eye(20, dtype=bool)]
        low, high = stats.t.interval(0.95, len(values) - 1, loc=values.mean(), scale=stats.sem(values))
        naive += low <= 0.0 <= high
    assert 930 <= disjoint <= 970
    assert naive < 600


def test_disjoint_seed_pairs_use_every_seed_at_most_once():
    matrix = np.arange(25.0).reshape(5, 5)
    found = {disjoint_seed_pairs(matrix, seed=seed).estimate for seed in range(200)}
    possible = set()
    for i, j, k, m in np.ndindex(5, 5, 5, 5):
        if len({i, j, k, m}) == 4:
            possible.add((matrix[i, j] + matrix[j, i] + matrix[k, m] + matrix[m, k]) / 4)
    assert found <= possible
    for bad in (np.ones((3, 3)), np.ones((4, 5))):
        with pytest.raises(ValueError, match="at least four seeds"):
            disjoint_seed_pairs(bad)


def test_a_planted_difference_is_found_and_a_planted_null_is_not():
    rng = np.random.default_rng(8)
    luck = [10.0 * rng.normal(size=100) for _ in range(3)]
    better = [values + 1.0 + rng.normal(size=100) for values in luck]
    same = [values + rng.normal(size=100) for values in luck]
    again = [values + rng.normal(size=100) for values in luck]
    planted = paired_difference(better, same)
    assert planted.excludes(0.0)
    assert not planted.excludes(1.0)
    assert not paired_difference(again, same).excludes(0.0)
    assert sign_flip_test([b - s for b, s in zip(better, same, strict=True)]) < 0.001
    assert sign_flip_test([a - s for a, s in zip(again, same, strict=True)]) > 0.05


def test_sign_flips_reject_a_true_null_as_often_as_they_say():
    rng = np.random.default_rng(9)
    rejected = [
        sign_flip_test(list(rng.normal(size=(2, 15))), resamples=199, seed=i) <= 0.05 for i in range(1000)
    ]
    assert 0.03 <= np.mean(rejected) <= 0.07


def test_data_that_do_not_vary_have_no_interval():
    assert stratified_mean([[75.0] * 30, [70.0] * 30]) == Interval(72.5, 72.5, 72.5)
    some = stratified_mean([[75.0] * 30, np.arange(30.0)])
    assert some.low < some.estimate < some.high
    assert sign_flip_test([[0.0] * 5]) == 1.0
    assert not paired_difference([[0.05, 0.05]], [[0.0, 0.0]]).excludes(0.0)
    assert str(stratified_mean([[75.0] * 30])) == "75.00 [?]"
    rounded = mean_interval([0.1 + 0.2, 0.3, 0.3])
    assert rounded.is_unknown


def test_one_rule_says_what_is_beyond_chance():
    """Equal differences have no interval and are a matter of signs; others one of the interval."""
    assert not is_beyond_chance([[75.0] * 5])
    assert is_beyond_chance([[75.0] * 6])
    assert not is_beyond_chance([[0.0] * 100])
    assert is_beyond_chance([np.arange(1.0, 11.0)])
    assert not is_beyond_chance([np.arange(-4.0, 5.0)])


def test_columns_that_share_their_luck_are_resampled_together():
    """Three columns that are one say no more than one does."""
    rng = np.random.default_rng(4)
    column = rng.normal(size=40)
    alone, same = mean_interval(column), joint_mean([column] * 3)
    assert (same.low, same.high) == pytest.approx((alone.low, alone.high))
    apart = stratified_mean([column] * 3)
    assert (apart.high - apart.low) < 0.65 * (same.high - same.low)
    assert sign_flip_test([column] * 3) == sign_flip_test([column])
    against = paired_difference([column, column], [column + 1.0, column - 1.0])
    assert against.is_unknown


def test_an_episode_that_one_column_lacks_counts_in_the_others():
    rng = np.random.default_rng(6)
    whole, part = rng.normal(size=40), rng.normal(size=30)
    found = joint_mean([whole, part])
    assert found.estimate == pytest.approx((whole.mean() + part.mean()) / 2)
    masked = np.ma.masked_array(np.append(part, np.full(10, 7.0)), mask=np.arange(40) >= 30)
    assert joint_mean([whole, masked]) == found


def test_small_samples_have_students_interval_and_long_tails_a_longer_one():
    values = [70.0, 75.0, 70.0, 75.0, 65.0]
    found = mean_interval(values)
    low, high = stats.t.interval(0.95, 4, loc=np.mean(values), scale=stats.sem(values))
    assert (found.low, found.high, found.method) == (pytest.approx(low), pytest.approx(high), "Student's t")
    tail = np.append(np.linspace(70.0, 75.0, 29), 0.0)
    found = mean_interval(tail)
    low, high = stats.t.interval(0.95, 29, loc=tail.mean(), scale=stats.sem(tail))
    assert found.low < low - 5.0
    assert found.high == pytest.approx(high)


def test_a_spread_of_a_few_episodes_is_marked():
    """One to three disasters of thirty make it; five do not, nor do normal values."""
    for disasters in (1, 2, 3):
        found = mean_interval([75.0] * (30 - disasters) + [0.0] * disasters)
        assert found.rare
        assert str(found).endswith("]‡")
    assert not mean_interval([75.0] * 25 + [0.0] * 5).rare
    rng = np.random.default_rng(7)
    marked = [mean_interval(rng.normal(size=30), resamples=19).rare for _ in range(300)]
    assert np.mean(marked) < 0.03


def test_means_and_errors():
    assert mean_and_error([1.0, 2.0, 3.0]) == (2.0, pytest.approx(1 / math.sqrt(3)))
    assert mean_and_error([4.0]) == (4.0, None)
    with pytest.raises(ValueError, match="at least 1 values"):
        mean_and_error([])


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: stratified_mean([[1.0]]), "at least 2 values.*play more episodes"),
        (lambda: stratified_mean([[1.0, math.nan]]), "not finite"),
        (lambda: stratified_mean([[1.0, 2.0]], weights=[0.5, 0.5]), "as many weights"),
        (lambda: paired_difference([[1.0, 2.0]], [[1.0, 2.0, 3.0]]), "paired samples must match"),
        (lambda: paired_difference([[1.0, 2.0]], []), "paired samples must match"),
        (lambda: wilson_interval(3, 2), "got 3 of 2"),
        (lambda: wilson_interval(0, 0), "got 0 of 0"),
        (lambda: self_and_cross_play([[[1.0, 2.0]]]), "square matrix of two kinds"),
        (lambda: worst_partner({}), "no partners"),
        (lambda: share_of_optimum(1.0, 0.0, "higher"), "positive"),
        (lambda: holm([0.5, 1.5]), "in \\[0, 1\\]"),
        (lambda: calibration([], []), "one truth for every belief"),
        (lambda: external_regret(Hedge(), [0.5, 0.5]), r"likelihoods \[T, K\]"),
    ],
)
def test_bad_samples(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_multiplicity_by_hand():
    assert holm([0.01, 0.04, 0.03]).tolist() == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.5, 0.9]).tolist() == [1.0, 1.0]
    assert benjamini_hochberg([0.01, 0.04, 0.03]).tolist() == pytest.approx([0.03, 0.04, 0.04])


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=12))
def test_adjusted_values_are_ordered_as_the_raw_ones(p):
    for adjusted in (holm(p), benjamini_hochberg(p)):
        assert (adjusted >= np.asarray(p) - 1e-12).all()
        assert (adjusted <= 1.0).all()
        assert (np.diff(adjusted[np.argsort(p, kind="stable")]) >= -1e-12).all()
    assert (holm(p) >= benjamini_hochberg(p) - 1e-12).all()


def test_holm_keeps_the_rate_of_any_false_finding():
    rng = np.random.default_rng(10)
    p = rng.uniform(size=(4000, 10))
    assert np.mean([(holm(row) <= 0.05).any() for row in p]) <= 0.06
    assert np.mean([(row <= 0.05).any() for row in p]) > 0.35


def test_self_cross_and_gap():
    rng = np.random.default_rng(11)
    scores = [[rng.normal(10.0 if i == j else 4.0, 1.0, size=50) for j in range(3)] for i in range(3)]
    found = self_and_cross_play(scores)
    assert not found.own.excludes(10.0)
    assert not found.cross.excludes(4.0)
    assert not found.gap.excludes(6.0)
    assert found.gap.estimate == pytest.approx(found.own.estimate - found.cross.estimate)
    assert found.gap.high - found.gap.low < 1.0


def test_the_worst_of_twenty_equals_covers_and_is_less_biased_than_the_lowest_mean():
    """All means are 0, so the lowest is low by chance alone."""
    rng = np.random.default_rng(15)
    covered, lowest, estimates = 0, [], []
    for seed in range(300):
        columns = rng.normal(size=30) + rng.normal(size=(20, 30))
        _, found = worst_partner({str(i): c for i, c in enumerate(columns)}, resamples=199, seed=seed)
        covered += not found.excludes(0.0)
        lowest.append(columns.mean(axis=1).min())
        estimates.append(found.estimate)
    assert covered >= 0.93 * 300
    assert np.mean(lowest) < 1.4 * np.mean(estimates) < 0.0


def test_worst_partner_and_share():
    scores = {"easy": [75.0, 70.0, 75.0], "hard": [60.0, 40.0, 50.0]}
    name, interval = worst_partner(scores)
    assert (name, interval.estimate) == ("hard", pytest.approx(50.0, abs=0.5))
    alone = stratified_mean([scores["hard"]])
    assert interval.low <= alone.low
    assert interval.high >= alone.high  # it was picked
    lower = worst_partner({name: [-x for x in sample] for name, sample in scores.items()}, "lower")
    assert lower[0] == "hard"
    assert (-lower[1].high, -lower[1].low) == pytest.approx((interval.low, interval.high))
    assert share_of_optimum(60.0, 75.0, "higher") == 0.8
    assert share_of_optimum(8.0, 6.0, "lower") == 0.75


# Beliefs


def test_orders_that_act_alike_are_one_class():
    a, b, mixed = {"A": 1.0, "B": 0.0}, {"A": 0.0, "B": 1.0}, {"A": 0.5, "B": 0.5}
    assert equivalence_classes([{"0": a, "1": b, "2": a}]) == [["0", "2"], ["1"]]
    assert equivalence_classes([{"0": a, "1": b, "2": a}, {"0": a, "1": a, "2": a}]) == [["0", "2"], ["1"]]
    assert equivalence_classes([{"0": a, "1": b, "2": a}, {"0": a, "1": b, "2": mixed}]) == [
        ["0"],
        ["2"],
        ["1"],
    ]
    assert equivalence_classes([{"0": a, "2": a}, {"0": a}]) == [["0", "2"]]  # 2 was left out once
    assert class_probabilities({"0": 0.2, "1": 0.5, "2": 0.3}, [["0", "2"], ["1"]]) == [0.5, 0.5]


def test_calibration_of_honest_and_of_boastful_beliefs():
    """The truth is drawn from the belief itself, or the belief is sharpened after the draw."""
    rng = np.random.default_rng(12)
    beliefs = rng.dirichlet([1.0, 1.0, 1.0], size=20_000)
    truths = [int(rng.choice(3, p=belief)) for belief in beliefs]
    honest = calibration(list(beliefs), truths)
    assert honest.error < 0.01
    assert honest.log_loss == pytest.approx(-(beliefs * np.log(beliefs)).sum(axis=1).mean(), abs=0.02)
    sharpened = beliefs**4 / (beliefs**4).sum(axis=1, keepdims=True)
    boastful = calibration(list(sharpened), truths)
    assert boastful.error > 0.15
    assert boastful.log_loss > honest.log_loss
    assert boastful.accuracy == honest.accuracy


def test_calibration_of_a_belief_that_knows_nothing():
    uniform = calibration([[1 / 3] * 3] * 30, [0, 1, 2] * 10)
    assert uniform.log_loss == pytest.approx(math.log(3))
    assert uniform.error == pytest.approx(0.0)
    assert uniform.accuracy == pytest.approx(1 / 3)
    sure = calibration([[1.0, 0.0]] * 4, [0, 0, 0, 1])
    assert sure.error == pytest.approx(0.25)
    assert math.isfinite(sure.log_loss)


# Regret

LEARNERS = [
    Hedge(0.3),
    Hedge(1.0),
    Hedge(4.0),
    FixedShare(1.0, share=0.1),
    AdaHedge(),
    Bayes(),
    Bayes((0.1,), 0.0),
]


def adversary(learner, steps, k):
    """Every step, the hypothesis that the learner believes most is wrong and the rest right."""
    rows, weights = [], learner.init(range(k))
    for _ in range(steps):
        row = np.ones(k)
        row[int(np.argmax(learner.probabilities(weights)))] = 0.0
        rows.append(row)
        weights = learner.update(weights, row)
    return np.array(rows)


@pytest.mark.parametrize("learner", LEARNERS, ids=str)
@pytest.mark.parametrize("k", [2, 3, 7])
def test_no_sequence_beats_the_bound(learner, k):
    rng = np.random.default_rng(13)
    for steps in (1, 15, 200):
        sequences = [
            adversary(learner, steps, k),
            rng.integers(0, 2, (steps, k)),
            rng.uniform(size=(steps, k)),
        ]
        sequences.append(np.eye(k)[rng.integers(0, k, steps)])
        for likelihoods in sequences:
            regret = external_regret(learner, likelihoods)
            assert regret.measured <= regret.bound + 1e-9
            assert regret.steps == steps


def test_following_the_leader_has_no_bound_and_an_adversary_shows_why():
    regret = external_regret(FollowTheLeader(), adversary(FollowTheLeader(), 100, 2))
    assert regret.bound is None
    assert regret.measured == 50.0
    assert regret_bound(RescorlaWagner(), 10, 3) is None
    assert external_regret(AdaHedge(), adversary(AdaHedge(), 100, 2)).measured < 15.0


def test_regret_by_hand():
    likelihoods = [[1.0, 0.0], [1.0, 0.0]]
    regret = external_regret(Hedge(1.0), likelihoods)
    assert regret.measured == pytest.approx(0.5 + math.exp(-1) / (1 + math.exp(-1)))
    assert (regret.eta, regret.loss) == (1.0, "linear")
    assert regret.bound == pytest.approx(math.log(2) + 0.25)
    assert external_regret(Bayes(), likelihoods).loss == "log"


# From cells to statements


def test_summaries_and_comparisons():
    rng = np.random.default_rng(14)
    luck = rng.normal(size=(2, 40))
    rows = [
        [Cell("good", "a", tuple(70 + luck[0])), Cell("good", "b", tuple(60 + luck[1]))],
        [Cell("bad", "a", tuple(69 + luck[0])), Cell("bad", "b", tuple(60 + luck[1]))],
    ]
    good, _ = summarise(make_task("memory-1"), rows)
    assert good.worst_with == "b"
    assert good.share == pytest.approx((70 + luck[0].mean() + 60 + luck[1].mean()) / 150)
    by_partner = [{cell.partner: cell for cell in row} for row in rows]
    found = {c.partner: c for c in compare([(by_partner[0], by_partner[1])])}
    assert found["a"].difference.estimate == pytest.approx(1.0)
    assert found["b"].difference.estimate == 0.0
    assert found["all"].difference.estimate == pytest.approx(0.5)
    assert found["a"].p_holm < 0.01
    assert found["b"].p_holm == 1.0
    assert self_and_cross(rows) is None
    both = [[Cell("a", "self", (1.0, 2.0)), Cell("a", "b", (0.0, 1.0))], [Cell("b", "a", (0.0, 1.0))]]
    both[1].append(Cell("b", "b", (1.0, 2.0)))
    assert self_and_cross(both).gap.estimate == 1.0
