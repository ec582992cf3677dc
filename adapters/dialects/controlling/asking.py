"""What the controllers of every dialect ask of a request, and leave with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from litestar import Request

from ports.caller import Caller
from ports.errors import GatewayError

AnyRequest = Request[Any, Any, Any]


def caller_of(request: AnyRequest) -> Caller:
    """Return who asks, as the front door found."""
    caller: Caller = request.scope["state"]["caller"]
    return caller


def noting(
    request: AnyRequest, fail: Callable[[GatewayError], bytes]
) -> Callable[[GatewayError], bytes]:
    """Make the function that notes and encodes a fault in mid-stream."""
    return lambda error: fail(noted(request, error))


def noted(request: AnyRequest, error: GatewayError) -> GatewayError:
    """Leave word of an error that the client is told here, for the request's log line."""
    request.scope["state"]["error"] = error
    return error
