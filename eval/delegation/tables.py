"""What comes of delegation, as tables."""

from __future__ import annotations

from collections.abc import Sequence

from eval.delegation.play import Setting
from eval.delegation.summary import FIXED, Delegated
from eval.show.console import Table

ABOUT = {
    "atom": "a posterior for each worker",
    "fixed": "a section each, named alone",
    "same": "the same section for all",
    "explained": "a section each, all explained",
    "random": "a coin for section and form",
    "literal": "trusts every brief to be taken literally",
    "single": "one agent, all by itself",
    "chat": "one call",
}
"""Lead -> what it does."""


def outcome_table(found: Sequence[Delegated], setting: Setting, who: str = "of orders 0, 1 and 2") -> Table:
    """One row a lead: duplicates, coverage and what a question cost."""
    title = (
        f"{setting.workers} workers {who}, {setting.runs} runs of {setting.questions} questions in at most "
        f"{setting.rounds} rounds, {100 * setting.faults:g} % faults; a question [95 % interval]"
    )
    table = Table(title=title)
    table.add_column("lead", no_wrap=True)
    for name in ("duplicate findings", "coverage", "tokens", "x chat", "calls", "waits"):
        table.add_column(name, justify="right")
    for one in found:
        chat = "" if one.beside_chat is None else f"{one.beside_chat:.1f}"
        row = (one.duplicates.text(), one.coverage.text(), one.tokens.text(0), chat)
        table.add_row(one.lead, *row, f"{one.calls:.1f}", f"{one.waits:.1f}")
    return table


def comparison_table(found: Sequence[Delegated]) -> Table:
    """One row a lead: duplicates less half of the fixed lead's, and tokens less the fixed lead's."""
    table = Table(
        title=f"beside the lead {FIXED!r}, paired by run [95 % interval]",
        caption="duplicates less half of its: below 0, less than half as many",
    )
    table.add_column("lead", no_wrap=True)
    table.add_column("duplicates less half of its", justify="right")
    table.add_column("tokens less its", justify="right")
    for one in found:
        if one.half is not None and one.dearer is not None:
            table.add_row(one.lead, one.half.text(), one.dearer.text(0))
    return table


def cap_table(found: Sequence[Delegated], setting: Setting) -> Table:
    """One row a lead: degraded calls, questions with fewer workers than briefs, and the dearest question."""
    calls = "" if setting.cap.calls is None else f" and {setting.cap.calls} calls"
    table = Table(title=f"the cap of a question: {setting.cap.tokens} tokens{calls}")
    table.add_column("lead", no_wrap=True)
    for name in ("degraded calls", "cut by the cap", "dearest question", "most calls"):
        table.add_column(name, justify="right")
    for one in found:
        shares = f"{100 * one.failed:.1f} %", f"{100 * one.unsent:.1f} %"
        table.add_row(one.lead, *shares, str(one.dearest), str(one.most_calls))
    return table
