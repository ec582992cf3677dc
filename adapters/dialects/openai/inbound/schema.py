"""Wire Structs of what clients send to `/v1/chat/completions`, and Go's view of it.

docs/wire/dialects.md 1.1 and 1.2. Every member may be null, which is as good as absent. Members of
the body that nobody knows are left out and named, others are passed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from msgspec import UNSET, Raw, Struct, UnsetType

from adapters.dialects.bodies.body import Body
from adapters.dialects.bodies.gotypes import (
    Anything,
    Fault,
    GoType,
    Place,
    Plain,
    Record,
    Slice,
    kind_of,
)
from adapters.dialects.openai.inbound.schema_sampling import COUNT, SAMPLING, Count, WireSampling
from adapters.dialects.openai.inbound.schema_vendor import VENDOR


class WireCalled(Struct, gc=False):
    """The function of a tool call. `arguments` are JSON in a string; bad clients send the JSON."""

    name: str | None = None
    arguments: str | dict[str, Raw] | None = None


class WireToolCall(Struct, gc=False):
    """A tool call in a history."""

    id: str | None = None
    type: str | None = None
    function: WireCalled | None = None


class WireMessage(Struct, gc=False):
    """A message. Parts of its content stay as they were spelled until they are looked at."""

    role: str | None = None
    content: str | list[Raw] | None = None
    name: str | None = None
    refusal: str | None = None
    reasoning: str | None = None
    reasoning_content: str | None = None
    reasoning_details: Raw | UnsetType = UNSET
    tool_calls: list[WireToolCall | None] | None = None
    tool_call_id: str | None = None
    function_call: WireCalled | None = None
    audio: Any = None


class WireFunction(Struct, gc=False):
    """The function of a tool. Its `parameters` stay verbatim."""

    name: str | None = None
    description: str | None = None
    parameters: Raw | UnsetType = UNSET
    strict: bool | None = None


class WireTool(Struct, gc=False):
    """A tool."""

    type: str | None = None
    function: WireFunction | None = None


class WireJsonSchema(Struct, gc=False):
    """The schema of structured output, verbatim, and what it is called."""

    name: str | None = None
    description: str | None = None
    schema: Raw | UnsetType = UNSET
    strict: bool | None = None


class WireFormat(Struct, gc=False):
    """`response_format`. Other servers take `schema` beside the type."""

    type: str | None = None
    json_schema: WireJsonSchema | None = None
    schema: Raw | UnsetType = UNSET


class WireReasoning(Struct, gc=False):
    """`reasoning`, as OpenRouter has it."""

    effort: str | None = None
    max_tokens: Count = None
    enabled: bool | None = None
    exclude: bool | None = None
    summary: Any = None


class WireStreamOptions(Struct, gc=False):
    """`stream_options`."""

    include_usage: bool | None = None


class WireChat(WireSampling, gc=False):
    """The body of `/v1/chat/completions`."""

    GO_NAME: ClassVar[str] = "ChatCompletionRequest"

    model: str | None = None
    messages: list[WireMessage | None] | None = None
    stream: bool | None = None
    stream_options: WireStreamOptions | None = None
    max_completion_tokens: Count = None
    response_format: WireFormat | None = None
    tools: list[WireTool | None] | None = None
    tool_choice: Any = None
    parallel_tool_calls: bool | None = None
    functions: list[WireFunction | None] | None = None
    function_call: Any = None
    reasoning_effort: str | None = None
    reasoning: WireReasoning | None = None
    include_reasoning: bool | None = None
    logprobs: bool | None = None
    top_logprobs: Count = None
    n: Count = None
    keep_alive: Any = None
    think: Any = None
    usage: Any = None
    """OpenRouter's older wish for the tokens, which are always told (8.2)."""


class _WrongContent(Fault, frozen=True):
    def __str__(self) -> str:
        """Write it as Ollama's own check does."""
        return f"invalid message content type: {self.found}"


class _Content:
    """What Ollama checks itself: a string or a list."""

    _KINDS: ClassVar[dict[str, str]] = {
        "number": "float64",
        "bool": "bool",
        "object": "map[string]interface {}",
    }

    def faults(self, value: Raw, place: Place, /) -> Iterator[Fault]:
        """Compare the kind."""
        if (kind := kind_of(value)) in self._KINDS:
            yield _WrongContent(self._KINDS[kind], place, "any")


_STRING = Plain("string", "string")
_BOOL = Plain("bool", "bool")

_CALLED = Record("Function", {"name": _STRING, "arguments": _STRING}, package="openai")
_TOOL_CALL = Record(
    "ToolCall", {"id": _STRING, "type": _STRING, "function": _CALLED}, package="openai"
)
_MESSAGE = Record(
    "Message",
    {
        "role": _STRING,
        "content": _Content(),
        "name": _STRING,
        "refusal": _STRING,
        "reasoning": _STRING,
        "reasoning_content": _STRING,
        "tool_calls": Slice(_TOOL_CALL, "[]openai.ToolCall"),
        "tool_call_id": _STRING,
        "function_call": _CALLED,
    },
    package="openai",
)
_FUNCTION = Record(
    "ToolFunction",
    {"name": _STRING, "description": _STRING, "parameters": Anything(), "strict": _BOOL},
)
_TOOL = Record("Tool", {"type": _STRING, "function": _FUNCTION})
_JSON_SCHEMA = Record(
    "JsonSchema",
    {"name": _STRING, "description": _STRING, "schema": Anything(), "strict": _BOOL},
    package="openai",
)
_FORMAT = Record(
    "ResponseFormat",
    {"type": _STRING, "json_schema": _JSON_SCHEMA, "schema": Anything()},
    package="openai",
)
_REASONING = Record(
    "Reasoning",
    {"effort": _STRING, "max_tokens": COUNT, "enabled": _BOOL, "exclude": _BOOL},
    package="openai",
)
STREAM_OPTIONS = Record("StreamOptions", {"include_usage": _BOOL}, package="openai")
_CHAT: dict[str, GoType] = {
    **SAMPLING,
    **VENDOR,
    "model": _STRING,
    "messages": Slice(_MESSAGE, "[]openai.Message"),
    "stream": _BOOL,
    "stream_options": STREAM_OPTIONS,
    "max_completion_tokens": COUNT,
    "response_format": _FORMAT,
    "tools": Slice(_TOOL, "[]api.Tool"),
    "tool_choice": Anything(),
    "parallel_tool_calls": _BOOL,
    "functions": Slice(_FUNCTION, "[]api.ToolFunction"),
    "function_call": Anything(),
    "reasoning_effort": _STRING,
    "reasoning": _REASONING,
    "include_reasoning": _BOOL,
    "logprobs": _BOOL,
    "top_logprobs": COUNT,
    "n": COUNT,
    "keep_alive": Anything(),
    "think": Anything(),
}

CHAT = Body(WireChat, Record(WireChat.GO_NAME, _CHAT, package="openai"), missing="EOF")
