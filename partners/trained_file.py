"""The form of a file with a trained population, checked when it is read."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

MOST_ACTIONS, MOST_STATES, MOST_MEMBERS = 32, 1 + 32 * 32, 4096

_Row = Annotated[list[float], Field(min_length=2, max_length=MOST_ACTIONS)]
_Policy = Annotated[list[_Row], Field(min_length=1, max_length=MOST_STATES)]
_Pair = Annotated[list[_Policy], Field(min_length=2, max_length=2)]
_Setting = int | float | str | bool | None | list[int]


class FileError(ValueError):
    """What is wrong with the file, in words."""


class Content(BaseModel):
    """What stands in the file; see ``partners.trained.Population``."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    format: Literal["langgraph-atom trained population 1"]
    task: Annotated[str, Field(min_length=1, max_length=200)]
    method: Annotated[str, Field(min_length=1, max_length=200)]
    actions: Annotated[
        list[Annotated[str, Field(min_length=1)]], Field(min_length=2, max_length=MOST_ACTIONS)
    ]
    settings: dict[str, _Setting]
    seeds: Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=1, max_length=MOST_MEMBERS)]
    policies: Annotated[list[_Pair], Field(min_length=1, max_length=MOST_MEMBERS)]
    checksum: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


def parsed(data: bytes) -> Content:
    """The content of a file.

    Raises:
        FileError: no JSON, or another form; the first mistake is named.
    """
    try:
        return Content.model_validate_json(data)
    except ValidationError as error:
        first: Any = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise FileError(f"{first['msg']}{f' at {where}' if where else ''}") from None
