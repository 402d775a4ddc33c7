"""Games from files: JSON of this project's own form, CSV, and Gambit's ``.nfg``; and to them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from atom import NormalFormReasoner, PayoffError, symmetric_payoffs
from eval.tasks.files.nfg import Parsed, nfg_text, parse_nfg
from eval.tasks.files.table import parse_table, table_text
from eval.tasks.files.text import read_text
from eval.tasks.matrix import ROUNDS, MatrixTask, action_names

_TABLES = (".csv", ".tsv")


class GameFile(BaseModel):
    """What a file says of a game and of how it is played.

    Attributes:
        payoffs: ``[N, A_1, ..., A_N]``, or ``[A, A]`` with ``symmetric``.
        actions: the actions' names, for every player the same or one list each; None for letters.
        rounds: length of an episode, >= 1.
        memory, ties: see ``NormalFormReasoner``.
        rules: the payoffs in words; made from the payoffs where it is left out.
        optimum: the best score of an aligned pair, where known.
        symmetric: whether one matrix stands for both players.
    """

    model_config = ConfigDict(extra="forbid")

    payoffs: list[Any] = Field(min_length=2)
    actions: list[str] | list[list[str]] | None = None
    rounds: int = Field(default=ROUNDS, ge=1)
    memory: int | None = Field(default=1, ge=1)
    ties: Literal["first", "next", "uniform"] = "first"
    rules: str = ""
    optimum: float | None = None
    symmetric: bool = False


def matrix_from_file(path: Path, name: str) -> MatrixTask:
    """A task from a file of payoffs.

    JSON (``GameFile``), comma-separated values (``.csv`` and ``.tsv``, see ``eval.tasks.files.table``) or
    Gambit's ``.nfg`` (see ``eval.tasks.files.nfg``), told by the name's ending and, for Gambit's, by the
    first word. The seats are called ``player-1``, ``player-2``, … whatever the file calls its players.

    Raises:
        PayoffError: the file is missing, or holds something else; the message says what, and in which
            line where the file has lines.
    """
    return _task(game_from_file(path), f"the payoff file {str(path)!r}", name)


def game_from_file(path: Path) -> GameFile:
    """What a file says of a game; arguments and errors as ``matrix_from_file``."""
    what = f"the payoff file {str(path)!r}"
    text = read_text(path, "the payoff file", PayoffError)
    if path.suffix.lower() in (".nfg", ".efg") or text.lstrip()[:4] in ("NFG ", "EFG "):
        return _as_file(parse_nfg(text, what))
    if path.suffix.lower() in _TABLES:
        return _as_file(parse_table(text, what))
    try:
        return GameFile.model_validate_json(text)
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'file'}: {e['msg']}" for e in error.errors())
        raise PayoffError(f"{what} does not fit: {problems}") from None


def save_nfg(
    path: Path,
    payoffs: ArrayLike,
    actions: Sequence[Sequence[str]] | None = None,
    *,
    players: Sequence[str] | None = None,
    title: str = "",
    comment: str = "",
) -> None:
    """Writes a game as Gambit's ``.nfg``, payoff version with labels.

    Reading it gives the same game to the last bit.

    Args:
        path: the file; one that exists is written anew.
        payoffs: ``[N, A_1, ..., A_N]``, finite.
        actions: the actions' names, one sequence for each player; None for letters.
        players: the players' names; None for those of the seats.
        title, comment: in words.

    Raises:
        PayoffError: payoffs of a wrong shape or not finite, or names that do not fit.
    """
    path.write_text(nfg_text(_parsed(payoffs, actions, players, title), comment), encoding="utf-8")


def save_csv(
    path: Path,
    payoffs: ArrayLike,
    actions: Sequence[Sequence[str]] | None = None,
    *,
    players: Sequence[str] | None = None,
) -> None:
    """Writes a game as comma-separated values; arguments and errors as ``save_nfg``."""
    path.write_text(table_text(_parsed(payoffs, actions, players, "")), encoding="utf-8")


def _as_file(parsed: Parsed) -> GameFile:
    return GameFile(payoffs=parsed.payoffs.tolist(), actions=parsed.actions)


def _task(content: GameFile, what: str, name: str) -> MatrixTask:
    try:
        payoffs = symmetric_payoffs(content.payoffs) if content.symmetric else content.payoffs
        checked = NormalFormReasoner(payoffs).payoffs
    except PayoffError as error:
        raise PayoffError(f"{what}: {error}") from None
    shape = checked.shape[1:]
    actions = content.actions or [action_names(n) for n in shape]
    per_player = [list(actions)] * len(shape) if isinstance(actions[0], str) else [list(a) for a in actions]
    if [len(own) for own in per_player] != list(shape):
        raise PayoffError(
            f"{what} names {[len(own) for own in per_player]} actions for payoffs of {list(shape)}"
        )
    _check_labels(per_player, what)
    return MatrixTask(
        name,
        checked,
        actions,
        rounds=content.rounds,
        memory=content.memory,
        ties=content.ties,
        rules=content.rules,
        optimum=content.optimum,
    )


def _check_labels(actions: Sequence[Sequence[str]], what: str) -> None:
    for seat, own in enumerate(actions):
        for label in own:
            if not label or list(own).count(label) > 1:
                raise PayoffError(
                    f"{what} has the action {label!r} of player {seat + 1} twice or without a name; give "
                    "each a name of its own"
                )


def _parsed(
    payoffs: ArrayLike,
    actions: Sequence[Sequence[str]] | None,
    players: Sequence[str] | None,
    title: str,
) -> Parsed:
    checked = NormalFormReasoner(payoffs).payoffs
    shape = checked.shape[1:]
    names = [list(own) for own in actions] if actions is not None else [action_names(n) for n in shape]
    seats = list(players) if players is not None else [f"player-{i + 1}" for i in range(len(shape))]
    if [len(own) for own in names] != list(shape) or len(seats) != len(shape):
        raise PayoffError(
            f"payoffs of {list(shape)} actions need as many names, got {[len(own) for own in names]} "
            f"of {len(seats)} players"
        )
    if math.prod(map(bool, seats)) == 0 or len(set(seats)) < len(seats):
        raise PayoffError(f"players need names of their own, got {seats}")
    _check_labels(names, "the game")
    return Parsed(np.array(checked), names, seats, title)
