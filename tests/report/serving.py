"""Commands and explorers for tests of pages."""

import threading
from contextlib import contextmanager
from pathlib import Path

from typer.testing import CliRunner

from eval.cli import app
from eval.show.explorer import Explorer, serve

ROOT = Path(__file__).parents[2]


def command(*arguments):
    """What a command comes to, in this process: importing everything anew would take seconds."""
    return CliRunner().invoke(app, [*arguments])


@contextmanager
def served(*files):
    """Where an explorer of these files answers."""
    with serve(Explorer(files)) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()
