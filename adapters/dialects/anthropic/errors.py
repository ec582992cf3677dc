"""Errors as Anthropic's clients read them (docs/wire/dialects.md 7.8)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from msgspec import UNSET, Struct, UnsetType
from msgspec.json import Encoder

from adapters.dialects.replies.rendered import Rendered
from adapters.dialects.replies.statuses import headers_of, status_of
from adapters.dialects.wire.escaping import escape
from ports.errors import CONTEXT_LENGTH_EXCEEDED, BackendError, GatewayError, InvalidRequest

_TYPES: Mapping[int, str] = MappingProxyType(
    {
        401: "authentication_error",
        402: "billing_error",
        403: "permission_error",
        404: "not_found_error",
        409: "conflict_error",
        413: "request_too_large",
        429: "rate_limit_error",
        503: "overloaded_error",
        504: "timeout_error",
    }
)
_TOO_LONG = "prompt is too long"
_JSON = ((b"content-type", b"application/json"),)
_ENCODER = Encoder()


class WireDetails(Struct, gc=False):
    """What a program does something about."""

    error_code: str


class WireError(Struct, gc=False):
    """What went wrong."""

    type: str
    message: str
    details: WireDetails | UnsetType = UNSET


class WireRefusal(Struct, tag="error", tag_field="type", gc=False):
    """The body of an error."""

    error: WireError
    request_id: str | UnsetType = UNSET


_DETAILS: Mapping[str, WireDetails] = MappingProxyType(
    {"thread": WireDetails(error_code="thread_unsupported_request")}
)
"""By what was refused: the code upon which an SDK sends the request again without it."""

_CODES: Mapping[str, WireDetails] = MappingProxyType(
    {details.error_code: details for details in _DETAILS.values()}
)


def render(error: GatewayError, *, request_id: str = "") -> Rendered:
    """Return the error in Anthropic's shape, with the request's id where there is one.

    Clients read it from the header (7.1).
    """
    status = status_of(error)
    said = WireError(type=_type(status), message=_message(error), details=_details(error))
    body = WireRefusal(error=said, request_id=request_id or UNSET)
    named = ((b"request-id", request_id.encode()),) if request_id else ()
    return Rendered(
        status=status, body=_ENCODER.encode(body), headers=(*_JSON, *named, *headers_of(error))
    )


def event(error: GatewayError, *, request_id: str = "") -> bytes:
    """Return the event that ends a broken stream; nothing may follow it (9.2)."""
    body = escape(render(error, request_id=request_id).body)
    return b"event: error\ndata: " + body + b"\n\n"


def _message(error: GatewayError) -> str:
    """Say of a prompt that is too long what coding assistants look for before they shorten it."""
    if not isinstance(error, BackendError) or error.upstream_code != CONTEXT_LENGTH_EXCEEDED:
        return error.message
    said = error.message
    return said if said.startswith(_TOO_LONG) else f"{_TOO_LONG}: {said}"


def _details(error: GatewayError) -> WireDetails | UnsetType:
    if isinstance(error, BackendError):  # of a server that has the dialect itself
        return _CODES.get(error.upstream_code or "", UNSET)
    refused = error.param if isinstance(error, InvalidRequest) else None
    return _DETAILS.get(refused or "", UNSET)


def _type(status: int) -> str:
    if status in _TYPES:
        return _TYPES[status]
    # 501 is ours and about what was asked for; from 500 on everything else is not.
    return "api_error" if status >= 500 and status != 501 else "invalid_request_error"  # noqa: PLR2004 - HTTP
