"""The findings as tables for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from eval.play import SELF
from eval.show.console import Table
from eval.show.tables.text import score
from eval.studies import Finding, Reading
from eval.studies.findings import ADAPTIVE, ALIGNED, BLIND, EQUAL, by_condition, mean_over


def findings_tables(findings: Sequence[Finding], readings: Sequence[Reading]) -> list[Table]:
    """One table for each finding that was measured, and one for the readings."""
    tables = []
    partners = [f for f in findings if f.finding == "partners"]
    if partners:
        tables.append(_partners(partners))
    if readings:
        tables.append(_readings(readings))
    for name, title, condition in (
        ("actions", "Different actions among N, of which N - 1 are optimal: points ↑", "N"),
        ("rationality", "Rationality: everybody lapses at rate ε", "ε"),
    ):
        some = [f for f in findings if f.finding == name]
        if some:
            tables.append(_sweep(some, title, condition))
    return tables


def _partners(findings: Sequence[Finding]) -> Table:
    partners = list(dict.fromkeys(f.partner for f in findings))
    found = {(f.agent, f.partner): f for f in findings}
    first = findings[0]
    table = Table(title=f"Partners that are no ToM agents: steps in {first.task} ↓, {first.n} episodes")
    table.add_column("agent")
    for partner in partners:
        table.add_column(partner.partition("/")[0].partition(":")[0], justify="right")
    for agent in dict.fromkeys(f.agent for f in findings):
        cells = [found[agent, partner] for partner in partners]
        table.add_row(agent, *(score(cell.mean, cell.se) for cell in cells))
    return table


def _readings(readings: Sequence[Reading]) -> Table:
    table = Table(title="As what bayes reads its partner: mean posterior over all steps (before the last)")
    table.add_column("partner")
    orders = list(readings[0].posterior)
    for order in orders:
        table.add_column(f"order {order}", justify="right")
    for reading in readings:
        table.add_row(
            reading.partner.partition(":")[0],
            *(f"{reading.posterior[k]:.2f} ({reading.last[k]:.2f})" for k in orders),
        )
    return table


def _sweep(findings: Sequence[Finding], title: str, condition: str) -> Table:
    table = Table(title=f"{title}; {findings[0].n} episodes a pairing")
    headings = ("task", condition, "equal", "aligned", "penalty", "blind", "bayes", "gain", "bayes, self")
    for heading in headings:
        table.add_column(heading, justify="left" if heading == "task" else "right")
    for (task, value), some in by_condition(findings).items():
        equal, aligned, blind, bayes = (mean_over(some, p) for p in (EQUAL, ALIGNED, BLIND, ADAPTIVE))
        table.add_row(
            task,
            f"{value:g}",
            f"{equal:.1f}",
            f"{aligned:.1f}",
            f"{abs(aligned - equal):.1f}",
            f"{blind:.1f}",
            f"{bayes:.1f}",
            f"{abs(bayes - blind):.1f}",
            f"{mean_over(some, [('bayes', SELF)]):.1f}",
        )
    return table
