"""The default agent beside partners that no order explains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from eval.measure import Interval
from eval.play import Cell
from eval.published.cells import Cells, cross, played, rows_of
from eval.published.markdown import prose, table
from eval.published.study import FIVE, Block, How, Result, Setting, Study
from eval.show.tables.strangers import percent
from eval.studies import Beside, Strangers, judge, strangers_sweep
from eval.studies.strangers import ORDERS, PREDICTORS, TASKS
from eval.sweeps import Matrix
from partners.program import MODULE

GAMES, TABLES = TASKS[:3], TASKS[3:]
OURS, ORDERS_ALONE = "bayes", "adaptive:bayes/win-stay/nearest"


@dataclass(frozen=True, slots=True)
class Judged:
    """What the study comes to, and all of its cells: (task, player, partner) -> scores."""

    found: Strangers
    cells: Mapping[tuple[str, str, str], Cell]

    def beside(self, agent: str) -> list[Beside]:
        """The agent's cells."""
        return [cell for cell in self.found.cells if cell.agent == agent]


def _study(name: str, tasks: Sequence[str], full: Setting, seconds: float) -> Study[Judged]:
    agents = (OURS, ORDERS_ALONE)

    def play(setting: Setting, how: How) -> Judged:
        sweep = strangers_sweep(tasks, agents, episodes=2)
        cells = played(name, sweep, setting, how)
        rows = [rows_of(cells, matrix) for matrix in sweep.matrices]
        return Judged(judge(sweep, rows, agents), cells)

    return Study(name, play, full, Setting(2), seconds)


TIES: Sequence[Matrix] = tuple(
    (
        task,
        (*ORDERS[:3], "ftl", "hedge", OURS),
        tuple(f"independent-ties:{order}@{ties}" for order in (0, 1, 2) for ties in range(5)),
    )
    for task in TABLES
)
"""The orders of five other ways to break ties: one of them says little of the rest."""


def _play_ties(setting: Setting, how: How) -> Cells:
    return cross("other ties", TIES, setting, how)


OTHER_TIES = Study("other ties", _play_ties, Setting(20, FIVE), Setting(1, (42,)), 120)
IN_GAMES = _study("strangers in games", GAMES, Setting(60, FIVE), 85)
ON_TABLES = _study("strangers on tables", TABLES, Setting(20, FIVE), 45)


def games(result: Result[Judged]) -> list[str]:
    """One row a partner: ours, the best order and the better predictor in every game."""
    cells = {(cell.task, cell.partner): cell for cell in result.value.beside(OURS)}
    rows = [
        [f"`{partner}`", *(_three(cells[task, partner]) for task in GAMES)]
        for partner in dict.fromkeys(partner for _, partner in cells)
    ]
    return [
        *prose(
            f"Points of 75 in 15 rounds, {result.setting}: `{OURS}` (bold where it is best) /",
            "the best single order, chosen afterwards / the better of two predictors,",
            f"`{PREDICTORS[0]}` and `{PREDICTORS[1]}`.",
        ),
        "",
        *table(["partner", *GAMES], rows),
        "",
        *_over_games(result),
    ]


def _three(cell: Beside) -> str:
    predicted = cell.predictor_score or 0.0
    ours = f"{cell.score:.1f}"
    if cell.score > max(cell.order_score, predicted):
        ours = f"**{ours}**"
    return f"{ours} / {cell.order_score:.1f} / {predicted:.1f}"


def _over_games(result: Result[Judged]) -> list[str]:
    found, own = result.value.found, result.value.beside(OURS)
    ahead = [percent(_less(found, OURS, order)) for order in ORDERS]
    alone = percent(_less(found, ORDERS_ALONE, ORDERS[0]))
    hard = result.value.cells["one-ahead-5", ORDERS_ALONE, "alternate"]
    return [
        *prose(
            f"Over these {len(own)} cells `{OURS}` has, in % of each cell's best, {ahead[0]}",
            f"more than ToM-0 in all of them, {ahead[1]} more than ToM-1, {ahead[2]} than",
            f"ToM-2 and {ahead[3]} than ToM-3. **It is within 5 % of the best in",
            f"{sum(cell.close for cell in own)} cells.** One round of 15 is 6.7 % of the",
            "points, and whoever does not know which of the columns to believe pays one to",
            "three rounds for finding out. With orders alone (`--agents",
            f"bayes,{ORDERS_ALONE}`) the difference from ToM-0 is {alone}, and it has",
            f"{hard.mean:.0f} beside `alternate` in `one-ahead-5`.",
        ),
    ]


def readme(result: Result[Judged]) -> list[str]:
    """The same in a sentence."""
    own = result.value.beside(OURS)
    least = min((_less(result.value.found, OURS, order) for order in ORDERS), key=lambda one: one.estimate)
    return [
        *prose(
            "- A partner that no order explains is predicted from its habits. That takes",
            f"rounds: over {len(own) // len(GAMES)} such partners in three games of 15 rounds",
            f"`{OURS}` is {least.estimate:.0%} of each cell's best ahead of the best single",
            "order in all of them, and within 5 % of the best that could have been known in",
            f"{sum(cell.close for cell in own)} cells of {len(own)}",
            "([docs/results.md](docs/results.md)). Actions that follow from more than the",
            "last round are not found.",
        ),
    ]


