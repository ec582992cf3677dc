"""The key of its own that a client sends along, for backends to which it is handed on.

Held beside the call, as the request's id is (`ports.request_id`): only the door, where it comes,
and the connection, where it goes, have a use for it.
"""

from __future__ import annotations

from contextvars import ContextVar

CLIENT_KEY: ContextVar[str] = ContextVar("client_key", default="")
"""Set by the door where some backend wants it; empty where the client sent none, or one that is
this server's own, and for what the server does of its own."""
