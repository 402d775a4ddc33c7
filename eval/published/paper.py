"""The paper's Tables 1 and 2 with exact reasoners, beside the published numbers of a language model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from eval.measure import mean_and_error
from eval.play import SELF, Cell
from eval.published.cells import Cells, mean_and, merged, played, scored
from eval.published.markdown import bold, prose, table
from eval.published.study import FIVE, Block, How, Result, Setting, Study
from eval.studies import PaperCell, excesses, paper_sweep, published
from eval.studies.paper import ADAPTIVE_AGENTS, ALIGNED, COLUMNS, EPSILON, FIXED_PAIRINGS, ORDERS, pairings
from eval.tasks import make_task

Pairs = Sequence[tuple[str, str]]

MATRICES, GRIDS, KITCHENS = COLUMNS[:2], COLUMNS[2:4], COLUMNS[4:]
_TITLES = dict(zip(COLUMNS[:5], ("Memory-1", "Memory-N", "Game 1", "Game 2", "Overcooked"), strict=True))
_NAMES = {"tom-0": "ToM-0", "tom-1": "ToM-1", "tom-2": "ToM-2", SELF: "itself"}
_EQUAL = FIXED_PAIRINGS[:3]


def _study(
    name: str, columns: Sequence[str], full: Setting, seconds: float, epsilon: float | None = None
) -> Study[Cells]:
    def play(setting: Setting, how: How) -> Cells:
        return played(name, paper_sweep(columns, 1, epsilon=epsilon), setting, how)

    return Study(name, play, full, Setting(2), seconds)


MATRIX_GAMES = _study("paper: matrix games", MATRICES, Setting(10_000), 680)
TABLES = _study("paper: grids and kitchens", (*GRIDS, *KITCHENS), Setting(60, FIVE), 70)
SURE_KITCHENS = _study("paper: kitchens without lapses", KITCHENS, Setting(10, FIVE), 12, 0.0)


def _of(cells: Cells, column: str, pairs: Pairs) -> list[Cell]:
    return [cells[column, agent, partner] for agent, partner in pairs]


def _theirs(column: str, pairs: Pairs) -> str:
    """``75.0 / 70.0 / 75.0``; nothing where a pairing is not in the paper."""
    numbers = [published(agent, partner, column) for agent, partner in pairs]
    return " / ".join(f"{number:.1f}" for number in numbers if number is not None)


def _in_brackets(cells: Cells, column: str, pairs: Pairs) -> str:
    """Ours, and the paper's in brackets; the second kitchen stands beside the first's numbers only once."""
    theirs = "" if column == "overcooked-ring" else _theirs(column, pairs)
    return merged(_of(cells, column, pairs)) + (f" ({theirs})" if theirs else "")


def _rows() -> list[tuple[str, str, Pairs]]:
    """Agent, partner and pairings of the rows of merged cells."""
    adaptive = [
        row
        for agent in ADAPTIVE_AGENTS
        for row in (
            (bold(agent), "0 / 1 / 2", [(agent, order) for order in ORDERS]),
            (bold(agent), "itself", [(agent, SELF)]),
        )
    ]
    return [
        ("equal orders", "0 v 0, 1 v 1, 2 v 2", _EQUAL),
        ("adjacent orders", "0 v 1, 1 v 2", ALIGNED),
        *adaptive,
    ]


def matrix_games(result: Result[Cells]) -> list[str]:
    """Points, ours and the paper's in columns of their own."""
    cells = result.value
    headings = ["agent", "partner", *(text for column in MATRICES for text in (_TITLES[column], "paper"))]
    rows = [
        [
            agent,
            partner,
            *(t for c in MATRICES for t in (merged(_of(cells, c, pairs)), _theirs(c, pairs))),
        ]
        for agent, partner, pairs in _rows()
    ]
    said = f"Points of 75, mean ± standard error of {result.setting} (three cells in one: the largest error)."
    return [said, "", *table(headings, rows)]


def ceiling(result: Result[Cells]) -> list[str]:
    """How far the default is from what no symmetric policy passes."""
    found = _of(result.value, "memory-1", [("bayes", partner) for partner in (*ORDERS, SELF)])
    # episodes of one number share their random numbers whoever the partner is
    mean = mean_and(
        *mean_and_error([sum(scores) / 4 for scores in zip(*(c.scores for c in found), strict=True)])
    )
    alone = scored(found[-1])
    return prose(
        f"`bayes` has {mean} where the limit is 71.4, and {alone} beside itself, where it is 70",
        f"({result.setting}).",
    )


def grids(result: Result[Cells]) -> list[str]:
    """Steps on grids and in kitchens, the paper's in brackets."""
    columns = (*GRIDS, *KITCHENS)
    headings = ["agent", "partner", "Game 1", "Game 2", "Overcooked, small", "Overcooked, ring"]
    rows = [
        [agent, partner, *(_in_brackets(result.value, column, pairs) for column in columns)]
        for agent, partner, pairs in _rows()
    ]
    return [_steps(result.setting), "", *table(headings, rows)]


def kitchens(result: Result[Cells]) -> list[str]:
    """Steps in both kitchens, and the paper's."""
    rows = [
        [
            agent,
            partner,
            *(merged(_of(result.value, c, pairs)) for c in KITCHENS),
            _theirs(KITCHENS[0], pairs),
        ]
        for agent, partner, pairs in _rows()
    ]
    headings = ["agent", "partner", "`overcooked`", "`overcooked-ring`", "paper"]
    return [_steps(result.setting), "", *table(headings, rows)]


