"""The models, and one of them (docs/wire/dialects.md 1.13).

Clients of another dialect ask on the same paths and are known by a header; what answers them
is given (`OtherModels`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NewType, Protocol

from dishka import FromDishka
from litestar import Controller, route
from litestar.types import ASGIApp

from adapters.dialects.controlling.asking import AnyRequest, caller_of
from adapters.dialects.controlling.injection import inject
from adapters.dialects.openai.controllers.answering import JSON, READ
from adapters.dialects.openai.inbound.models import Listed, encode_model, encode_models
from adapters.dialects.replies.batches import Reply
from domain.models import ListModels, ShowModel
from domain.target import Target


class ModelRoutes(Protocol):
    """What a dialect answers on these paths: its module of controllers."""

    async def list_models(self, request: AnyRequest, models: ListModels) -> ASGIApp:
        """List the models that the caller may use."""

    async def show_model(self, request: AnyRequest, models: ShowModel, name: str) -> ASGIApp:
        """Show the model of this name. Raises what `ShowModel.show` raises."""


OtherModels = NewType("OtherModels", Mapping[str, ModelRoutes])
"""Who answers instead, by the header (in lower case) that only its clients send."""


class ModelListController(Controller):
    """Lists and shows."""

    @route("/v1/models", http_method=READ)
    @inject
    async def list_models(
        self,
        request: AnyRequest,
        models: FromDishka[ListModels],
        others: FromDishka[OtherModels],
    ) -> ASGIApp:
        """List the models, aliases first."""
        other = _other(request, others)
        if other is not None:
            return await other.list_models(request, models)
        targets = await models.list(caller_of(request))
        return Reply(encode_models([_listed(target.name, target) for target in targets]), JSON)

    @route("/v1/models/{name:path}", http_method=READ)
    @inject
    async def show_model(
        self,
        request: AnyRequest,
        models: FromDishka[ShowModel],
        others: FromDishka[OtherModels],
    ) -> ASGIApp:
        """Show one model, by any name that a chat may use, slashes included."""
        name = str(request.path_params["name"]).removeprefix("/")  # the router's own
        other = _other(request, others)
        if other is not None:
            return await other.show_model(request, models, name)
        target = await models.show(name, caller_of(request))
        return Reply(encode_model(_listed(name, target)), JSON)


def _other(request: AnyRequest, others: OtherModels) -> ModelRoutes | None:
    return next((it for header, it in others.items() if header in request.headers), None)


def _listed(name: str, target: Target) -> Listed:
    return Listed(name=name, created=target.created or 0, owner=target.model.owned_by)
