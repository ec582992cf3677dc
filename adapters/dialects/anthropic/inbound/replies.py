"""Wire Structs of the answers to clients of `/v1/messages` (docs/wire/dialects.md 7.4 to 7.6)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import msgspec
from msgspec import Raw, Struct

from adapters.dialects.wire.escaping import escape
from ports.chat import FinishReason, Usage

_encode = msgspec.json.Encoder().encode

_STOP_REASONS: Mapping[FinishReason, str] = MappingProxyType(
    {
        FinishReason.STOP: "end_turn",
        FinishReason.LENGTH: "max_tokens",
        FinishReason.TOOL_CALLS: "tool_use",
        FinishReason.CONTENT_FILTER: "refusal",
    }
)


class WireText(Struct, tag_field="type", tag="text", gc=False):
    """A block of text."""

    text: str


class WireThought(Struct, tag_field="type", tag="thinking", gc=False):
    """A block of thinking. Clients insist on a signature, if only an empty one."""

    thinking: str
    signature: str


class WireUse(Struct, tag_field="type", tag="tool_use", gc=False):
    """A tool call; `input` is the JSON of an object, as the upstream spelled it."""

    id: str
    name: str
    input: Raw


class WireUsage(Struct, gc=False):
    """Tokens. What was read from a cache or written to one is not among the input."""

    input_tokens: int
    output_tokens: int
    cache_creation_input_tokens: int = 0
    cache_read_input_tokens: int = 0


class WireStop(Struct, gc=False):
    """Why an answer ended; nothing while it goes on."""

    stop_reason: str | None = None
    stop_sequence: str | None = None


class WireAnswer(Struct, kw_only=True, gc=False):
    """A whole answer, or in `message_start` what is known of one that begins."""

    id: str
    type: str = "message"
    role: str = "assistant"
    model: str
    content: list[WireText | WireThought | WireUse]
    stop_reason: str | None
    stop_sequence: str | None
    usage: WireUsage


def encode(value: Any) -> bytes:
    """Encode to JSON as Go does: HTML characters and odd line ends escaped."""
    return escape(_encode(value))


def encode_usage(usage: Usage, estimate: int) -> WireUsage:
    """Take the tokens of caches out of those of the prompt (7.6).

    `estimate` stands for a prompt that the upstream did not count.
    """
    if usage.prompt_tokens is None:
        return WireUsage(estimate, usage.completion_tokens or 0)
    read = usage.cached_tokens or 0
    written = usage.cache_write_tokens or 0
    return WireUsage(
        input_tokens=max(0, usage.prompt_tokens - read - written),
        output_tokens=usage.completion_tokens or 0,
        cache_creation_input_tokens=written,
        cache_read_input_tokens=read,
    )


def encode_stop(reason: FinishReason, stop_sequence: str, *, called: bool) -> WireStop:
    """Return the reason to stop (7.5). `called` tells whether tools were called."""
    if reason is FinishReason.STOP and called:
        return WireStop(_STOP_REASONS[FinishReason.TOOL_CALLS])
    if reason is FinishReason.STOP and stop_sequence:
        return WireStop("stop_sequence", stop_sequence)
    return WireStop(_STOP_REASONS[reason])
