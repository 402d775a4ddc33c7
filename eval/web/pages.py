"""The explorer's page in its two forms: files that a server hands out, and all of it in one file.

The scripts are plain modules without a build step. For one file each becomes a function of its own that gives
back what it exports, those that are imported first; all it takes is that imports stand at the beginning of a
line and exports before what they export.
"""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from pathlib import Path

from partners.program import program

STATIC = Path(__file__).with_name("static")
MAIN = "main.js"
_IMPORT = re.compile(r'^import (?:\* as (\w+)|\{([^}]*)\}) from "\./(\w+)\.js";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const|let|class) (\w+))", re.MULTILINE)
_KINDS = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}


def static_file(name: str) -> tuple[bytes, str] | None:
    """A script or a style by its name, and its media type; None for anything else."""
    # from a list of what is there: no path is ever made of what was asked for
    found = {path.name: path for path in STATIC.iterdir() if path.suffix in _KINDS}.get(name)
    return None if found is None else (found.read_bytes(), _KINDS[found.suffix])


def shell() -> str:
    """The page without data, as the server hands it out."""
    return named((STATIC / "index.html").read_text(encoding="utf-8"))


def named(page: str) -> str:
    """A page with the program's name in its places."""
    return page.replace("<!-- program -->", program())


def style() -> str:
    """The style of the page."""
    return "".join((STATIC / name).read_text(encoding="utf-8") for name in ("board.css", "explorer.css"))


@cache
def bundle(entry: str = MAIN) -> str:
    """A module and all that it imports as one script.

    Args:
        entry: name of the module's file.
    """
    parts: dict[str, str] = {}
    _collect(entry.removesuffix(".js"), parts)
    return "\n".join(parts.values())


def _collect(name: str, parts: dict[str, str]) -> None:
    if name in parts:
        return
    text = (STATIC / f"{name}.js").read_text(encoding="utf-8")
    for _, _, other in _IMPORT.findall(text):
        _collect(other, parts)
    exported = ", ".join(_EXPORT.findall(text))
    body = _EXPORT.sub("", _IMPORT.sub(_taken, text))
    parts[name] = f"const module_{name} = (() => {{\n{body}return {{ {exported} }};\n}})();\n"


def _taken(found: re.Match[str]) -> str:
    """An import as what it takes from the function of another module."""
    space, names, other = found.groups()
    taken = space or f"{{{names.replace(' as ', ': ')}}}"
    return f"const {taken} = module_{other};\n"


def content_hash(text: str) -> str:
    """How a Content-Security-Policy names a script or style that stands in the page."""
    digest = base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode()
    return f"'sha256-{digest}'"
