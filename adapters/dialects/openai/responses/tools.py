"""`tools` and `tool_choice` (docs/wire/dialects.md 6.1).

Only functions can be handed on. Tools that OpenAI's own servers run are dropped, and named as
such; a choice that leaves nothing but them is refused.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from msgspec import UNSET, Raw, Struct, UnsetType, ValidationError
from msgspec.json import Decoder

from adapters.dialects.openai.inbound.tools import decode_parameters
from adapters.dialects.openai.responses.namespaces import flat_name
from adapters.dialects.openai.responses.places import placed
from adapters.dialects.openai.responses.reply import EchoedFunction, EchoedNamespace
from adapters.dialects.openai.responses.schema import WireTool, WireToolChoice, is_said
from ports.chat import NamedTool, Tool, ToolChoice
from ports.errors import InvalidRequest

_CHOICE: Decoder[str | WireToolChoice] = Decoder(str | WireToolChoice)
_WORDS: Mapping[str, ToolChoice] = MappingProxyType(
    {"none": "none", "auto": "auto", "required": "required"}
)


class Called(NamedTuple):
    """A function as the client calls it."""

    name: str
    namespace: str = ""


class Tools(Struct, frozen=True, kw_only=True):
    """What the model may call."""

    tools: tuple[Tool, ...] = ()
    choice: ToolChoice | UnsetType = UNSET
    names: Mapping[str, Called] = {}
    """How the client calls each, by the name that the upstream knows."""
    echo: tuple[EchoedFunction | EchoedNamespace, ...] = ()
    """What the answer repeats: all of it but what is dropped."""
    dropped: tuple[str, ...] = ()
    """What is not handed on, as `tools.type`."""


NO_TOOLS = Tools()


def decode_tools(wire: Sequence[WireTool], choice: Raw | UnsetType) -> Tools:
    """Turn the tools and the choice among them into neutral ones.

    Raises `InvalidRequest` for a function without a name, for names that would be one name
    upstream, and for a choice that cannot be kept.
    """
    if not wire and not is_said(choice):
        return NO_TOOLS
    listed = _Listed()
    for index, tool in enumerate(wire):
        listed.add(tool, f"tools[{index}]")
    return listed.chosen(choice)


class _Listed:
    """The tools of one request, while they are read."""

    def __init__(self) -> None:
        self._tools: list[Tool] = []
        self._names: dict[str, Called] = {}
        self._in_namespaces: defaultdict[str, list[str]] = defaultdict(list)
        self._echo: list[EchoedFunction | EchoedNamespace] = []
        self._dropped: dict[str, None] = {}

    def add(self, wire: WireTool, place: str) -> None:
        match wire.type:
            case "function":
                self._echo.append(self._function(wire, place))
            case "namespace":
                self._echo.append(self._namespace(wire, place))
            case _:
                self._drop(wire)

    def chosen(self, raw: Raw | UnsetType) -> Tools:
        choice, allowed = self._choice(raw)
        if not self._tools and choice == "required":
            raise _no_choice("there is no function in tools to call")
        return Tools(
            tools=tuple(tool for tool in self._tools if tool.name in allowed),
            choice=choice if self._tools else UNSET,
            names=self._names,
            echo=tuple(self._echo),
            dropped=tuple(self._dropped),
        )

    def _namespace(self, wire: WireTool, place: str) -> EchoedNamespace:
        name = wire.name or ""
        if wire.description:
            self._dropped["tools.namespace.description"] = None
        functions = []
        for index, tool in enumerate(wire.tools or ()):
            if tool.type == "function":
                functions.append(self._function(tool, f"{place}.tools[{index}]", name))
            else:
                self._drop(tool)
        return EchoedNamespace(name=name, description=wire.description, tools=tuple(functions))

    def _function(self, wire: WireTool, place: str, namespace: str = "") -> EchoedFunction:
        if not wire.name:
            raise InvalidRequest(f"{place}: name is required", param=f"{place}.name")
        called = Called(wire.name, namespace)
        name = flat_name(namespace, wire.name)
        if self._names.setdefault(name, called) != called:
            raise InvalidRequest(
                f"{place}: there is another function of the name {name}", param=f"{place}.name"
            )
        if namespace:
            self._in_namespaces[wire.name].append(name)
        parameters = decode_parameters(wire.parameters, f"{place}.parameters")
        self._tools.append(
            Tool(
                name=name,
                description=wire.description or "",
                parameters=parameters,
                strict=UNSET if wire.strict is None else wire.strict,
            )
        )
        return EchoedFunction(
            name=wire.name,
            description=wire.description,
            strict=wire.strict,
            parameters=parameters,
        )

    def _drop(self, wire: WireTool) -> None:
        self._dropped[f"tools.{wire.type}" if wire.type else "tools"] = None

    def _choice(self, raw: Raw | UnsetType) -> tuple[ToolChoice | UnsetType, Container[str]]:
        """Return the choice, and the names of the tools that may be called at all."""
        if not is_said(raw):
            return UNSET, self._names
        choice = _read_choice(raw)
        if isinstance(choice, str):
            return _word(choice), self._names
        match choice.type:
            case "function":
                return NamedTool(name=self._find(choice.name or "")), self._names
            case "allowed_tools":
                tools = choice.tools or ()
                names = [self._find(tool.name or "") for tool in tools if tool.type == "function"]
                if not names:
                    raise _no_choice("none of the allowed tools is a function")
                return _word(choice.mode or "auto"), frozenset(names)
            case _:
                raise _no_choice(f"{choice.type or 'such'} tools cannot be called here")

    def _find(self, name: str) -> str:
        """Return the name that the upstream knows a function by."""
        if name in self._names:
            return name
        found = self._in_namespaces[name]
        if len(found) != 1:
            raise _no_choice(f"there is no function {name} in tools")
        return found[0]


def _read_choice(raw: Raw) -> str | WireToolChoice:
    try:
        return _CHOICE.decode(raw)
    except ValidationError as error:
        raise placed(error, "tool_choice") from error


def _no_choice(message: str) -> InvalidRequest:
    return InvalidRequest(f"tool_choice: {message}", param="tool_choice")


def _word(word: str) -> ToolChoice:
    if word not in _WORDS:
        raise _no_choice(f"there is no choice {word}")
    return _WORDS[word]
