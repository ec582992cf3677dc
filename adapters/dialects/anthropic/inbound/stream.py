"""A streamed answer as the events of `/v1/messages`, in their exact order (7.7).

Blocks are numbered without gaps and one is open at a time; each is closed before the next
begins, and the last before `message_delta`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from msgspec import Struct

from adapters.dialects.anthropic import errors
from adapters.dialects.anthropic.inbound.replies import (
    WireAnswer,
    WireStop,
    WireUsage,
    encode,
    encode_stop,
    encode_usage,
)
from adapters.dialects.anthropic.tool_ids import encode_id
from adapters.dialects.wire.escaping import encode_text
from ports.chat import (
    ChatChunk,
    FinishChunk,
    TextChunk,
    ThinkingChunk,
    ToolCall,
    ToolCallChunk,
    Usage,
)
from ports.errors import GatewayError

PING = b'event: ping\ndata: {"type":"ping"}\n\n'
"""A sign of life; clients pass over it."""

_STOP = b'event: message_stop\ndata: {"type":"message_stop"}\n\n'
_END = b"\n\n"
_DELTA_END = b"}}\n\n"
_SIGNATURE = b'{"type":"signature_delta","signature":'
_ARGUMENTS = b'{"type":"input_json_delta","partial_json":'


class _Kind(Struct, frozen=True, gc=False):
    """A kind of block that grows: what it begins with, and how a piece of it does."""

    block: bytes
    delta: bytes


_TEXT = _Kind(b'{"type":"text","text":""}', b'{"type":"text_delta","text":')
_THINKING = _Kind(
    b'{"type":"thinking","thinking":"","signature":""}',
    b'{"type":"thinking_delta","thinking":',
)


class _Start(Struct, tag_field="type", tag="message_start", gc=False):
    message: WireAnswer


class _Delta(Struct, tag_field="type", tag="message_delta", gc=False):
    delta: WireStop
    usage: WireUsage


class MessageEvents:
    """The events of one answer, batch by batch."""

    def __init__(self, message_id: str, model: str, *, estimate: int, request_id: str) -> None:
        """Take the ids, the model as the client named it, and what its prompt may count.

        `estimate` is what the first event says, and the last where the upstream does not count.
        """
        self._id = message_id
        self._model = model
        self._estimate = estimate
        self._request_id = request_id
        self._started = False
        self._called = False
        self._index = 0
        self._open: _Kind | None = None
        self._head = b""
        """What stands before the piece in each delta of the open block."""

    def encode(self, chunks: Sequence[ChatChunk]) -> bytes:
        """Encode one batch; the one with the `FinishChunk` also ends the stream."""
        only = chunks[0]
        if len(chunks) == 1 and type(only) is TextChunk and self._open is _TEXT:
            return self._head + encode_text(only.text) + _DELTA_END
        events: list[bytes] = [] if self._started else [self._start(chunks[-1])]
        for chunk in chunks:
            match chunk:
                case TextChunk():
                    self._piece(_TEXT, chunk.text, events)
                case ThinkingChunk():
                    self._think(chunk, events)
                case ToolCallChunk():
                    self._call(chunk.call, events)
                case FinishChunk():
                    self._finish(chunk, events)
                case _:
                    assert_never(chunk)
        return b"".join(events)

    def fail(self, error: GatewayError) -> bytes:
        """Encode the event that ends a broken stream. Nothing may follow it."""
        return errors.event(error, request_id=self._request_id)

    def _start(self, last: ChatChunk) -> bytes:
        self._started = True
        # An answer that came at once brings its figures along.
        usage = last.usage if isinstance(last, FinishChunk) else Usage()
        counted = encode_usage(usage, self._estimate)
        counted.output_tokens = 0
        answer = WireAnswer(
            id=self._id,
            model=self._model,
            content=[],
            stop_reason=None,
            stop_sequence=None,
            usage=counted,
        )
        return b"event: message_start\ndata: " + encode(_Start(answer)) + _END

    def _piece(self, kind: _Kind, text: str, events: list[bytes]) -> None:
        if text:
            self._enter(kind, events)
            events += self._head, encode_text(text), _DELTA_END

    def _think(self, chunk: ThinkingChunk, events: list[bytes]) -> None:
        self._piece(_THINKING, chunk.text, events)
        if chunk.signature:
            self._enter(_THINKING, events)
            events += _delta(self._index, _SIGNATURE), encode_text(chunk.signature), _DELTA_END
            self._leave(events)  # what is thought from here on has a signature of its own

    def _call(self, call: ToolCall, events: list[bytes]) -> None:
        self._leave(events)
        self._called = True
        index, self._index = self._index, self._index + 1
        block = b'{"type":"tool_use","id":%b,"name":%b,"input":{}}' % (
            encode_text(encode_id(call.id)),
            encode_text(call.name),
        )
        events += (
            _block_start(index, block),
            _delta(index, _ARGUMENTS),
            encode_text(call.arguments),
            _DELTA_END,
            _block_stop(index),
        )

    def _finish(self, chunk: FinishChunk, events: list[bytes]) -> None:
        self._leave(events)
        end = _Delta(
            encode_stop(chunk.reason, chunk.stop_sequence, called=self._called),
            encode_usage(chunk.usage, self._estimate),
        )
        events += b"event: message_delta\ndata: ", encode(end), _END, _STOP

    def _enter(self, kind: _Kind, events: list[bytes]) -> None:
        """Have a block of this kind open."""
        if self._open is kind:
            return
        self._leave(events)
        self._open = kind
        self._head = _delta(self._index, kind.delta)
        events.append(_block_start(self._index, kind.block))

    def _leave(self, events: list[bytes]) -> None:
        """Have no block open."""
        if self._open is not None:
            self._open = None
            events.append(_block_stop(self._index))
            self._index += 1


def _block_start(index: int, block: bytes) -> bytes:
    return (
        b'event: content_block_start\ndata: {"type":"content_block_start","index":%d,'
        b'"content_block":%b}\n\n' % (index, block)
    )


def _delta(index: int, delta: bytes) -> bytes:
    """Return a delta up to where its text stands."""
    return (
        b'event: content_block_delta\ndata: {"type":"content_block_delta","index":%d,"delta":%b'
        % (index, delta)
    )


def _block_stop(index: int) -> bytes:
    return b'event: content_block_stop\ndata: {"type":"content_block_stop","index":%d}\n\n' % index
