"""Six kinds of pairs of features, made from seeds: what both sides build, where, and what can go wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from atom.randomness import RandomStream
from eval.coding.pairs import ANN, BEN, SPILL, TESTS, Files, Pair

N_PARTS = 4

_WORDS = [
    "amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heron", "islet", "jetty", "knoll",
    "larch", "maple", "north", "olive", "prism", "quill", "ridge", "shore", "thorn", "umber", "vapor",
    "wharf", "zest",
]  # fmt: skip

Made = tuple[
    Files, Mapping[str, Sequence[str]], Callable[[int], Files], Callable[[int, bool], Files], str, str
]
"""The base; part -> scopes; ann's edit at a part; ben's edit, and whether it spills over; both tests."""


def words(seed: int, index: int, kind: str, n: int) -> list[str]:
    """So many different names of a pair."""
    rng, left = RandomStream(seed, index, 0, kind, "names"), list(_WORDS)
    return [left.pop(int(rng.random() * len(left))) for _ in range(n)]


def adjacent(names: Sequence[str], number: int) -> Made:
    """Both add a function after one of four others: at the same place, the added lines are adjacent hunks."""

    def module(extra: Mapping[int, str]) -> str:
        parts = [f'"""Prices of {names[-1]}."""\n']
        for i, name in enumerate(names[:N_PARTS]):
            body = (
                f"    base = {number} + {i}\n    share = base * quantity\n    return share - {i} * quantity\n"
            )
            parts.append(f"\n\ndef {name}(quantity):\n{body}{extra.get(i, '')}")
        return "".join(parts)

    def added(what: str) -> str:
        return f"\n\ndef {what}(quantity):\n    return {names[0]}(quantity) + {len(what)}\n"

    def ben(i: int, spills: bool) -> Files:
        more = (
            {(i + 1) % N_PARTS: "\n\ndef rounded(quantity):\n    return round(quantity)\n"} if spills else {}
        )
        return {"prices.py": module({i: added("rebate"), **more})}

    def test(what: str) -> str:
        return (
            f"from prices import {names[0]}, {what}\n\n\ndef test_{what}():\n"
            f"    assert {names[0]}(3) == {3 * number}\n    assert {what}(3) == {3 * number + len(what)}\n"
        )

    parts = {name: [f"prices.py:{7 + 6 * i}-{9 + 6 * i}"] for i, name in enumerate(names[:N_PARTS])}
    return (
        {"prices.py": module({})}, parts, lambda i: {"prices.py": module({i: added("surcharge")})}, ben,
        test("surcharge"), test("rebate"),
    )  # fmt: skip


def same_function(names: Sequence[str], number: int) -> Made:
    """Both change one of the four steps of a function: the same step is the same line."""

    def module(changed: Mapping[int, str]) -> str:
        lines = ['"""One function of four steps."""\n\n\n', "def step(total, log=None, note=None):\n"]
        lines += ["    if log is not None:\n        log.append(note)\n", f"    return total + {number}\n\n\n"]
        lines.append("def process(total, added=None, seen=None):\n")
        for i, name in enumerate(names[:N_PARTS]):
            lines.append(f'    name = "{name}"\n    assert name\n')
            lines.append(
                f"    total = step(total{changed.get(i, '')})\n    checked = total >= 0\n    assert checked\n"
            )
        return "".join([*lines, "    return total\n"])

    def ben(i: int, spills: bool) -> Files:
        more = {(i + 1) % N_PARTS: ", None"} if spills else {}
        return {"process.py": module({i: ', seen, "seen"', **more})}

    def test(what: str) -> str:
        return (
            f"from process import process\n\n\ndef test_{what}():\n    log = []\n"
            f"    assert process(1, {what}=log) == {1 + N_PARTS * number}\n    assert log == ['{what}']\n"
        )

    parts = {name: [f"process.py:{11 + 5 * i}-{15 + 5 * i}"] for i, name in enumerate(names[:N_PARTS])}
    return (
        {"process.py": module({})}, parts, lambda i: {"process.py": module({i: ', added, "added"'})}, ben,
        test("added"), test("seen"),
    )  # fmt: skip


def _engines(
    names: Sequence[str],
    engine: Callable[[str, bool], str],
    call: Callable[[str, bool], str],
    checked: int,
) -> tuple[Callable[[int | None], Files], Callable[[int, bool], Files], dict[str, list[str]]]:
    """Four functions that do the same, and a module of callers of each: ann changes one, ben calls one."""

    def callers(name: str, changed: bool, extra: str = "") -> str:
        head = f"from engines import {name}\n\n\ndef daily(values):\n    return {call(name, changed)}\n\n"
        loop = "    found = []\n    for value in values:\n        found.append(value * 7)\n    return found\n"
        return f"{head}\ndef weekly(values):\n{loop}{extra}"

    def files(changed: int | None) -> Files:
        listed = list(enumerate(names[:N_PARTS]))
        engines = "\n\n".join(engine(name, i == changed) for i, name in listed)
        callees = {f"reports/{name}.py": callers(name, i == changed) for i, name in listed}
        return {"engines.py": engines, "reports/__init__.py": "", **callees}

    def ben(i: int, spills: bool) -> Files:
        name, after = names[i], names[(i + 1) % N_PARTS]
        use = f"\n\ndef summary(values):\n    return {call(name, False)}\n"
        also = f"\n\ndef check(values):\n    return {call(after, False)}\n"
        index = f"from reports.{name} import summary\n"
        found = {f"reports/{name}.py": callers(name, False, use), "summary.py": index}
        if spills:
            found[f"reports/{after}.py"] = callers(after, False, also)
            found["summary.py"] = (
                index + f"from reports.{after} import check\n\nassert check([2, 1]) == {checked}\n"
            )
        return found

    parts = {name: [f"engines.py::{name}", f"reports/{name}.py"] for name in names[:N_PARTS]}
    return files, ben, parts


def signature(names: Sequence[str], number: int) -> Made:
    """Ann gives one of four functions another parameter, and ben adds a caller of one."""

    def engine(name: str, changed: bool) -> str:
        head = f"def {name}(values, scale):\n" if changed else f"def {name}(values):\n"
        return f"{head}    total = {number}\n    return total + {'scale * ' if changed else ''}sum(values)\n"

    def call(name: str, changed: bool) -> str:
        return f"{name}(values, 1)" if changed else f"{name}(values)"

    files, ben, parts = _engines(names, engine, call, number + 3)

    def ann(i: int) -> Files:
        scaled = f"from engines import {names[i]} as scaled\n"
        return {**files(i), "scaled.py": scaled}

    anns = (
        f"from scaled import scaled\n\n\ndef test_scaled():\n    assert scaled([1, 2], 2) == {number + 6}\n"
    )
    bens = (
        f"from summary import summary\n\n\ndef test_summary():\n    assert summary([1, 2]) == {number + 3}\n"
    )
    return files(None), parts, ann, ben, anns, bens


def semantics(names: Sequence[str], number: int) -> Made:
    """Ann turns round what one of four functions returns, and ben adds a caller that counts on the order."""

    def engine(name: str, changed: bool) -> str:
        turned = ", reverse=True" if changed else ""
        found = f"    found = [value + {number} for value in values]\n"
        return f"def {name}(values):\n{found}    return sorted(found{turned})\n"

    def call(name: str, changed: bool) -> str:
        return f"{name}(values)[{-1 if changed else 0}]"

    files, ben, parts = _engines(names, engine, call, number + 1)

    def ann(i: int) -> Files:
        return {**files(i), "largest.py": f"from engines import {names[i]} as largest_first\n"}

    anns = (
        "from largest import largest_first\n\n\ndef test_largest_first():\n"
        f"    assert largest_first([1, 3, 2]) == [{number + 3}, {number + 2}, {number + 1}]\n"
    )
    smallest = f"    assert summary([3, 1, 2]) == {number + 1}\n"
    bens = f"from summary import summary\n\n\ndef test_summary():\n{smallest}"
    return files(None), parts, ann, ben, anns, bens


def constant(names: Sequence[str], number: int) -> Made:
    """Ann raises one of four limits and ben lowers one: the same limit cannot be both."""

    def module(values: Mapping[int, str]) -> str:
        listed = enumerate(names[:N_PARTS])
        return "\n".join(
            f"# {name}: how many are let through\n# at a time; see limits in the manual\n\n"
            f"{name.upper()} = {values.get(i, number + 10)}\n\n"
            for i, name in listed
        )

    def feature(i: int) -> str:
        return f"import limits\n\n\ndef limit():\n    return limits.{names[i].upper()}\n"

    def ben(i: int, spills: bool) -> Files:
        more = {(i + 1) % N_PARTS: f"{number + 10}  # as before"} if spills else {}
        return {"limits.py": module({i: str(number), **more}), "slow.py": feature(i)}

    def test(what: str, value: int) -> str:
        return f"from {what} import limit\n\n\ndef test_limit():\n    assert limit() == {value}\n"

    parts = {name: [f"limits.py::{name.upper()}"] for name in names[:N_PARTS]}
    return (
        {"limits.py": module({})}, parts,
        lambda i: {"limits.py": module({i: str(number + 20)}), "quick.py": feature(i)}, ben,
        test("quick", number + 20), test("slow", number),
    )  # fmt: skip


def independent(names: Sequence[str], number: int) -> Made:
    """Both add a file of their own: nothing can go wrong."""
    base = {f"parts/{name}.py": f"VALUE = {number + i}\n" for i, name in enumerate(names[:N_PARTS])}

    def feature(side: str, i: int) -> Files:
        return {
            f"parts/{side}_{names[i]}.py": f"from parts.{names[i]} import VALUE\n",
            f"{side}_feature.py": f"from parts.{side}_{names[i]} import VALUE\n\nKNOWN = VALUE > 0\n",
        }

    def ben(i: int, spills: bool) -> Files:
        after = names[(i + 1) % N_PARTS]
        return {**feature(BEN, i), **({f"parts/ben_{after}.py": "SPARE = 0\n"} if spills else {})}

    def test(side: str) -> str:
        return f"from {side}_feature import KNOWN\n\n\ndef test_{side}():\n    assert KNOWN\n"

    parts = {
        name: [f"parts/{name}.py", f"parts/{ANN}_{name}.py", f"parts/{BEN}_{name}.py"]
        for name in names[:N_PARTS]
    }
    return {**base, "parts/__init__.py": ""}, parts, lambda i: feature(ANN, i), ben, test(ANN), test(BEN)


KINDS: dict[str, Callable[[Sequence[str], int], Made]] = {
    "adjacent hunks": adjacent,
    "same function": same_function,
    "signature against caller": signature,
    "shared constant": constant,
    "clean merge, broken meaning": semantics,
    "independent files": independent,
}
"""What goes wrong -> how a pair of that kind is made."""


def make_pair(kind: str, index: int, seed: int) -> Pair:
    """A pair of features.

    Args:
        kind: one of ``KINDS``.
        index: which of its kind, >= 0.
        seed: of all names and numbers.

    Raises:
        ValueError: an unknown kind.
    """
    if kind not in KINDS:
        raise ValueError(f"there are no pairs of the kind {kind!r}; there are {', '.join(KINDS)}")
    names = words(seed, index, kind, N_PARTS + 1)
    number = 2 + int(RandomStream(seed, index, 0, kind, "number").random() * 90)
    base, parts, ann, ben, anns, bens = KINDS[kind](names, number)
    kept = {"README.md": f"# {names[-1]}\n\nA small repository, made from seed {seed}.\n"}
    labels = list(parts)
    return Pair(
        f"{kind} {index + 1}",
        kind,
        {**kept, **base},
        {part: tuple(scopes) for part, scopes in parts.items()},
        {
            ANN: {part: ann(i) for i, part in enumerate(labels)},
            BEN: {
                **{part: ben(i, False) for i, part in enumerate(labels)},
                **{f"{part}{SPILL}": ben(i, True) for i, part in enumerate(labels)},
            },
        },
        {ANN: {TESTS[ANN]: anns}, BEN: {TESTS[BEN]: bens}},
    )


def make_pairs(n: int, seed: int) -> list[Pair]:
    """So many pairs, of each kind in turn.

    Raises:
        ValueError: fewer than one.
    """
    if n < 1:
        raise ValueError(f"pairs are counted from 1, got {n}")
    kinds = list(KINDS)
    return [make_pair(kinds[i % len(kinds)], i // len(kinds), seed) for i in range(n)]
