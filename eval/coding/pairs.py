"""A pair of features in one repository, as plain data: files, who may edit what, and the tests of both."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from atom.coding import Promise, scope_of

ANN, BEN = "ann", "ben"
SIDES = (ANN, BEN)
TESTS = {ANN: "tests/test_ann.py", BEN: "tests/test_ben.py"}
SPILL = "+"
"""Ends the label of an edit that reaches over into the part after it, as in ``"fast+"``."""

Files = Mapping[str, str]
"""Path -> content."""


@dataclass(frozen=True)
class Pair:
    """Two features, and the ways to build them.

    Every side can build its feature at each of the parts, and both features work wherever they are, as long
    as the sides keep apart.

    Attributes:
        name: of the pair.
        kind: what goes wrong where both take the same part.
        base: the repository before, path -> content.
        parts: part -> the paths, symbols or lines that it consists of, for ``seen_in``.
        edits: side -> label -> the files that the edit leaves. Labels are the parts, and for ben each with
            ``SPILL`` at its end as well.
        tests: side -> its feature's tests, path -> content.
    """

    name: str
    kind: str
    base: Files
    parts: Mapping[str, tuple[str, ...]]
    edits: Mapping[str, Mapping[str, Files]]
    tests: Mapping[str, Files] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """A digest of all that the pair consists of, for verdicts that are kept."""
        plain = [self.base, self.edits, self.tests]
        return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()[:16]

    def promise(self, side: str, part: str, step: int = 0) -> Promise:
        """The promise to build at a part and to touch nothing else but one's own tests."""
        edited = {path for path, text in self.edits[side][part].items() if self.base.get(path) != text}
        scopes = [scope for scope in map(scope_of, self.parts[part]) if scope.path in edited]
        own = sorted(edited - {scope.path for scope in scopes})
        return Promise(side, touches=[*scopes, *own, TESTS[side]], step=step)
