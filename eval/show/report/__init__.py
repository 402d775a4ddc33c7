"""The report: one page of a results file, with figures, replays and methods (extra ``report``)."""

from eval.show.report.page import MAX_BYTES, write_report

__all__ = ["MAX_BYTES", "write_report"]
