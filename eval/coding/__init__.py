"""Agents that code together in real repositories: pairs of features, partners, agents, merges and tests."""

from eval.coding.agents import AGENTS, COST, make_agent
from eval.coding.bench import Bench, Played, play_dataset, play_task
from eval.coding.dataset import Dataset, DatasetTask
from eval.coding.kinds import KINDS, make_pair, make_pairs
from eval.coding.pairs import Pair
from eval.coding.partners import PARTNERS, make_partner
from eval.coding.play import LEARNING, RUNS, TASKS, Cell, Plan, play
from eval.coding.summary import Success, by_kind, successes
from eval.coding.tasks import FAILURES, Board, Choice, Task, failure_of
from eval.coding.testing import SECONDS
from eval.coding.workshop import Merged, Outcome, Verdicts, Workshop

__all__ = [
    "AGENTS",
    "COST",
    "FAILURES",
    "KINDS",
    "LEARNING",
    "PARTNERS",
    "RUNS",
    "SECONDS",
    "TASKS",
    "Bench",
    "Board",
    "Cell",
    "Choice",
    "Dataset",
    "DatasetTask",
    "Merged",
    "Outcome",
    "Pair",
    "Plan",
    "Played",
    "Success",
    "Task",
    "Verdicts",
    "Workshop",
    "by_kind",
    "failure_of",
    "make_agent",
    "make_pair",
    "make_pairs",
    "make_partner",
    "play",
    "play_dataset",
    "play_task",
    "successes",
]
