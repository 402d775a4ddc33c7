"""The paper's further findings, with exact reasoners (paper, "Further findings")."""

from eval.findings.measure import (
    Finding,
    Reading,
    fewer_optimal_actions,
    less_rational,
    other_partners,
    readings,
)
from eval.findings.tables import findings_tables

__all__ = [
    "Finding",
    "Reading",
    "fewer_optimal_actions",
    "findings_tables",
    "less_rational",
    "other_partners",
    "readings",
]