def sure_kitchens(result: Result[Cells]) -> list[str]:
    """What happens in the small kitchen where nobody lapses."""
    small = KITCHENS[0]
    equal = merged(_of(result.value, small, _EQUAL))
    aligned = " and ".join(scored(_of(result.value, column, ALIGNED[:1])[0]) for column in KITCHENS)
    ours = merged(_of(result.value, small, [("bayes", order) for order in ORDERS]))
    alone, leader = (scored(result.value[small, agent, SELF]) for agent in ("bayes", "ftl"))
    return [
        *prose(
            f"With `--epsilon 0` ({result.setting}) equal orders take {equal} steps of at most",
            f"100, which is never to serve; aligned pairs take {aligned}, `bayes` {ours} and",
            f"{alone} with itself, and `ftl` with itself {leader}. Lapses help equal orders:",
            "one breaks the symmetry, and then they serve.",
        ),
    ]


def readme(matrices: Result[Cells], tables: Result[Cells]) -> list[str]:
    """Table 2 in one: every adaptive agent beside every partner."""
    cells = {**matrices.value, **tables.value}
    columns = COLUMNS[:5]
    ways = ["↑" if make_task(column).better == "higher" else "↓" for column in columns]
    rows = [
        [
            bold(agent),
            _NAMES[partner],
            *(_single(cells, column, agent, partner) for column in columns),
        ]
        for agent in reversed(ADAPTIVE_AGENTS)
        for partner in (*ORDERS, SELF)
    ]
    aligned = _of(cells, "overcooked", ALIGNED)
    return [
        *prose(f"Matrix games: points of 75, {matrices.setting}. {_steps(tables.setting)}"),
        "",
        *table(
            ["agent", "partner", *(f"{_TITLES[c]} {w}" for c, w in zip(columns, ways, strict=True))], rows
        ),
        "",
        *prose(
            "The paper's kitchen is not printed, so its steps and ours compare only relative",
            f"to aligned orders (ours {min(cell.mean for cell in aligned):.1f}, the paper's",
            f"{published(*ALIGNED[0], 'overcooked'):.1f}).",
        ),
    ]


def beyond_aligned(matrices: Result[Cells], tables: Result[Cells]) -> list[str]:
    """Where the default is further behind aligned orders than the better of the paper's algorithms was."""
    found = excesses(
        [_paper_cell(result.value, *key) for result in (matrices, tables) for key in _order(result)]
    )
    worse = [excess for excess in found if excess.worse]
    places = ", ".join(f"`{excess.column}: {_NAMES[excess.partner]}`" for excess in worse) or "`none`"
    matrix = matrices.value
    leader, ours = (
        " and ".join(f"{matrix['memory-1', agent, order].mean:.1f}" for order in (ORDERS[0], ORDERS[2]))
        for agent in ("ftl", "bayes")
    )
    return [
        *prose(
            f"- Against ToM-0 and ToM-2 in the matrix games `ftl` scores {leader}, `bayes`",
            f"{ours}: whoever begins with the right guess every time cannot be beaten, and",
            "cannot play with itself.",
        ),
        *prose(
            "- Beyond aligned orders, each its own, `bayes` with exact predictions is behind",
            "the better of the paper's two algorithms with a language model by more than two",
            f"standard errors in {len(worse)} of {len(found)} cells of Table 2 (both",
            f"kitchens): {places}. Most of what it is ahead elsewhere is exactness: compare",
            "`ftl` and `hedge` above.",
        ),
    ]


def _order(result: Result[Cells]) -> list[tuple[Literal["fixed", "adaptive"], str, str, str]]:
    """(table, column, agent, partner) of the paper's cells that were played."""
    columns = dict.fromkeys(column for column, _, _ in result.value)
    return [(kind, column, agent, partner) for column in columns for kind, agent, partner in pairings()]


def _paper_cell(
    cells: Cells, kind: Literal["fixed", "adaptive"], column: str, agent: str, partner: str
) -> PaperCell:
    cell = cells[column, agent, partner]
    paper = published(agent, partner, column)
    return PaperCell(kind, column, agent, partner, EPSILON, cell.mean, cell.se, cell.n, paper)


def _single(cells: Cells, column: str, agent: str, partner: str) -> str:
    cell, theirs = cells[column, agent, partner], published(agent, partner, column)
    return mean_and(cell.mean, cell.se) + ("" if theirs is None else f" ({theirs:.1f})")


def _steps(setting: Setting) -> str:
    return (
        f"Grids and kitchens: steps, fewer is better, {setting}, where every player takes a random action on "
        f"{100 * EPSILON:g} % of its steps. Mean ± standard error."
    )


BLOCKS = (
    Block("readme-paper", "README.md", (MATRIX_GAMES, TABLES), readme),
    Block("readme-beyond-aligned", "README.md", (MATRIX_GAMES, TABLES), beyond_aligned),
    Block("paper-matrix-games", "docs/results.md", (MATRIX_GAMES,), matrix_games),
    Block("paper-ceiling", "docs/results.md", (MATRIX_GAMES,), ceiling),
    Block("paper-tables", "docs/results.md", (TABLES,), grids),
    Block("paper-kitchens", "docs/overcooked.md", (TABLES,), kitchens),
    Block("paper-kitchens-without-lapses", "docs/overcooked.md", (SURE_KITCHENS,), sure_kitchens),
)
