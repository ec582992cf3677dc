"""What concerns ollama.com: nobody is signed in to it here (docs/wire/ollama-api.md 1.1)."""

from __future__ import annotations

from litestar import Controller, HttpMethod, delete, post, route
from litestar.types import ASGIApp

from adapters.dialects.bodies import syntax
from adapters.dialects.controlling.asking import AnyRequest
from adapters.dialects.ollama.controllers.answering import JSON
from adapters.dialects.ollama.replies import encode
from adapters.dialects.replies.batches import Reply, read_body
from ports.errors import NotAllowed

_STATUS = encode({"cloud": {"disabled": True, "source": "config"}})
_NOTHING = encode({"recommendations": []})
_UNAUTHORIZED = encode({"error": "unauthorized"})
_NOT_SIGNED_IN = encode({"error": "you are not currently signed in"})


class AccountController(Controller):
    """Says that there is no cloud behind this server."""

    @route("/api/status", http_method=[HttpMethod.GET])
    async def status(self) -> ASGIApp:
        """Tell clients not to look for cloud models."""
        return Reply(_STATUS, JSON)

    @post("/api/me", status_code=200)
    async def me(self) -> ASGIApp:
        """Say that nobody is signed in."""
        return Reply(_UNAUTHORIZED, JSON, 401)

    @post("/api/signout", status_code=200)
    async def sign_out(self) -> ASGIApp:
        """Say that nobody was signed in."""
        return Reply(_NOT_SIGNED_IN, JSON, 401)

    @delete("/api/user/keys/{key:str}", status_code=200)
    async def forget_key(self) -> ASGIApp:
        """Say the same, as the older route for it."""
        return Reply(_NOT_SIGNED_IN, JSON, 401)

    @post("/api/experimental/web_search", status_code=200)
    async def search(self, request: AnyRequest) -> ASGIApp:
        """Refuse to search the web."""
        syntax.first_value(await read_body(request.receive))
        raise NotAllowed("ollama cloud is disabled: web search is unavailable")

    @post("/api/experimental/web_fetch", status_code=200)
    async def fetch(self, request: AnyRequest) -> ASGIApp:
        """Refuse to fetch a page."""
        syntax.first_value(await read_body(request.receive))
        raise NotAllowed("ollama cloud is disabled: web fetch is unavailable")

    @route("/api/experimental/model-recommendations", http_method=[HttpMethod.GET])
    async def recommendations(self) -> ASGIApp:
        """Recommend nothing."""
        return Reply(_NOTHING, JSON)
