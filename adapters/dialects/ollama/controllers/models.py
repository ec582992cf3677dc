"""What is here: the server itself, and its models."""

from __future__ import annotations

from dishka import FromDishka
from litestar import Controller, post, route
from litestar.types import ASGIApp

from adapters.dialects.injection import inject
from adapters.dialects.ollama import inbound, names
from adapters.dialects.ollama.controllers.answering import (
    JSON,
    READ,
    TEXT,
    AnyRequest,
    caller_of,
    refusal,
)
from adapters.dialects.ollama.listing import Listed
from adapters.dialects.replies import Reply, read_body
from domain.aliases import Alias
from domain.models import ListModels, ShowModel
from domain.routing import Target
from ports.errors import ModelNotFound
from ports.version import EmulatedVersion


class ModelsController(Controller):
    """Lists and shows."""

    @route("/", http_method=READ)
    async def running(self) -> ASGIApp:
        """Say that a server is here, in the words that clients look for."""
        return Reply(b"Ollama is running", TEXT)

    @route("/api/version", http_method=READ)
    @inject
    async def version(self, version: FromDishka[EmulatedVersion]) -> ASGIApp:
        """Name the version of Ollama whose behaviour clients may expect."""
        return Reply(inbound.encode_version(version), JSON)

    @route("/api/tags", http_method=READ)
    @inject
    async def list_models(self, request: AnyRequest, models: FromDishka[ListModels]) -> ASGIApp:
        """List the models."""
        targets = await models.list(caller_of(request))
        return Reply(inbound.encode_tags([_listed(target) for target in targets]), JSON)

    @post("/api/show", status_code=200)
    @inject
    async def show(self, request: AnyRequest, models: FromDishka[ShowModel]) -> ASGIApp:
        """Tell what is known of one model."""
        call = inbound.decode_show(await read_body(request.receive))
        try:
            target = await models.show(call.model, caller_of(request))
        except ModelNotFound as error:
            # This route alone names the model in its normal form.
            known_as = names.display(call.model)
            raise refusal(error, ModelNotFound(known_as, nearest=error.nearest)) from error
        alias = target.alias or Alias(name="", target="")
        body = inbound.encode_show(
            _listed(target),
            call,
            options=alias.options,
            system=alias.system,
            user_agent=request.headers.get("user-agent", ""),
        )
        return Reply(body, JSON)


def _listed(target: Target) -> Listed:
    return Listed(name=target.name, info=target.model, backend=target.backend.name)
