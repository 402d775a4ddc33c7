"""What figures show, read back from their axes."""

import numpy as np
import pytest

from eval.measure import BeliefSummary, Regret
from eval.play import Cell
from eval.show.figures import (
    DARK,
    LIGHT,
    belief_over_time,
    heat_map,
    learning_curves,
    regret_and_bound,
    reliability,
    self_and_cross_play,
    svg,
)
from eval.show.figures.crossplay import own_and_cross
from eval.show.report.sections import pooled_curves, pooled_regrets


def lines(axes):
    return {line.get_label(): line for line in axes.lines}


def test_the_heat_map_says_means_and_intervals_and_leaves_gaps():
    rows = [
        [Cell("a", "x", (1.0, 3.0, 5.0)), Cell("a", "y", (2.0, 2.0))],
        [Cell("b", "x", (0.0, 0.0))],
    ]
    axes = heat_map(rows).axes[0]
    said = [text.get_text() for text in axes.texts]
    assert said[0] == "3.0"
    low, high = map(float, said[1].split(" – "))
    assert low < 3.0 < high
    assert said[2:] == ["2.0", "0.0", "—"], (
        "no interval where nothing varies, a dash where nothing was played"
    )


@pytest.mark.parametrize(("better", "brighter"), [("higher", 1), ("lower", 0)])
def test_better_is_brighter(better, brighter):
    image = heat_map([[Cell("a", "x", (0.0,)), Cell("a", "y", (9.0,))]], better=better).axes[0].images[0]
    light = [sum(image.cmap(image.norm(value))[:3]) for value in (0.0, 9.0)]
    assert light[brighter] > light[1 - brighter]


def test_self_play_is_kept_apart_from_cross_play():
    own, cross = own_and_cross(
        [Cell("a", "self", (1.0, 1.0)), Cell("a", "x", (3.0, 3.0)), Cell("a", "y", (5.0, 5.0))]
    )
    assert (own.estimate, cross.estimate) == (1.0, 4.0)
    assert own_and_cross([Cell("a", "x", (3.0,))])[0] is None
    assert self_and_cross_play([[Cell("a", "x", (3.0,))]]).axes


def test_a_curve_of_points_is_the_mean_over_episodes():
    axes = learning_curves({("a", "x"): [[0.0, 5.0], [5.0, 5.0]]}).axes[0]
    assert axes.lines[0].get_ydata().tolist() == [2.5, 5.0]


def test_a_curve_of_time_is_the_share_that_is_over_and_the_cap_is_no_end():
    episodes = [[1.0] * 2, [1.0] * 3, [1.0] * 5]
    axes = learning_curves({("a", "x"): episodes}, counts_time=True, steps=5).axes[0]
    assert axes.lines[0].get_ydata() == pytest.approx([0, 1 / 3, 2 / 3, 2 / 3, 2 / 3])


def test_curves_and_regrets_of_many_partners_are_pooled():
    assert pooled_curves({("a", "x"): [[1.0]], ("a", "y"): [[2.0]]}) == {
        ("a", "all partners"): [[1.0], [2.0]]
    }
    reports = [
        BeliefSummary("t", "a", p, None, mean, Regret(worst, 3.0, "linear", 1.0, 9), None, None)
        for p, mean, worst in (("x", 1.0, 2.0), ("y", 2.0, 2.5), ("z", 0.0, 0.1))
    ]
    (pooled,) = pooled_regrets(reports)
    assert (pooled.regret, pooled.worst.measured) == (1.0, 2.5)


def test_reliability_bins_by_confidence():
    axes = reliability({"a": ([0.51, 0.59, 0.95], [0.0, 1.0, 1.0])}).axes[0]
    drawn = axes.lines[1]
    assert drawn.get_xdata() == pytest.approx([0.55, 0.95])
    assert drawn.get_ydata() == pytest.approx([0.5, 1.0])


def test_belief_over_time_rings_the_estimate():
    figure = belief_over_time([{0: 0.5, 1: 0.5}, {0: 0.1, 1: 0.9}], estimates=[0, 1], look=DARK)
    rings = [collection.get_offsets() for collection in figure.axes[0].collections]
    assert [np.asarray(ring).tolist() for ring in rings] == [[[1.0, 0.5]], [[2.0, 0.9]]]


def test_nothing_to_draw_is_an_error():
    for draw in (lambda: belief_over_time([]), lambda: learning_curves({}), lambda: regret_and_bound([])):
        with pytest.raises(ValueError, match=r"need|no agent"):
            draw()


def test_the_same_figure_gives_the_same_bytes_and_text_stays_text():
    first, second = (svg(heat_map([[Cell("an <agent>", "x", (1.0, 2.0))]], look=LIGHT)) for _ in range(2))
    assert first == second
    assert "an &lt;agent&gt;" in first


def test_series_differ_by_more_than_colour():
    looks = [tuple(map(str, LIGHT.series(i).values())) for i in range(28)]
    assert len(set(looks)) == len(looks)
    assert len({look[1:] for look in looks[:8]}) == 8
