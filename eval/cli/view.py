"""The command that serves the explorer."""

from __future__ import annotations

import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from eval.cli.options import RunNumber
from eval.show.console import note, out
from eval.show.explorer import Explorer, serve

Files = Annotated[
    list[Path],
    typer.Argument(
        metavar="RESULTS…",
        dir_okay=False,
        help="Files that --results wrote; two runs can be seen beside each other.",
    ),
]
Port = Annotated[int, typer.Option(min=0, max=65535, help="Port on this machine; 0 for one that is free.")]
Browser = Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page in a browser.")]


def view(files: Files, port: Port = 0, browser: Browser = True, run: RunNumber = None) -> None:
    """Explore results in a browser: the verdict, a pairing, its episodes, one decision and its prompt.

    The page is served on this machine only, reads the files and never writes to them; a sweep may still be
    going on. Addresses hold what is shown, so that they can be passed on. It ends with Ctrl-C. For one file
    to send to somebody, see report.
    """
    with serve(Explorer(files, run), port) as server:
        address = f"http://127.0.0.1:{server.server_port}/"
        out.print(f"{address}  (Ctrl-C ends it)", highlight=False)
        if browser:
            webbrowser.open(address)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            note("ended")
