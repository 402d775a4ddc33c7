"""Agents that code together: promises about a repository, what really happened to it, and trust.

A ``Promise`` says what an agent will touch or leave alone. A ``Repository`` reads from git what it did, and
``judged`` says whether the promise was kept. What that makes of its author is a matter of beliefs:
``promising`` has the hypotheses for an ``AdaptiveAgent``, and ``verified`` is its contract's test alone.
"""

from atom.coding.changes import Change, Hunk
from atom.coding.git import environment
from atom.coding.patches import changes_in
from atom.coding.promise import Breach, Promise, Verdict, judged, reaches
from atom.coding.reading import Reading
from atom.coding.repository import Repository
from atom.coding.scopes import Scope, scope_of
from atom.coding.symbols import Symbol, symbols_of
from atom.coding.trust import (
    BREAKS,
    KEEPS,
    NEXT,
    SPILLS,
    UNRELATED,
    Allowed,
    announced,
    promise_event,
    promising,
    seen_in,
    verified,
)

__all__ = [
    "BREAKS",
    "KEEPS",
    "NEXT",
    "SPILLS",
    "UNRELATED",
    "Allowed",
    "Breach",
    "Change",
    "Hunk",
    "Promise",
    "Reading",
    "Repository",
    "Scope",
    "Symbol",
    "Verdict",
    "announced",
    "changes_in",
    "environment",
    "judged",
    "promise_event",
    "promising",
    "reaches",
    "scope_of",
    "seen_in",
    "symbols_of",
    "verified",
]
