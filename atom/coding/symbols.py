"""Which names of a Python file some lines belong to, and what the signatures of its functions are."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

LARGEST = 1_000_000
"""Characters of a file that is still parsed."""

MODULE = "<module>"
"""The name of all statements at the top of a file that define no name, such as imports and calls."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """A function, a class, or a name that is assigned to at the top of a module or class.

    Attributes:
        name: with the names of what it is in, such as ``"Cart.total"``; ``"<module>"`` of lines that are in
            no other, but are neither empty nor comments.
        first, last: its lines, from 1, with decorators.
        signature: of a function or class, such as ``"(self, rate=None) -> int"``, as ``ast.unparse``
            writes it; None of a name.
    """

    name: str
    first: int
    last: int
    signature: str | None = None


def symbols_of(source: str) -> list[Symbol] | None:
    r"""The symbols of a Python file, from top to bottom; None where it cannot be parsed.

    Example:
        >>> [(s.name, s.signature) for s in symbols_of("RATE = 5\ndef price(net, rate=RATE): ...\n")]
        [('RATE', None), ('price', '(net, rate=RATE)')]
    """
    if len(source) > LARGEST:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of escapes and comparisons that are somebody else's
            tree = ast.parse(source)
            return list(_within(tree.body, "", re.split(r"\r\n?|\n", source)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def touched(symbols: Iterable[Symbol], ranges: Iterable[tuple[int, int]]) -> set[str]:
    """Names of the innermost symbols that some lines are in.

    Args:
        symbols: of a file.
        ranges: first and last lines.
    """
    known, found = list(symbols), set()
    for first, last in ranges:
        hit = [s for s in known if s.first <= last and first <= s.last]
        found |= {s.name for s in hit if not any(_is_around(s, other, (first, last)) for other in hit)}
    return found


def _is_around(outer: Symbol, inner: Symbol, lines: tuple[int, int]) -> bool:
    """Whether all lines that touch ``outer`` are within ``inner``."""
    if outer is inner or not inner.name.startswith(f"{outer.name}."):
        return False
    return inner.first <= max(lines[0], outer.first) and min(lines[1], outer.last) <= inner.last


def _within(body: Iterable[ast.stmt], outer: str, lines: Sequence[str]) -> Iterator[Symbol]:
    for node in body:
        last = node.end_lineno or node.lineno
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            name = f"{outer}{node.name}"
            yield Symbol(name, _first(node), last, _signature(node))
            if isinstance(node, ast.ClassDef):
                yield from _within(node.body, f"{name}.", lines)
            continue
        names = _assigned(node)
        yield from (Symbol(f"{outer}{name}", node.lineno, last) for name in names)
        inner = _inner(node)
        yield from _within(inner, outer, lines)
        if not outer and not names:
            yield from _outside(node, inner, lines)


def _assigned(node: ast.stmt) -> list[str]:
    """The names that an assignment gives a value."""
    if not isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
        return []
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    parts = [part for target in targets for part in ast.walk(target)]
    return [part.id for part in parts if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)]


def _inner(node: ast.stmt) -> list[ast.stmt]:
    """The statements of a block that is no scope of its own, with all its branches."""
    branches = [node, *getattr(node, "handlers", ()), *getattr(node, "cases", ())]
    fields = ("body", "orelse", "finalbody")
    return [inner for branch in branches for name in fields for inner in getattr(branch, name, ())]


def _outside(node: ast.stmt, inner: Sequence[ast.stmt], lines: Sequence[str]) -> Iterator[Symbol]:
    """The lines of a statement at the top that are in no symbol; of a block its own, such as ``else:``."""
    last = node.end_lineno or node.lineno
    if not inner:
        yield Symbol(MODULE, node.lineno, last)
        return
    held = {n for one in inner for n in range(_first(one), (one.end_lineno or one.lineno) + 1)}
    for number in range(node.lineno, last + 1):
        text = lines[number - 1].strip()
        if number not in held and text and not text.startswith("#"):
            yield Symbol(MODULE, number, number)


def _first(node: ast.stmt) -> int:
    """The line that a statement begins at, with its decorators."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(one.lineno for one in decorators)])


def _signature(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> str:
    if isinstance(node, ast.ClassDef):
        return f"({', '.join(map(ast.unparse, [*node.bases, *node.keywords]))})"
    returns = "" if node.returns is None else f" -> {ast.unparse(node.returns)}"
    prefix = "async " if isinstance(node, ast.AsyncFunctionDef) else ""
    return f"{prefix}({ast.unparse(node.args)}){returns}"
