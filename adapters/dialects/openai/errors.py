"""Errors on both sides of OpenAI's dialect (docs/wire/dialects.md 1.12 and 9.1)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from msgspec import Struct
from msgspec.json import Encoder

from adapters.dialects.openai.error_bodies import (
    QUOTA,
    TOKEN_LIMITS,
    Failure,
    read_bare,
    read_failure,
    read_member,
)
from adapters.dialects.rendered import Rendered
from adapters.dialects.statuses import headers_of, status_of
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
    GatewayError,
    ModelNotFound,
    RouteNotFound,
)

CONTEXT = "context_length_exceeded"
NO_MODEL = "model_not_found"
NO_ROUTE = "route_not_found"


def decode_error(
    status: int, body: bytes, retry_after: float | None, *, key_forwarded: bool = False
) -> BackendError:
    """Return what an error answer means. Its message has been cleaned for the client.

    `retry_after` is what the header asks for, in seconds. `key_forwarded` says that the key
    was the client's own, so that a 401 is its business. A model that the upstream does not
    know is a `BackendRejected` with status 404 and the code `model_not_found`; one that
    nobody may run keeps the 404 without that code.
    """
    failure = read_failure(status, body)
    return _error(status, failure, retry_after, key_forwarded=key_forwarded)


def decode_inband(member: bytes) -> BackendError:
    """Return what the `error` member of an answer with status 200 means; it may be empty."""
    return _inband(read_member(member))


def is_token_limit(error: BackendError) -> bool:
    """Tell whether an error in an answer is only the end of a long one (8.7)."""
    return error.upstream_code in TOKEN_LIMITS


def decode_bare(body: bytes) -> BackendError | None:
    """Return what a body with status 200 and without choices means, if it is an error at all.

    Some servers wrap an error in nothing; some names of members give it away.
    """
    failure = read_bare(body)
    return None if failure is None else _inband(failure)


def _inband(failure: Failure) -> BackendError:
    # A 502 inside an answer comes with words of its own, which say more than ours.
    status = failure.status if failure.status and failure.status != 502 else 500  # noqa: PLR2004 - HTTP
    return _error(status, failure, None, key_forwarded=False)


_Trouble = (
    BackendTimeout | BackendRateLimited | BackendUnavailable | BackendOverloaded | BackendFailed
)
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


def _error(
    status: int, failure: Failure, retry_after: float | None, *, key_forwarded: bool
) -> BackendError:
    if failure.is_context_length:
        return BackendRejected(failure.message, upstream_code=CONTEXT)
    if failure.is_unknown_model and status in {400, 404, 422}:
        return BackendRejected(failure.message, status=404, upstream_code=NO_MODEL)
    wait = failure.wait if retry_after is None else retry_after
    fallback = (BackendOverloaded if failure.is_loading else BackendFailed, "")
    if status in _TROUBLES or (status >= 500 and status != 501):  # noqa: PLR2004 - HTTP
        kind, words = _TROUBLES.get(status, fallback)
        trouble = kind(words or failure.message, retry_after=wait, upstream_code=failure.code)
        if failure.code == QUOTA:
            trouble.retryable = False
        return trouble
    error = _refusal(status, failure, key_forwarded=key_forwarded)
    error.retry_after = wait
    return error


def _refusal(status: int, failure: Failure, *, key_forwarded: bool) -> BackendError:
    message, code = failure.message, failure.code
    match status:
        case 401 if key_forwarded:
            return BackendRejected(message, status=401, upstream_code=code)
        case 401:
            return BackendAuthFailed("upstream authentication failed", upstream_code=code)
        case 402 | 403 | 413:
            return BackendRejected(message, status=status, upstream_code=code)
        case 404 if failure.is_unroutable:
            return BackendRejected(message, status=404, upstream_code=code)
        case 404 | 405:
            # Not the model but the path: the base URL is wrong, or it is no such server.
            said = f"the upstream has no such route: {message}"
            return BackendProtocolError(said, upstream_code=NO_ROUTE)
        case 501:
            return BackendRejected("not supported", upstream_code=code)
        case _ if status >= 400:  # noqa: PLR2004 - HTTP
            return BackendRejected(message, upstream_code=code)
        case _:
            return BackendProtocolError("invalid response from upstream")


class _Said(Struct, gc=False):
    message: str
    type: str
    param: str | None
    code: str | None


class _Body(Struct, gc=False):
    error: _Said


_ENCODER = Encoder()
_JSON = ((b"content-type", b"application/json"),)

_TYPES: Mapping[int, str] = MappingProxyType(
    {
        401: "authentication_error",
        402: QUOTA,
        403: "permission_error",
        404: "not_found_error",
        429: "rate_limit_error",
    }
)
_CODES: Mapping[type[BackendError], str | None] = MappingProxyType(
    {
        BackendAuthFailed: "upstream_auth",
        BackendTimeout: "timeout",
        BackendUnavailable: "upstream_unreachable",
        BackendOverloaded: "server_is_overloaded",
    }
)


def render(error: GatewayError) -> Rendered:
    """Return the error as OpenAI's clients read it."""
    status = status_of(error)
    said = _Said(message=error.message, type=_type(status), param=None, code=_code(error, status))
    body = _ENCODER.encode(_Body(error=said))
    return Rendered(status=status, body=body, headers=_JSON + headers_of(error))


def _type(status: int) -> str:
    if status in _TYPES:
        return _TYPES[status]
    # 501 is ours and about what was asked for; from 500 on everything else is not.
    return "server_error" if status >= 500 and status != 501 else "invalid_request_error"  # noqa: PLR2004 - HTTP


def _code(error: GatewayError, status: int) -> str | None:
    match error:
        case ModelNotFound():
            return NO_MODEL
        case RouteNotFound():
            return None
        case BackendRateLimited():
            return QUOTA if error.upstream_code == QUOTA else "rate_limit_exceeded"
        case BackendRejected():
            return QUOTA if status == 402 else error.upstream_code  # noqa: PLR2004 - HTTP
        case BackendError():
            return _CODES.get(type(error))
        case _:
            return "invalid_api_key" if status == 401 else None  # noqa: PLR2004 - HTTP
