"""An agent beside partners that no theory-of-mind order explains, and what knowing better would have got.

In every cell it is compared with the best single order in hindsight, and in normal-form games with the better
of two predictors that count what partners do. Both are chosen after the fact, by their mean in that very
cell, so what is left to them is a little more than they would win again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from eval.measure import (
    Comparison,
    Interval,
    differences,
    holm,
    joint_mean,
    paired_difference,
    share_of_optimum,
    sign_flip_test,
)
from eval.play import Cell, Pairing
from eval.studies.paper import EPSILON
from eval.sweeps import Sweep
from eval.tasks import Better, MatrixTask, TabularTask, Task, make_task
from partners import UnknownNameError

TASKS = ("one-ahead-5", "anti-coordination-3", "memory-1", "game-2", "overcooked")
PARTNERS = (
    "constant",
    "mostly",
    "alternate",
    "win-stay-lose-shift",
    "imitate",
    "repeat",
    "markov",
    "frequency",
    "quantal",
    "independent-ties",
    "greedy",
)
"""Partners that are no ToM agents, or none of the expected kind; a trained population joins by its file."""

ORDERS = ("tom-0", "tom-1", "tom-2", "tom-3")
PREDICTORS = ("frequency", "markov-predictor")
CLOSE = 0.05
"""How much less than the better of the best order and the best predictor still counts as close to it."""


@dataclass(frozen=True, slots=True)
class Beside:
    """An agent beside one stranger.

    Attributes:
        task, agent, partner: names.
        score: the agent's mean score.
        order, order_score: the order of ``ORDERS`` with the best mean there, and that mean.
        predictor, predictor_score: the same of ``PREDICTORS``; None where they cannot play.
        best: the better of the two.
        difference: how much better the agent is than ``best``, in the task's unit: above 0 is better, whether
            points or steps are counted; paired by episode.
        share: ``difference`` as a share of the mean of ``best``; None where that is not positive.
        close: whether it is at most ``CLOSE`` of that mean behind.
        alike: whether all players that were tried have one and the same mean, so that the cell tells nothing.
    """

    task: str
    agent: str
    partner: str
    score: float
    order: str
    order_score: float
    predictor: str | None
    predictor_score: float | None
    best: str
    difference: Interval
    share: Interval | None
    close: bool
    alike: bool


@dataclass(frozen=True, slots=True)
class Strangers:
    """What the study comes to.

    Attributes:
        cells: every agent beside every stranger, by task.
        overall: every agent less every order of ``ORDERS``, mean over all cells of the shares of the cell's
            best (see ``shares``), with Holm's correction over all of them.
        left_out: (task, partner) of the cells without a positive best, which have no shares.
    """

    cells: tuple[Beside, ...]
    overall: tuple[Comparison, ...]
    left_out: tuple[tuple[str, str], ...] = ()


_NEED_A_HISTORY = ("imitate",)


def who_can(task: Task, players: Iterable[str]) -> tuple[tuple[str, ...], dict[str, str]]:
    """Those of the players that can play a task, and name -> reason for the others.

    Raises:
        UnknownNameError: no such player.
    """
    able, reasons = [], {}
    for name in dict.fromkeys(players):
        if name in _NEED_A_HISTORY and isinstance(task, TabularTask):
            reasons[name] = "situations on tables show no history, so it would be 'constant' there"
            continue
        try:
            Pairing(task, "random", name, 0, seed=0)
        except UnknownNameError:
            raise
        except (ValueError, ModuleNotFoundError) as error:
            reasons[name] = str(error)
        else:
            able.append(name)
    return tuple(able), reasons


def lapses(task: Task) -> float:
    """The default lapse rate: the paper's where steps count, since equal orders never finish without."""
    return EPSILON if task.better == "lower" else 0.0


