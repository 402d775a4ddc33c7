"""Grid maps as other programs write them: with comments, a header, and spaces for floor.

- Comments are lines that begin with ``;`` or ``//``, or with ``#``, a space and a word.
- A header is what stands above the map in the form ``type octile``, ``height: 5``, ``width=9``, ``map``
  (the maps of Sturtevant 2012, "Benchmarks for grid-based pathfinding", begin so); a height or width has
  to be that of the map. Under ``type octile`` the tiles are theirs: ``.`` and ``G`` free, ``@``, ``O`` and
  ``T`` walls.
- Spaces are floor where no tile is ``.``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from eval.tasks.maps import MapError, Row

_COMMENT = re.compile(r";|//|#+ +[^\W\d_]{2}")
_HEADER = re.compile(r"(type|height|width|name|title|map)(?:\s*[:= ]\s*(.*?))?\s*", re.IGNORECASE)
_OCTILE = str.maketrans("G@OT", ".###")


def grid_rows(text: str, what: str) -> list[Row]:
    """The rows of a grid map, with ``.`` for floor and ``#`` for walls.

    Args:
        text: the content of a map file, or only the map.
        what: how errors call it.

    Raises:
        MapError: a header that does not fit the map; the line is named.
    """
    numbered = enumerate(text.replace("\r", "").split("\n"), 1)
    lines = [Row(line, number) for number, line in numbered if not _COMMENT.match(line)]
    header: dict[str, tuple[str, int]] = {}
    while written := [row for row in lines if row.tiles.strip()]:
        said = _HEADER.fullmatch(written[0].tiles)
        if said is None:
            break
        header[said[1].lower()] = said[2] or "", written[0].line
        lines = [row for row in lines if row.line > written[0].line]
    rows = _map_of(lines)
    _check_header(header, rows, what)
    if header.get("type", ("", 0))[0] == "octile":
        rows = [row._replace(tiles=row.tiles.translate(_OCTILE)) for row in rows]
    if not any("." in row.tiles for row in rows):
        rows = [row._replace(tiles=row.tiles.replace(" ", ".")) for row in rows]
    return rows


def _map_of(lines: Sequence[Row]) -> list[Row]:
    """The lines without empty ones around; one of spaces is a row of floor if it is as wide as the map."""
    width = max((len(line.tiles) for line in lines if line.tiles.strip()), default=0)
    rows = list(lines)
    for end in (0, -1):
        while rows and not rows[end].tiles.strip() and len(rows[end].tiles) != width:
            rows.pop(end)
    return rows if width else []


def _check_header(header: dict[str, tuple[str, int]], rows: Sequence[Row], what: str) -> None:
    found = {"height": len(rows), "width": len(rows[0].tiles) if rows else 0}
    for name, measured in found.items():
        said, line = header.get(name, (str(measured), 0))
        if said != str(measured):
            raise MapError(
                f"{what} says in line {line} that its {name} is {said!r}, and the map below has {measured}; "
                "correct one of them"
            )
