"""The command with which a person plays."""

from __future__ import annotations

import webbrowser
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from eval.cli.options import Seed, split_names, writable
from eval.human import Game, Offer, offer_of, rescue, save
from eval.human.games import Games
from eval.human.server import serve
from eval.human.terminal import play_in_terminal
from eval.results import ResultsError, check_usable
from eval.show.console import note, out


def play(
    task: Annotated[
        str, typer.Option(help="A task, see list; with --web several by commas, the first is preselected.")
    ] = "one-ahead-5",
    agent: Annotated[
        str, typer.Option(help="Who sits at the other seats; 'surprise' is drawn, and told at the end.")
    ] = "bayes",
    seat: Annotated[
        int | None, typer.Option(min=1, help="Your seat.", show_default="in turn, by the episode")
    ] = None,
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
    """Play a game yourself, beside an adaptive agent; the partner "person" in results files is you.

    On the page (--web) task, partner, seat and seed are chosen, and --task, --agent, --seat and --seed are
    what is preselected.
    """
    if results is not None:
        check_usable(results)
    tasks = split_names(task)
    offer = offer_of(tasks, agent, seat=seat, seed=seed, episode=episode)
    if not web:
        if len(tasks) > 1:
            raise ValueError(
                "one task is played in the terminal; with --web the page lets choose among several"
            )
        over = play_in_terminal(offer.begin(0), out, input)
        if results is not None and not over.done:
            note("the game was not played to its end and is not stored")
        elif results is not None:
            _store(results, over)
        return
    _serve(offer, results, port, open_browser=open_browser)


def _serve(offer: Offer, results: Path | None, port: int, *, open_browser: bool) -> None:
    """The page, until Ctrl+C."""
    games = Games(
        offer.begin,
        lambda game: (
            None if results is None else note(f"stored as episode {save(results, game)} in {results}")
        ),
    )
    with serve(games, offer, port) as server:
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
