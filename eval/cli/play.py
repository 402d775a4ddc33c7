"""The command with which a person plays."""

from __future__ import annotations

import webbrowser
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from eval.cli.options import Seed, writable
from eval.human import Game, begin, rescue, save
from eval.human.games import Games
from eval.human.server import new_games, serve
from eval.human.terminal import play_in_terminal
from eval.results import ResultsError, check_usable
from eval.show.console import note, out


def play(
    task: Annotated[str, typer.Option(help="A task, see list.")] = "one-ahead-5",
    agent: Annotated[str, typer.Option(help="Who sits at the other seats.")] = "bayes",
    seed: Seed = 42,
    episode: Annotated[int, typer.Option(min=0, help="Number of the (first) game; it keys the seats.")] = 0,
    results: Annotated[
        Path | None,
        typer.Option(dir_okay=False, callback=writable, help="Store every finished game in this file."),
    ] = None,
    web: Annotated[bool, typer.Option("--web", help="In the browser instead of the terminal.")] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the page; 0 for a free one.")] = 0,
    open_browser: Annotated[bool, typer.Option("--open/--no-open", help="Open the page.")] = True,
) -> None:
    """Play a game yourself, beside an adaptive agent; the partner "person" in results files is you."""
    if results is not None:
        check_usable(results)
    game = begin(task, agent, seed=seed, episode=episode)
    if not web:
        over = play_in_terminal(game, out, input)
        if results is not None and not over.done:
            note("the game was not played to its end and is not stored")
        elif results is not None:
            _store(results, over)
        return
    games = Games(
        new_games(task, agent, seed=seed, first=episode),
        lambda game: (
            None if results is None else note(f"stored as episode {save(results, game)} in {results}")
        ),
    )
    with serve(games, port) as server:
        address = f"http://127.0.0.1:{server.server_port}/"
        # for whoever started the program and waits for the address
        print(address, flush=True)  # noqa: T201
        note("end with Ctrl+C")
        if open_browser:
            webbrowser.open(address)
        try:
            with suppress(KeyboardInterrupt):
                server.serve_forever()
        finally:
            for left in games.close():
                _rescue(results, left)


def _store(results: Path, game: Game) -> None:
    """Stores a game, elsewhere where its file cannot be used any more."""
    try:
        note(f"stored as episode {save(results, game)} in {results}")
    except ResultsError as error:
        note(str(error))
        _rescue(results, game)


def _rescue(results: Path | None, game: Game) -> None:
    if results is not None:
        note(f"{results} cannot be used, so that the game is stored in {rescue(results, game)}")
