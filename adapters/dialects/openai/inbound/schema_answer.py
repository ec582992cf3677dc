"""Wire Structs of what `/v1/chat/completions` answers, in Ollama's key order.

docs/wire/dialects.md 1.3, 1.4 and 1.9.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType

from adapters.dialects.openai.inbound.usage import WireUsage
from adapters.dialects.wire.escaping import escape
from ports.chat import TokenLogprob, ToolCall

FINGERPRINT = "fp_ollama"
"""What Ollama's server says it is, and so do we in its place."""

_ENCODER = msgspec.json.Encoder()


class Mark(Struct, frozen=True, kw_only=True, gc=False):
    """What is the same in all of an answer. `created` is in Unix seconds, `model` the client's."""

    id: str
    created: int
    model: str


class WireCalled(Struct, gc=False):
    """A function and its arguments, JSON in a string."""

    name: str
    arguments: str


class WireCall(Struct, kw_only=True, gc=False):
    """A tool call. `index` counts over the whole answer."""

    id: str
    index: int
    type: str = "function"
    function: WireCalled


class WireAlternative(Struct, kw_only=True, gc=False):
    """A likely token; `bytes` is null where nobody knows them."""

    token: str
    logprob: float
    bytes: tuple[int, ...] | None


class WireLogprob(WireAlternative, kw_only=True, gc=False):
    """The token that was taken, and others in its place."""

    top_logprobs: tuple[WireAlternative, ...]


class WireLogprobs(Struct, gc=False):
    """The log probabilities of a text."""

    content: tuple[WireLogprob, ...]


class WireAnswer(Struct, kw_only=True, gc=False):
    """A message, or a delta of one. Neither text nor calls are ever null."""

    role: str | UnsetType = UNSET
    content: str | UnsetType = UNSET
    reasoning: str | UnsetType = UNSET
    tool_calls: tuple[WireCall, ...] | UnsetType = UNSET
    function_call: WireCalled | UnsetType = UNSET


class WireChoice(Struct, kw_only=True, gc=False):
    """The only choice there is."""

    index: int = 0
    message: WireAnswer
    finish_reason: str
    logprobs: WireLogprobs | UnsetType = UNSET


class WireCompletion(Struct, kw_only=True, gc=False):
    """A whole answer."""

    id: str
    object: str = "chat.completion"
    created: int
    model: str
    system_fingerprint: str = FINGERPRINT
    choices: tuple[WireChoice, ...]
    usage: WireUsage | UnsetType = UNSET


def encode(value: Any) -> bytes:
    """Encode to JSON as Go does: HTML characters and odd line ends escaped."""
    return escape(_ENCODER.encode(value))


def encode_calls(calls: Iterable[ToolCall], first_index: int = 0) -> tuple[WireCall, ...]:
    """Turn tool calls into wire ones, the arguments as they were spelled."""
    return tuple(
        WireCall(id=call.id, index=index, function=encode_called(call))
        for index, call in enumerate(calls, first_index)
    )


def encode_called(call: ToolCall) -> WireCalled:
    """Return the function of a call."""
    return WireCalled(call.name, call.arguments)


def encode_logprobs(logprobs: Iterable[TokenLogprob], *, alternatives: bool) -> WireLogprobs:
    """Turn log probabilities into wire ones; alternatives only for who asked for them."""
    return WireLogprobs(
        tuple(
            WireLogprob(
                token=it.token,
                logprob=it.logprob,
                bytes=it.bytes,
                top_logprobs=_alternatives(it.top) if alternatives else (),
            )
            for it in logprobs
        )
    )


def _alternatives(top: Iterable[TokenLogprob]) -> tuple[WireAlternative, ...]:
    return tuple(WireAlternative(token=it.token, logprob=it.logprob, bytes=it.bytes) for it in top)
