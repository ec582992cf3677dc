"""Neutral requests to an Ollama server: `/api/chat`, `/api/generate`, `/api/embed`.

Whole answers are in `answer`, streams in `stream`. `stream` is always sent:
the server's own default is true (docs/wire/dialects.md 3.1).
"""

from __future__ import annotations

from msgspec import UNSET, UnsetType
from msgspec.json import Encoder

from adapters.dialects.ollama.outbound.messages import encode_messages
from adapters.dialects.ollama.outbound.options import (
    encode_format,
    encode_options,
    encode_think,
)
from adapters.dialects.ollama.outbound.schema import (
    SentChat,
    SentEmbed,
    SentEmptyEmbed,
    SentGenerate,
    SentLoad,
)
from adapters.dialects.ollama.outbound.tools import encode_tools, with_choice
from adapters.dialects.requests.extensions import KEEP_ALIVE, SHIFT, TRUNCATE
from ports.chat import ChatRequest
from ports.embed import EmbedRequest
from ports.generate import GenerateRequest

_ENCODER = Encoder()


def encode_chat(request: ChatRequest, *, stream: bool) -> bytes:
    """Return the body of `/api/chat`. Only what the client set is in it.

    Raises `InvalidRequest` for a tool call of the history whose arguments are no object.
    """
    extensions = request.extensions
    body = SentChat(
        model=request.model,
        messages=encode_messages(with_choice(request)),
        stream=stream,
        tools=encode_tools(request),
        format=encode_format(request.format),
        options=encode_options(request.options),
        think=encode_think(request.think),
        logprobs=_logprobs(request),
        top_logprobs=request.top_logprobs or UNSET,
        keep_alive=extensions.get(KEEP_ALIVE, UNSET),
        truncate=extensions.get(TRUNCATE, UNSET),
        shift=extensions.get(SHIFT, UNSET),
    )
    return _ENCODER.encode(body)


def encode_generate(request: GenerateRequest, *, stream: bool) -> bytes:
    """Return the body of `/api/generate`. Only what the client set is in it."""
    extensions = request.extensions
    body = SentGenerate(
        model=request.model,
        prompt=request.prompt,
        suffix=request.suffix or UNSET,
        system=request.system or UNSET,
        template=request.template or UNSET,
        context=request.context or UNSET,
        images=[image.data for image in request.images] or UNSET,
        raw=request.raw or UNSET,
        stream=stream,
        format=encode_format(request.format),
        options=encode_options(request.options),
        think=encode_think(request.think),
        logprobs=_logprobs(request),
        top_logprobs=request.top_logprobs or UNSET,
        keep_alive=extensions.get(KEEP_ALIVE, UNSET),
        truncate=extensions.get(TRUNCATE, UNSET),
        shift=extensions.get(SHIFT, UNSET),
    )
    return _ENCODER.encode(body)


def encode_embed(request: EmbedRequest) -> bytes:
    """Return the body of `/api/embed`; one input goes as a list too."""
    body = SentEmbed(
        model=request.model,
        input=request.inputs,
        truncate=UNSET if request.truncate else False,
        dimensions=request.dimensions,
        options=encode_options(request.options),
        keep_alive=request.extensions.get(KEEP_ALIVE, UNSET),
    )
    return _ENCODER.encode(body)


def encode_load(model: str, keep_alive: float | None) -> bytes:
    """Return the body of `/api/generate` that loads or unloads a model (ollama-api.md 2.9).

    `keep_alive` is in seconds, negative for ever, 0 to unload, `None` for the default.
    """
    return _ENCODER.encode(SentLoad(model=model, keep_alive=_absent(keep_alive)))


def encode_embed_load(model: str, keep_alive: float | None) -> bytes:
    """Return the body of `/api/embed` that does the same with a model that only embeds."""
    return _ENCODER.encode(SentEmptyEmbed(model=model, keep_alive=_absent(keep_alive)))


def _logprobs(request: ChatRequest | GenerateRequest) -> bool | UnsetType:
    return True if request.logprobs or request.top_logprobs else UNSET


def _absent(keep_alive: float | None) -> float | UnsetType:
    return UNSET if keep_alive is None else keep_alive
