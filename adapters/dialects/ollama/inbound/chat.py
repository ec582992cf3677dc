"""What clients send to `/api/chat`, to neutral, and whole answers back.

Streams are in `chat_stream`. Nothing here knows a clock: times are arguments.
"""

from __future__ import annotations

from msgspec import UNSET
from msgspec.structs import asdict

from adapters.dialects.bodies.body import within_depth
from adapters.dialects.ollama.inbound.calls import Call
from adapters.dialects.ollama.inbound.formats import decode_format
from adapters.dialects.ollama.inbound.messages import decode_messages
from adapters.dialects.ollama.inbound.metrics import Moments, measure
from adapters.dialects.ollama.inbound.schema import CHAT, WireChat
from adapters.dialects.ollama.inbound.thinking import decode_think
from adapters.dialects.ollama.inbound.tools import decode_tools
from adapters.dialects.ollama.logprobs import encode_logprobs
from adapters.dialects.ollama.replies import (
    WireAnswer,
    WireReply,
    done_reason,
    encode,
    encode_calls,
)
from adapters.dialects.requests.durations import decode_keep_alive
from adapters.dialects.requests.extensions import decode_extensions
from adapters.dialects.requests.logprobs import decode_top_logprobs
from adapters.dialects.requests.options import decode_options
from adapters.dialects.wire.timestamps import rfc3339
from ports.chat import ChatRequest, ChatResponse
from ports.errors import InvalidRequest


@within_depth
def decode_chat(body: bytes) -> Call[ChatRequest]:
    """Decode `/api/chat`. The model's name stays as it was sent.

    Raises `InvalidRequest` with Ollama's texts (docs/wire/ollama-api.md 2.1, 2.3 to 2.7).
    """
    return _call(CHAT.decode(body))


def encode_chat(
    model: str, response: ChatResponse, moments: Moments, *, alternatives: bool = False
) -> bytes:
    """Encode a whole answer, without a newline. `model` is the name the client sent.

    `alternatives` tells whether the client asked for other likely tokens.
    """
    reply = WireReply(
        model=model,
        created_at=rfc3339(moments.created_at_ns),
        message=WireAnswer(
            content=response.text,
            thinking=response.thinking or UNSET,
            tool_calls=encode_calls(response.tool_calls) or UNSET,
        ),
        done_reason=done_reason(response.reason),
        logprobs=encode_logprobs(response.logprobs, alternatives=alternatives) or UNSET,
        **asdict(measure(response.usage, response.timing, moments)),
    )
    return encode(reply)


def encode_load(model: str, now_ns: int, *, unload: bool) -> bytes:
    """Encode the answer to a request without messages: no figures (ollama-api.md 2.9)."""
    reason = "unload" if unload else "load"
    return encode(
        WireReply(model=model, created_at=rfc3339(now_ns), message=WireAnswer(), done_reason=reason)
    )


def _call(wire: WireChat) -> Call[ChatRequest]:
    """Check in Ollama's order: what its decoder sees, the range, the name, the rest."""
    keep_alive = decode_keep_alive(wire.keep_alive)
    think = decode_think(wire.think)
    messages = decode_messages(wire.messages)
    tools = decode_tools(wire.tools)
    top_logprobs = decode_top_logprobs(wire.logprobs, wire.top_logprobs)
    model = wire.model or ""
    if not model.strip():
        raise InvalidRequest("model is required")
    request = ChatRequest(
        model=model,
        messages=messages,
        tools=tools,
        format=decode_format(wire.format) if messages else None,
        options=decode_options(wire.options),
        think=think,
        logprobs=bool(wire.logprobs),
        top_logprobs=top_logprobs,
        extensions=decode_extensions(
            keep_alive=wire.keep_alive, truncate=wire.truncate, shift=wire.shift
        ),
    )
    return Call(
        request=request,
        loads=not messages,
        stream=wire.stream is not False,
        keep_alive=keep_alive,
        debug_render_only=bool(wire.debug_render_only),
    )
