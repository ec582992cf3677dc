"""Routes that clients know and this version does not have: 501 with a sentence.

A 404 would tell them that there is no such thing.
"""

from __future__ import annotations

from typing import Any

from litestar import HttpMethod, Request, route
from litestar.handlers import HTTPRouteHandler
from litestar.types import ASGIApp

from ports.errors import NotSupported

_ROUTES = (("POST", "/v1/responses"),)


def routes() -> list[HTTPRouteHandler]:
    """Make a handler for each."""
    return [_refusing(methods.split(), path) for methods, path in _ROUTES]


def _refusing(methods: list[str], path: str) -> HTTPRouteHandler:
    async def refuse(request: Request[Any, Any, Any]) -> ASGIApp:
        raise NotSupported(f"{request.url.path} is not supported by this version of llamaport")

    return route(path, http_method=[HttpMethod(method) for method in methods], status_code=501)(
        refuse
    )
