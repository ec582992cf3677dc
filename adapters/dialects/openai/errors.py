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
from adapters.dialects.replies.rendered import Rendered
from adapters.dialects.replies.statuses import headers_of, status_of
from adapters.dialects.upstreams.statuses import error_of
from adapters.dialects.wire.escaping import escape
from ports.errors import (
    CONTEXT_LENGTH_EXCEEDED,
    MODEL_NOT_FOUND,
    NO_ROUTE,
    BackendAuthFailed,
    BackendError,
    BackendOverloaded,
    BackendRateLimited,
    BackendRejected,
    BackendTimeout,
    BackendUnavailable,
    GatewayError,
    InvalidRequest,
    ModelNotFound,
    PoolExhausted,
    RouteNotFound,
)


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


def _error(
    status: int, failure: Failure, retry_after: float | None, *, key_forwarded: bool
) -> BackendError:
    error = _told_apart(status, failure, retry_after, key_forwarded=key_forwarded)
    if isinstance(error, BackendRejected):
        error.param = failure.param
    return error


def _told_apart(
    status: int, failure: Failure, retry_after: float | None, *, key_forwarded: bool
) -> BackendError:
    if failure.is_context_length:
        return BackendRejected(failure.message, upstream_code=CONTEXT_LENGTH_EXCEEDED)
    if failure.is_unknown_model and status in {400, 404, 422}:
        return BackendRejected(failure.message, status=404, upstream_code=MODEL_NOT_FOUND)
    error = _meaning(status, failure, key_forwarded=key_forwarded)
    error.retry_after = failure.wait if retry_after is None else retry_after
    if error.upstream_code == QUOTA:
        error.retryable = False
    return error


def _meaning(status: int, failure: Failure, *, key_forwarded: bool) -> BackendError:
    message, code = failure.message, failure.code
    if (status == 401 and key_forwarded) or (status == 404 and failure.is_unroutable):  # noqa: PLR2004 - HTTP
        return BackendRejected(message, status=status, upstream_code=code)
    return error_of(status, message, code=NO_ROUTE if status in {404, 405} else code)


class WireError(Struct, gc=False):
    """What went wrong."""

    message: str
    type: str
    param: str | None
    code: str | None


class WireRefusal(Struct, gc=False):
    """The body of an error."""

    error: WireError


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
        PoolExhausted: "server_is_overloaded",
    }
)


def render(error: GatewayError) -> Rendered:
    """Return the error as OpenAI's clients read it."""
    body = _ENCODER.encode(WireRefusal(error=described(error)))
    return Rendered(status=status_of(error), body=body, headers=_JSON + headers_of(error))


def described(error: GatewayError) -> WireError:
    """Return what is said of the error."""
    status = status_of(error)
    param = error.param if isinstance(error, InvalidRequest | BackendRejected) else None
    return WireError(
        message=error.message, type=_type(status), param=param or None, code=_code(error, status)
    )


def event_of(error: GatewayError) -> bytes:
    """Return the event that ends a broken stream (9.2). Nothing may follow it."""
    return b"data: " + escape(render(error).body) + b"\n\n"


def _type(status: int) -> str:
    if status in _TYPES:
        return _TYPES[status]
    # 501 is ours and about what was asked for; from 500 on everything else is not.
    return "server_error" if status >= 500 and status != 501 else "invalid_request_error"  # noqa: PLR2004 - HTTP


def _code(error: GatewayError, status: int) -> str | None:
    match error:
        case ModelNotFound():
            return MODEL_NOT_FOUND
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
