"""What an Ollama server's errors mean (docs/wire/ollama-api.md 2.10, dialects.md 9.1).

Its errors are a flat object with a string. Where its model runner has refused, the string is
JSON itself, or Go's print of a map, and only the message in it is meant for people.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

import msgspec
from msgspec import Struct

from adapters.dialects.scrub import scrub
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

CONTEXT = "context_length_exceeded"
NO_MODEL = "model_not_found"

_CONTEXT = re.compile(
    r"exceeds? (?:the available |maximum |the )?context (?:length|size)"
    r"|longer than the context length",
    re.IGNORECASE,
)
_CONTEXT_TYPE = "exceed_context_size_error"
_UNKNOWN_MODEL = re.compile(r"""^model ['"].{0,400}['"] not found|^invalid model name$""")
_UNKNOWN_BLOB = re.compile(r'^blob ".{0,200}" not found')
_LOADING = re.compile(r"^loading model", re.IGNORECASE)
_CLIENTS_FAULT = re.compile(r'^(?:option "[^"]{1,100}" must be |invalid format: |template: )')
_PRINTED = re.compile(
    r"^llama-server [a-z ]{1,40}: map\[(?:code:(\d{3}) )?message:(.*?)(?: \w+:.*)?\]$"
)
_HTML = re.compile(r"^\s*<(?:!doctype|html|head|body)", re.IGNORECASE)

_MOST_WRAPPERS = 8
_FALLBACK = "the upstream reported an error"

_Trouble = BackendTimeout | BackendRateLimited | BackendUnavailable | BackendOverloaded
_TROUBLES: Mapping[int, tuple[type[_Trouble], str]] = MappingProxyType(
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


class _Said(Struct, frozen=True):
    """The message for people, and what its wrapping says beside it."""

    message: str
    status: int | None = None
    type: str = ""


def decode_error(status: int, body: bytes, retry_after: float | None) -> BackendError:
    """Return what an error answer means. Its message has been cleaned for the client.

    A model that the server does not know is a `BackendRejected` with status 404 and the code
    `model_not_found`, a prompt that is too long one with `context_length_exceeded`.
    """
    said = _read(body)
    message = scrub(said.message) or _phrase(status)
    if (known := _by_text(said, message, status)) is not None:
        return known
    if status in _TROUBLES:
        kind, words = _TROUBLES[status]
        return kind(words or message, retry_after=retry_after)
    if status >= 500 and status != 501:  # noqa: PLR2004 - HTTP
        kind_of_failure = BackendOverloaded if _LOADING.match(message) else BackendFailed
        return kind_of_failure(message, retry_after=retry_after)
    if status == 404 and (not body or _UNKNOWN_BLOB.match(message)):  # noqa: PLR2004 - HTTP
        # The answer to a HEAD has no body; a path that is not there always has one.
        return BackendRejected(message, status=404)
    return _refusal(status, message)


def decode_line(line: bytes) -> BackendError:
    """Return what the last line of a broken stream means: its status was 200."""
    return _inband(_read(line))


def decode_member(member: bytes) -> BackendError:
    """Return what the `error` member of an answer with status 200 means."""
    try:
        return _inband(_unwrapped(msgspec.json.decode(member)))
    except (ValueError, RecursionError):
        return BackendFailed(_FALLBACK)


def _inband(said: _Said) -> BackendError:
    status = said.status or 500
    message = scrub(said.message) or _FALLBACK
    known = _by_text(said, message, status)
    if known is not None:
        return known
    if status in _TROUBLES:
        kind, _ = _TROUBLES[status]
        return kind(message)
    return BackendFailed(message)


def _by_text(said: _Said, message: str, status: int) -> BackendError | None:
    if said.type == _CONTEXT_TYPE or _CONTEXT.search(message):
        return BackendRejected(message, upstream_code=CONTEXT)
    if status in {400, 404} and _UNKNOWN_MODEL.match(message):
        return BackendRejected(message, status=404, upstream_code=NO_MODEL)
    if status == 500 and _CLIENTS_FAULT.match(message):  # noqa: PLR2004 - HTTP
        return BackendRejected(message)
    return None


def _refusal(status: int, message: str) -> BackendError:
    match status:
        case 401:
            return BackendAuthFailed("upstream authentication failed")
        case 402 | 403 | 413:
            return BackendRejected(message, status=status)
        case 404 | 405:
            # Not the model but the path: the base URL is wrong, or it is no such server.
            return BackendProtocolError(f"the upstream has no such route: {message}")
        case 501:
            return BackendRejected("not supported")
        case _ if status >= 400:  # noqa: PLR2004 - HTTP
            return BackendRejected(message)
        case _:
            return BackendProtocolError("invalid response from upstream")


def _read(body: bytes) -> _Said:
    text = body.decode("utf-8", "replace").strip()
    try:
        said = msgspec.json.decode(text)
    except (ValueError, RecursionError):
        return _Said("" if _HTML.match(text) else text)
    return _unwrapped(said)


def _unwrapped(said: Any) -> _Said:
    """Take the message out of its wrappings, of which there may be three."""
    status: int | None = None
    kind = ""
    for _ in range(_MOST_WRAPPERS):
        if isinstance(said, str):
            if printed := _PRINTED.match(said):
                code = printed[1]
                return _Said(printed[2], int(code) if code else status, kind)
            inner = _object_in(said)
            if inner is None:
                return _Said(said, status, kind)
            said = inner
        elif isinstance(said, dict):
            status, kind = _status(said.get("code"), status), str(said.get("type") or kind)
            said = said.get("error") or said.get("message") or ""
        else:
            break
    return _Said("", status, kind)


def _object_in(text: str) -> dict[str, Any] | None:
    """Read a string that is a JSON object itself."""
    if not text.startswith("{"):
        return None
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except (ValueError, RecursionError):
        return None


def _status(code: object, known: int | None) -> int | None:
    return code if type(code) is int and 400 <= code <= 599 else known  # noqa: PLR2004 - HTTP


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"the upstream answered with status {status}"
