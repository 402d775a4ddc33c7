"""What the zoo knows of a partner before it is made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from atom.reasoning.reasoner import Reasoner
from partners.base import Partner, Traits

PAPER = "Mu et al. 2026"


@dataclass(frozen=True, slots=True)
class PartnerKind:
    """A partner of the zoo.

    Attributes:
        name: as given on the command line.
        summary: what it does.
        source: where it comes from.
        traits: those of a partner with the default argument.
        build: ``build(argument, me, reasoner, seed)``.
        argument: the form of the argument after the colon; empty for partners that take none.
        default: the argument where none is given.
        needs: the extra that it needs.
        plays: the tasks that it plays: ``"all"``, those on ``"tables"`` (grids and kitchens),
            ``"kitchens"``, ``"matrices"`` (normal-form games), or those of ``"2x2"`` actions.
    """

    name: str
    summary: str
    source: str
    traits: Traits
    build: Callable[[str, str, Reasoner, int], Partner]
    argument: str = ""
    default: str = ""
    needs: str = ""
    plays: Literal["all", "2x2", "tables", "kitchens", "matrices"] = "all"
