"""What the handlers of every subject share."""

from __future__ import annotations

from secrets import token_hex

from adapters.dialects.controlling.asking import AnyRequest
from adapters.dialects.replies.batches import Header

JSON = (b"content-type", b"application/json")

_RANDOM_BYTES = 12


def request_id_of(request: AnyRequest) -> str:
    """Return what the front door calls this request."""
    request_id: str = request.scope["state"]["request_id"]
    return request_id


def new_message_id() -> str:
    """Return what one answer is called.

    Not by its request's id: clients may give the same to several, and count an answer whose id
    they have seen as one they have had.
    """
    return f"msg_{token_hex(_RANDOM_BYTES)}"


def naming(request: AnyRequest) -> Header:
    """Return the header in which clients look for the id of their request (7.1)."""
    return (b"request-id", request_id_of(request).encode())
