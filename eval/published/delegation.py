"""Leads that delegate: duplicate work, coverage and tokens, without faults and with 30 %."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from eval.delegation import CAP, FIXED, Delegated, Outcome, delegated, play
from eval.delegation import Setting as Played
from eval.published.markdown import bold, prose, table
from eval.published.study import FIVE, Block, How, Result, Setting, Study

_FAULTS = (0.0, 0.3)


@dataclass(frozen=True, slots=True)
class Both:
    """What the leads came to without and with faults."""

    clean: list[Delegated]
    faulty: list[Delegated]


def _play(setting: Setting, how: How) -> Both:
    """Runs of all seeds together."""
    leads = len(Played().leads)
    total = len(_FAULTS) * len(setting.seeds) * leads * setting.episodes
    found = []
    with how.bar("delegation", total) as progress:
        for faults in _FAULTS:
            every: dict[str, list[list[Outcome]]] = {}
            for seed in setting.seeds:
                asked = Played(runs=setting.episodes, seed=seed, faults=faults)
                for name, runs in play(asked, None, progress).items():
                    every.setdefault(name, []).extend(runs)
            found.append(delegated(every))
    return Both(*found)


DELEGATION = Study("delegation", _play, Setting(40, FIVE), Setting(2), 45)


def _rows(found: list[Delegated]) -> list[list[str]]:
    return [
        [
            bold(one.lead, ("atom",)),
            one.duplicates.text(),
            one.coverage.text(),
            one.tokens.text(0),
            "" if one.beside_chat is None else f"{one.beside_chat:.1f}",
            f"{one.calls:.1f}",
            f"{one.waits:.1f}",
            f"{100 * one.failed:.1f} %",
            str(one.dearest),
        ]
        for one in found
    ]


_HEADINGS = (
    "lead", "duplicate findings", "coverage", "tokens", "× chat", "calls", "waits", "degraded", "dearest",
)  # fmt: skip


def leads(result: Result[Both]) -> list[str]:
    """A table without faults, what half of the fixed lead's duplicates comes to, and a table with faults."""
    setting, found = result.setting, result.value
    played, runs = Played(), setting.episodes * len(setting.seeds)
    by_name: Mapping[str, Delegated] = {one.lead: one for one in found.clean}
    ours, fixed, told = by_name["atom"], by_name[FIXED], by_name["explained"]
    half = "" if ours.half is None else ours.half.text()
    dearer = "" if ours.dearer is None else ours.dearer.text(1)
    return [
        *prose(
            f"{runs} runs of {played.questions} questions, seeds {setting.seeds[0]} to {setting.seeds[-1]};",
            f"{played.workers} workers, at most {played.rounds} rounds, a cap of {CAP:,} tokens a question;",
            "means of a question with 95 % intervals over runs:",
        ),
        "",
        *table(_HEADINGS, _rows(found.clean), right=True),
        "",
        *prose(
            f"Paired by run, `atom`'s duplicates less half of `fixed`'s are {half}",
            f"(below 0: less than half), and its tokens less `fixed`'s {dearer}. It has",
            f"{ours.duplicates.estimate / fixed.duplicates.estimate:.2f} of `fixed`'s duplicates;",
            f"`explained` has {told.duplicates.estimate / fixed.duplicates.estimate:.2f}, at",
            f"{told.tokens.estimate / fixed.tokens.estimate:.2f} times the tokens.",
        ),
        "",
        *prose("The same where 30 % of all calls raise, time out or answer nonsense:"),
        "",
        *table(_HEADINGS, _rows(found.faulty), right=True),
    ]


BLOCKS = (Block("delegation", "docs/delegation.md", (DELEGATION,), leads),)
"""All blocks of all pages."""
