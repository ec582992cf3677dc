"""What an upstream tells of a request that it could not carry over, for whoever answers in turn.

Another llamaport may be the upstream. Held beside the call, as the request's id is
(`ports.request_id`): only the connection, where it comes, and the door, where it goes, have a
use for it.
"""

from __future__ import annotations

from contextvars import ContextVar

HEADER = "x-llamaport-dropped"

DROPPED_UPSTREAM: ContextVar[list[str] | None] = ContextVar("dropped_upstream", default=None)
"""A list that the door makes for each request, and adds to the head of the answer. `None` for
what the server does of its own."""
