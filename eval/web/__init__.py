"""Pages on this machine: a server that answers its own pages only, and the scripts that they share."""

from eval.web.bounded import BadRequestError, BoundedHandler, BoundedServer
from eval.web.pages import MAIN, STATIC, bundle, content_hash, named, shell, static_file, style

__all__ = [
    "MAIN",
    "STATIC",
    "BadRequestError",
    "BoundedHandler",
    "BoundedServer",
    "bundle",
    "content_hash",
    "named",
    "shell",
    "static_file",
    "style",
]
