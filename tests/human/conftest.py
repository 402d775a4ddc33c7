"""A page that is served to a person."""

import threading

import pytest

from eval.human import offer_of
from eval.human.games import Games
from eval.human.server import serve


@pytest.fixture
def over():
    """The games that came to their end."""
    return []


@pytest.fixture
def address(over):
    """Where one-ahead-5 with an adaptive agent is served."""
    offer = offer_of(["one-ahead-5"], "bayes", seed=42)
    with serve(Games(offer.begin, over.append), offer) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()
