"""How the controllers of every dialect begin an answer, and answer in events.

What happens between a request that is admitted and its upstream is the same everywhere, in this
order: what it loses is allowed, or refused; its model counts as used; its upstream is asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from adapters.dialects.controlling.asking import AnyRequest, noting
from adapters.dialects.replies.batches import Header
from adapters.dialects.replies.dropping import headers_of
from adapters.dialects.replies.events import COMMENT, EventReply, Keepalive
from domain.residence import Residents
from domain.target import Target
from domain.translation import Translation
from ports.chat import ChatChunk, ChatStream
from ports.errors import GatewayError


class Events(Protocol):
    """Encodes the chunks of one stream as server-sent events, batch by batch."""

    def encode(self, chunks: Sequence[ChatChunk]) -> bytes:
        """Encode one batch; the one with the `FinishChunk` also ends the stream."""

    def fail(self, error: GatewayError) -> bytes:
        """Encode the event that ends a broken stream."""


class Answering:
    """Begins answers by the operator's rules."""

    def __init__(
        self, residents: Residents, translation: Translation, keepalive: Keepalive
    ) -> None:
        self._residents = residents
        self._translation = translation
        self._keepalive = keepalive

    def begin(
        self, target: Target, dropped: tuple[str, ...], keep_alive: float | None = None
    ) -> tuple[Header, ...]:
        """Let an admitted request go to its target, and note that its model is used.

        `dropped` and what comes back are as in `allow`, `keep_alive` as in `Residents.note`.
        """
        headers = self.allow(dropped)
        self._residents.note(target, keep_alive)
        return headers

    def allow(self, dropped: tuple[str, ...]) -> tuple[Header, ...]:
        """Return the header that tells what is dropped, by the client's own names; or none.

        Raises `Untranslatable` if anything is and that is forbidden.
        """
        self._translation.allow(dropped)
        return headers_of(dropped)

    def in_events(
        self,
        request: AnyRequest,
        opening: AbstractAsyncContextManager[ChatStream],
        events: Events,
        *,
        headers: Iterable[Header],
        sign: bytes = COMMENT,
    ) -> EventReply[Sequence[ChatChunk]]:
        """Answer in events, once the first chunk is here; a refusal keeps its status.

        `sign` is what a waiting client gets for a sign of life, where the operator wants one.
        """
        return EventReply(
            opening,
            events.encode,
            noting(request, events.fail),
            keepalive=self._keepalive,
            headers=headers,
            sign=sign,
        )
