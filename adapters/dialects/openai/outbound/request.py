"""Neutral requests to OpenAI-compatible servers, and their whole answers back.

Streams are in `stream`. Pure functions: no network, no clock, no log.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import UNSET
from msgspec.json import Encoder

from adapters.dialects.openai.outbound.answer import decode_chat
from adapters.dialects.openai.outbound.extensions import extra_fields, joined, merge
from adapters.dialects.openai.outbound.messages import encode_messages
from adapters.dialects.openai.outbound.models import decode_models
from adapters.dialects.openai.outbound.options import (
    encode_format,
    extra_options,
    set_options,
    with_schema,
)
from adapters.dialects.openai.outbound.profile import Profile
from adapters.dialects.openai.outbound.replay import Replays
from adapters.dialects.openai.outbound.schema import ChatBody, StreamOptions
from adapters.dialects.openai.outbound.thinking import extra_thinking
from adapters.dialects.openai.outbound.tools import set_tools
from ports.chat import ChatRequest, Message

__all__ = ["decode_chat", "decode_models", "encode_chat"]

_ENCODER = Encoder()
_USAGE_WANTED = StreamOptions()


def encode_chat(
    request: ChatRequest, *, stream: bool, profile: Profile, replays: Replays | None = None
) -> bytes:
    """Return the body of `POST /chat/completions` (docs/wire/dialects.md 2.2 to 2.6).

    Only what the client set and the profile takes is in it; no default is ever added. Usage
    is always asked for where that can be asked. `replays` are what this server wants back
    with the calls that it made; nothing is taken from them before there are calls.
    """
    body = ChatBody(
        model=request.model,
        messages=encode_messages(_messages(request, profile), profile, replays),
        stream=stream,
    )
    if stream and profile.stream_usage:
        body.stream_options = _USAGE_WANTED
    set_tools(body, request, profile)
    if request.format is not None:
        body.response_format = encode_format(request.format, profile)
    if profile.logprobs and (request.logprobs or request.top_logprobs):
        body.logprobs = True
        body.top_logprobs = request.top_logprobs or UNSET
    set_options(body, request.options, profile)
    extra = extra_options(request.options, profile)
    extra.update(extra_fields(request.extensions, profile.extensions))
    merge(extra, extra_thinking(request, profile))
    return joined(_ENCODER.encode(body), extra)


def _messages(request: ChatRequest, profile: Profile) -> Sequence[Message]:
    wanted = request.format
    if wanted is None or wanted.schema is None or profile.json_schema:
        return request.messages
    return with_schema(request.messages, wanted.schema)
