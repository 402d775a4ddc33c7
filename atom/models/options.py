"""The options of a question, by label and by action, whatever the form in which a text names one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from atom.situation import folded

By: TypeAlias = Literal["labels first", "actions first", "actions"]
"""What is read first where a text is one option's label and another's action; or actions alone."""

EDGES = " \t\r\n.,:;!?()[]{}<>*_`'\"$“”‘’«»„「」『』|#"
"""What may stand around an option: white space, stops, quotes, brackets and marks."""

_SHRINKS = 4
"""How many characters may become one by normalisation."""


@dataclass(frozen=True, slots=True)
class Options:
    """What a reply may name.

    Attributes:
        actions: label -> action.
        longest: length of the longest label or action.
    """

    actions: Mapping[str, str]
    longest: int
    _exact: Mapping[str, str]
    _folded: Mapping[str, str | None]
    _labels: frozenset[str]

    @classmethod
    def of(cls, actions: Mapping[str, str], by: By = "labels first") -> Options:
        """The options of a question.

        Args:
            actions: label -> action.
            by: what a text means that is one option's label and another's action; ``"actions"`` takes
                labels for nothing at all.
        """
        labels = [(label, label) for label in actions]
        labels += [(label.lstrip("0"), label) for label in actions if label.startswith("0")]
        named = [(action, label) for label, action in actions.items()]
        kinds = {"labels first": (labels, named), "actions first": (named, labels), "actions": (named,)}[by]
        exact: dict[str, str] = {}
        by_fold: dict[str, str | None] = {}
        for kind in kinds:
            exact = {**dict(kind), **exact}
            by_fold = {**_unambiguous(kind), **by_fold}
        longest = max((len(name) for name, _ in (*labels, *named)), default=0)
        return cls(actions, longest, exact, by_fold, frozenset(folded(name) for name, _ in labels))

    def is_label(self, text: str) -> bool:
        """Whether a text is a label, whatever its width and case."""
        return text in self.actions or (0 < len(text) <= _SHRINKS and folded(text) in self._labels)

    def exactly(self, text: str) -> str | None:
        """The label of the option that the text is, letter by letter."""
        return self._exact.get(text)

    def whole(self, text: str) -> str | None:
        """The label of the option that is all of the text, but for quotes, brackets and marks around it.

        Whatever the case, the width and the form of letters and digits, where that leaves one option.
        """
        stripped, bare = text.strip(), text.strip(EDGES)
        for candidate in (text, stripped, bare):
            if candidate in self._exact:
                return self._exact[candidate]
        for candidate in (bare, stripped):
            if not candidate or len(candidate) > _SHRINKS * (self.longest + 1):
                continue
            label = self._folded.get(folded(candidate))
            if label is not None:
                return label
        return None


def _unambiguous(names: Iterable[tuple[str, str]]) -> dict[str, str | None]:
    """Folded name -> label; None where that is several options."""
    found: dict[str, str | None] = {}
    for name, label in names:
        key = folded(name)
        found[key] = label if found.get(key, label) == label else None
    return found