def strangers_sweep(
    tasks: Sequence[str] = TASKS,
    agents: Sequence[str] = ("bayes",),
    partners: Sequence[str] = PARTNERS,
    *,
    episodes: int = 100,
    seed: int = 42,
    epsilon: float | None = None,
) -> Sweep:
    """The agents, all orders and all predictors beside the partners, each where it plays.

    Args:
        tasks, agents, partners: names.
        episodes: episodes a cell, >= 2.
        seed: seed of all random numbers, >= 0.
        epsilon: the rate, in [0, 1], at which every player lapses; None for ``lapses``.

    Raises:
        ValueError: an unknown name, a single episode, or an agent that cannot play one of the tasks.
    """
    if episodes < 2:
        raise ValueError(f"a paired interval needs at least two episodes a cell, got {episodes}")
    matrices, rates = [], {}
    for name in dict.fromkeys(tasks):
        task = make_task(name)
        beside, _ = who_can(task, partners)
        if not beside:
            raise ValueError(f"none of the partners {', '.join(partners)} plays {name!r}; name one that does")
        if reasons := who_can(task, agents)[1]:
            raise ValueError(
                "; ".join(f"{agent} does not play {name!r}: {why}" for agent, why in reasons.items())
            )
        # a crowd's reasoner answers predictions too, and there the predictors know less than the agents
        predictors = PREDICTORS if isinstance(task, MatrixTask) else ()
        rows = tuple(dict.fromkeys((*agents, *ORDERS, *predictors)))
        matrices.append((name, rows, beside))
        rates[name] = lapses(task) if epsilon is None else epsilon
    return Sweep(tuple(matrices), episodes, seed, rates, kind="strangers")


def judge(sweep: Sweep, tables: Sequence[Sequence[Sequence[Cell]]], agents: Sequence[str]) -> Strangers:
    """What the cross-play of ``strangers_sweep`` says about the agents.

    Args:
        sweep: what was asked for.
        tables: its cross-play, a matrix of cells for every task.
        agents: those to be judged.
    """
    found: list[Beside] = []
    left_out: list[tuple[str, str]] = []
    by_cell: list[dict[str, list[float]]] = []
    for (name, _, partners), rows in zip(sweep.matrices, tables, strict=True):
        task = make_task(name)
        for column, partner in enumerate(partners):
            cells = {row[column].agent: row[column] for row in rows}
            best = _best([player for player in (*ORDERS, *PREDICTORS) if player in cells], cells, task.better)
            found += [_beside(task, agent, cells, best) for agent in dict.fromkeys(agents)]
            if cells[best].mean <= 0.0:
                left_out.append((name, partner))
                continue
            by_cell.append(
                {
                    player: shares(cells[player], cells[best].mean, task.better)
                    for player in dict.fromkeys((*agents, *ORDERS))
                }
            )
    overall = _overall(by_cell, list(dict.fromkeys(agents))) if by_cell else ()
    return Strangers(tuple(found), overall, tuple(left_out))


def shares(cell: Cell, best: float, better: Better) -> list[float]:
    """The scores of a cell as shares of the best mean there: 1 is as good, and more is better.

    Points are divided by the best, steps divide it, so that who never finishes counts little and not without
    limit.

    Args:
        cell: the scores.
        best: the best mean in the cell, positive.
        better: whether a higher or a lower score is better.

    Raises:
        ValueError: a best that is not positive.
    """
    return [share_of_optimum(score, best, better) for score in cell.scores]


def _best(players: Sequence[str], cells: Mapping[str, Cell], better: Better) -> str:
    pick = max if better == "higher" else min
    return pick(players, key=lambda player: cells[player].mean)


def _beside(task: Task, agent: str, cells: Mapping[str, Cell], best: str) -> Beside:
    order = _best(ORDERS, cells, task.better)
    predictors = [player for player in PREDICTORS if player in cells]
    predictor = _best(predictors, cells, task.better) if predictors else None
    ours, theirs = cells[agent], cells[best]
    pair = (ours, theirs) if task.better == "higher" else (theirs, ours)
    difference = paired_difference([pair[0].scores], [pair[1].scores])
    return Beside(
        task.name,
        agent,
        ours.partner,
        ours.mean,
        order,
        cells[order].mean,
        predictor,
        cells[predictor].mean if predictor else None,
        best,
        difference,
        difference.scaled(1.0 / theirs.mean) if theirs.mean > 0.0 else None,
        difference.estimate >= -CLOSE * abs(theirs.mean),
        len({cell.mean for cell in cells.values()}) == 1,
    )


def _overall(
    by_cell: Sequence[Mapping[str, Sequence[float]]], agents: Sequence[str]
) -> tuple[Comparison, ...]:
    pairs = [(agent, order) for agent in agents for order in ORDERS if agent != order]
    apart = [
        differences([cell[agent] for cell in by_cell], [cell[order] for cell in by_cell])
        for agent, order in pairs
    ]
    p_values = [sign_flip_test(columns) for columns in apart]
    adjusted: list[float] = holm(p_values).tolist() if p_values else []
    return tuple(
        Comparison(agent, order, "all", joint_mean(columns), p, p_holm)
        for (agent, order), columns, p, p_holm in zip(pairs, apart, p_values, adjusted, strict=True)
    )
