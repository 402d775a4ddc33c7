"""The one key that nodes of this package need in a graph's state."""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Callable, Mapping
from typing import Annotated, Any, NotRequired, Required, Self, cast, get_args, get_origin, get_type_hints

import ormsgpack
from langgraph.channels import BinaryOperatorAggregate
from pydantic import BaseModel, Field, create_model
from typing_extensions import ReadOnly, TypedDict, is_typeddict

from atom.belief.contract import check_declared
from atom.errors import StateKeyError
from atom.graph.newer import newest
from atom.graph.shown import shown
from atom.memories import Memory, is_new
from atom.names import Declared

STATE_KEY = "tom"

_AS_IT_IS = ormsgpack.OPT_PASSTHROUGH_TUPLE | ormsgpack.OPT_PASSTHROUGH_SUBCLASS
"""What is no plain data is refused, and left to the checkpointer's own serializer."""

_MOST_BYTES = 1 << 28
"""Of memories once they are unpacked; more is damage."""


def merge_memories(left: Mapping[str, Memory], right: Mapping[str, Memory | None]) -> dict[str, Memory]:
    """Reducer of the state key ``tom``: per observer, the newer memory wins.

    Nodes of different players may therefore write in parallel branches of one super-step. A subgraph
    returns the whole key, what it was given of other players included; such an older memory never replaces
    a newer one. Newer is the later episode, then the later step; within a step what the nodes, observers and
    middleware of this package changed more often, of each partner and of the rest. So what two observers saw
    of two partners at once is merged. Of what is equally new the last one written stands, as after
    ``update_state``. A memory as ``start`` made it (step 0) begins anew, whatever is there. A declaration is
    added to what is there. None forgets an observer's memory.

    Raises:
        StateKeyError: what is written there is no mapping of memories, such as a value of a key of the
            user's own.
    """
    if not isinstance(right, Mapping):
        raise StateKeyError(
            f"{shown(right)} was written to the state's key that has beliefs; name yours otherwise, or give "
            "the node or middleware that keeps beliefs another, key=..."
        )
    merged = dict(left)
    for observer, memory in right.items():
        known = merged.get(observer)
        if memory is None:
            merged.pop(observer, None)
        elif known is None:
            merged[observer] = memory
        elif is_new(memory):
            merged[observer] = {**known, **memory}
        elif is_new(known):
            merged[observer] = {**memory, **known} if known and memory.get("declares") is None else memory
        else:
            merged[observer] = newest(known, memory, observer)
    return merged


class Memories(BinaryOperatorAggregate[dict[str, Memory]]):
    """The channel of the state key ``tom``: memories as they are in the state, and packed in checkpoints.

    Some checkpointers write every channel at every super-step, whoever changed. Memories of many partners
    have the same keys and much the same numbers, so that they take a third of the room there, or less.
    Checkpoints of before, which have them as they are, are read as well.

    Args:
        typ: the type of the key's value.
        operator: the reducer, see ``merge_memories``.
    """

    __slots__ = ("_of", "_packed")

    def __init__(
        self,
        typ: type[dict[str, Memory]],
        operator: Callable[[Any, Any], dict[str, Memory]] = merge_memories,
    ) -> None:
        super().__init__(typ, operator)
        self._of: object = None
        self._packed = b""

    def checkpoint(self) -> Any:
        """The memories as bytes, made once for as long as they stay the same."""
        value = super().checkpoint()
        if not isinstance(value, Mapping) or not value:
            return value
        if self._of is not value:
            try:
                data = ormsgpack.packb(value, option=_AS_IT_IS | ormsgpack.OPT_PASSTHROUGH_DATACLASS)
            except (TypeError, ormsgpack.MsgpackEncodeError):  # a player's memory that is not plain
                return value
            self._of, self._packed = value, b"msgpack\n" + zlib.compress(data, 1)
        return self._packed

    def from_checkpoint(self, checkpoint: Any) -> Self:
        """The channel of a checkpoint, packed or as it was before."""
        if not isinstance(checkpoint, bytes):
            return super().from_checkpoint(checkpoint)
        data = zlib.decompressobj().decompress(checkpoint.removeprefix(b"msgpack\n"), _MOST_BYTES)
        made = super().from_checkpoint(ormsgpack.unpackb(data))
        made._of, made._packed = made.value, checkpoint  # noqa: SLF001 - its own class
        return made


def keyed(key: str) -> Any:
    """A schema like ``ToMState`` with another key."""
    return _typed_dict("KeyedState", {key: NotRequired[_annotation()]})


