"""Ids of tool calls, which Anthropic's clients take in letters, digits, `_` and `-` only.

Other upstreams put anything into theirs, and some read it when it comes back
(`functions.get_weather:0`). Such an id goes out in a form that holds it whole, so nothing has
to be remembered for the way back (docs/wire/dialects.md 7.3).
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode

PREFIX = "toolu_b64_"

_FIT = re.compile(r"[a-zA-Z0-9_-]+")


def encode_id(call_id: str) -> str:
    """Return the id as it goes to a client: as it is, where it may."""
    if _FIT.fullmatch(call_id) and not call_id.startswith(PREFIX):
        return call_id
    return PREFIX + urlsafe_b64encode(call_id.encode()).decode().rstrip("=")


def decode_id(tool_use_id: str) -> str:
    """Return the id that a client got, as its upstream knows it; any other as it is."""
    if not tool_use_id.startswith(PREFIX):
        return tool_use_id
    packed = tool_use_id.removeprefix(PREFIX)
    try:
        call_id = urlsafe_b64decode(packed + "=" * (-len(packed) % 4)).decode()
    except ValueError:
        return tool_use_id
    return call_id if encode_id(call_id) == tool_use_id else tool_use_id
