"""What the controllers of every dialect ask of a request, and how they answer in events."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from litestar import Request

from adapters.dialects.replies.batches import Header
from adapters.dialects.replies.events import COMMENT, EventReply, Keepalive
from ports.caller import Caller
from ports.chat import ChatChunk, ChatStream
from ports.errors import GatewayError

AnyRequest = Request[Any, Any, Any]


class Events(Protocol):
    """Encodes the chunks of one stream as server-sent events, batch by batch."""

    def encode(self, chunks: Sequence[ChatChunk]) -> bytes:
        """Encode one batch; the one with the `FinishChunk` also ends the stream."""

    def fail(self, error: GatewayError) -> bytes:
        """Encode the event that ends a broken stream."""


def answer_in_events(  # noqa: PLR0913 - all but three by keyword
    request: AnyRequest,
    opening: AbstractAsyncContextManager[ChatStream],
    events: Events,
    *,
    keepalive: Keepalive,
    headers: Iterable[Header] = (),
    sign: bytes = COMMENT,
) -> EventReply[Sequence[ChatChunk]]:
    """Answer in events, once the first chunk is here; a refusal keeps its status.

    `sign` is what a waiting client gets for a sign of life, where `keepalive` asks for one.
    """
    return EventReply(
        opening,
        events.encode,
        noting(request, events.fail),
        keepalive=keepalive,
        headers=headers,
        sign=sign,
    )


def caller_of(request: AnyRequest) -> Caller:
    """Return who asks, as the front door found."""
    caller: Caller = request.scope["state"]["caller"]
    return caller


def noting(
    request: AnyRequest, fail: Callable[[GatewayError], bytes]
) -> Callable[[GatewayError], bytes]:
    """Make the function that notes and encodes a fault in mid-stream."""
    return lambda error: fail(noted(request, error))


def noted(request: AnyRequest, error: GatewayError) -> GatewayError:
    """Leave word of an error that the client is told here, for the request's log line."""
    request.scope["state"]["error"] = error
    return error
