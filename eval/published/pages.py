"""Blocks in pages: where they stand, how they are replaced, and what of them does not depend on chance.

A block stands between two comments, an empty line around each. Neither a site nor GitHub shows them::

    <!-- numbers: NAME -->

    | generated | lines |

    <!-- /numbers -->
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

_BLOCK = re.compile(
    r"^<!-- numbers: (?P<name>[\w-]+) -->\n(?P<body>.*?)^<!-- /numbers -->$", re.MULTILINE | re.DOTALL
)
_COMMENT = re.compile(r"<!-- /?numbers\b.*?-->")

_SETTING = re.compile(r"[\d,]+ episodes?, (?:seed \d+|[\d,]+ of each of the seeds \d+ to \d+)")
_NAMES = re.compile(r"`[^`]*`(?:(?:,| and|, and) `[^`]*`)*")
_NUMBER = r"[-+−]?\d+(?:[.,]\d+)*"
_ERROR = rf" ± {_NUMBER}| \(± {_NUMBER}\)| \[(?:\?|{_NUMBER}, {_NUMBER})\]‡?"
_FIGURE = re.compile(rf"{_NUMBER}(?: / {_NUMBER})*(?:{_ERROR})?")
_SETTLED = re.compile(r"\bnever\b|\*\*|~")


def blocks_in(text: str) -> dict[str, list[str]]:
    """Name -> lines of every block of a page, without the empty lines around them.

    Raises:
        ValueError: a comment that opens or closes nothing, or a name that comes twice.
    """
    found: dict[str, list[str]] = {}
    for match in _BLOCK.finditer(text):
        if match["name"] in found:
            raise ValueError(f"the block {match['name']!r} stands in the page twice; keep one of them")
        found[match["name"]] = match["body"].strip("\n").splitlines()
    if len(_COMMENT.findall(text)) != 2 * len(found):
        raise ValueError(
            "a comment '<!-- numbers: NAME -->' or '<!-- /numbers -->' has no counterpart; every block has "
            "both, on lines of their own"
        )
    return found


def with_blocks(text: str, blocks: Mapping[str, Sequence[str]]) -> str:
    """A page with the lines of some of its blocks replaced.

    Raises:
        ValueError: see ``blocks_in``, or a block that the page does not have.
    """
    there = blocks_in(text)
    for name in blocks:
        if name not in there:
            raise ValueError(
                f"the page has no block {name!r}; write '<!-- numbers: {name} -->' where it goes"
            )

    def replaced(match: re.Match[str]) -> str:
        if (lines := blocks.get(match["name"])) is None:
            return match[0]
        body = "\n".join(lines)
        return f"<!-- numbers: {match['name']} -->\n\n{body}\n\n<!-- /numbers -->"

    return _BLOCK.sub(replaced, text)


def shape(lines: Sequence[str]) -> list[str]:
    """What a block says apart from its figures: headings, labels and numbers of cells, words.

    Figures, settings, lists of names in code and emphasis depend on the episodes; rows may be sorted by what
    came out, and paragraphs break where figures let them. Code blocks count by their lines.

    Example:
        >>> shape(["| agent | score |", "|---|---|", "| `ftl` | **75.0** ± 0.1 |", "", "75 of `A`, `B`."])
        ['| agent | score |', '|---|---|', '| `ftl` | 2 cells', '# of ·.']
    """
    found: list[str] = []
    for kind, group in groupby(_joined(lines), key=_kind):
        rows = list(group)
        if kind == "table":
            found += _table(rows)
        else:
            found += ["code" if kind == "code" else _masked(row) for row in rows]
    return found


def _joined(lines: Sequence[str]) -> Iterator[str]:
    """Paragraphs, items, rows and lines of code, each as one line."""
    paragraph: list[str] = []
    fenced = False
    for line in (*lines, ""):
        fence = line.startswith("```")
        fenced ^= fence
        alone = fence or fenced or not line or line.startswith("|")
        if (alone or line.startswith("- ")) and paragraph:
            yield " ".join(paragraph)
            paragraph = []
        if fence or fenced:
            yield f"```{line}"
        elif alone and line:
            yield line
        elif line:
            paragraph.append(line.strip())


def _kind(line: str) -> str:
    return "code" if line.startswith("```") else "table" if line.startswith("|") else "text"


def _table(rows: Sequence[str]) -> list[str]:
    """The heading with its figures masked; the rows by their label, sorted."""
    heading, under, *others = rows
    labels = sorted(f"| {_cells(row)[0].replace('**', '')} | {len(_cells(row))} cells" for row in others)
    return [_masked(heading), under, *labels]


def _cells(row: str) -> list[str]:
    return [cell.strip() for cell in row.strip().strip("|").split("|")]


def _masked(line: str) -> str:
    plain = _SETTING.sub("# episodes", _SETTLED.sub("", line))
    return _FIGURE.sub("#", _NAMES.sub("·", plain))
