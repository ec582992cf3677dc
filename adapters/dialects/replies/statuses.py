"""Which HTTP status an error has, one table for all dialects (docs/wire/dialects.md 9.1)."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from math import ceil, isfinite
from types import MappingProxyType

from ports.errors import (
    BackendError,
    BackendOverloaded,
    BackendRateLimited,
    BackendRefusal,
    BackendRejected,
    BackendTimeout,
    BodyTooLarge,
    GatewayError,
    InvalidRequest,
    LoopDetected,
    MethodNotAllowed,
    ModelNotFound,
    NotAllowed,
    NotSupported,
    RouteNotFound,
    ShuttingDown,
    Unauthenticated,
    UnsupportedEncoding,
)

_STATUSES: Mapping[type[BaseException], HTTPStatus] = MappingProxyType(
    {
        InvalidRequest: HTTPStatus.BAD_REQUEST,
        BodyTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        UnsupportedEncoding: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        Unauthenticated: HTTPStatus.UNAUTHORIZED,
        NotAllowed: HTTPStatus.FORBIDDEN,
        ModelNotFound: HTTPStatus.NOT_FOUND,
        RouteNotFound: HTTPStatus.NOT_FOUND,
        MethodNotAllowed: HTTPStatus.METHOD_NOT_ALLOWED,
        NotSupported: HTTPStatus.NOT_IMPLEMENTED,
        LoopDetected: HTTPStatus.LOOP_DETECTED,
        ShuttingDown: HTTPStatus.SERVICE_UNAVAILABLE,
        BackendTimeout: HTTPStatus.GATEWAY_TIMEOUT,
        BackendRateLimited: HTTPStatus.TOO_MANY_REQUESTS,
        BackendOverloaded: HTTPStatus.SERVICE_UNAVAILABLE,
        BackendError: HTTPStatus.BAD_GATEWAY,
        GatewayError: HTTPStatus.INTERNAL_SERVER_ERROR,
    }
)
"""An error that is not here has the status of its nearest ancestor."""

_OF_BODY = "content-type"
_REJECTIONS = frozenset({400, 401, 402, 403, 404, 413, 501})


def status_of(error: GatewayError) -> int:
    """Return the status with which an error answers a client."""
    if isinstance(error, BackendRefusal):
        return error.status
    if isinstance(error, BackendRejected):
        return error.status if error.status in _REJECTIONS else HTTPStatus.BAD_REQUEST.value
    return next(_STATUSES[kind] for kind in type(error).__mro__ if kind in _STATUSES).value


def headers_of(error: GatewayError) -> tuple[tuple[bytes, bytes], ...]:
    """Return the headers that an error brings.

    `allow`, `accept-encoding` (RFC 9110 12.5.3), `www-authenticate` (11.6.1), or `retry-after`
    in whole seconds; of an upstream's refusal those that came with it, but for its body's type.
    """
    match error:
        case BackendRefusal(headers=told):
            return tuple((it.encode(), said.encode()) for it, said in told if it != _OF_BODY)
        case MethodNotAllowed():
            return ((b"allow", ", ".join(error.allow).encode()),)
        case UnsupportedEncoding():
            return ((b"accept-encoding", ", ".join(error.accepted).encode()),)
        case Unauthenticated():
            return ((b"www-authenticate", b"Bearer"),)
        case BackendError(retry_after=float() | int() as wait) if isfinite(wait) and wait >= 0:
            return ((b"retry-after", str(ceil(wait)).encode()),)
        case _:
            return ()