def tables(result: Result[Judged]) -> list[str]:
    """Grids and kitchens, in a sentence or two."""
    own = result.value.beside(OURS)
    far = sorted((cell for cell in own if not cell.close), key=lambda cell: (cell.task, cell.partner))
    behind = ", ".join(f"`{cell.task}: {cell.partner}`" for cell in far)
    return [
        *prose(
            f"On grids and in kitchens (`{MODULE} strangers --task {','.join(TABLES)}`;",
            f"{result.setting}) it is within 5 % of the best single order in",
            f"{len(own) - len(far)} of {len(own)} cells, and",
            f"{percent(_less(result.value.found, OURS, ORDERS[0]))} % ahead of ToM-0 over all",
            "of them. Further behind ([steps](tables.md#partners-that-no-order-explains)):",
            f"{behind or '`none`'}.",
        ),
    ]


def habits(result: Result[Judged]) -> list[str]:
    """What habits add to orders alone, in steps."""
    alone = {(cell.task, cell.partner): cell.score for cell in result.value.beside(ORDERS_ALONE)}
    rows = [
        [
            f"{cell.task}: `{cell.partner}`",
            f"{alone[cell.task, cell.partner]:.1f}",
            f"{cell.score:.1f}",
            f"{cell.order_score:.1f}",
        ]
        for cell in sorted(result.value.beside(OURS), key=lambda cell: cell.task != "overcooked")
    ]
    return [
        *prose(f"Steps, mean of {result.setting}:"),
        "",
        *table(["", "orders alone", f"orders and habits (`{OURS}`)", "best single order in hindsight"], rows),
    ]


def cooks(result: Result[Judged]) -> list[str]:
    """Beside three cooks that are no ToM agents."""

    def steps(player: str, partner: str) -> str:
        return f"{result.value.cells['overcooked', player, partner].mean:.1f}"

    own = {cell.partner: cell for cell in result.value.beside(OURS) if cell.task == "overcooked"}
    ties, pushing, turns = "independent-ties", "greedy", "alternate"
    return [
        *prose(
            f"- beside `{ties}` ToM-0 and ToM-2 happen to fit ({steps('tom-0', ties)} and",
            f"{steps('tom-2', ties)} steps) while ToM-1 takes {steps('tom-1', ties)}, and",
            f"`{OURS}`, which has to find that out, {steps(OURS, ties)};",
        ),
        *prose(
            f"- beside `{pushing}` it takes {steps(OURS, pushing)} where the best single order",
            f"takes {own[pushing].order_score:.1f}: habits see the planner pushing, and walk",
            "around it;",
        ),
        *prose(
            "- beside a cook who goes through the actions in turn it takes",
            f"{steps(OURS, turns)} where the best order takes {own[turns].order_score:.1f}",
            "([what answers them](decisions/answers-on-tables.md)).",
        ),
    ]


def other_ties(result: Result[Cells]) -> list[str]:
    """One row a task and player: mean steps over the ways to break ties, and the range of them."""
    rows, first = [], []
    for matrix in TIES:
        found = rows_of(result.value, matrix)
        means = {cells[0].agent: [cell.mean for cell in cells] for cells in found}
        best = min(means, key=lambda agent: fmean(means[agent]))
        rows += [
            [
                f"{matrix[0]}: `{agent}`",
                f"**{fmean(steps):.1f}**" if agent == best else f"{fmean(steps):.1f}",
                f"{min(steps):.1f} to {max(steps):.1f}",
                str(sum(step <= min(of_all) for step, of_all in zip(steps, _columns(means), strict=True))),
            ]
            for agent, steps in means.items()
        ]
        first.append(f"`{best}` in {matrix[0]}")
    return [
        *prose(
            "Steps beside ToM-0, ToM-1 and ToM-2 whose ties are broken in five other ways, 15",
            f"partners; mean of {result.setting} each. First on average:",
            f"{' and '.join(first)}.",
        ),
        "",
        *table(["", "mean", "over partners", "partners beside whom nobody takes fewer"], rows),
    ]


def _columns(means: Mapping[str, Sequence[float]]) -> list[tuple[float, ...]]:
    return list(zip(*means.values(), strict=True))


def _less(found: Strangers, agent: str, order: str) -> Interval:
    return next(one.difference for one in found.overall if (one.first, one.second) == (agent, order))


BLOCKS = (
    Block("readme-strangers", "README.md", (IN_GAMES,), readme),
    Block("strangers-games", "docs/results.md", (IN_GAMES,), games),
    Block("strangers-tables", "docs/results.md", (ON_TABLES,), tables),
    Block("habits-on-tables", "docs/tables.md", (ON_TABLES,), habits),
    Block("strange-cooks", "docs/overcooked.md", (ON_TABLES,), cooks),
    Block("other-ties", "docs/overcooked.md", (OTHER_TIES,), other_ties),
)
