"""The verdict: what a run says, in sentences, each with links to where it can be seen.

A sentence is ``{"tone": "plain" | "good" | "warn", "parts": [text or {"text": …, "to": link}]}``; a link has
``task``, ``agent`` and ``partner``, as far as they are known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from eval.play import MAX_DEGRADED
from eval.results import PairingSummary, StoredRun

Plain = dict[str, Any]
_NAMED = 4
_CHANCE = 0.05


def whole_verdict(run: StoredRun, tasks: Sequence[Plain], summaries: Sequence[PairingSummary]) -> list[Plain]:
    """What holds of all tasks together: who is best, what is missing, what is degraded.

    Args:
        run: the run.
        tasks: as ``overview`` makes them.
        summaries: of all pairings.
    """
    return [*_best(tasks), *_missing(run, tasks), *_degraded(tasks), *_costs(run, summaries)]


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
        return [_sentence(f"On {task['name']} {words}.")]
    first = means[0]
    most = "fewest" if task["better"] == "lower" else "most"
    opening = _sentence(
        f"On {task['name']} ",
        _link(first["agent"], task["name"], first["agent"]),
        f" has {_mean(first)} {task['unit']} beside {_partners(task)}{_of_optimum(task)}",
        f", the {most} of {len(means)} agents." if len(means) > 1 else ".",
    )
    return [opening, *_ahead(task, leads)] if len(means) > 1 else [opening]


def missing_pairings(run: StoredRun, task: str, have: Mapping[tuple[str, str], int]) -> list[Plain]:
    """The pairings of a task that lack episodes: ``{"agent", "partner", "have", "of"}`` each.

    Args:
        run: the run.
        task: the task.
        have: (agent, partner) -> how many episodes are stored.
    """
    of = run.configuration.get("episodes")
    if of is None:
        return []  # people play as many as they like
    asked = run.configuration["matrices"][task]
    some = run.configuration.get("pairings")
    wanted = [
        (agent, partner)
        for agent in asked["agents"]
        for partner in asked["partners"]
        if some is None or [agent, partner] in some
    ]
    return [
        {"agent": agent, "partner": partner, "have": have.get((agent, partner), 0), "of": of}
        for agent, partner in wanted
        if have.get((agent, partner), 0) < of
    ]


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
        found.append(_sentence(words, tone="good"))
    for task in ranked:
        first, lead = task["ranking"]["means"][0], task["ranking"]["leads"][0]
        name, agent = task["name"], first["agent"]
        size = _difference(lead["difference"], task["better"])
        ahead = f"ahead of the next, {lead['other']}, by {size} {task['unit']}"
        apart = f"not told apart from {lead['other']} (by {size} {task['unit']})"
        parts = (
            "On ",
            _link(name, name),
            ", ",
            _link(agent, name, agent),
            f" is best beside {_partners(task)} with ",
        )
        score = f"{first['mean']:.2f}, {ahead if lead['beyond'] else apart}."
        found.append(_sentence(*parts, score, tone="good" if lead["beyond"] else "plain"))
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
        found.append(_sentence("It is ahead of ", *_with_differences(task, ahead), "."))
    if near:
        words = "It cannot be told apart from "
        found.append(_sentence(words, *_with_differences(task, near), _too_few(task, near), ".", tone="warn"))
    if len(leads) < len(task["ranking"]["means"]) - 1:
        found.append(_sentence("Agents that share no two episodes with it are not compared.", tone="warn"))
    return [*found, *_beside(task)]


def _too_few(task: Plain, near: Sequence[Plain]) -> str:
    """What sign flips of few episodes cannot show, however large a difference is."""
    agents, episodes = len(task["agents"]), max(lead["episodes"] for lead in near)
    pairs = agents * (agents - 1) // 2
    needed = next(n for n in range(2, 64) if pairs * 2.0 ** (1 - n) <= _CHANCE)
    if episodes >= needed:
        return ""
    return f"; {episodes} episodes cannot show any difference among {pairs} pairs of agents, {needed} can"


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
        for i, lead in enumerate(own[:_NAMED]):
            parts += [", " if i else "", _link(lead["partner"], task["name"], agent, lead["partner"])]
            parts.append(" (more than chance)" if lead["beyond"] else "")
        parts.append(_more(own))
    clear = sum(lead["beyond"] for lead in beside)
    tail = "" if clear else "; beside none of them by more than chance"
    return [_sentence(*parts, tail, ".")]


def _with_differences(task: Plain, leads: Sequence[Plain]) -> list[Any]:
    parts = [
        part
        for lead in leads[:_NAMED]
        for part in (
            ", ",
            _link(lead["other"], task["name"], lead["other"]),
            f" by {_difference(lead['difference'], task['better'])}",
        )
    ]
    return [*parts[1:], _more(leads)]


def _more(leads: Sequence[Plain]) -> str:
    return f" and {len(leads) - _NAMED} more" if len(leads) > _NAMED else ""


def _missing(run: StoredRun, tasks: Sequence[Plain]) -> list[Plain]:
    found = []
    lacking = run.expected - run.episodes
    if run.finished is None:
        there = f"{run.episodes:,} of {run.expected:,} episodes are in"
        words = f"This run is still going on: {there}, and all may change."
        found.append(_sentence(words, tone="warn"))
    gaps = [(task["name"], gap) for task in tasks for gap in task["missing"]]
    if gaps:
        named = [
            part
            for name, gap in gaps[:_NAMED]
            for part in (
                ", ",
                f"{gap['agent']} with {gap['partner']} on {name} ({gap['have']} of {gap['of']})",
            )
        ][1:]
        more = f" and {len(gaps) - _NAMED} more pairings" if len(gaps) > _NAMED else ""
        found.append(_sentence(f"{lacking:,} episodes are missing: ", *named, more, ".", tone="warn"))
    elif run.finished is not None:
        found.append(_sentence(f"Nothing is missing: all {run.episodes:,} episodes are in."))
    unknown = [task["name"] for task in tasks if not task.get("known", True)]
    if unknown:
        words = "cannot be made here, so that no boards are shown and higher scores are taken for better"
        found.append(_sentence(f"{', '.join(unknown)} {words}.", tone="warn"))
    return found


def _degraded(tasks: Sequence[Plain]) -> list[Plain]:
    cells = [(task["name"], cell) for task in tasks for cell in task["cells"]]
    marked = [(name, cell) for name, cell in cells if cell["marked"]]
    some = [(name, cell) for name, cell in cells if cell["degraded"] and not cell["marked"]]
    found = []
    if marked:
        parts = [
            part
            for name, cell in marked[:_NAMED]
            for part in (
                ", ",
                _link(f"{cell['agent']} with {cell['partner']}", name, cell["agent"], cell["partner"]),
                f" on {name} ({100 * cell['degraded']:.0f} %)",
            )
        ][1:]
        n = len(marked)
        words = "pairing is" if n == 1 else "pairings are"
        found.append(
            _sentence(
                f"{n} {words} no result of these players (†), since more than {MAX_DEGRADED:.0%} of the "
                "decisions were degraded: ", *parts, " and more" if n > _NAMED else "", ".", tone="warn",
            )
        )  # fmt: skip
    if some:
        words = (
            "A few decisions were degraded in"
            if marked
            else "No pairing is marked; some decisions were degraded in"
        )
        found.append(
            _sentence(
                f"{words} decisions were degraded in {len(some)} pairing{'' if len(some) == 1 else 's'}."
            )
        )
    if not marked and not some:
        found.append(_sentence("No decision was degraded."))
    return found


def _costs(run: StoredRun, summaries: Sequence[PairingSummary]) -> list[Plain]:
    tokens = sum(summary.tokens * len(summary.scores) for summary in summaries)
    if not tokens:
        return []
    costs = [summary.cost for summary in summaries]
    price = (
        "at a price that is not known"
        if None in costs
        else f"for {sum(c or 0.0 for c in costs):.2f} US dollars"
    )
    return [_sentence(f"Language models read and wrote {tokens:,.0f} tokens, {price}.")]


def _sentence(*parts: Any, tone: str = "plain") -> Plain:
    return {"tone": tone, "parts": [part for part in parts if part != ""]}


def _link(text: str, task: str, agent: str | None = None, partner: str | None = None) -> Plain:
    given = {"task": task, "agent": agent, "partner": partner}
    return {"text": text, "to": {name: value for name, value in given.items() if value is not None}}


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
