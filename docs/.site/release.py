"""For the documentation site: which version it is of, and the changelog as a page.

``make docs`` builds a site by itself. mike (``make docs-version``) puts one beside those of other versions;
only then is there something to choose between. Run as a program it says what mike has to be told:
``VERSION latest``, or ``dev``.
"""

import os
import re
import tomllib
from pathlib import Path
from typing import Any

from mkdocs.exceptions import ConfigurationError
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[2]
DEPLOYED = "MIKE_DOCS_VERSION"
"""In the environment of a build by mike: the name of the version."""
ADDRESS = "SITE_URL"
"""In the environment as well: where the folder of all versions will stand; the theme computes with it."""
DEVELOPMENT, LATEST = "dev", "latest"


def number() -> str:
    """The version of both distributions."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return str(settings["project"]["version"])


def place() -> str:
    """Under which name mike puts the pages: the version's number, or ``dev`` while they are ahead of it."""
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    return DEVELOPMENT if "\n## Unreleased\n" in changes else number()


def changelog() -> str:
    """CHANGELOG.md, whose mentions of pages become links."""

    def linked(match: re.Match[str]) -> str:
        return f"[{match[0]}]({match[1]})" if (ROOT / "docs" / match[1]).is_file() else match[0]

    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    return re.sub(r"(?<![\[`/])\bdocs/([\w/-]+\.md)", linked, text)


def on_config(config: Any, **_: Any) -> Any:
    """Called by MkDocs: the version in the footer, and a choice between versions where there are several."""
    shown = number() if place() == number() else f"{DEVELOPMENT}, after {number()}"
    config.copyright = f"langgraph-atom {shown}"
    deployed = os.environ.get(DEPLOYED)
    if deployed is not None:
        if deployed != place():
            raise ConfigurationError(
                f"by CHANGELOG.md and pyproject.toml these pages are of {place()!r}, and not of "
                f"{deployed!r}; take `make docs-version`"
            )
        if not (address := os.environ.get(ADDRESS)):
            raise ConfigurationError(
                f"say where the versions will stand: make docs-version {ADDRESS}=https://…/"
            )
        config.site_url = f"{address.rstrip('/')}/{deployed}/"
        config.extra["version"] = {"provider": "mike", "default": LATEST}
    return config


def on_files(files: Files, config: Any, **_: Any) -> Files:
    """Called by MkDocs: adds the changelog."""
    files.append(File.generated(config, "changelog.md", content=changelog()))
    return files


if __name__ == "__main__":
    print(place() if place() == DEVELOPMENT else f"{place()} {LATEST}")  # noqa: T201 - a program's answer
