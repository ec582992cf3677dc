"""The routes of the reference."""

from __future__ import annotations

from dishka import FromDishka
from litestar import Controller, HttpMethod, route
from litestar.types import ASGIApp

from adapters.dialects.controlling.injection import inject
from adapters.dialects.replies.batches import Reply
from adapters.web.reference.reference import Reference

_READ = (HttpMethod.GET, HttpMethod.HEAD)
_JSON = ((b"content-type", b"application/json"),)
_HTML = (
    (b"content-type", b"text/html; charset=utf-8"),
    # The page needs nothing but its own style; a browser holds it to that.
    (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'"),
)


class ReferenceController(Controller):
    """Tells what is served."""

    @route("/schema", http_method=_READ)
    @inject
    async def schema(self, reference: FromDishka[Reference]) -> ASGIApp:
        """Tell it to programs, as OpenAPI."""
        return Reply(reference.document, _JSON)

    @route("/docs", http_method=_READ)
    @inject
    async def page(self, reference: FromDishka[Reference]) -> ASGIApp:
        """Tell it to people."""
        return Reply(reference.page, _HTML)
