"""Prompts to complete, as requests to OpenAI-compatible servers, and their whole answers back.

docs/wire/dialects.md 5. Streams are read where those of chats are: `stream.ChatEvents`.
"""

from __future__ import annotations

from typing import Any

from msgspec import UNSET, Raw
from msgspec.json import Encoder

from adapters.dialects.openai.outbound.answer import counts_of, model_of, read_choice
from adapters.dialects.openai.outbound.answer_parts import (
    completion_text,
    finish_reason,
    logprobs_of,
    stop_sequence,
    text_of,
)
from adapters.dialects.openai.outbound.asked import NOTHING, Asked
from adapters.dialects.openai.outbound.extensions import extra_fields, joined
from adapters.dialects.openai.outbound.options import (
    extra_options,
    limit_of,
    schema_format,
    sent_stops,
)
from adapters.dialects.openai.outbound.profile import Profile
from adapters.dialects.openai.outbound.schema import (
    CompletionBody,
    ResponseFormat,
    StreamOptions,
)
from adapters.dialects.openai.outbound.stop_strings import cut
from ports.chat import ChatResponse, JsonFormat
from ports.errors import InvalidRequest
from ports.generate import GenerateRequest

_ENCODER = Encoder()
_USAGE_WANTED = StreamOptions()
_ANY_OBJECT = Raw(b'{"type":"object"}')


def completion_path(request: GenerateRequest, profile: Profile) -> str:
    """Return where the prompt is sent.

    Raises `InvalidRequest` where the server has no place for it.
    """
    path = profile.infill if request.suffix else profile.completions
    if not path:
        raise not_supported(request)
    return path


def not_supported(request: GenerateRequest) -> InvalidRequest:
    """Return the error that says what of the request the server cannot do."""
    what = "suffix" if request.suffix else "raw mode"
    return InvalidRequest(f"{what} is not supported by this backend")


def encode_completion(request: GenerateRequest, *, stream: bool, profile: Profile) -> bytes:
    """Return the body of `POST /completions`.

    Only what the client set and the profile takes is in it. `think`, `system`, `template` and
    `context` have no place beside a prompt that no template is applied to. Raises
    `InvalidRequest` for images, and for a format that the server cannot be told.
    """
    if request.images:
        raise InvalidRequest("images are not supported with this prompt by this backend")
    options = request.options
    body = CompletionBody(
        model=request.model,
        prompt=request.prompt,
        stream=stream,
        suffix=request.suffix or UNSET,
        temperature=options.temperature,
        top_p=options.top_p,
        presence_penalty=options.presence_penalty,
        frequency_penalty=options.frequency_penalty,
        max_tokens=limit_of(options) if profile.max_tokens_field else UNSET,
    )
    if stream and profile.stream_usage:
        body.stream_options = _USAGE_WANTED
    if options.stop:
        body.stop = sent_stops(options, profile) or UNSET
    if profile.logprobs and (request.logprobs or request.top_logprobs):
        body.logprobs = request.top_logprobs
    extra = extra_options(options, profile)
    extra.update(extra_fields(request.extensions, profile.prompt_extensions))
    if request.format is not None:
        extra.update(_format(request.format, profile))
    return joined(_ENCODER.encode(body), extra)


def decode_completion(body: bytes, asked: Asked = NOTHING) -> ChatResponse:
    """Read the body of a 200 answer to a prompt, its text as it is.

    Servers that fill gaps may answer as to a chat. Errors as in `answer.decode_chat`.
    """
    answer, choice, ended = read_choice(body)
    message = choice.message or choice.delta
    text = completion_text(choice) if message is None else text_of(message)
    text, logprobs, stopped = cut(text, logprobs_of(choice.logprobs), asked.watched)
    usage, timing = counts_of(answer)
    return ChatResponse(
        text=text,
        logprobs=logprobs,
        reason=finish_reason("stop" if stopped else ended, calls=False),
        usage=usage,
        timing=timing,
        model=model_of(answer),
        stop_sequence=stopped or stop_sequence(choice, asked.stop),
    )


def _format(wanted: JsonFormat, profile: Profile) -> dict[str, Any]:
    match profile.completion_format:
        case "none":
            raise InvalidRequest("format is not supported with this prompt by this backend")
        case "json_schema":
            return {"json_schema": wanted.schema or _ANY_OBJECT}
        case "response_format" if wanted.schema is None:
            return {"response_format": ResponseFormat(type="json_object")}
        case "response_format":
            return {"response_format": schema_format(wanted, wanted.schema)}
