"""Whole answers to `/v1/chat/completions` (docs/wire/dialects.md 1.3)."""

from __future__ import annotations

from msgspec import UNSET

from adapters.dialects.openai.inbound.chat import Form
from adapters.dialects.openai.inbound.schema_answer import (
    Mark,
    WireAnswer,
    WireChoice,
    WireCompletion,
    encode,
    encode_called,
    encode_calls,
    encode_logprobs,
)
from adapters.dialects.openai.inbound.usage import encode_usage
from ports.chat import ChatResponse, FinishReason

FUNCTION_CALL = "function_call"
"""Why an answer ended, to a client that knows functions only."""


def encode_chat(response: ChatResponse, mark: Mark, form: Form) -> bytes:
    """Encode a whole answer. The text beside calls is `""`, never null."""
    choice = WireChoice(
        message=_message(response, form),
        finish_reason=finish_reason(response.reason, form),
        logprobs=(
            encode_logprobs(response.logprobs, alternatives=form.alternatives)
            if form.logprobs and response.logprobs
            else UNSET
        ),
    )
    completion = WireCompletion(
        id=mark.id,
        created=mark.created,
        model=mark.model,
        choices=(choice,),
        usage=encode_usage(response.usage),
    )
    return encode(completion) + b"\n"


def finish_reason(reason: FinishReason, form: Form) -> str:
    """Name the reason as the client knows it."""
    return FUNCTION_CALL if form.legacy and reason is FinishReason.TOOL_CALLS else reason.value


def _message(response: ChatResponse, form: Form) -> WireAnswer:
    calls = response.tool_calls
    legacy = form.legacy and bool(calls)
    return WireAnswer(
        role="assistant",
        content=response.text,
        reasoning=(form.reasoning and response.thinking) or UNSET,
        # One call fits into the older form. More than one was not asked for, and is not lost.
        tool_calls=encode_calls(calls[1:] if legacy else calls) or UNSET,
        function_call=encode_called(calls[0]) if legacy else UNSET,
    )
