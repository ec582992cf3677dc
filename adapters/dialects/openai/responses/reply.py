"""The response object and the items in it (docs/wire/dialects.md 6.3).

The order of the members is the recorded one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec import UNSET, Raw, Struct, UnsetType

from adapters.dialects.openai.inbound.schema_answer import WireLogprob

Status = Literal["in_progress", "completed", "incomplete", "failed"]

TEXT_FORMAT = Raw(b'{"type":"text"}')
AUTO = Raw(b'"auto"')


class SummaryText(Struct, frozen=True, kw_only=True, gc=False):
    """The text of a reasoning item."""

    type: str = "summary_text"
    text: str


class OutputText(Struct, frozen=True, kw_only=True, gc=False):
    """The text of a message."""

    type: str = "output_text"
    text: str
    annotations: tuple[()] = ()
    logprobs: tuple[WireLogprob, ...] = ()


class ReasoningItem(Struct, frozen=True, kw_only=True, gc=False):
    """What the model thought."""

    id: str
    type: str = "reasoning"
    summary: tuple[SummaryText, ...] = ()
    encrypted_content: str | UnsetType = UNSET


class MessageItem(Struct, frozen=True, kw_only=True, gc=False):
    """What the model said."""

    id: str
    type: str = "message"
    status: Status
    role: str = "assistant"
    content: tuple[OutputText, ...] = ()


class CallItem(Struct, frozen=True, kw_only=True, gc=False):
    """A function that the model wants called."""

    id: str
    type: str = "function_call"
    status: Status
    call_id: str
    namespace: str | UnsetType = UNSET
    name: str
    arguments: str


Item = ReasoningItem | MessageItem | CallItem


class InputDetails(Struct, frozen=True, kw_only=True, gc=False):
    """Of the tokens of the input."""

    cached_tokens: int = 0
    cache_write_tokens: int = 0


class OutputDetails(Struct, frozen=True, kw_only=True, gc=False):
    """Of the tokens of the output."""

    reasoning_tokens: int = 0


class WireUsage(Struct, frozen=True, kw_only=True, gc=False):
    """Tokens."""

    input_tokens: int = 0
    output_tokens: int = 0
    total_tokens: int = 0
    input_tokens_details: InputDetails = InputDetails()
    output_tokens_details: OutputDetails = OutputDetails()


class IncompleteDetails(Struct, frozen=True, kw_only=True, gc=False):
    """Why an answer is not whole."""

    reason: Literal["max_output_tokens", "content_filter"]


class ErrorDetails(Struct, frozen=True, kw_only=True, gc=False):
    """Why an answer broke off."""

    code: str
    message: str


class TextConfig(Struct, frozen=True, kw_only=True, gc=False):
    """How the answer was asked for."""

    format: Raw = TEXT_FORMAT


class ReasoningConfig(Struct, frozen=True, kw_only=True, gc=False):
    """How hard the model was asked to think."""

    effort: str | None = None
    summary: str | None = None


class EchoedFunction(Struct, frozen=True, kw_only=True, gc=False):
    """A function that may be called, as it was sent."""

    type: str = "function"
    name: str
    description: str | None
    strict: bool | None
    parameters: Raw | None


class EchoedNamespace(Struct, frozen=True, kw_only=True, gc=False):
    """A namespace of functions that may be called, as it was sent."""

    type: str = "namespace"
    name: str
    description: str | None
    tools: tuple[EchoedFunction, ...]


class ResponseObject(Struct, frozen=True, kw_only=True, gc=False):
    """A response, whole or in the making.

    What was asked for and is done is repeated; what is never done has its default.
    """

    id: str = ""
    object: str = "response"
    created_at: int = 0
    completed_at: int | None = None
    status: Status = "in_progress"
    incomplete_details: IncompleteDetails | None = None
    model: str
    previous_response_id: None = None
    instructions: str | None = None
    output: tuple[Item, ...] = ()
    error: ErrorDetails | None = None
    tools: tuple[EchoedFunction | EchoedNamespace, ...] = ()
    tool_choice: Raw = AUTO
    truncation: str = "disabled"
    parallel_tool_calls: bool = True
    text: TextConfig = TextConfig()
    top_p: float = 1
    presence_penalty: float = 0
    frequency_penalty: float = 0
    top_logprobs: int = 0
    temperature: float = 1
    reasoning: ReasoningConfig | None = None
    usage: WireUsage | None = None
    max_output_tokens: int | None = None
    max_tool_calls: None = None
    store: bool = False
    background: bool = False
    service_tier: str = "default"
    metadata: Mapping[str, str] = {}
    safety_identifier: None = None
    prompt_cache_key: None = None
