"""A page that is served to a person."""

import threading

import pytest

from eval.human.games import Games
from eval.human.server import new_games, serve


@pytest.fixture
def over():
    """The games that came to their end."""
    return []


@pytest.fixture
def address(over):
    """Where one-ahead-5 with an adaptive agent is served."""
    games = Games(new_games("one-ahead-5", "bayes", seed=42), over.append)
    with serve(games) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()
