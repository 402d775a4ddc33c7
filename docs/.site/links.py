"""For the documentation site: pages link to files of the repository, which a site does not have."""

import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Turns links to existing files outside of the pages into their names; others stay, and are warned of."""
    # by its address: pages that are generated have no file
    here = (ROOT / "docs" / page.file.src_uri).parent

    def named(match: re.Match[str]) -> str:
        target = (here / match[2].partition("#")[0]).resolve()
        if not target.exists() or not target.is_relative_to(ROOT) or target.is_relative_to(ROOT / "docs"):
            return match[0]
        name = f"`{target.relative_to(ROOT)}`"
        return name if match[1].strip("`") in name else f"{match[1]} ({name})"

    return re.sub(r"(?<!!)\[([^\]]+)\]\((\.\./[^)]+)\)", named, markdown)
