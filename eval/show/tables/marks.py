"""What tables say of the decisions behind their scores: shares beside the score, a sign, and a footnote."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from eval.play import MAX_DEGRADED, Cell, Tally
from eval.show.console import Table
from partners import asks_models

SIGN = "†"
"""Marks scores whose share of degraded decisions is above the limit."""

Pair: TypeAlias = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Marks:
    """What the decisions behind the scores of one table were like.

    Attributes:
        tallies: (agent, partner) -> tally.
        limit: the share of degraded decisions, in [0, 1], above which a score is marked.
    """

    tallies: Mapping[Pair, Tally] = field(default_factory=dict)
    limit: float = MAX_DEGRADED

    @classmethod
    def of(cls, cells: Iterable[Cell], limit: float = MAX_DEGRADED) -> Marks:
        """Those of cells."""
        return cls({(cell.agent, cell.partner): cell.tally for cell in cells}, limit)

    @classmethod
    def over(cls, by_task: Mapping[str, Marks]) -> Marks:
        """Those of several tasks; partners are named with their task, see ``on``."""
        tallies = {
            (agent, on(partner, task)): tally
            for task, marks in by_task.items()
            for (agent, partner), tally in marks.tallies.items()
        }
        return cls(tallies, max((marks.limit for marks in by_task.values()), default=MAX_DEGRADED))

    def only(self, pairs: Iterable[Pair]) -> Marks:
        """Those of some pairings."""
        wanted = set(pairs)
        return Marks({pair: tally for pair, tally in self.tallies.items() if pair in wanted}, self.limit)

    def after(self, *pairs: Pair) -> str:
        """What follows a score of these pairings taken together; nothing where nothing went wrong.

        The sign is there where any of the pairings is above the limit.
        """
        tally = sum((self.tallies.get(pair, Tally()) for pair in pairs), Tally())
        return (f" ({_percents(tally.shares)})" if _told(tally) else "") + self.sign(*pairs)

    def sign(self, *pairs: Pair) -> str:
        """The sign alone, for what is concluded from scores that have their shares beside them."""
        return f" {SIGN}" if any(pair in self.marked for pair in pairs) else ""

    def among(self, agent: str) -> str:
        """What follows a score of an agent over all its partners."""
        return self.after(*(pair for pair in self.tallies if pair[0] == agent))

    @property
    def marked(self) -> dict[Pair, float]:
        """(agent, partner) -> share of degraded decisions, of the pairings above the limit."""
        return {pair: tally.shares[0] for pair, tally in self.tallies.items() if tally.exceeds(self.limit)}

    @property
    def footnote(self) -> str:
        """What the signs in a table mean; empty where there are none."""
        lines = []
        if told := {pair: tally for pair, tally in self.tallies.items() if _told(tally)}:
            unknown = any(None in tally.shares for tally in told.values())
            lines.append(
                f"In brackets: decisions degraded / repaired / cut off, in % of {_whose(told)}; "
                "none where there are no brackets"
                + ("; ? was not counted when the file was written." if unknown else ".")
            )
        if self.marked:
            where = "; ".join(
                f"{agent} with {partner} {percent(share)} %"
                for (agent, partner), share in self.marked.items()
            )
            lines.append(
                f"{SIGN} more than {percent(self.limit)} % of the decisions were degraded, so this is no "
                f"result of these players: {where}."
            )
        return " ".join(lines)

    def as_plain(self) -> list[dict[str, Any]]:
        """For every pairing who played, and ``Tally.as_plain``."""
        return [
            {"agent": agent, "partner": partner, **tally.as_plain(self.limit)}
            for (agent, partner), tally in self.tallies.items()
        ]

    def under(self, table: Table) -> Table:
        """The table with the footnote."""
        if self.footnote:
            table.caption, table.caption_justify = self.footnote, "left"
        return table


def on(partner: str, task: str) -> str:
    """A partner named with its task."""
    return f"{partner} on {task}"


def percent(share: float | None) -> str:
    """A share in percent, at most one decimal; never 0 for what is not nothing; ``?`` for what is unknown."""
    if share is None:
        return "?"
    if 0.0 < share < 0.001:
        return "<0.1"
    # what is not all must not look like it
    shown = 99.9 if 0.999 < share < 1.0 else 100.0 * share
    return f"{shown:.1f}".removesuffix(".0")


def _told(tally: Tally) -> bool:
    """Whether shares are shown: not all of them are known to be zero."""
    return any(share is None or share > 0.0 for share in tally.shares)


def _whose(pairs: Iterable[Pair]) -> str:
    asking = {any(map(asks_models, pair)) for pair in pairs}
    if asking == {True}:
        return "language models' decisions"
    if asking == {False}:
        return "the decisions"
    return "language models' decisions, or of all players' where no model plays"


def _percents(shares: Iterable[float | None]) -> str:
    return "/".join(map(percent, shares)) + " %"
