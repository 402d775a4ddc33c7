"""A game in the terminal."""

from __future__ import annotations

from collections.abc import Callable

from rich.console import Console
from rich.text import Text

from atom.names import in_words
from eval.human.game import Game, GameError, move
from eval.show.console import Table, as_data

ASK = "?"
QUIT = "q"


def play_in_terminal(game: Game, console: Console, ask: Callable[[str], str]) -> Game:
    """Plays until the game is over or the person leaves.

    Args:
        game: the game.
        console: where it is shown.
        ask: prompts for a line; an ``EOFError`` leaves the game.

    Returns:
        the game as it is then.
    """
    view = game.view()
    rest = as_data(f": you are {game.me}.\n{view['rules']}")
    console.print(Text.assemble(as_data(view["task"], "bold"), rest))
    console.print(
        f"Type a number or an action; {ASK} shows what the agent believes of you, {QUIT} leaves.", style="dim"
    )
    while not game.done:
        _show(game, console)
        try:
            answer = ask("your action: ").strip()
        except EOFError:
            return game
        if answer == QUIT:
            return game
        if answer == ASK:
            console.print(as_data(_belief_now(game)))
            continue
        try:
            moved = move(game, _action(game, answer))
        except GameError as error:
            console.print(as_data(str(error), "red"))
            continue
        game = moved.game
        others = ", ".join(f"{p}: {a}" for p, a in moved.step.actions.items() if p != game.me)
        mine = moved.step.scores[game.me]
        done = f"you: {moved.step.actions[game.me]}, {others} → {mine:g} {game.task.unit}"
        console.print(as_data(done))
    console.print(belief_table(game))
    for sentence in game.told:
        console.print(as_data(sentence))
    if game.in_your_seat:
        scores = ", ".join(f"{name} {score:g}" for name, score in game.in_your_seat.items())
        console.print(as_data(f"In your seat, with the same luck: {scores} {game.task.unit}."))
    return game


def belief_table(game: Game) -> Table:
    """What the agents believed of the person, round by round."""
    table = Table(title="what the agents believed of you")
    for column in ("round", "agent", "you are", "they expected", "you did", "P"):
        table.add_column(column)
    for number, (step, beliefs) in enumerate(zip(game.steps, game.beliefs(), strict=True), 1):
        for agent, seen in beliefs.items():
            posterior = "  ".join(f"{k}: {p:.2f}" for k, p in seen["posterior"].items())
            table.add_row(
                str(number),
                agent,
                seen["estimate"],
                seen["expected"],
                step.actions[game.me],
                posterior,
            )
    return table


def _show(game: Game, console: Console) -> None:
    view = game.view()
    limit = "" if view["limit"] is None else f" (limit {view['limit']:g})"
    if view["board"]:
        console.print(as_data(view["board"]))
    choices = "  ".join(f"{i}: {action}" for i, action in enumerate(game.actions, 1))
    score = f"{view['scores'][game.me]:g} {view['unit']}{limit}"
    console.print(as_data(f"round {game.round} of {view['rounds']}, {score}   {choices}"))


def _belief_now(game: Game) -> str:
    lines = []
    for agent, decision in game.decisions.items():
        seen = decision.partners.get(game.me)
        if seen is None:
            lines.append(f"{agent} believes nothing of you")
        else:
            posterior = ", ".join(f"{in_words(k)}: {p:.2f}" for k, p in seen.probabilities.items())
            lines.append(f"{agent} takes you for {in_words(seen.hypothesis)} ({posterior})")
    return "\n".join(lines)


def _action(game: Game, answer: str) -> str:
    if answer.isdecimal() and answer not in game.actions and 1 <= int(answer) <= len(game.actions):
        return game.actions[int(answer) - 1]
    return answer
