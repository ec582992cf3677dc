"""What an Ollama server's errors mean (docs/wire/ollama-api.md 2.10, dialects.md 9.1).

Its errors are a flat object with a string. Where its model runner has refused, the string is
JSON itself, or Go's print of a map, and only the message in it is meant for people.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec
from msgspec import Struct

from adapters.dialects.upstreams.scrub import scrub
from adapters.dialects.upstreams.statuses import FALLBACK, TROUBLES, error_of, is_page, phrase_of
from ports.errors import (
    CONTEXT_LENGTH_EXCEEDED,
    MODEL_NOT_FOUND,
    BackendError,
    BackendFailed,
    BackendRejected,
)

_CONTEXT = re.compile(
    r"exceeds? (?:the available |maximum |the )?context (?:length|size)"
    r"|longer than the context length",
    re.IGNORECASE,
)
_CONTEXT_TYPE = "exceed_context_size_error"
_UNKNOWN_MODEL = re.compile(r"""^model ['"].{0,400}['"] not found""")
_UNKNOWN_BLOB = re.compile(r'^blob ".{0,200}" not found')
_CLIENTS_FAULT = re.compile(r'^(?:option "[^"]{1,100}" must be |invalid format: |template: )')
_PRINTED = re.compile(r"^llama-server [a-z ]{1,40}: map\[(?:code:(\d{3}) )?message:(.*)\]$")
_NEXT_MEMBER = re.compile(r" \w+:")

_MOST_WRAPPERS = 8


class _Said(Struct, frozen=True):
    """The message for people, and what its wrapping says beside it."""

    message: str
    status: int | None = None
    type: str = ""


def decode_error(
    status: int, body: bytes, retry_after: float | None, *, key_forwarded: bool = False
) -> BackendError:
    """Return what an error answer means. Its message has been cleaned for the client.

    `key_forwarded` says that the key was the client's own, so that a 401 is its business.
    A model that the server does not know is a `BackendRejected` with status 404 and the code
    `model_not_found`, a prompt that is too long one with `context_length_exceeded`.
    What the server has not built keeps its status, 501, and its words.
    """
    said = _read(body)
    message = scrub(said.message) or phrase_of(status)
    if (known := _by_text(said, message, status)) is not None:
        return known
    if status == 404 and (not body or _UNKNOWN_BLOB.match(message)):  # noqa: PLR2004 - HTTP
        # The answer to a HEAD has no body; a path that is not there always has one.
        return BackendRejected(message, status=404)
    if status == 401 and key_forwarded:  # noqa: PLR2004 - HTTP
        return BackendRejected(message, status=401)
    if status == 501:  # noqa: PLR2004 - HTTP
        # It says what it lacks: another gateway does.
        return BackendRejected(message, status=501)
    return error_of(status, message, retry_after=retry_after)


def decode_member(member: bytes) -> BackendError:
    """Return what the `error` member of an answer with status 200 means."""
    try:
        return _inband(_unwrapped(msgspec.json.decode(member)))
    except (ValueError, RecursionError):
        return BackendFailed(FALLBACK)


def _inband(said: _Said) -> BackendError:
    status = said.status or 500
    message = scrub(said.message) or FALLBACK
    known = _by_text(said, message, status)
    if known is not None:
        return known
    if status in TROUBLES:
        kind, _ = TROUBLES[status]
        error = kind(message)
        error.quotes = True
        return error
    return BackendFailed(message)


def _by_text(said: _Said, message: str, status: int) -> BackendError | None:
    if said.type == _CONTEXT_TYPE or _CONTEXT.search(message):
        return BackendRejected(message, upstream_code=CONTEXT_LENGTH_EXCEEDED)
    if status in {400, 404} and _UNKNOWN_MODEL.match(message):
        return BackendRejected(message, status=404, upstream_code=MODEL_NOT_FOUND)
    if status == 500 and _CLIENTS_FAULT.match(message):  # noqa: PLR2004 - HTTP
        return BackendRejected(message)
    return None


def _read(body: bytes) -> _Said:
    text = body.decode("utf-8", "replace").strip()
    try:
        said = msgspec.json.decode(text)
    except (ValueError, RecursionError):
        return _Said("" if is_page(text) else text)
    return _unwrapped(said)


def _unwrapped(said: Any) -> _Said:
    """Take the message out of its wrappings, of which there may be three."""
    status: int | None = None
    kind = ""
    for _ in range(_MOST_WRAPPERS):
        if isinstance(said, str):
            if printed := _PRINTED.match(said):
                code = printed[1]
                # Found apart: one pattern for both would try every place for each other place.
                message = _NEXT_MEMBER.split(printed[2], maxsplit=1)[0]
                return _Said(message, int(code) if code else status, kind)
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
