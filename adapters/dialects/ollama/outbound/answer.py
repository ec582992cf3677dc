"""An Ollama server's whole answers as neutral ones (docs/wire/ollama-api.md 3.2, 3.3)."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import UNSET, Raw, UnsetType
from msgspec.json import Decoder

from adapters.dialects.ollama.outbound.parts import (
    Calls,
    calls_of,
    counted,
    finish_reason,
    logprobs_of,
    raise_error,
    read_line,
    text_of,
    thinking_of,
    timed,
    timing_of,
    usage_of,
)
from adapters.dialects.ollama.outbound.schema import Embedded
from ports.chat import ChatResponse, Effort, Timing, Usage
from ports.embed import EmbedResponse, Vector
from ports.errors import BackendProtocolError

_EMBEDDED = Decoder(Embedded)
_NUMBERS = Decoder(list[float])


def decode_answer(
    body: bytes, *, think: bool | Effort | UnsetType = UNSET, one_call: bool = False
) -> ChatResponse:
    """Read a whole answer of `/api/chat` or `/api/generate`.

    With `think=False` any thinking in it is discarded, with `one_call` every call but the
    first. Raises the error that the body tells
    of, or `BackendProtocolError` for what is no answer or, with `"done":false`, half of one.
    """
    answer = read_line(body)
    if not answer.done:
        raise BackendProtocolError("the answer ended before it was complete")
    if answer.message is None and answer.response is None:
        raise BackendProtocolError("invalid response from upstream")
    calls = tuple(Calls(only_one=one_call).take(calls_of(answer), body))
    return ChatResponse(
        text=text_of(answer),
        thinking="" if think is False else thinking_of(answer),
        tool_calls=calls,
        logprobs=logprobs_of(answer.logprobs),
        reason=finish_reason(answer, calls=bool(calls)),
        usage=usage_of(answer),
        timing=timing_of(answer),
        model=answer.model or "",
    )


def decode_embed(body: bytes, *, inputs: int) -> EmbedResponse:
    """Read the answer of `/api/embed` to so many inputs.

    Raises the error that the body tells of, or `BackendProtocolError` for what is no answer,
    or has not one vector for each input, all of one length.
    """
    try:
        answer = _EMBEDDED.decode(body)
        raise_error(answer.error)
        vectors = tuple(_vector(raw) for raw in answer.embeddings or ())
    except (ValueError, RecursionError) as error:
        raise BackendProtocolError("invalid response from upstream") from error
    _check(vectors, inputs)
    return EmbedResponse(
        vectors=vectors,
        usage=Usage(prompt_tokens=counted(answer.prompt_eval_count)),
        timing=Timing(load_ns=timed(answer.load_duration)),
        model=answer.model or "",
    )


def _vector(raw: Raw) -> Vector:
    return Vector(values=_NUMBERS.decode(raw), text=raw)


def _check(vectors: Sequence[Vector], inputs: int) -> None:
    if len(vectors) != inputs:
        raise BackendProtocolError("the upstream sent another number of vectors than of inputs")
    if len({len(vector.values) for vector in vectors}) > 1:
        raise BackendProtocolError("the upstream sent vectors of different lengths")
