"""The header that tells how the tokens of a prompt were counted."""

from __future__ import annotations

from adapters.dialects.replies.batches import Header
from ports.raw import RawReply

TOKENS = "x-llamaport-tokens"
_COUNTED, _ESTIMATED = "counted", "estimated"


def told(*, counted: bool) -> Header:
    """Tell whether the upstream counted, or this server only estimates."""
    return _header(_COUNTED if counted else _ESTIMATED)


def told_by(reply: RawReply) -> Header:
    """Believe a server that has counted, but for another of our kind that says it has not."""
    is_estimate = (TOKENS, _ESTIMATED) in reply.headers
    return _header(_ESTIMATED if is_estimate else _COUNTED)


def _header(how: str) -> Header:
    return (TOKENS.encode(), how.encode())
