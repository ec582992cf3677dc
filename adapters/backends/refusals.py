"""What an upstream has against a request that nobody here has read, in its own words."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from adapters.dialects.upstreams.scrub import is_clean
from adapters.dialects.upstreams.statuses import is_page
from ports.raw import Headers

_OTHERS: Final = frozenset({407, 408, 429})
"""Statuses that are about a proxy of ours, or the server's troubles."""
_LARGEST: Final = 16 * 1024
"""Bytes of an answer that is looked through for what no client may see."""
_HEADERS: Final = ("content-type", "allow", "content-range", "retry-after")
_ESCAPED = re.compile(r'\\(["/n])')


def is_refusal(status: int, *, key_forwarded: bool) -> bool:
    """Tell whether a status is about the request, and not about the server or a key of ours."""
    if status == 401:  # noqa: PLR2004 - HTTP
        return key_forwarded
    return (400 <= status < 500 and status not in _OTHERS) or status == 501  # noqa: PLR2004 - HTTP


def is_presentable(body: bytes, conceal: Callable[[str], str]) -> bool:
    """Tell whether a body is text for clients: no page, and nothing in it that is not for them."""
    if len(body) > _LARGEST:
        return False
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return False
    text = _ESCAPED.sub(lambda found: "\n" if found[1] == "n" else found[1], text)
    return not is_page(text) and is_clean(text) and conceal(text) == text


def headers_of_refusal(header: Callable[[str], str]) -> Headers:
    """Return what goes with the body, of what `header` finds by name."""
    found = ((name, header(name)) for name in _HEADERS)
    return tuple((name, value) for name, value in found if value and value.isascii())
