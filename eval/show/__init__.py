"""What is shown: tables and lines in the terminal, figures, the report's page, episodes to step through.

Each in a folder of its own, which is imported when it is asked for: figures need matplotlib, the report
Jinja, pictures of episodes Pillow.
"""

from importlib import import_module
from typing import Any

__all__ = ["console", "explorer", "figures", "pictures", "replay", "report", "tables", "transcript"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
