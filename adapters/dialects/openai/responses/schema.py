"""Wire Structs of what clients send to `/v1/responses` (docs/wire/dialects.md 6.1 and 6.2).

Every member may be null, which is as good as absent. Members without a field here are left out
and named, whatever they hold; what is `Raw` is decoded later, repeated in the answer, or only
looked at for whether it is there.
"""

from __future__ import annotations

from typing import Any, ClassVar, TypeGuard

from msgspec import UNSET, Raw, Struct, UnsetType

from adapters.dialects.bodies.body import Body
from adapters.dialects.bodies.gotypes import Anything, GoType, Plain, Record, Slice
from adapters.dialects.openai.inbound.schema_sampling import COUNT, SAMPLING, Count, WireSampling
from adapters.dialects.openai.inbound.schema_vendor import VENDOR


class WireReasoningConfig(Struct, gc=False):
    """How to reason. `generate_summary` is the older name of `summary`."""

    effort: str | None = None
    summary: str | None = None
    generate_summary: str | None = None
    context: Raw | UnsetType = UNSET
    mode: Raw | UnsetType = UNSET


class WireText(Struct, gc=False):
    """How to answer: `text` of the body."""

    format: Raw | UnsetType = UNSET
    verbosity: Raw | UnsetType = UNSET


class WireFormat(Struct, gc=False):
    """`text.format`, without the inner object that chats have."""

    type: str | None = None
    name: str | None = None
    description: str | None = None
    schema: Raw | UnsetType = UNSET
    strict: bool | None = None


class WireTool(Struct, gc=False):
    """A tool of any type: `function` in the flat form, `namespace` with more of them inside."""

    type: str | None = None
    name: str | None = None
    description: str | None = None
    strict: bool | None = None
    parameters: Raw | UnsetType = UNSET
    tools: list[WireTool] | None = None


class WireToolChoice(Struct, gc=False):
    """A `tool_choice` that is not one of the words."""

    type: str | None = None
    name: str | None = None
    mode: str | None = None
    tools: list[WireToolChoice] | None = None


class WireCreate(WireSampling, gc=False):
    """The body of `POST /v1/responses`.

    It has the members of a chat's body that say how to sample, and those that only some servers
    act on: clients that know the server behind this one add them.
    """

    GO_NAME: ClassVar[str] = "ResponsesRequest"

    model: str | None = None
    input: Raw | UnsetType = UNSET
    instructions: str | None = None
    stream: bool | None = None
    max_output_tokens: Count = None
    reasoning: WireReasoningConfig | None = None
    text: WireText | None = None
    tools: list[WireTool] | None = None
    tool_choice: Raw | UnsetType = UNSET
    parallel_tool_calls: bool | None = None
    include: list[str] | None = None
    top_logprobs: Count = None
    truncation: str | None = None
    background: bool | None = None
    previous_response_id: Raw | UnsetType = UNSET
    conversation: Raw | UnsetType = UNSET
    prompt: Raw | UnsetType = UNSET
    context_management: Raw | UnsetType = UNSET
    access_programs: Raw | UnsetType = UNSET
    image: Raw | UnsetType = UNSET
    background_options: Raw | UnsetType = UNSET
    max_tool_calls: Raw | UnsetType = UNSET
    keep_alive: Any = None
    stream_options: Any = None
    client_metadata: Any = None
    """Both change nothing of an answer: they are about padding, and about who asks."""


class WireKind(Struct, gc=False):
    """What tells how the rest of an input item is to be read."""

    type: str | None = None
    role: str | None = None


class WireMessage(Struct, gc=False):
    """A message, of any role."""

    role: str | None = None
    content: Raw | UnsetType = UNSET


class WireCall(Struct, gc=False):
    """A call of a function, in a history."""

    call_id: str | None = None
    name: str | None = None
    namespace: str | None = None
    arguments: str | None = None


class WireCallOutput(Struct, gc=False):
    """What a function returned."""

    call_id: str | None = None
    name: str | None = None
    namespace: str | None = None
    output: Raw | UnsetType = UNSET


class WireThought(Struct, gc=False):
    """A piece of a reasoning item, of its summary or of the words themselves."""

    text: str | None = None


class WireReasoning(Struct, gc=False):
    """A reasoning item."""

    summary: list[WireThought] | None = None
    content: list[WireThought] | None = None
    encrypted_content: str | None = None


class WireAudio(Struct, gc=False):
    """The sound of an `input_audio` part."""

    data: str | None = None
    format: str | None = None


class WirePart(Struct, gc=False):
    """One part of a content, of any type."""

    type: str | None = None
    text: str | None = None
    refusal: str | None = None
    image_url: str | None = None
    detail: str | None = None
    file_id: str | None = None
    file_data: str | None = None
    file_url: str | None = None
    filename: str | None = None
    input_audio: WireAudio | None = None


def is_said(raw: Raw | UnsetType) -> TypeGuard[Raw]:
    """Tell whether a member is there and says something: null, `{}`, `[]` and `""` do not."""
    return raw is not UNSET and bytes(raw) not in {b"null", b"{}", b"[]", b'""'}


def _record(name: str, fields: dict[str, GoType]) -> Record:
    return Record(name, fields, package="openai")


_STRING = Plain("string", "string")
_BOOL = Plain("bool", "bool")
_RAW = Anything()
_REASONING: dict[str, GoType] = {
    "effort": _STRING,
    "summary": _STRING,
    "generate_summary": _STRING,
}
_TOOL: dict[str, GoType] = {
    "type": _STRING,
    "name": _STRING,
    "description": _STRING,
    "strict": _BOOL,
    "parameters": _RAW,
    "tools": Slice(_RAW, "[]openai.ResponsesTool"),
}
_CREATE: dict[str, GoType] = {
    **SAMPLING,
    **VENDOR,
    "model": _STRING,
    "input": _RAW,
    "instructions": _STRING,
    "stream": _BOOL,
    "max_output_tokens": COUNT,
    "reasoning": _record("ResponsesReasoning", _REASONING),
    "text": _record("ResponsesText", {"format": _RAW, "verbosity": _RAW}),
    "tools": Slice(_record("ResponsesTool", _TOOL), "[]openai.ResponsesTool"),
    "tool_choice": _RAW,
    "parallel_tool_calls": _BOOL,
    "include": Slice(_STRING, "[]string"),
    "top_logprobs": COUNT,
    "truncation": _STRING,
    "background": _BOOL,
}

CREATE = Body(WireCreate, _record("ResponsesRequest", _CREATE), missing="EOF")
