"""Asking a server for the tokens of a chat (docs/wire/dialects.md 7.9).

vLLM and llama.cpp take the chat as it would be asked, and answer `count` or `input_tokens`.
"""

from __future__ import annotations

from msgspec import Struct
from msgspec.json import Decoder
from msgspec.structs import replace

from adapters.dialects.openai.outbound.profile import Profile
from adapters.dialects.openai.outbound.request import encode_chat
from ports.chat import ChatRequest, Options
from ports.errors import BackendProtocolError


class _Counted(Struct, gc=False):
    count: int | None = None
    input_tokens: int | None = None


_DECODER = Decoder(_Counted)


def encode_count(request: ChatRequest, profile: Profile) -> bytes:
    """Return the body: the chat without what only matters to its answer."""
    return encode_chat(replace(request, options=Options()), stream=False, profile=profile)


def decode_count(body: bytes) -> int:
    """Read the answer. Raises `BackendProtocolError` if no number is in it."""
    try:
        wire = _DECODER.decode(body)
    except (ValueError, RecursionError) as error:
        raise BackendProtocolError("invalid response from upstream") from error
    tokens = wire.count if wire.input_tokens is None else wire.input_tokens
    if tokens is None or tokens < 0:
        raise BackendProtocolError("invalid response from upstream")
    return tokens
