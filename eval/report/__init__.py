"""The report: one page of a results file, with figures, replays and methods (extra ``report``)."""

from eval.report.page import write_report

__all__ = ["write_report"]
