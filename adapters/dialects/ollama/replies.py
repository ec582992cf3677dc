"""Wire Structs of what `/api/chat` answers, in Ollama's key order (docs/wire/ollama-api.md 3.3)."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from adapters.dialects.escaping import escape
from ports.chat import FinishReason, TokenLogprob, ToolCall

_ENCODER = msgspec.json.Encoder()


class WireCalledFunction(Struct, frozen=True, kw_only=True, gc=False):
    """The function of a call. `index` counts over the whole answer."""

    index: int
    name: str
    arguments: Raw


class WireCall(Struct, frozen=True, kw_only=True, gc=False):
    """A tool call. There is no `type`."""

    id: str
    function: WireCalledFunction


class WireLogprob(Struct, frozen=True, kw_only=True, gc=False):
    """A token and, where they were asked for, its alternatives."""

    token: str
    logprob: float
    bytes: tuple[int, ...] | UnsetType = UNSET
    top_logprobs: tuple[WireLogprob, ...] | UnsetType = UNSET


class WireAnswer(Struct, frozen=True, kw_only=True, gc=False):
    """The message of an answer."""

    role: str = "assistant"
    content: str = ""
    thinking: str | UnsetType = UNSET
    tool_calls: tuple[WireCall, ...] | UnsetType = UNSET


class WireReply(Struct, frozen=True, kw_only=True, gc=False):
    """A whole answer, or the last line of a stream."""

    model: str
    created_at: str
    message: WireAnswer
    done: bool = True
    done_reason: str
    logprobs: tuple[WireLogprob, ...] | UnsetType = UNSET
    total_duration: int | UnsetType = UNSET
    load_duration: int | UnsetType = UNSET
    prompt_eval_count: int | UnsetType = UNSET
    prompt_eval_duration: int | UnsetType = UNSET
    eval_count: int | UnsetType = UNSET
    eval_duration: int | UnsetType = UNSET


def done_reason(reason: FinishReason) -> str:
    """Name the reason as Ollama does: it knows two, and all but `length` are `stop`."""
    return "length" if reason is FinishReason.LENGTH else "stop"


def encode(value: object) -> bytes:
    """Encode to JSON as Go would."""
    return escape(_ENCODER.encode(value))


def encode_calls(calls: Iterable[ToolCall], first_index: int = 0) -> tuple[WireCall, ...]:
    """Turn tool calls into wire ones. Arguments keep their spelling but lose line breaks."""
    return tuple(
        WireCall(
            id=call.id,
            function=WireCalledFunction(
                index=index,
                name=call.name,
                arguments=Raw(msgspec.json.format(call.arguments.encode(), indent=-1)),
            ),
        )
        for index, call in enumerate(calls, first_index)
    )


def encode_logprobs(
    logprobs: Iterable[TokenLogprob], *, alternatives: bool
) -> tuple[WireLogprob, ...]:
    """Turn log probabilities into wire ones.

    Upstreams send alternatives unasked; they go on only to clients that asked for them.
    """
    return tuple(
        WireLogprob(
            token=logprob.token,
            logprob=logprob.logprob,
            bytes=UNSET if logprob.bytes is None else logprob.bytes,
            top_logprobs=_alternatives(logprob) if alternatives else UNSET,
        )
        for logprob in logprobs
    )


def _alternatives(logprob: TokenLogprob) -> tuple[WireLogprob, ...] | UnsetType:
    return encode_logprobs(logprob.top, alternatives=False) or UNSET
