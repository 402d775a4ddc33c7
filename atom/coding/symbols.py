"""Which names of a Python file some lines belong to, and what the signatures of its functions are."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

LARGEST = 1_000_000
"""Characters of a file that is still parsed."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """A function, a class, or a name that is assigned to at the top of a module or class.

    Attributes:
        name: with the names of what it is in, such as ``"Cart.total"``.
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
            return list(_within(tree.body, ""))
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


def _within(body: Iterable[ast.stmt], outer: str) -> Iterator[Symbol]:
    for node in body:
        last = node.end_lineno or node.lineno
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            name = f"{outer}{node.name}"
            yield Symbol(name, first, last, _signature(node))
            if isinstance(node, ast.ClassDef):
                yield from _within(node.body, f"{name}.")
        elif isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                if isinstance(target, ast.Name):
                    yield Symbol(f"{outer}{target.id}", node.lineno, last)
        elif isinstance(node, ast.If | ast.Try | ast.With):
            inner = [*node.body, *getattr(node, "orelse", ()), *getattr(node, "finalbody", ())]
            yield from _within(inner, outer)


def _signature(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> str:
    if isinstance(node, ast.ClassDef):
        return f"({', '.join(map(ast.unparse, [*node.bases, *node.keywords]))})"
    returns = "" if node.returns is None else f" -> {ast.unparse(node.returns)}"
    prefix = "async " if isinstance(node, ast.AsyncFunctionDef) else ""
    return f"{prefix}({ast.unparse(node.args)}){returns}"
