"""Pages on this machine: a server that answers its own pages only, and the scripts that they share."""

from eval.web.loopback import LoopbackHandler, loopback_server
from eval.web.pages import MAIN, STATIC, bundle, content_hash, shell, static_file, style

__all__ = [
    "MAIN",
    "STATIC",
    "LoopbackHandler",
    "bundle",
    "content_hash",
    "loopback_server",
    "shell",
    "static_file",
    "style",
]
