"""Many threads of one graph in which things go wrong, in little; ``benchmarks/soak.py`` has 1,000 of them."""

from importlib import import_module
from pathlib import Path

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def test_threads_that_are_played_at_once_believe_what_they_believe_alone(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    found = list(import_module("soak").many_threads(8, 5, 0.5))
    assert [(one.way, one.differ) for one in found] == [("a thread pool", 0), ("asyncio", 0)]
    assert all(one.faults > 10 for one in found)
