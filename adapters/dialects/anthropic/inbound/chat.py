"""What clients send to `/v1/messages`, to neutral, and whole answers back.

Streams are in `stream`. Nothing here makes up an id: ids are arguments.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from msgspec import UNSET, Raw, Struct

from adapters.dialects.anthropic.inbound.aside import Aside
from adapters.dialects.anthropic.inbound.messages import decode_messages
from adapters.dialects.anthropic.inbound.numbers import whole
from adapters.dialects.anthropic.inbound.output import decode_output
from adapters.dialects.anthropic.inbound.replies import (
    WireAnswer,
    WireText,
    WireThought,
    WireUse,
    encode,
    encode_stop,
    encode_usage,
)
from adapters.dialects.anthropic.inbound.schema import WireMessages, decode_body, is_there
from adapters.dialects.anthropic.inbound.thinking import decode_thinking
from adapters.dialects.anthropic.inbound.thoughts import DETAILS
from adapters.dialects.anthropic.inbound.tools import decode_choice, decode_parallel, decode_tools
from adapters.dialects.anthropic.tool_ids import encode_id
from adapters.dialects.bodies.body import within_depth
from ports.chat import ChatRequest, ChatResponse, Options
from ports.errors import InvalidRequest

NAMES: Mapping[str, str] = MappingProxyType(
    {
        "think": "thinking",
        "thinking_budget": "thinking.budget_tokens",
        "parallel_tool_calls": "tool_choice.disable_parallel_tool_use",
        "format": "output_config.format",
        "format.schema": "output_config.format.schema",
        "options.max_tokens": "max_tokens",
        "options.stop": "stop_sequences",
        "options.temperature": "temperature",
        "options.top_p": "top_p",
        "options.top_k": "top_k",
        "messages.thinking": "content.thinking",
        "messages.thinking_signature": "content.thinking.signature",
        f"messages.{DETAILS}": "content.thinking.signature",
    }
)
"""What clients call the fields of the neutral form that a backend may lose."""


class MessagesCall(Struct, frozen=True, kw_only=True):
    """A decoded body."""

    request: ChatRequest
    stream: bool


@within_depth
def decode_messages_call(body: bytes) -> MessagesCall:
    """Decode `/v1/messages`. The model's name stays as it was sent.

    Raises `InvalidRequest` with Ollama's texts where it has some (docs/wire/dialects.md 7.2).
    """
    wire, dropped = decode_body(body)
    request = _request(wire, Aside(dropped), counted=False)
    return MessagesCall(request=request, stream=wire.stream is True)


@within_depth
def decode_count_call(body: bytes) -> ChatRequest:
    """Decode `/v1/messages/count_tokens`, which asks for no answer and sets it no limit (7.9).

    Raises `InvalidRequest` like `decode_messages_call`.
    """
    wire, dropped = decode_body(body)
    return _request(wire, Aside(dropped), counted=True)


def encode_message(message_id: str, model: str, response: ChatResponse, *, estimate: int) -> bytes:
    """Encode a whole answer, with a newline behind it as the reference server has.

    `model` is the name the client sent, `estimate` the tokens of the prompt, for upstreams
    that do not count them.
    """
    stop = encode_stop(response.reason, response.stop_sequence, called=bool(response.tool_calls))
    answer = WireAnswer(
        id=message_id,
        model=model,
        content=_content(response),
        stop_reason=stop.stop_reason,
        stop_sequence=stop.stop_sequence,
        usage=encode_usage(response.usage, estimate),
    )
    return encode(answer) + b"\n"


def encode_count(tokens: int) -> bytes:
    """Encode the tokens of a prompt."""
    return b'{"input_tokens":%d}\n' % tokens


def _request(wire: WireMessages, aside: Aside, *, counted: bool) -> ChatRequest:
    """Check in Ollama's order: the name, the limit, the messages, the rest."""
    model = wire.model or ""
    if not model.strip():
        raise InvalidRequest("model is required")
    limit = whole(wire.max_tokens, "max_tokens")
    if not counted and (limit is None or limit <= 0):
        raise InvalidRequest("max_tokens is required and must be positive")
    if not wire.messages:
        raise InvalidRequest("messages is required")
    if is_there(wire.thread):
        # Left out it would be a lie: the next request brings only what is new.
        raise InvalidRequest(
            "thread is not supported: this server keeps no conversations", param="thread"
        )
    aside.describe(wire.metadata or {})
    output = decode_output(wire.output_config, wire.output_format, aside)
    thinking = decode_thinking(wire.thinking, output.effort, aside)
    messages = decode_messages(wire.system, wire.messages, aside)
    tools = decode_tools(wire.tools, wire.tool_choice, aside)
    aside.cache(wire.cache_control)
    return ChatRequest(
        model=model,
        messages=messages,
        tools=tools,
        tool_choice=decode_choice(wire.tool_choice),
        parallel_tool_calls=decode_parallel(wire.tool_choice),
        format=output.format,
        options=_options(wire, limit),
        think=thinking.think,
        thinking_budget=thinking.budget,
        think_if_able=True,
        extensions=aside.extensions,
        dropped=aside.dropped,
    )


def _options(wire: WireMessages, limit: int | None) -> Options:
    top_k = whole(wire.top_k, "top_k")
    return Options(
        max_tokens=UNSET if limit is None or limit <= 0 else limit,
        temperature=UNSET if wire.temperature is None else wire.temperature,
        top_p=UNSET if wire.top_p is None else wire.top_p,
        top_k=UNSET if top_k is None else top_k,
        stop=tuple(filter(None, wire.stop_sequences)) if wire.stop_sequences else UNSET,
    )


def _content(response: ChatResponse) -> list[WireText | WireThought | WireUse]:
    content: list[WireText | WireThought | WireUse] = []
    if response.thinking or response.thinking_signature:
        content.append(WireThought(response.thinking, response.thinking_signature))
    if response.text:
        content.append(WireText(response.text))
    content += (
        WireUse(encode_id(call.id), call.name, Raw(call.arguments.encode()))
        for call in response.tool_calls
    )
    return content
