"""`tools`: what the model may call (docs/wire/ollama-api.md 2.1, 2.3).

Ollama itself drops most words of a schema; here it goes on verbatim. The few members that
Ollama reads are still checked for their types, with its texts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
from msgspec import Raw, Struct, UnsetType, field
from msgspec.json import Decoder

from adapters.dialects.bodies.gotypes import (
    Anything,
    Fault,
    GoType,
    OrderedMap,
    Own,
    Place,
    Plain,
    Record,
    Slice,
    kind_of,
    refusal,
)
from adapters.dialects.ollama.inbound.schema import WireFunction, WireTool
from ports.chat import Tool


class _Property(Struct, gc=False):
    """One property of a schema, as far as Ollama reads it."""

    type: str | list[str | None] | None = None
    description: str | None = None
    any_of: list[_Property | None] | None = field(default=None, name="anyOf")
    enum: list[Raw] | None = None
    properties: dict[str, _Property | None] | None = None
    required: list[str | None] | None = None


class _Parameters(Struct, gc=False):
    """A schema, as far as Ollama reads it."""

    type: str | None = None
    properties: dict[str, _Property | None] | None = None
    required: list[str | None] | None = None


_SCHEMA = Decoder(_Parameters | None)
_PLACE = Place("ToolFunction", ("tools", "function", "parameters"))


def decode_tools(wire: Sequence[WireTool | None] | None) -> tuple[Tool, ...]:
    """Turn the tools into neutral ones. One without a name cannot be called and is dropped.

    Raises `InvalidRequest` with Go's text for a schema with a wrong type in it.
    """
    if not wire:
        return ()
    functions = (tool.function for tool in wire if tool and tool.function)
    return tuple(_decode_tool(function) for function in functions if function.name)


def _decode_tool(function: WireFunction) -> Tool:
    return Tool(
        name=function.name or "",
        description=function.description or "",
        parameters=_checked(function.parameters),
    )


def _checked(parameters: Raw | UnsetType) -> Raw | None:
    if isinstance(parameters, UnsetType):
        return None
    try:
        return parameters if _SCHEMA.decode(parameters) else None
    except msgspec.DecodeError as error:
        raise refusal(_GO_PARAMETERS, parameters, _PLACE, error) from error


class _GoPropertyType:
    """The type of a property: Go tries a string first, and complains as for a list."""

    def faults(self, value: Raw, place: Place, /) -> Iterator[Fault]:
        return iter(()) if kind_of(value) == "string" else Own(_STRINGS).faults(value, place)


class _GoProperty:
    """A property, which holds properties in turn.

    Each level reads anew all that is below it. Beyond so many levels no fault is found, and the
    decoder's own words are told.
    """

    def __init__(self, levels: int) -> None:
        self._levels = levels

    def faults(self, value: Raw, place: Place, /) -> Iterator[Fault]:
        inner: GoType = _GoProperty(self._levels - 1) if self._levels else Anything()
        fields: dict[str, GoType] = {
            "type": _GoPropertyType(),
            "description": _STRING,
            "anyOf": Slice(inner, "[]api.ToolProperty"),
            "enum": Plain("array", "[]interface {}"),
            "properties": OrderedMap(inner),
            "required": _STRINGS,
        }
        return Record("ToolProperty", fields).faults(value, place)


_LEVELS = 16
_STRING = Plain("string", "string")
_STRINGS = Slice(_STRING, "[]string")
_GO_PARAMETERS = Record(
    "ToolFunctionParameters",
    {"type": _STRING, "properties": OrderedMap(_GoProperty(_LEVELS)), "required": _STRINGS},
)
