"""Errors as Ollama writes them: a flat object whose `error` is a string.

docs/wire/ollama-api.md 0, 4.2, 6.4; the statuses are those of docs/wire/dialects.md 9.1. An
upstream that refuses *our* key is never a 401: Ollama's own clients would ask the user to
sign in.
"""

from __future__ import annotations

from adapters.dialects.ollama import names
from adapters.dialects.ollama.replies import encode
from adapters.dialects.replies.rendered import Rendered
from adapters.dialects.replies.statuses import headers_of, status_of
from ports.errors import (
    BackendError,
    CapabilityMissing,
    GatewayError,
    MethodNotAllowed,
    ModelNotFound,
    RouteNotFound,
)
from ports.models import Capability

_JSON = b"application/json; charset=utf-8"
_JSON_BEFORE_STREAM = b"application/json"
_TEXT = b"text/plain"

_PLAIN_TEXTS: dict[type[GatewayError], bytes] = {
    RouteNotFound: b"404 page not found",
    MethodNotAllowed: b"405 method not allowed",
}


def render(error: GatewayError) -> Rendered:
    """Render an error as the answer to a request."""
    return _render(error, _JSON)


def render_stream_head(error: GatewayError) -> Rendered:
    """Render an error met before the first line of a stream.

    What the upstream says goes without a charset, as Ollama sends what it meets while
    generating; its checks of the request before that look the same with and without a stream.
    """
    return _render(error, _JSON_BEFORE_STREAM if isinstance(error, BackendError) else _JSON)


def body_of(error: GatewayError) -> bytes:
    """Encode the object with the message. It is never empty: clients overlook an empty one."""
    return encode({"error": _message(error) or error.code})


def not_to_copy(error: ModelNotFound) -> ModelNotFound:
    """Say that there is no such model as only `/api/copy` does."""
    known = ModelNotFound(error.model, nearest=error.nearest)
    known.message = f'model "{error.model}" not found'
    return known


def render_unstarted(error: GatewayError) -> Rendered:
    """Render an error of what reports progress, met when its checks were over.

    docs/wire/ollama-api.md 1: the content type of pull, push and create has no charset.
    """
    return _render(error, _JSON_BEFORE_STREAM)


def _render(error: GatewayError, content_type: bytes) -> Rendered:
    text = _PLAIN_TEXTS.get(type(error))
    return Rendered(
        status=_status(error),
        body=body_of(error) if text is None else text,
        headers=((b"content-type", _TEXT if text else content_type), *headers_of(error)),
    )


def _status(error: GatewayError) -> int:
    status = status_of(error)
    # The client's own key, refused upstream: still nothing to sign in to Ollama for.
    return 400 if status == 401 and isinstance(error, BackendError) else status  # noqa: PLR2004 - HTTP


def _message(error: GatewayError) -> str:
    """Say it in Ollama's words, which clients search for."""
    if not isinstance(error, CapabilityMissing):
        return error.message
    if error.capability in {Capability.TOOLS, Capability.INSERT}:
        return f"{names.qualified(error.model)} does not support {error.capability}"
    return error.message
