"""Which models are loaded."""

from __future__ import annotations

from dishka import FromDishka
from litestar import Controller, HttpMethod, route
from litestar.types import ASGIApp

from adapters.dialects.controlling.asking import AnyRequest, caller_of
from adapters.dialects.controlling.injection import inject
from adapters.dialects.ollama.controllers.answering import JSON
from adapters.dialects.ollama.controllers.naming import listed_as
from adapters.dialects.ollama.library.running import Loaded, encode_ps
from adapters.dialects.replies.batches import Reply
from domain.residence import Residents


class RunningController(Controller):
    """Lists what is loaded."""

    @route("/api/ps", http_method=[HttpMethod.GET])
    @inject
    async def running(self, request: AnyRequest, residents: FromDishka[Residents]) -> ASGIApp:
        """List the loaded models, the latest to expire first."""
        loaded = [
            Loaded(
                listed=listed_as(resident.target),
                expires_ns=resident.expires_ns,
                told=resident.told,
            )
            for resident in await residents.list(caller_of(request))
        ]
        return Reply(encode_ps(loaded), JSON)
