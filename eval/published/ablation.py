"""Which learner, which selection, which response: all settings on two games."""

from __future__ import annotations

from dataclasses import dataclass

from eval.published.cells import cross, rows_of
from eval.published.markdown import prose, table
from eval.published.study import FIVE, Block, How, Result, Setting, Study
from eval.studies import Line, ablate
from eval.studies.ablation import DEFAULT, LEARNERS, PARTNERS, settings
from eval.tasks import make_task

TASKS = ("memory-1", "one-ahead-5")


@dataclass(frozen=True, slots=True)
class Ablated:
    """Task -> a line for every setting, the best mean first."""

    lines: dict[str, list[Line]]

    def mean(self, task: str, setting: str) -> float:
        """The mean over partners of a setting such as ``"bayes/sample/above"``."""
        return self.line(task, setting).overall.estimate

    def line(self, task: str, setting: str) -> Line:
        """The line of a setting."""
        return next(line for line in self.lines[task] if line.setting == f"adaptive:{setting}")

    def behind(self, task: str, setting: str) -> float:
        """How far it is behind the default."""
        return self.mean(task, DEFAULT.removeprefix("adaptive:")) - self.mean(task, setting)


def _play(setting: Setting, how: How) -> Ablated:
    matrices = [(task, tuple(settings()), PARTNERS) for task in TASKS]
    cells = cross("ablation", matrices, setting, how)
    return Ablated({m[0]: ablate(make_task(m[0]), rows_of(cells, m)) for m in matrices})


ABLATED = Study("ablation", _play, Setting(80, FIVE), Setting(2), 250)


def tables(result: Result[Ablated]) -> list[str]:
    """One table a game."""
    found: list[str] = []
    for task, lines in result.value.lines.items():
        rows = [_row(line) for line in lines]
        headings = [
            "learner/selection/response",
            *PARTNERS,
            "mean",
            "worst",
            "less default [95 %]",
            "p (Holm)",
        ]
        title = f"**{task}: mean points ↑ of {result.setting}, a cell**"
        found += [*([""] if found else []), title, "", *table(headings, rows, right=True)]
    return found


def _row(line: Line) -> list[str]:
    difference = line.difference
    return [
        line.setting.removeprefix("adaptive:") + (" (default)" if line.setting == DEFAULT else ""),
        *(f"{mean:.1f}" for mean in line.means.values()),
        f"{line.overall.estimate:.2f}",
        f"{line.lowest:.1f}",
        "" if difference is None else str(difference.difference),
        "" if difference is None else f"{difference.p_holm:.4f}",
    ]


def said(result: Result[Ablated]) -> list[str]:
    """What the tables say, in sentences."""
    found = result.value
    default = DEFAULT.removeprefix("adaptive:")
    circle, memory = TASKS[1], TASKS[0]
    place = 1 + [line.setting for line in found.lines[circle]].index(DEFAULT)
    mean = found.mean(circle, default)
    worse = sum(
        one.difference is not None and one.difference.difference.excludes(0.0) and one.overall.estimate < mean
        for one in found.lines[circle]
    )
    leader, own = (found.line(circle, name).means for name in ("bayes/leader/nearest", default))
    best = {learner: found.line(circle, f"{learner}/win-stay/nearest").means["self"] for learner in LEARNERS}
    return [
        *prose(
            f"- **On `{circle}` the default's mean has place {place} of",
            f"{len(found.lines[circle])}**, and {worse} other settings are worse by an",
            "interval that excludes 0. Against it, with the rest alike, in points *on this",
            "circle, a game of our own* (`robustness` compares them on games and maps",
            "that nobody chose): `above`",
            f"for `nearest` {found.behind(circle, 'bayes/win-stay/above'):.1f}, Hedge for",
            f"Bayes {found.behind(circle, 'hedge/win-stay/nearest'):.1f}, FixedShare",
            f"{found.behind(circle, 'fixed-share/win-stay/nearest'):.1f}, `sample` for",
            f"`win-stay` {found.behind(circle, 'bayes/sample/nearest'):.1f}.",
        ),
        *prose(
            f"- **On `{memory}` it is one of a group**: AdaHedge is",
            f"{found.behind(memory, 'adahedge/win-stay/nearest'):.2f} behind it, Hedge",
            f"{found.behind(memory, 'hedge/win-stay/nearest'):.2f}, `sample`",
            f"{found.behind(memory, 'bayes/sample/nearest'):.2f}. Orders 0 and 2 act alike",
            "there, so an agent that sits next to one sits next to the other.",
        ),
        *prose(
            "- **The default is not the best in every cell.** `leader` with `nearest` has",
            f"{leader['tom-0']:.1f}, {leader['tom-2']:.1f} and {leader['switching']:.1f}",
            "against orders 0 and 2 and against `switching`, where the default has",
            f"{own['tom-0']:.1f}, {own['tom-2']:.1f} and {own['switching']:.1f}; in self-play",
            f"it has {leader['self']:.1f} (the default {own['self']:.1f}) and on `{memory}`",
            f"{found.line(memory, 'bayes/leader/nearest').means['self']:.1f}, because two",
            "agents that randomise nothing cannot break their symmetry. Who is certain to",
            'meet no other adaptive agent is better off with `selection="leader"`.',
        ),
        *prose(
            f"- In self-play on `{circle}`, with `win-stay` and `nearest`:",
            ", ".join(f"{learner} {points:.1f}" for learner, points in best.items()) + ".",
        ),
        *prose(
            "- The paper's algorithms are `ftl/leader/above` and `hedge/sample/above`:",
            f"{found.behind(circle, 'ftl/leader/above'):.1f} and",
            f"{found.behind(circle, 'hedge/sample/above'):.1f} points behind on `{circle}`,",
            "most of it against the partner that switches and, for FTL, in self-play.",
        ),
    ]


BLOCKS = (
    Block("ablation-said", "docs/ablation.md", (ABLATED,), said),
    Block("ablation-tables", "docs/ablation.md", (ABLATED,), tables),
)
