"""The events of each kind of item (docs/wire/dialects.md 6.4), which are counted through a stream.

Members are in the alphabetical order in which they were recorded. What stands around the text
of a delta is made once for an item, not for each event.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec.json import Encoder
from msgspec.structs import replace

from adapters.dialects.openai.inbound.schema_answer import WireLogprob
from adapters.dialects.openai.responses.output import message_item, reasoning_item
from adapters.dialects.openai.responses.reply import (
    CallItem,
    MessageItem,
    OutputText,
    ReasoningItem,
    Status,
    SummaryText,
)
from adapters.dialects.wire.escaping import encode_text, escape

_SORTED = Encoder(order="sorted").encode
_TEXT_DELTA = "response.output_text.delta"
_SUMMARY_DELTA = "response.reasoning_summary_text.delta"


class EventWriter:
    """Writes the events of one stream and counts them."""

    __slots__ = ("number",)

    def __init__(self) -> None:
        self.number = 0
        """Of the next event; whoever writes one elsewhere counts it."""

    def write(self, kind: str, **members: Any) -> bytes:
        """Write the next event."""
        data = _SORTED({"type": kind, "sequence_number": self.number, **members})
        self.number += 1
        return b"event: %b\ndata: %b\n\n" % (kind.encode(), escape(data))


class _Deltas:
    """The events that carry the pieces of one text. Made for the hot path."""

    __slots__ = ("_before", "_behind", "_end", "_writer", "pieces")

    def __init__(self, writer: EventWriter, kind: str, before: str, behind: str, end: str) -> None:
        """Take the members before `delta`, behind it, and behind the number."""
        self.pieces: list[str] = []
        self._writer = writer
        self._before = f'event: {kind}\ndata: {{{before}"delta":'.encode()
        self._behind = f',{behind},"sequence_number":'.encode()
        self._end = f',{end}"type":"{kind}"}}\n\n'.encode()

    def write(self, text: str) -> bytes:
        """Write the next piece."""
        self.pieces.append(text)
        writer = self._writer
        number = writer.number
        writer.number = number + 1
        return self._before + encode_text(text) + self._behind + b"%d" % number + self._end

    def text(self) -> str:
        """Return all of it."""
        return "".join(self.pieces)


class OpenReasoning:
    """A reasoning item that is open: events R1 to R6. It has text, not only a signature."""

    def __init__(self, writer: EventWriter, item_id: str, index: int) -> None:
        self.signature = ""
        self._writer = writer
        self._id = item_id
        self._index = index
        self._place = {"item_id": item_id, "output_index": index, "summary_index": 0}
        place = f'"item_id":"{item_id}","output_index":{index}'
        self._deltas = _Deltas(writer, _SUMMARY_DELTA, "", place, '"summary_index":0,')
        self.think = self._deltas.write

    def open(self) -> bytes:
        """Write what comes before the first piece."""
        write = self._writer.write
        item = ReasoningItem(id=self._id)
        return write("response.output_item.added", output_index=self._index, item=item) + write(
            "response.reasoning_summary_part.added", part=SummaryText(text=""), **self._place
        )

    def item(self, _status: Status) -> ReasoningItem:
        """Return the item as far as it has come."""
        return reasoning_item(self._id, self._deltas.text(), self.signature)

    def close(self, item: ReasoningItem) -> bytes:
        """Write what comes behind the last piece."""
        write = self._writer.write
        (part,) = item.summary
        events = (
            write("response.reasoning_summary_text.done", text=part.text, **self._place),
            write("response.reasoning_summary_part.done", part=part, **self._place),
            write("response.output_item.done", output_index=self._index, item=item),
        )
        return b"".join(events)


class OpenMessage:
    """A message that is open: events T1 to T6."""

    def __init__(self, writer: EventWriter, item_id: str, index: int) -> None:
        self._writer = writer
        self._id = item_id
        self._index = index
        self._logprobs: list[WireLogprob] = []
        self._place = {"item_id": item_id, "output_index": index, "content_index": 0}
        place = f'"item_id":"{item_id}","logprobs":[],"output_index":{index}'
        self._deltas = _Deltas(writer, _TEXT_DELTA, '"content_index":0,', place, "")
        self.say = self._deltas.write

    def open(self) -> bytes:
        """Write what comes before the first piece."""
        write = self._writer.write
        item = MessageItem(id=self._id, status="in_progress")
        return write("response.output_item.added", output_index=self._index, item=item) + write(
            "response.content_part.added", part=OutputText(text=""), **self._place
        )

    def say_with(self, text: str, logprobs: tuple[WireLogprob, ...]) -> bytes:
        """Write a piece whose tokens are told of."""
        self._deltas.pieces.append(text)
        self._logprobs += logprobs
        return self._writer.write(_TEXT_DELTA, delta=text, logprobs=logprobs, **self._place)

    def item(self, status: Status) -> MessageItem:
        """Return the item as far as it has come."""
        return message_item(self._id, self._deltas.text(), tuple(self._logprobs), status)

    def close(self, item: MessageItem) -> bytes:
        """Write what comes behind the last piece."""
        write = self._writer.write
        (part,) = item.content
        said = {"text": part.text, "logprobs": part.logprobs}
        events = (
            write("response.output_text.done", **said, **self._place),
            write("response.content_part.done", part=part, **self._place),
            write("response.output_item.done", output_index=self._index, item=item),
        )
        return b"".join(events)


def call_events(writer: EventWriter, index: int, item: CallItem) -> Iterator[bytes]:
    """Write a call, which comes whole: F1 to F4."""
    place = {"item_id": item.id, "output_index": index}
    begun = replace(item, status="in_progress", arguments="")
    yield writer.write("response.output_item.added", output_index=index, item=begun)
    yield writer.write("response.function_call_arguments.delta", delta=item.arguments, **place)
    yield writer.write(
        "response.function_call_arguments.done", arguments=item.arguments, name=item.name, **place
    )
    yield writer.write("response.output_item.done", output_index=index, item=item)


def signature_events(writer: EventWriter, index: int, item: ReasoningItem) -> Iterator[bytes]:
    """Write a reasoning item that has no text, only what is packed in it."""
    begun = ReasoningItem(id=item.id)
    yield writer.write("response.output_item.added", output_index=index, item=begun)
    yield writer.write("response.output_item.done", output_index=index, item=item)
