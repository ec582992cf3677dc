"""Events that bring a piece of text and nothing else, as nearly all of a stream do."""

from __future__ import annotations

from adapters.dialects.openai.outbound.answer_parts import completion_text
from adapters.dialects.openai.outbound.schema import ABSENT, Answer, Choice, ReadMessage


def plain_text(event: Answer) -> str:
    """Return the text of an event that tells of nothing else, empty for every other event."""
    if not event.choices:
        return ""
    choice = event.choices[0]
    text = _only_text(choice, choice.delta)
    return "" if not text or _tells_more(event, choice) else text


def _only_text(choice: Choice, delta: ReadMessage | None) -> str:
    if delta is None:
        return completion_text(choice) if choice.message is None else ""
    content = delta.content
    if not content or type(content) is not str:
        return ""
    details = delta.reasoning_details
    alone = (
        delta.tool_calls is None
        and delta.function_call is None
        and delta.reasoning is None
        and delta.reasoning_content is None
        # OpenRouter says that there are none, in every delta.
        and (details is ABSENT or bytes(details) == b"[]")
    )
    return content if alone else ""


def _tells_more(event: Answer, choice: Choice) -> bool:
    return bool(
        choice.index
        or choice.finish_reason
        or choice.logprobs is not None
        or event.error is not ABSENT
        or event.usage is not ABSENT
        or event.timings is not ABSENT
        or event.x_groq is not ABSENT
    )
