"""The id of the request that is being served, for whoever calls on in its name.

Held beside the call and not in it: the core has no use for it, and every port would have to
carry it from the door, where it is known, to the connection, where it is sent.
"""

from __future__ import annotations

from contextvars import ContextVar

HEADER = "x-request-id"

REQUEST_ID: ContextVar[str] = ContextVar("request_id", default="")
"""Set by the door in the task of each request, and so in every task that comes of it; empty for
what the server does of its own."""
