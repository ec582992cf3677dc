"""Events that bring a piece of text and nothing else, as nearly all of a stream do."""

from __future__ import annotations

from adapters.dialects.openai.outbound.answer_parts import said
from adapters.dialects.openai.outbound.schema import ABSENT, ANSWER, ReadMessage


def plain_text(payload: bytes) -> str:
    """Return the text of an event that tells of nothing else, empty for every other event."""
    try:
        event = ANSWER.decode(payload)
    except (ValueError, RecursionError):
        return ""
    if not event.choices or event.error is not ABSENT or event.usage is not ABSENT:
        return ""
    choice = event.choices[0]
    delta = choice.delta
    if (
        choice.index
        or choice.finish_reason
        or choice.logprobs is not None
        or event.timings is not ABSENT
        or event.x_groq is not ABSENT
    ):
        return ""
    if delta is None:
        return said(choice)
    if delta.tool_calls is not None or delta.function_call is not None:
        return ""
    content = delta.content
    return content if type(content) is str and has_no_thinking(delta) else ""


def has_no_thinking(delta: ReadMessage) -> bool:
    """Tell whether a delta tells of text alone, as far as thinking goes."""
    details = delta.reasoning_details
    return (
        delta.reasoning is None
        and delta.reasoning_content is None
        # OpenRouter says that there are none, in every delta.
        and (details is ABSENT or bytes(details) == b"[]")
    )
