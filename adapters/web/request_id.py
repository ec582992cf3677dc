"""What a request is called in answers and in the log."""

from __future__ import annotations

from secrets import token_hex

_RANDOM_BYTES = 12


def new_request_id() -> str:
    """Return `req_` and twenty-four of 0-9a-f, for one request only."""
    return f"req_{token_hex(_RANDOM_BYTES)}"
