"""What an answer holds, whole and in a stream alike (docs/wire/dialects.md 6.3)."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import UNSET

from adapters.dialects.history.call_ids import made_id
from adapters.dialects.openai.inbound.schema_answer import WireLogprob
from adapters.dialects.openai.responses.packing import pack
from adapters.dialects.openai.responses.reply import (
    CallItem,
    IncompleteDetails,
    InputDetails,
    MessageItem,
    OutputDetails,
    OutputText,
    ReasoningItem,
    Status,
    SummaryText,
    WireUsage,
)
from adapters.dialects.openai.responses.tools import Called
from ports.chat import FinishReason, ToolCall, Usage

INCOMPLETE: Mapping[FinishReason, IncompleteDetails] = {
    FinishReason.LENGTH: IncompleteDetails(reason="max_output_tokens"),
    FinishReason.CONTENT_FILTER: IncompleteDetails(reason="content_filter"),
}
"""Ends that leave an answer incomplete; every other one is a good end (1.6)."""


def reasoning_item(item_id: str, thinking: str, signature: str) -> ReasoningItem:
    """Return what the model thought; what is packed in it comes back with the next request."""
    return ReasoningItem(
        id=item_id,
        summary=(SummaryText(text=thinking),) if thinking else (),
        encrypted_content=pack(thinking, signature),
    )


def message_item(
    item_id: str, text: str, logprobs: tuple[WireLogprob, ...], status: Status
) -> MessageItem:
    """Return what the model said."""
    return MessageItem(
        id=item_id, status=status, content=(OutputText(text=text, logprobs=logprobs),)
    )


class Calls:
    """Turns the calls of one answer into items."""

    def __init__(self, names: Mapping[str, Called]) -> None:
        """Take how the client calls each function, by the name that the upstream knows."""
        self._names = names
        self._used: set[str] = set()

    def item(self, item_id: str, call: ToolCall) -> CallItem:
        """Return the next call, under an id that no other call of this answer has.

        Clients tell calls apart by that id alone, and some upstreams give one twice.
        """
        call_id = call.id
        while call_id in self._used:
            call_id = made_id(item_id, len(self._used))
        self._used.add(call_id)
        called = self._names.get(call.name) or Called(call.name)
        return CallItem(
            id=item_id,
            status="completed",
            call_id=call_id,
            namespace=called.namespace or UNSET,
            name=called.name,
            arguments=call.arguments,
        )


def encode_usage(usage: Usage) -> WireUsage:
    """Return the tokens; what the upstream did not count is 0.

    Null would say more, but there are clients that take `response.completed` for no event that
    they know, and the answer for one without an end, if a count is missing there.
    """
    prompt, completion = usage.prompt_tokens or 0, usage.completion_tokens or 0
    return WireUsage(
        input_tokens=prompt,
        output_tokens=completion,
        total_tokens=prompt + completion,
        input_tokens_details=InputDetails(
            cached_tokens=usage.cached_tokens or 0,
            cache_write_tokens=usage.cache_write_tokens or 0,
        ),
        output_tokens_details=OutputDetails(reasoning_tokens=usage.reasoning_tokens or 0),
    )
