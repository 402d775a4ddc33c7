"""What a run lacks and what it cost: episodes that are missing, damaged or degraded, steps, tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from eval.play import MAX_DEGRADED
from eval.results import Damaged, PairingSummary, StoredRun
from eval.show.explorer.sentences import NAMED, code, link, sentence
from partners.program import command_line

Plain = dict[str, Any]


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


def repair_command(file: Path) -> str:
    """What makes a whole file of one with damaged episodes."""
    # the file by its name alone, since pages are passed on
    return command_line("check", file.name, "--repair")


def damaged_sentences(damaged: Sequence[Damaged], file: Path) -> list[Plain]:
    """Which episodes are damaged, and what to do."""
    if not damaged:
        return []
    n = len(damaged)
    named = "; ".join(
        f"episode {row.key[-1]} of {row.key[1]} with {row.key[2]} on {row.key[0]}" for row in damaged[:NAMED]
    )
    is_are = "episode is" if n == 1 else "episodes are"
    more = f"; and {n - NAMED} more" if n > NAMED else ""
    words = f"{n:,} {is_are} damaged and left out: {named}{more}. "
    after = (
        " keeps all that is whole in a new file, and the command that played the run then plays the others."
    )
    return [sentence(words, code(repair_command(file)), after, tone="warn")]


def missing_sentences(run: StoredRun, tasks: Sequence[Plain], damaged: int) -> list[Plain]:
    """Which episodes are missing; ``damaged`` is how many of those that are stored are left out."""
    found = []
    lacking = run.expected - run.episodes + damaged
    if run.finished is None:
        there = f"{run.episodes:,} of {run.expected:,} episodes are in"
        words = f"This run is still going on: {there}, and all may change."
        found.append(sentence(words, tone="warn"))
    gaps = [(task["name"], gap) for task in tasks for gap in task["missing"]]
    if gaps:
        named = [
            part
            for name, gap in gaps[:NAMED]
            for part in (
                ", ",
                f"{gap['agent']} with {gap['partner']} on {name} ({gap['have']} of {gap['of']})",
            )
        ][1:]
        more = f" and {len(gaps) - NAMED} more pairings" if len(gaps) > NAMED else ""
        those = "the damaged ones among them" if damaged < lacking else "those that are damaged"
        which = f", {those}: " if damaged else ": "
        is_are = "episode is" if lacking == 1 else "episodes are"
        found.append(sentence(f"{lacking:,} {is_are} missing{which}", *named, more, ".", tone="warn"))
    elif run.finished is not None:
        found.append(sentence(f"Nothing is missing: all {run.episodes:,} episodes are in."))
    unknown = [task["name"] for task in tasks if not task.get("known", True)]
    if unknown:
        words = "cannot be made here, so that no boards are shown and higher scores are taken for better"
        found.append(sentence(f"{', '.join(unknown)} {words}.", tone="warn"))
    return found


def degraded_sentences(tasks: Sequence[Plain]) -> list[Plain]:
    """Which pairings are no result of their players, and where else decisions were degraded."""
    cells = [(task["name"], cell) for task in tasks for cell in task["cells"]]
    marked = [(name, cell) for name, cell in cells if cell["marked"]]
    some = [(name, cell) for name, cell in cells if cell["degraded"] and not cell["marked"]]
    found = []
    if marked:
        parts = [
            part
            for name, cell in marked[:NAMED]
            for part in (
                ", ",
                link(f"{cell['agent']} with {cell['partner']}", name, cell["agent"], cell["partner"]),
                f" on {name} ({100 * cell['degraded']:.0f} %)",
            )
        ][1:]
        n = len(marked)
        words = "pairing is" if n == 1 else "pairings are"
        found.append(
            sentence(
                f"{n} {words} no result of these players (†), since more than {MAX_DEGRADED:.0%} of the "
                "decisions were degraded: ", *parts, " and more" if n > NAMED else "", ".", tone="warn",
            )
        )  # fmt: skip
    if some:
        words = "A few decisions" if marked else "No pairing is marked; some decisions"
        where = f"{len(some)} pairing{'' if len(some) == 1 else 's'}"
        found.append(sentence(f"{words} were degraded in {where}."))
    if not marked and not some:
        found.append(sentence("No decision was degraded."))
    return found


def with_steps(command: Sequence[str]) -> str:
    """The command line that plays the same and stores every step, in another file; empty for no command."""
    if not command:
        return ""
    kept, new = [part for part in command if part != "--scores-only"], "with-steps.sqlite"
    for i, part in enumerate(kept):
        if part == "--results" and i + 1 < len(kept):
            kept[i + 1] = new
        elif part.startswith("--results="):
            kept[i] = f"--results={new}"
    return command_line(*kept)


def stepless_sentences(command: Sequence[str], summaries: Sequence[PairingSummary]) -> list[Plain]:
    """What cannot be looked at, since scores alone were stored."""
    episodes = sum(len(summary.scores) for summary in summaries)
    kept = sum(summary.with_steps for summary in summaries)
    if kept == episodes:
        return []
    which = "No steps were stored" if not kept else f"Of {episodes - kept:,} episodes no steps were stored"
    words = (
        "), so there are scores and who is ahead of whom, and no boards, beliefs or decisions. To get them, "
    )
    again = with_steps(command)
    how = (
        ("play the same into another file: ", code(again)) if again else ("play the same into another file.",)
    )
    return [sentence(f"{which} (", code("--scores-only"), words, *how)]


def costs_sentences(summaries: Sequence[PairingSummary]) -> list[Plain]:
    """What language models cost."""
    tokens = sum(summary.tokens * len(summary.scores) for summary in summaries)
    if not tokens:
        return []
    costs = [summary.cost for summary in summaries]
    price = (
        "at a price that is not known"
        if None in costs
        else f"for {sum(c or 0.0 for c in costs):.2f} US dollars"
    )
    return [sentence(f"Language models read and wrote {tokens:,.0f} tokens, {price}.")]
