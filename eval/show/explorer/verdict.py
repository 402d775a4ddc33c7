"""The verdict: what a run says, in sentences, see ``eval.show.explorer.sentences``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from eval.results import Damaged, PairingSummary, StoredRun
from eval.show.explorer.sentences import NAMED, link, sentence
from eval.show.explorer.standing import (
    costs_sentences,
    damaged_sentences,
    degraded_sentences,
    missing_sentences,
    stepless_sentences,
)

Plain = dict[str, Any]
_CHANCE = 0.05


def whole_verdict(
    run: StoredRun,
    tasks: Sequence[Plain],
    summaries: Sequence[PairingSummary],
    damaged: Sequence[Damaged] = (),
    file: Path = Path("FILE"),
) -> list[Plain]:
    """What holds of all tasks together: who is best, what is missing, damaged, degraded, or was not stored.

    Args:
        run: the run.
        tasks: as ``overview`` makes them.
        summaries: of all pairings, without what is damaged.
        damaged: the rows that were left out.
        file: the results file.
    """
    return [
        *_best(tasks),
        *damaged_sentences(damaged, file),
        *missing_sentences(run, tasks, len(damaged)),
        *degraded_sentences(tasks),
        *stepless_sentences(run.command, summaries),
        *costs_sentences(summaries),
    ]


def task_verdict(task: Plain) -> list[Plain]:
    """What one task's scores say: the best over all partners, and beside each.

    Args:
        task: as ``overview`` makes it, without the verdict.
    """
    means, leads = task["ranking"]["means"], task["ranking"]["leads"]
    if not means:
        several = len(task["agents"]) > 1
        words = "agents share no partner with two episodes each, so none is best" if several else (
            "the agent has no partner with two episodes, so its mean has no interval"
        )  # fmt: skip
        return [sentence(f"On {task['name']} {words}.")]
    first = means[0]
    most = "fewest" if task["better"] == "lower" else "most"
    opening = sentence(
        f"On {task['name']} ",
        link(first["agent"], task["name"], first["agent"]),
        f" has {_mean(first)} {task['unit']} beside {_partners(task)}{_of_optimum(task)}",
        f", the {most} of {len(means)} agents." if len(means) > 1 else ".",
    )
    return [opening, *_ahead(task, leads)] if len(means) > 1 else [opening]


def _best(tasks: Sequence[Plain]) -> list[Plain]:
    """For every task who is best over all partners, and by how much ahead of the next."""
    ranked = [task for task in tasks if task["cells"] and task["ranking"]["leads"]]
    found = []
    firsts = [task["ranking"]["means"][0]["agent"] for task in ranked]
    if len(ranked) > 1:
        wins = sorted(dict.fromkeys(firsts), key=lambda agent: -firsts.count(agent))
        most, *others = [f"{agent} has the best mean on {firsts.count(agent)}" for agent in wins]
        counts = [f"{most} of {len(ranked)} tasks", *others]
        clear = sum(all(lead["beyond"] for lead in task["ranking"]["leads"]) for task in ranked)
        words = f"{', '.join(counts)}; {_clearly(clear, len(ranked))}."
        found.append(sentence(words, tone="good"))
    for task in ranked:
        first, lead = task["ranking"]["means"][0], task["ranking"]["leads"][0]
        name, agent = task["name"], first["agent"]
        size = _difference(lead["difference"], task["better"])
        ahead = f"ahead of the next, {lead['other']}, by {size} {task['unit']}"
        apart = f"not told apart from {lead['other']} (by {size} {task['unit']})"
        parts = (
            "On ",
            link(name, name),
            ", ",
            link(agent, name, agent),
            f" is best beside {_partners(task)} with ",
        )
        score = f"{first['mean']:.2f}, {ahead if lead['beyond'] else apart}."
        found.append(sentence(*parts, score, tone="good" if lead["beyond"] else "plain"))
    return found


def _clearly(clear: int, tasks: int) -> str:
    if clear == tasks:
        return "on all tasks the best is ahead of every other agent by more than chance"
    if clear == 0:
        return "on none is the best ahead of every other agent by more than chance"
    return f"on {clear} of them the best is ahead of every other agent by more than chance"


def _partners(task: Plain) -> str:
    partners = task["ranking"]["partners"]
    return f"its {len(partners)} partners together" if len(partners) > 1 else str(partners[0])


def _ahead(task: Plain, leads: Sequence[Plain]) -> list[Plain]:
    """Whom the best agent is ahead of, whom it cannot be told apart from, and who is best beside whom."""
    ahead = [lead for lead in leads if lead["beyond"]]
    near = [lead for lead in leads if not lead["beyond"]]
    found = []
    if ahead:
        found.append(sentence("It is ahead of ", *_with_differences(task, ahead), "."))
    if near:
        words = "It cannot be told apart from "
        found.append(sentence(words, *_with_differences(task, near), _too_few(task, near), ".", tone="warn"))
    if len(leads) < len(task["ranking"]["means"]) - 1:
        found.append(sentence("Agents that share no two episodes with it are not compared.", tone="warn"))
    return [*found, *_beside(task)]


def _too_few(task: Plain, near: Sequence[Plain]) -> str:
    """What sign flips of few episodes cannot show, however large a difference is."""
    agents, episodes = len(task["agents"]), max(lead["episodes"] for lead in near)
    pairs = agents * (agents - 1) // 2
    needed = next(n for n in range(2, 64) if pairs * 2.0 ** (1 - n) <= _CHANCE)
    if episodes >= needed:
        return ""
    among = f"among {pairs} pairs of agents" if pairs > 1 else "between two agents"
    return f"; {episodes} episodes cannot show any difference {among}, {needed} can"


def _beside(task: Plain) -> list[Plain]:
    """Who is best beside whom, and where that is more than chance."""
    beside = task["ranking"]["beside"]
    if len(beside) < 2:
        return []
    by_agent: dict[str, list[Plain]] = {}
    for lead in beside:
        by_agent.setdefault(lead["best"], []).append(lead)
    parts: list[Any] = []
    for agent, own in sorted(by_agent.items(), key=lambda item: -len(item[1])):
        parts.append("; " if parts else "Best beside each partner: ")
        parts += [agent, " beside "]
        for i, lead in enumerate(own[:NAMED]):
            parts += [", " if i else "", link(lead["partner"], task["name"], agent, lead["partner"])]
            parts.append(" (more than chance)" if lead["beyond"] else "")
        parts.append(_more(own))
    clear = sum(lead["beyond"] for lead in beside)
    tail = "" if clear else "; beside none of them by more than chance"
    return [sentence(*parts, tail, ".")]


def _with_differences(task: Plain, leads: Sequence[Plain]) -> list[Any]:
    parts = [
        part
        for lead in leads[:NAMED]
        for part in (
            ", ",
            link(lead["other"], task["name"], lead["other"]),
            f" by {_difference(lead['difference'], task['better'])}",
        )
    ]
    return [*parts[1:], _more(leads)]


def _more(leads: Sequence[Plain]) -> str:
    return f" and {len(leads) - NAMED} more" if len(leads) > NAMED else ""


def _mean(interval: Plain) -> str:
    return f"{interval['mean']:.2f}{_ends(interval)}"


def _difference(interval: Plain, better: str) -> str:
    """A lead as a size, whichever direction is better."""
    sign = -1.0 if better == "lower" else 1.0
    ends = [None if end is None else sign * end for end in (interval["low"], interval["high"])]
    low, high = ends if sign > 0 else ends[::-1]
    return f"{sign * interval['mean'] + 0.0:.2f}{_ends({**interval, 'low': low, 'high': high})}".replace(
        "-0.00", "0.00"
    )


def _ends(interval: Plain) -> str:
    if interval["low"] is None:
        return " [?]"
    return f" [{interval['low']:.2f}, {interval['high']:.2f}]{'‡' if interval['rare'] else ''}"


def _of_optimum(task: Plain) -> str:
    return "" if task["optimum"] is None else f" (at best {task['optimum']:g})"
