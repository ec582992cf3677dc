"""Answers of the door that belong to no dialect: Ollama's own, byte for byte."""

from __future__ import annotations

from html import escape
from http import HTTPStatus

from adapters.dialects.replies.rendered import Rendered
from adapters.web.cors import Header
from adapters.web.routes import location_of

_HTML = (b"content-type", b"text/html; charset=utf-8")
_TEXT = (b"content-type", b"text/plain; charset=utf-8")


def bad_request(reason: str) -> Rendered:
    """Refuse a request that no host can be told from, and close, as Go's server does."""
    body = f"400 Bad Request: {reason}".encode()
    return Rendered(status=400, body=body, headers=(_TEXT, (b"connection", b"close")))


def empty(status: int, headers: tuple[Header, ...] = ()) -> Rendered:
    """Answer with a status and headers alone."""
    return Rendered(status=status, body=b"", headers=headers)


def redirect(method: str, status: int, path: str, query: bytes) -> Rendered:
    """Send the client to `path` with the query it came with; only a GET has a body."""
    location = location_of(path, query)
    headers: tuple[Header, ...] = ((b"location", location.encode()),)
    if method not in {"GET", "HEAD"}:
        return Rendered(status=status, body=b"", headers=headers)
    link = f'<a href="{escape(location)}">{HTTPStatus(status).phrase}</a>.\n\n'
    return Rendered(status=status, body=link.encode(), headers=(_HTML, *headers))
