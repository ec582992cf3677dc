"""An upstream's whole answer as a neutral one (docs/wire/dialects.md 1.3 and 2.7)."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Raw
from msgspec.json import Decoder

from adapters.dialects.history.call_ids import answer_id_of
from adapters.dialects.openai.errors import decode_bare, decode_inband, is_token_limit
from adapters.dialects.openai.outbound.answer_parts import (
    Tally,
    finish_reason,
    first_choice,
    is_cut,
    is_there,
    logprobs_of,
    signatures_of,
    stop_sequence,
    text_of,
    thinking_of,
)
from adapters.dialects.openai.outbound.asked import NOTHING, Asked
from adapters.dialects.openai.outbound.replay import replay_of
from adapters.dialects.openai.outbound.schema import ANSWER, Answer, Choice, ReadMessage
from adapters.dialects.openai.outbound.stop_strings import cut
from adapters.dialects.openai.outbound.tool_fragments import ToolFragments
from adapters.dialects.upstreams import think_tags
from adapters.dialects.wire.mending import mend
from ports.chat import ChatResponse, Timing, Usage
from ports.errors import BackendError, BackendProtocolError

_LENIENT = Decoder(Answer, strict=False)


def decode_chat(body: bytes, asked: Asked = NOTHING) -> ChatResponse:
    """Read the body of a 200 answer.

    Raises the error that the body tells of, or `BackendProtocolError` if it is no answer:
    not JSON, no choices, a tool call that cannot be made. A last call that the token limit
    cut off is left out (`ToolFragments.finish`).
    """
    answer, choice, ended = read_choice(body)
    message = choice.message or choice.delta or ReadMessage()
    thinking, text = thinking_of(message), text_of(message)
    if not thinking:
        thinking, text = think_tags.split(text)
    fragments = ToolFragments()
    fragments.add_whole(message.tool_calls or ())
    fragments.add_older(message.function_call)
    calls = fragments.finish(str(answer.id or answer_id_of(body)), cut=is_cut(ended))
    if asked.one_call:
        calls = calls[:1]
    text, logprobs, stopped = cut(text, logprobs_of(choice.logprobs), asked.watched)
    if stopped:
        # Calls come behind the text.
        ended, calls = "stop", ()
    if asked.keep is not None and (replay := replay_of(calls, _details(message), fragments)):
        asked.keep(replay)
    usage, timing = counts_of(answer)
    return ChatResponse(
        text=text,
        thinking="" if asked.think is False else thinking,
        thinking_signature="" if asked.think is False else _signature(message),
        tool_calls=calls,
        logprobs=logprobs,
        reason=finish_reason(ended, calls=bool(calls)),
        usage=usage,
        timing=timing,
        model=model_of(answer),
        stop_sequence=stopped or stop_sequence(choice, asked.stop),
    )


def read_choice(body: bytes) -> tuple[Answer, Choice, object]:
    """Return the answer in a body, the choice that counts, and why it ended.

    Raises the error that the body tells of, or `BackendProtocolError` if it is no answer.
    """
    answer = read_answer(body, mend)
    choice = first_choice(answer.choices or [])
    error = inband_error(answer)
    if error is not None and (choice is None or not is_token_limit(error)):
        raise error
    if not answer.choices:
        raise_bare(body)
    if choice is None:
        raise BackendProtocolError("invalid response from upstream")
    return answer, choice, choice.finish_reason if error is None else "length"


def counts_of(answer: Answer) -> tuple[Usage, Timing]:
    """Return the tokens and times of a whole answer."""
    tally = Tally()
    tally.take(answer)
    return tally.read()


def _signature(message: ReadMessage) -> str:
    # Of several parts, each with its own, none is the signature of the whole.
    signatures = signatures_of(message)
    return signatures[0] if len(signatures) == 1 else ""


def _details(message: ReadMessage) -> Raw | None:
    details = message.reasoning_details
    is_list = is_there(details) and bytes(details).startswith(b"[")
    return details.copy() if is_list else None


def read_answer(payload: bytes, mended: Callable[[bytes], bytes]) -> Answer:
    """Decode an answer or event, also when a server takes JSON lightly.

    Raises the error that it is, or `BackendProtocolError` if there is nothing to be made of it.
    """
    try:
        return ANSWER.decode(payload)
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


def inband_error(answer: Answer) -> BackendError | None:
    """Return the error that an answer or event with status 200 tells of, if it does."""
    if is_there(answer.error):
        return decode_inband(bytes(answer.error))
    for choice in answer.choices or ():
        if choice.finish_reason == "error":
            return decode_inband(bytes(choice.error))
    return None


def raise_bare(payload: bytes) -> None:
    """Raise the error that an answer or event without choices is, without calling itself one."""
    error = decode_bare(payload)
    if error is not None:
        raise error


def model_of(answer: Answer) -> str:
    """Return the model that the upstream says has answered."""
    return answer.model if isinstance(answer.model, str) else ""
