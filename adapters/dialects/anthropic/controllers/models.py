"""The models for Anthropic's clients, who ask on OpenAI's paths (docs/wire/dialects.md 7.10)."""

from __future__ import annotations

from litestar.types import ASGIApp

from adapters.dialects.anthropic.controllers.answering import JSON, naming
from adapters.dialects.anthropic.inbound.models import (
    Listed,
    decode_page,
    encode_model,
    encode_models,
)
from adapters.dialects.controlling.asking import AnyRequest, caller_of
from adapters.dialects.replies.batches import Reply
from domain.models import ListModels, ShowModel
from domain.target import Target

HEADER = "anthropic-version"
"""What only these clients send."""


async def list_models(request: AnyRequest, models: ListModels) -> ASGIApp:
    """List the models that the caller may use."""
    query = request.query_params
    page = decode_page(
        query.get("limit", ""), query.get("after_id", ""), query.get("before_id", "")
    )
    targets = await models.list(caller_of(request))
    listed = [_listed(target.name, target) for target in targets]
    return Reply(encode_models(listed, page), (JSON, naming(request)))


async def show_model(request: AnyRequest, models: ShowModel, name: str) -> ASGIApp:
    """Show the model of this name. Raises what `ShowModel.show` raises."""
    target = await models.show(name, caller_of(request))
    return Reply(encode_model(_listed(name, target)), (JSON, naming(request)))


def _listed(name: str, target: Target) -> Listed:
    return Listed(name=name, created=target.created or 0)
