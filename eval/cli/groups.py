"""Options as objects: a command takes a dataclass, and the command line offers its fields."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import wraps
from typing import Annotated, Any, get_args, get_origin, get_type_hints


@dataclass(frozen=True)
class Without:
    """Fields of a group that a command does not offer: ``Annotated[Group, Without("field")]``.

    Args:
        names: the fields; they keep their defaults.
    """

    names: frozenset[str]

    def __init__(self, *names: str) -> None:
        object.__setattr__(self, "names", frozenset(names))


def spelled_out(command: Callable[..., None]) -> Callable[..., None]:
    """The command with an option for every field of its parameters that are dataclasses.

    A field's annotation says what the option is called and means. Its default is that of the parameter's
    default, else of the dataclass.

    Args:
        command: a function whose parameters typer understands, but for dataclasses with defaults.
    """
    hints = get_type_hints(command, include_extras=True)
    groups: dict[str, Any] = {}
    offered: dict[str, list[str]] = {}
    parameters: list[inspect.Parameter] = []
    for parameter in inspect.signature(command).parameters.values():
        hint = hints[parameter.name]
        kind, *extras = get_args(hint) if get_origin(hint) is Annotated else (hint,)
        if not (isinstance(kind, type) and is_dataclass(kind)):
            parameters.append(parameter.replace(annotation=hint, kind=inspect.Parameter.KEYWORD_ONLY))
            continue
        default = kind() if parameter.default is parameter.empty else parameter.default
        left_out = {name for extra in extras if isinstance(extra, Without) for name in extra.names}
        of_fields = get_type_hints(kind, include_extras=True)
        groups[parameter.name] = default
        offered[parameter.name] = [field.name for field in fields(kind) if field.name not in left_out]
        parameters += [
            inspect.Parameter(
                name,
                inspect.Parameter.KEYWORD_ONLY,
                default=getattr(default, name),
                annotation=of_fields[name],
            )
            for name in offered[parameter.name]
        ]

    @wraps(command)
    def called(**given: Any) -> None:
        made = {
            name: replace(default, **{field: given.pop(field) for field in offered[name]})
            for name, default in groups.items()
        }
        command(**given, **made)

    # typer reads either, by version
    vars(called)["__signature__"] = inspect.Signature(parameters)
    called.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return called
