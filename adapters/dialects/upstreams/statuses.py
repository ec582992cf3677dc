"""What an upstream's status means, one table for all dialects (docs/wire/dialects.md 9.1).

The other direction is in `adapters.dialects.replies.statuses`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType

from ports.errors import (
    BackendAuthFailed,
    BackendError,
    BackendFailed,
    BackendOverloaded,
    BackendProtocolError,
    BackendRateLimited,
    BackendRejected,
    BackendTimeout,
    BackendUnavailable,
)

FALLBACK = "the upstream reported an error"
"""What is said for an upstream that has no words and no status of its own."""

_Trouble = (
    BackendTimeout | BackendRateLimited | BackendUnavailable | BackendOverloaded | BackendFailed
)
TROUBLES: Mapping[int, tuple[type[_Trouble], str]] = MappingProxyType(
    {
        408: (BackendTimeout, "upstream timed out"),
        504: (BackendTimeout, "upstream timed out"),
        524: (BackendTimeout, "upstream timed out"),
        429: (BackendRateLimited, ""),
        502: (BackendUnavailable, "cannot reach upstream"),
        503: (BackendOverloaded, ""),
        529: (BackendOverloaded, ""),
    }
)
"""Statuses that are about the server and not the request; an empty text means the server's own."""

_LOADING = re.compile(r"^loading model", re.IGNORECASE)
_HTML = re.compile(r"^\s*<(?:!doctype|html|head|body)", re.IGNORECASE)


def error_of(
    status: int, message: str, *, code: str | None = None, retry_after: float | None = None
) -> BackendError:
    """Return what a status other than 2xx means, if the words beside it say nothing better.

    `message` is fit for clients; it is not shown where the status is about us. `retry_after`,
    in seconds, is kept where waiting may help.
    """
    fallback = (BackendOverloaded if _LOADING.match(message) else BackendFailed, "")
    if status in TROUBLES or (status >= 500 and status != 501):  # noqa: PLR2004 - HTTP
        kind, words = TROUBLES.get(status, fallback)
        return kind(words or message, retry_after=retry_after, upstream_code=code)
    match status:
        case 401:
            return BackendAuthFailed("upstream authentication failed", upstream_code=code)
        case 402 | 403 | 413:
            return BackendRejected(message, status=status, upstream_code=code)
        case 404 | 405:
            # Not the model but the path: the base URL is wrong, or it is no such server.
            said = f"the upstream has no such route: {message}"
            return _quoting(BackendProtocolError(said, upstream_code=code))
        case 501:
            return BackendRejected("not supported", upstream_code=code)
        case _ if status >= 400:  # noqa: PLR2004 - HTTP
            return BackendRejected(message, upstream_code=code)
        case _:
            return BackendProtocolError("invalid response from upstream")


def _quoting(error: BackendError) -> BackendError:
    error.quotes = True
    return error


def phrase_of(status: int) -> str:
    """Return what to say for an upstream that sent a status and no words."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"the upstream answered with status {status}"


def is_page(text: str) -> bool:
    """Tell whether a body is a page for a browser: a proxy's, and no words for a client."""
    return _HTML.match(text) is not None
