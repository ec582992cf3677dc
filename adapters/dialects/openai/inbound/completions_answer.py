"""Whole answers to `/v1/completions` (docs/wire/dialects.md 5.2)."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import UNSET, UnsetType

from adapters.dialects.openai.inbound.completions import PromptsForm
from adapters.dialects.openai.inbound.completions_logprobs import WireColumns, encode_columns
from adapters.dialects.openai.inbound.schema_answer import Mark, encode
from adapters.dialects.openai.inbound.schema_completions import WireChoice, WireCompletion
from adapters.dialects.openai.inbound.usage import added, encode_usage
from ports.chat import ChatResponse, FinishReason


def encode_completion(responses: Sequence[ChatResponse], mark: Mark, form: PromptsForm) -> bytes:
    """Encode an answer of one choice for each response. Thinking has no place in it."""
    completion = WireCompletion(
        id=mark.id,
        created=mark.created,
        model=mark.model,
        choices=[
            WireChoice(
                text=echo + response.text,
                index=index,
                finish_reason=finish_reason(response.reason),
                logprobs=_columns(response, form),
            )
            for index, (response, echo) in enumerate(zip(responses, form.echoes, strict=True))
        ],
        usage=encode_usage(added([response.usage for response in responses])),
    )
    return encode(completion) + b"\n"


def finish_reason(reason: FinishReason) -> str:
    """Name the reason: a completion has no tools to call."""
    return (FinishReason.STOP if reason is FinishReason.TOOL_CALLS else reason).value


def _columns(response: ChatResponse, form: PromptsForm) -> WireColumns | UnsetType:
    if not (form.logprobs and response.logprobs):
        return UNSET
    return encode_columns(response.logprobs, offset=0, alternatives=form.alternatives)
