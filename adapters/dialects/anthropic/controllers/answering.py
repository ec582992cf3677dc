"""What the handlers of every subject share."""

from __future__ import annotations

from adapters.dialects.asking import AnyRequest
from adapters.dialects.replies import Header

JSON = (b"content-type", b"application/json")

TOKENS = b"x-llamaport-tokens"
"""Tells whether the upstream counted tokens, or this server only estimates."""


def request_id_of(request: AnyRequest) -> str:
    """Return what the front door calls this request."""
    request_id: str = request.scope["state"]["request_id"]
    return request_id


def message_id_of(request: AnyRequest) -> str:
    """Return what the answer to this request is called: as the request, but for the kind."""
    return f"msg_{request_id_of(request).removeprefix('req_')}"


def naming(request: AnyRequest) -> Header:
    """Return the header in which clients look for the id of their request (7.1)."""
    return (b"request-id", request_id_of(request).encode())
