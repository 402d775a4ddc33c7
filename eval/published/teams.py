"""Teams: how often members collide, and whether it matters who did what."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from eval.published.cells import mean_and
from eval.published.markdown import prose, table
from eval.published.study import FIVE, Block, How, Result, Setting, Study
from eval.studies import TeamResult, play_team, symmetric_limit
from eval.studies.team import CONTRACT
from eval.tasks import make_task

Played = dict[tuple[str, str], TeamResult]
"""(task, team) -> what came of it, all seeds together."""

SMALL, LARGE = "tickets-5-5", "tickets-20-25"
TEAMS = ("tom-0", "tom-1", "random", "bayes", CONTRACT)
_FIXED = "+tom-0+tom-1+tom-2+tom-0"
WHO = (
    (SMALL, ""),
    (SMALL, _FIXED),
    ("specialists-5-5", ""),
    ("specialists-5-5", _FIXED),
    ("volunteer-5", ""),
    ("minority-5", ""),
    ("one-ahead-5", ""),
    ("one-ahead-5", "+tom-2"),
)
"""Task, and who sits beside the one kind of player."""
AGREED = ("specialists-5-5", "volunteer-5", "minority-5")
SKILLS = (
    ("tom-2", "0.39"),
    ("tom-1", "0.39"),
    ("tom-2", "0.11"),
    ("tom-1", "0.11"),
    ("tom-2", "1"),
    ("tom-1", "1"),
)


def _study(
    name: str, asked: Sequence[tuple[str, str]], full: Setting, small: int, seconds: float
) -> Study[Played]:
    def play(setting: Setting, how: How) -> Played:
        found = {}
        with how.bar(name, len(asked) * setting.total) as progress:
            for task, team in asked:
                by_seed = [
                    play_team(make_task(task), team, setting.episodes, seed=seed, progress=progress)
                    for seed in setting.seeds
                ]
                collided = np.concatenate([one.collisions for one in by_seed])
                found[task, team] = TeamResult(
                    team, collided, np.concatenate([one.scores for one in by_seed])
                )
        return found

    return Study(name, play, full, Setting(small), seconds)


FIVES = _study("teams of five", [(SMALL, team) for team in TEAMS], Setting(60, FIVE), 1, 50)
TWENTIES = _study(
    "teams of twenty",
    [(LARGE, team) for team in ("tom-0", "random", "bayes", CONTRACT)],
    Setting(1, FIVE),
    1,
    30,
)
WHOSE = _study(
    "who did what",
    [(task, kind + beside) for task, beside in WHO for kind in ("bayes", "permuted")],
    Setting(30, FIVE),
    1,
    115,
)
CONTRACTS = _study(
    "teams under contract",
    [(task, team) for task in AGREED for team in (CONTRACT, "bayes", "random")],
    Setting(30, FIVE),
    1,
    75,
)
SKILLED = _study(
    "beside little skill",
    [("one-ahead-5", f"{order}+competence:{skill}@1") for order, skill in SKILLS],
    Setting(60, FIVE),
    2,
    2,
)


def collisions(fives: Result[Played], twenties: Result[Played]) -> list[str]:
    """One row a team."""
    titles = {
        "tom-0": "five bare agents (`tom-0`)",
        "tom-1": "five `tom-1`",
        "random": "random",
        "bayes": "**adaptive** (`bayes`)",
        CONTRACT: "**with a contract**",
    }
    rows = []
    for team in TEAMS:
        found, many = fives.value[SMALL, team], twenties.value.get((LARGE, team))
        curve = found.collisions.mean(axis=0)
        settled = "never" if math.isinf(found.settled) else f"{found.settled:g}"
        rows.append(
            [
                titles[team],
                mean_and(*found.a_round, 3),
                " ".join(f"{curve[t]:.1f}" for t in (0, 1, 2, 4, 9)),
                settled,
                "" if many is None else mean_and(*many.a_round),
            ]
        )
    limit = symmetric_limit(5)
    rounds = make_task(SMALL).max_steps
    rows.insert(-1, ["best symmetric policy", f"{limit / rounds:.3f}", "", "", ""])
    headings = [
        "team",
        "collisions a round",
        "in rounds 1, 2, 3, 5, 10",
        "median round from which there are none",
        "20 players, 25 tickets",
    ]
    return [
        *prose(f"Mean ± standard error of {fives.setting}; of twenty players {twenties.setting}."),
        "",
        *table(headings, rows),
        "",
        *prose(
            "The best symmetric policy is a limit without communication, computed in",
            "`eval/studies/symmetric.py`: whoever is alone stays, and those who shared a",
            "ticket draw anew among as many as they are, with the best probabilities (sum",
            f"over all rounds: {limit:.2f}). It is optimal among policies of that form, and in",
            "a single round among all.",
        ),
    ]


def whose(result: Result[Played]) -> list[str]:
    """``bayes`` beside an agent that takes every partner's actions for another's."""
    rows = []
    for task, beside in WHO:
        unit = "collisions" if task == SMALL else _points(task)
        found = [result.value[task, kind + beside] for kind in ("bayes", "permuted")]
        shown = [mean_and(*one.a_round, 3) if task == SMALL else mean_and(*one.score) for one in found]
        mates = beside.removeprefix("+").replace("+", ", ").replace(", tom-", ", ")
        rows.append([f"{task}, {unit}", f"beside {mates}" if mates else "itself", *shown])
    return [
        *prose(f"Mean ± standard error of {result.setting}:"),
        "",
        *table(["task", "team", "`bayes`", "`permuted`"], rows),
    ]


def _points(task: str) -> str:
    optimum = make_task(task).optimum
    return "points" if optimum is None else f"points of {optimum:g}"


def agreed(result: Result[Played]) -> list[str]:
    """What a contract is worth where collisions are not all that counts."""

    def points(task: str, team: str) -> str:
        return mean_and(*result.value[task, team].score)

    said = "; ".join(
        f"in `{task}` {points(task, CONTRACT)} points (random {points(task, 'random')}, adaptive "
        f"{points(task, 'bayes')})"
        for task in AGREED
    )
    return [
        *prose(
            "A contract is not always best either, because it settles at once and not on what",
            f"pays most: it has {said}. Mean ± standard error of {result.setting}.",
        ),
    ]


def skilled(result: Result[Played]) -> list[str]:
    """That misaligned orders lose beside partners of little skill, too."""

    def points(order: str, skill: str) -> str:
        return mean_and(*result.value["one-ahead-5", f"{order}+competence:{skill}@1"].score)

    pairs = "; ".join(
        f"beside `competence:{skill}@1` a ToM-2 player has {points('tom-2', skill)} points of 75 "
        f"and a ToM-1 player {points('tom-1', skill)}"
        for skill in ("0.39", "0.11", "1")
    )
    return [*prose(f"- The penalty of misalignment stays: {pairs} ({result.setting}).")]


BLOCKS = (
    Block("team-collisions", "docs/teams.md", (FIVES, TWENTIES), collisions),
    Block("team-permuted", "docs/teams.md", (WHOSE,), whose),
    Block("team-contracts", "docs/teams.md", (CONTRACTS,), agreed),
    Block("little-skill", "docs/changing-partners.md", (SKILLED,), skilled),
)
