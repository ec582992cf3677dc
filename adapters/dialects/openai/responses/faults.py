"""What is told of an answer that breaks off (docs/wire/dialects.md 6.3 and 9.2)."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from adapters.dialects.openai.error_bodies import QUOTA
from adapters.dialects.openai.errors import described
from adapters.dialects.openai.responses.reply import ErrorDetails
from ports.errors import (
    CONTEXT_LENGTH_EXCEEDED,
    BackendOverloaded,
    BackendRateLimited,
    BackendRejected,
    GatewayError,
    InvalidRequest,
)


def encode_fault(error: GatewayError) -> ErrorDetails:
    """Return the error as a response carries it.

    The codes are those of OpenAI's own list, and three more that its servers send and Codex
    acts on: for a prompt that is too long, for an empty purse, and for a crowd.
    """
    return ErrorDetails(code=_code(error), message=error.message)


def encode_error(error: GatewayError) -> dict[str, Any]:
    """Return the members of the event `error`.

    What OpenAI documents is flat, what its servers send is in a member `error`. Its client
    libraries raise for that member alone, others read the flat ones: both are told.
    """
    fault = encode_fault(error)
    nested = replace(described(error), code=fault.code)
    return {"code": nested.code, "message": nested.message, "param": nested.param, "error": nested}


def _code(error: GatewayError) -> str:
    match error:
        case BackendRateLimited():
            return QUOTA if error.upstream_code == QUOTA else "rate_limit_exceeded"
        case BackendOverloaded():
            return "server_is_overloaded"
        case BackendRejected() if error.status == 402:  # noqa: PLR2004 - HTTP
            return QUOTA
        case BackendRejected() if error.upstream_code == CONTEXT_LENGTH_EXCEEDED:
            return CONTEXT_LENGTH_EXCEEDED
        case BackendRejected() | InvalidRequest():
            return "invalid_prompt"
        case _:
            return "server_error"
