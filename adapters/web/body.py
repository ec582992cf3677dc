"""The bound on the size of request bodies."""

from __future__ import annotations

from adapters.dialects.replies.batches import Message, Receive
from ports.errors import BodyTooLarge

_MOST_DIGITS = 19
"""Of a number of bytes that any machine can count."""


def require_length(content_length: bytes, limit: int) -> None:
    """Raise `BodyTooLarge` if the header says more than `limit` bytes; empty if it is absent.

    A length that is no number is the server's business, and the bytes are counted anyway.
    """
    if not content_length.isdigit():
        return
    digits = content_length.lstrip(b"0") or b"0"
    # Python reads no number of thousands of digits.
    if len(digits) > _MOST_DIGITS or int(digits) > limit:
        raise too_large(limit)


class BoundedBody:
    """A `receive` that raises `BodyTooLarge` as soon as more than `limit` bytes have come."""

    __slots__ = ("_left", "_limit", "_receive")

    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive = receive
        self._limit = limit
        self._left = limit

    async def receive(self) -> Message:
        """Pass on the next message."""
        message = await self._receive()
        if body := message.get("body"):
            self._left -= len(body)
            if self._left < 0:
                raise too_large(self._limit)
        return message


def too_large(limit: int) -> BodyTooLarge:
    """Say that a body is longer than `limit` bytes."""
    return BodyTooLarge(f"request body too large: at most {limit} bytes are accepted")
