"""What this server tells of its routes."""

from __future__ import annotations

from msgspec import Struct


class Reference(Struct, frozen=True, kw_only=True):
    """The same in two forms."""

    document: bytes
    """An OpenAPI document, in JSON."""
    page: bytes
    """HTML."""
