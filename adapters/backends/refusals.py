"""What an upstream has against a request that nobody here has read, in its own words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from adapters.dialects.upstreams.scrub import is_clean, unescaped
from adapters.dialects.upstreams.statuses import is_page
from ports.raw import Headers

_OTHERS: Final = frozenset({407, 408, 429})
"""Statuses that are about a proxy of ours, or the server's troubles."""
_LARGEST: Final = 16 * 1024
"""Bytes of an answer that is looked through for what no client may see."""
_HEADERS: Final = ("content-type", "allow", "content-range", "retry-after")


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
    return not is_page(text) and _is_fit(unescaped(text), conceal)


def headers_of_refusal(header: Callable[[str], str], conceal: Callable[[str], str]) -> Headers:
    """Return what goes with the body and is fit for clients, of what `header` finds by name."""
    found = ((name, header(name)) for name in _HEADERS)
    return tuple(pair for pair in found if is_plain(pair[1]) and _is_fit(pair[1], conceal))


def is_plain(value: str) -> bool:
    """Tell whether a header says something, in characters that every server may send."""
    return bool(value) and value.isascii() and value.isprintable()


def _is_fit(text: str, conceal: Callable[[str], str]) -> bool:
    return is_clean(text) and conceal(text) == text
