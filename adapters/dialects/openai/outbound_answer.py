"""An upstream's whole answer as a neutral one (docs/wire/dialects.md 1.3 and 2.7)."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import UNSET, UnsetType
from msgspec.json import Decoder

from adapters.dialects import think_tags
from adapters.dialects.openai.answer_parts import (
    Tally,
    finish_reason,
    first_choice,
    is_cut,
    is_there,
    logprobs_of,
    text_of,
    thinking_of,
)
from adapters.dialects.openai.errors import decode_bare, decode_inband
from adapters.dialects.openai.mending import mend
from adapters.dialects.openai.schema import Answer, ReadMessage
from adapters.dialects.openai.tool_fragments import ToolFragments
from ports.chat import ChatResponse, Effort
from ports.errors import BackendProtocolError

_STRICT = Decoder(Answer)
_LENIENT = Decoder(Answer, strict=False)


def decode_chat(body: bytes, *, think: bool | Effort | UnsetType = UNSET) -> ChatResponse:
    """Read the body of a 200 answer. With `think=False` any thinking in it is discarded.

    Raises the error that the body tells of, or `BackendProtocolError` if it is no answer:
    not JSON, no choices, a tool call that cannot be made. A last call that the token limit
    cut off is left out (`ToolFragments.finish`).
    """
    answer = read_answer(body, mend)
    raise_inband(answer)
    choice = first_choice(answer.choices or [])
    if not answer.choices:
        raise_bare(body)
    if choice is None:
        raise BackendProtocolError("invalid response from upstream")
    message = choice.message or choice.delta or ReadMessage()
    thinking, text = thinking_of(message), text_of(message)
    if not thinking:
        thinking, text = think_tags.split(text)
    fragments = ToolFragments()
    fragments.add_whole(message.tool_calls or ())
    calls = fragments.finish(str(answer.id or ""), cut=is_cut(choice.finish_reason))
    tally = Tally()
    tally.take(answer)
    usage, timing = tally.read()
    return ChatResponse(
        text=text,
        thinking="" if think is False else thinking,
        tool_calls=calls,
        logprobs=logprobs_of(choice.logprobs),
        reason=finish_reason(choice.finish_reason, calls=bool(calls)),
        usage=usage,
        timing=timing,
        model=model_of(answer),
    )


def read_answer(payload: bytes, mended: Callable[[bytes], bytes]) -> Answer:
    """Decode an answer or event, also when a server takes JSON lightly.

    Raises the error that it is, or `BackendProtocolError` if there is nothing to be made of it.
    """
    try:
        return _STRICT.decode(payload)
    except (ValueError, RecursionError):
        # A second look costs little, and an answer is dear.
        return read_mended(payload, mended)


def read_mended(payload: bytes, mended: Callable[[bytes], bytes]) -> Answer:
    """Do the same with an answer or event that must be mended. Raises the same."""
    try:
        return _LENIENT.decode(mended(payload))
    except (ValueError, RecursionError) as error:
        raise_bare(payload)
        raise BackendProtocolError("invalid response from upstream") from error


def raise_inband(answer: Answer) -> None:
    """Raise the error that an answer with status 200 tells of, if it does."""
    if is_there(answer.error):
        raise decode_inband(bytes(answer.error))
    for choice in answer.choices or ():
        if choice.finish_reason == "error":
            raise decode_inband(bytes(choice.error))


def raise_bare(payload: bytes) -> None:
    """Raise the error that an answer or event without choices is, without calling itself one."""
    error = decode_bare(payload)
    if error is not None:
        raise error


def model_of(answer: Answer) -> str:
    """Return the model that the upstream says has answered."""
    return answer.model if isinstance(answer.model, str) else ""
