"""Wire Structs of what `/api/chat` and `/api/generate` answer, in Ollama's key order.

docs/wire/ollama-api.md 3.2 and 3.3.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from adapters.dialects.ollama.logprobs import WireLogprob
from adapters.dialects.wire.escaping import escape
from ports.chat import FinishReason, ToolCall

_ENCODER = msgspec.json.Encoder()


class WireCalledFunction(Struct, frozen=True, kw_only=True, gc=False):
    """The function of a call. `index` counts over the whole answer."""

    index: int
    name: str
    arguments: Raw


class WireCall(Struct, frozen=True, kw_only=True, gc=False):
    """A tool call. There is no `type`, and in `/api/generate` no `id`."""

    id: str | UnsetType
    function: WireCalledFunction


class WireAnswer(Struct, frozen=True, kw_only=True, gc=False):
    """The message of an answer."""

    role: str = "assistant"
    content: str = ""
    thinking: str | UnsetType = UNSET
    tool_calls: tuple[WireCall, ...] | UnsetType = UNSET


class WireReply(Struct, frozen=True, kw_only=True, gc=False):
    """A whole answer of a chat, or the last line of its stream."""

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


class WireCompletion(Struct, frozen=True, kw_only=True, gc=False):
    """A whole answer to a prompt, or the last line of its stream."""

    model: str
    created_at: str
    response: str = ""
    thinking: str | UnsetType = UNSET
    done: bool = True
    done_reason: str
    total_duration: int | UnsetType = UNSET
    load_duration: int | UnsetType = UNSET
    prompt_eval_count: int | UnsetType = UNSET
    prompt_eval_duration: int | UnsetType = UNSET
    eval_count: int | UnsetType = UNSET
    eval_duration: int | UnsetType = UNSET
    tool_calls: tuple[WireCall, ...] | UnsetType = UNSET
    logprobs: tuple[WireLogprob, ...] | UnsetType = UNSET


def done_reason(reason: FinishReason) -> str:
    """Name the reason as Ollama does: it knows two, and all but `length` are `stop`."""
    return "length" if reason is FinishReason.LENGTH else "stop"


def encode(value: object) -> bytes:
    """Encode to JSON as Go would."""
    return escape(_ENCODER.encode(value))


def encode_calls(
    calls: Iterable[ToolCall], first_index: int = 0, *, with_ids: bool = True
) -> tuple[WireCall, ...]:
    """Turn tool calls into wire ones. Arguments keep their spelling but lose line breaks."""
    return tuple(
        WireCall(
            id=call.id if with_ids else UNSET,
            function=WireCalledFunction(
                index=index,
                name=call.name,
                arguments=Raw(msgspec.json.format(call.arguments.encode(), indent=-1)),
            ),
        )
        for index, call in enumerate(calls, first_index)
    )