def _typed_dict(name: str, keys: Mapping[str, Any]) -> type[Any]:
    """A typed dictionary whose keys are known at run time alone; checkers ask for literal ones."""
    make: Any = TypedDict
    return cast("type[Any]", make(name, dict(keys)))


def _annotation() -> Any:
    return get_type_hints(ToMState, include_extras=True)[STATE_KEY]


def _has_reducer(hint: Any) -> bool:
    """Whether a key's annotation says how updates are merged, as ``ToMState``'s does."""
    while get_origin(hint) in (NotRequired, Required, ReadOnly):
        (hint,) = get_args(hint)
    return any(callable(part) for part in getattr(hint, "__metadata__", ()))


class ToMState(TypedDict, total=False):
    """The one key that nodes of this package need in a graph's state.

    Inherit from it, or let ``add_tom_node`` add the key.

    Attributes:
        tom: observer -> its memory, plain data only.
    """

    tom: Annotated[dict[str, Memory], Memories]


def declare(orders: Mapping[str, Declared], key: str = STATE_KEY) -> dict[str, dict[str, Memory]]:
    """A state update that declares orders, or other hypotheses, before the first decision, ``{"tom": ...}``.

    Return it from a node that runs before the players, or give it as input to a graph whose schema
    inherits from ``ToMState``. Agents with a contract believe it as far as they trust.

    Args:
        orders: player -> ToM order, >= 0; or a name such as ``"honest"``, that it does what it announces.
        key: the state's key, where the nodes have another than ``"tom"``.

    Raises:
        ContractError: an order that is no integer >= 0.
    """
    return {key: {player: {"declares": check_declared(player, order)} for player, order in orders.items()}}


def memories_of(found: object, key: str, where: str) -> Mapping[str, Memory]:
    """What a graph's state has under the key of beliefs, if it is that.

    Args:
        found: the value.
        key: the key.
        where: who keeps beliefs there, in the error.

    Raises:
        StateKeyError: it is something else, such as a key of the user's own.
    """
    if found is None:
        return {}
    if isinstance(found, Mapping) and all(isinstance(memory, Mapping) for memory in found.values()):
        return found
    raise StateKeyError(
        f"the state's key {key!r} is {shown(found)}, and {where} keeps its belief there; give it another, "
        "key=..., name yours otherwise, or let the schema inherit from ToMState"
    )


def declared_orders(memories: Mapping[str, Memory]) -> dict[str, Declared]:
    """Player -> the order that it declared, or the name of another hypothesis, of the state key ``tom``."""
    return {
        player: memory["declares"]
        for player, memory in memories.items()
        if memory.get("declares") is not None
    }


def check_key(key: object) -> str:
    """``key`` itself, a name for the state's key.

    Raises:
        StateKeyError: it is none.
    """
    if isinstance(key, str) and key.isidentifier() and not key.startswith("_"):
        return key
    raise StateKeyError(f'key= names a key of the graph\'s state, such as "tom"; got {key!r}')


def with_tom(schema: type[Any], key: str = STATE_KEY) -> type[Any]:
    """``schema`` with the key ``tom``, of the same kind: typed dict, dataclass or pydantic model.

    Args:
        schema: of a graph's state.
        key: another name of the key.

    Raises:
        StateKeyError: it has a key of that name that does not merge updates, or is of no such kind.
    """
    hints = get_type_hints(schema, include_extras=True)
    if key in hints:
        if not _has_reducer(hints[key]):
            raise StateKeyError(
                f"the state schema {schema.__name__} has a key {key!r} without a reducer, so that "
                "players that act at once would overwrite each other's beliefs; let the nodes have "
                "another, key=..., name yours otherwise, or let the schema inherit from ToMState"
            )
        return schema
    name = f"{schema.__name__}WithToM"
    annotation = _annotation()
    if is_typeddict(schema):
        return _typed_dict(name, {**hints, key: annotation})
    if issubclass(schema, BaseModel):
        fields: Any = {key: (annotation, Field(default_factory=dict))}
        made: type[Any] = create_model(name, __base__=schema, **fields)
        return made
    if dataclasses.is_dataclass(schema):
        parameters: Any = vars(schema)["__dataclass_params__"]
        field: Any = (key, annotation, dataclasses.field(default_factory=dict))
        return dataclasses.make_dataclass(
            name, [field], bases=(schema,), frozen=parameters.frozen, kw_only=True
        )
    raise StateKeyError(
        f"cannot add the key {key!r} to a state schema of type {schema.__name__}; use a TypedDict, a "
        "dataclass or a pydantic model, or let it have the key itself"
    )
