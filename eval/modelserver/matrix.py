"""Normal-form games from words: payoffs in rows, lines or sentences, what is remembered, ties."""

from __future__ import annotations

import itertools
import json
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile

from eval.modelserver.reading import Question, UnreadableError

_PAYOFF = re.compile(r"^If (.+): (.+)\.$")
_ROWS = re.compile(r"^For each action of (.+): the action of (.+), and (.+)\.$")
_LINES = re.compile(r"^For the actions of (.+): (.+)\.$")
_EACH = "what each of them gets"
_ACTION = r'("(?:[^"\\]|\\.)*"|[\w-]+)'
_ROW = re.compile(rf"^{_ACTION}: (.+)$")
_CELL = re.compile(rf"{_ACTION} ([-\d.e+/]+)(?:, |$)")
_LINE = re.compile(rf"^({_ACTION}(?:, {_ACTION})*): ([-\d.e+/]+)$")
_CHOOSES = re.compile(r"(?:^|, )(.+?) chooses (.+?)(?=, |$)")
_GETS = re.compile(r"(?:^|, )(.+?) gets (-?[\d.e+-]+?)(?=, |$)")
_CHOSE = re.compile(r"(?:^|, )(.+?) chose (.+?)(?=, |$)")
_TIMES = re.compile(r"(?:^|, )(.+?) (\d+)(?=, |$)")
_COUNTS = re.compile(r"^Remembered counts of (.+?): (.+)\.$")
_REMEMBERED = "Remembered: "
_NEXT = "the one that follows"
_TIE_BONUS = 0.15


def is_matrix(question: Question) -> bool:
    """Whether the game is told by payoffs of joint actions."""
    return any(form.match(line) for line in question.game for form in (_PAYOFF, _ROWS, _LINES))


def matrix_values(question: Question) -> dict[str, float]:
    """Label -> expected payoff in units of the payoffs' range; what breaks ties gets a small bonus.

    Raises:
        UnreadableError: payoffs or what is remembered are not said.
    """
    payoffs = _payoffs(question)
    others = [player for player in question.players if player != question.me]
    if question.seems is not None and question.order is not None and question.order < question.seems:
        return {label: question.wished.get(action, 0.0) for label, action in question.options.items()}
    believed = question.expected or _frequencies(question, others)
    missing = [player for player in others if player not in believed]
    if missing:
        raise UnreadableError(f"nothing is said about what {missing} do")
    values = dict.fromkeys(question.options, 0.0)
    for combination in itertools.product(*(believed[player].items() for player in others)):
        weight = math.prod(p for _, p in combination)
        joint = dict(zip(others, (action for action, _ in combination), strict=True))
        for label, action in question.options.items():
            key = frozenset({**joint, question.me: action}.items())
            if key not in payoffs:
                raise UnreadableError(f"no payoff is told for {dict(key)}")
            values[label] += weight * payoffs[key]
    spread = (max(payoffs.values()) - min(payoffs.values())) or 1.0
    labels = list(values)
    best = [label for label in labels if values[label] >= max(values.values()) - 1e-9 * spread]
    preferred = best[0]
    if any(_NEXT in line for line in question.game):
        likeliest = _first_likeliest(question, believed[others[0]])
        preferred = min(best, key=lambda label: (labels.index(label) - likeliest - 1) % len(labels))
    scaled = {label: value / spread for label, value in values.items()}
    scaled[preferred] += _TIE_BONUS * (len(best) > 1)
    return scaled


def _first_likeliest(question: Question, believed: Mapping[str, float]) -> int:
    actions = list(question.options.values())
    return max(range(len(actions)), key=lambda i: (believed.get(actions[i], 0.0), -i))


def _payoffs(question: Question) -> dict[frozenset[tuple[str, str]], float]:
    """Joint action -> own payoff."""
    payoffs = {}
    for i, line in enumerate(question.game):
        if sentence := _PAYOFF.match(line):
            gets = dict(_GETS.findall(sentence.group(2)))
            if question.me not in gets:
                raise UnreadableError(f"the payoff of {question.me} is not told in: {line}")
            payoffs[frozenset(_CHOOSES.findall(sentence.group(1)))] = float(gets[question.me])
        elif rows := _ROWS.match(line):
            one, other, gets_words = rows.groups()
            own = _own_place(question, (one, other), gets_words)
            for action, cells in _while(_ROW, question.game[i + 1 :]):
                for beside, paid in _CELL.findall(cells):
                    joint = frozenset({(one, _name(action)), (other, _name(beside))})
                    payoffs[joint] = float(paid.split("/")[own])
        elif lines := _LINES.match(line):
            players = lines.group(1).split(", ")
            own = _own_place(question, players, lines.group(2))
            for done, *_, paid in _while(_LINE, question.game[i + 1 :]):
                actions = map(_name, re.findall(_ACTION, done))
                payoffs[frozenset(zip(players, actions, strict=True))] = float(paid.split("/")[own])
    return payoffs


def _own_place(question: Question, players: Sequence[str], gets: str) -> int:
    """Which of the numbers of a cell is the payoff of whom is asked for."""
    if gets == _EACH:
        return 0
    if question.me not in players:
        raise UnreadableError(f"the payoff of {question.me} is not told among those of {players}")
    return list(players).index(question.me)


def _while(form: re.Pattern[str], lines: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """The groups of the first lines, as long as they are of a form."""
    for found in takewhile(bool, map(form.match, lines)):
        yield found.groups()  # type: ignore[union-attr]


def _name(word: str) -> str:
    return str(json.loads(word)) if word.startswith('"') else word


def _frequencies(question: Question, others: list[str]) -> dict[str, dict[str, float]]:
    counts: dict[str, Counter[str]] = {player: Counter() for player in others}
    for line in question.game:
        if line.startswith(_REMEMBERED):
            for player, action in _CHOSE.findall(line.removeprefix(_REMEMBERED).removesuffix(".")):
                if player in counts:
                    counts[player][action] += 1
        of_one = _COUNTS.match(line)
        if of_one and of_one.group(1) in counts:
            for action, times in _TIMES.findall(of_one.group(2)):
                counts[of_one.group(1)][action] += int(times)
    if not all(count.total() for count in counts.values()):
        raise UnreadableError("nothing is said about what the others did before")
    return {player: {a: n / c.total() for a, n in c.items()} for player, c in counts.items()}
