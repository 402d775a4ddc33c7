"""The one list of partners: each by name, with its traits and where it comes from.

A class or a function that makes a partner enters it where it stands, by the decorator ``partner``; other
packages announce theirs by entry points, see ``partners.extensions``.

Example:
    >>> from partners import SimplePartner, Traits
    >>> @partner("first", source="an example", traits=Traits(stochastic=False, adaptive=False))
    ... class FirstPartner(SimplePartner):
    ...     '''Always takes its first action.'''
    ...
    ...     def choose(self, situation, memory, rng):
    ...         return situation.legal(self.me)[0], memory
    >>> kind_of("first").summary
    'always takes its first action'
    >>> del ZOO["first"]
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.metadata import EntryPoint
from inspect import signature
from typing import Any, TypeVar

from atom import Player, Reasoner
from partners.base import Declared, PartnerKind, Plays, SimplePartner, Traits
from partners.extensions import (
    PARTNERS_GROUP,
    ExtensionReasoner,
    as_callable,
    extension_reasoners,
    load_group,
    source_of,
    summary_of,
)
from partners.names import UnknownNameError, split_name

ZOO: dict[str, PartnerKind] = {}
"""Name -> partner, in the order in which they are listed."""

SERVED: dict[str, PartnerKind] = {}
"""Those that need a server to play: apart from the others, so that nobody asks it unasked."""

_PACKAGE = __name__.partition(".")[0]
_entered_by: dict[str, str] = {}
"""Name -> the module that entered it."""

Maker = TypeVar("Maker", bound=Callable[..., Player])


def partner(
    name: str,
    *,
    source: str,
    traits: Traits | Callable[..., Traits] | None = None,
    summary: str = "",
    argument: str = "",
    default: str = "",
    reads: Callable[[str], Sequence[Any]] = lambda _: (),
    needs: str = "",
    plays: Plays = "all",
    served: bool = False,
) -> Callable[[Maker], Maker]:
    """Enters a class, or a function that makes a player, under a name.

    It is called as ``make(me, reasoner, *arguments, seed=seed)``, without ``reasoner`` where it has no
    parameter of that name.

    Args:
        name: as given on the command line.
        source: where the idea comes from.
        traits: how the partner behaves, or a function of the arguments that says so; None for a class
            with an attribute ``traits``.
        summary: what it does; empty for the first line of the docstring.
        argument: the form of the argument after the colon; empty for partners that take none.
        default: the argument where none is given.
        reads: the arguments from the text after the colon; raises ``ValueError`` for another form.
        needs: the extra that it needs.
        plays: the tasks that it plays.
        served: whether it needs a server, which keeps it out of ``ZOO``.

    Returns:
        what it is given, unchanged.

    Raises:
        ValueError: a name that another module entered before.
        TypeError: no traits.
    """

    def enter(make: Maker) -> Maker:
        says = make.traits if traits is None and isinstance(make, Declared) else traits
        if says is None:
            raise TypeError(f"the partner {name!r} declares no traits; give partner(…) traits=Traits(…)")
        varies = None if isinstance(says, Traits) else lambda text: says(*reads(text))
        fixed = says if isinstance(says, Traits) else says(*reads(default))
        what = summary or _summary(make)
        kind = PartnerKind(
            name, what, source, fixed, _builder(make, reads), argument, default, needs, plays, varies
        )
        _enter(kind, make.__module__, SERVED if served else ZOO)
        return make

    return enter


def make_partner(name: str, me: str, reasoner: Reasoner, *, seed: int = 0) -> Player:
    """The partner called ``name``, for example ``tom-1``, ``switching:2-0@8`` or ``noisy:0.05:tom-1``.

    Args:
        name: ``NAME`` or ``NAME:ARGUMENT``.
        me: its name in situations.
        reasoner: how players of any order act in the task.
        seed: seed of its random numbers, >= 0.

    Raises:
        UnknownNameError: no such partner; the message offers the nearest names.
        ValueError: an argument of another form; the message shows the form.
    """
    with _argument_of(name) as (kind, argument):
        return kind.build(argument, me, reasoner, seed)


def traits_of(name: str) -> Traits:
    """How the partner called ``name`` behaves, its argument considered; nobody has to be made for it.

    Raises:
        UnknownNameError, ValueError: as ``make_partner``.

    Example:
        >>> from partners import traits_of
        >>> traits_of("noisy:0.1:tom-2")
        Traits(stochastic=True, adaptive=False, order=2)
    """
    with _argument_of(name) as (kind, argument):
        return kind.traits if kind.varies is None else kind.varies(argument)


def kind_of(base: str) -> PartnerKind:
    """The partner of a name without an argument, whatever package it is from.

    Raises:
        UnknownNameError: no such partner.
    """
    kind = SERVED.get(base) or ZOO.get(base) or all_kinds().get(base)
    if kind is None:
        raise UnknownNameError("partner", base, [*all_kinds(), *SERVED])
    return kind


def all_kinds() -> dict[str, PartnerKind]:
    """Name -> partner: the zoo, then the partners and the reasoners of other packages."""
    ours = frozenset(name for name, module in _entered_by.items() if module.split(".")[0] == _PACKAGE)
    announced = extension_partners(ours)  # first: loading them may enter some by the decorator
    known = {**ZOO, **announced}
    reasoners = extension_reasoners(frozenset({*known, *SERVED}))
    return {**known, **{name: _reasoning(found) for name, found in reasoners.items()}}


@cache
def extension_partners(taken: frozenset[str] = frozenset()) -> dict[str, PartnerKind]:
    """Name -> partner of another package.

    An entry point holds a ``PartnerKind``, what the decorator ``partner`` entered under its name, a
    subclass of ``SimplePartner`` (made as ``cls(me, seed=seed)``), or any callable ``make(me, reasoner,
    seed)`` with an attribute ``traits`` or without.
    """
    return load_group(PARTNERS_GROUP, _announced, taken)


def _announced(name: str, entry: EntryPoint, thing: Any) -> PartnerKind:
    if name in ZOO:  # entered by the decorator, when the entry point was loaded or before
        if _entered_by[name].partition(".")[0] != entry.module.partition(".")[0]:
            raise ValueError(f"{_entered_by[name]} entered a partner of this name; choose another one")
        return ZOO[name]
    if isinstance(thing, PartnerKind):
        if thing.name != name:
            raise ValueError(f"it holds a PartnerKind called {thing.name!r}; give both the same name")
        return thing
    make = as_callable(thing, "make(me, reasoner, seed)")
    simple = isinstance(thing, type) and issubclass(thing, SimplePartner)
    traits = thing.traits if isinstance(thing, Declared) else Traits(stochastic=True, adaptive=True)
    if not isinstance(traits, Traits):
        raise TypeError(f"its traits are {type(traits).__name__}; declare traits = Traits(…) on the class")

    def build(_: str, me: str, reasoner: Reasoner, seed: int) -> Player:
        made: Player = make(me, seed=seed) if simple else make(me, reasoner, seed)
        return made

    return PartnerKind(name, summary_of(thing, "a partner"), source_of(entry), traits, build)


def _reasoning(found: ExtensionReasoner) -> PartnerKind:
    """Any partner that reasons as another package does."""

    def build(inner: str, me: str, reasoner: Reasoner, seed: int) -> Player:
        return make_partner(inner, me, found.make(reasoner), seed=seed)

    def varies(inner: str) -> Traits:
        return dataclasses.replace(traits_of(inner), stochastic=True)

    summary, inner = f"another partner that reasons by it: {found.summary}", "bayes"
    return PartnerKind(
        found.name,
        summary,
        found.source,
        varies(inner),
        build,
        argument="PARTNER",
        default=inner,
        varies=varies,
    )


def _builder(
    make: Callable[..., Player], reads: Callable[[str], Sequence[Any]]
) -> Callable[[str, str, Reasoner, int], Player]:
    takes_reasoner = "reasoner" in signature(make).parameters

    def build(text: str, me: str, reasoner: Reasoner, seed: int) -> Player:
        given = (me, reasoner) if takes_reasoner else (me,)
        return make(*given, *reads(text), seed=seed)

    return build


@contextmanager
def _argument_of(name: str) -> Iterator[tuple[PartnerKind, str]]:
    """The kind and the argument of a name; errors about the argument show its form."""
    base, argument = split_name(name)
    kind = kind_of(base)
    if argument is not None and not kind.argument:
        raise ValueError(f"the partner {base!r} takes no argument, got {argument!r}")
    try:
        yield kind, kind.default if argument is None else argument
    except (ValueError, KeyError) as error:
        if argument is None or isinstance(error, UnknownNameError):
            raise
        raise (KeyError if type(error) is KeyError else ValueError)(
            f"{name!r}: {error} (the form is {base}:{kind.argument})"
        ) from error


def _enter(kind: PartnerKind, module: str, into: dict[str, PartnerKind]) -> None:
    before = _entered_by.setdefault(kind.name, module)
    if before != module:
        raise ValueError(
            f"the partner {kind.name!r} of {module} has the name of one of {before}; choose another"
        )
    into[kind.name] = kind


def _summary(make: Callable[..., Player]) -> str:
    """The first line of the docstring as part of a sentence."""
    line = summary_of(make, "a partner").replace("``", "")
    return line[:1].lower() + line[1:]
