"""The command line, ``python -m eval``: the app, and one module for each idea among its commands."""

from eval.cli.entry import app, main

__all__ = ["app", "main"]
