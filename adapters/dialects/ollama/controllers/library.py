"""Making, copying, deleting, fetching and publishing models (docs/wire/ollama-api.md 2.8)."""

from __future__ import annotations

from dishka import FromDishka
from litestar import Controller, delete, post
from litestar.types import ASGIApp
from msgspec.structs import asdict

from adapters.dialects.controlling.asking import AnyRequest, caller_of
from adapters.dialects.controlling.injection import inject
from adapters.dialects.ollama import names
from adapters.dialects.ollama.controllers.forwarding import (
    failed,
    forward_quietly,
    forward_working,
    progress,
    unstarted,
)
from adapters.dialects.ollama.errors import not_to_copy
from adapters.dialects.ollama.library import requests as inbound
from adapters.dialects.ollama.library.progress import NO_SUCH_MODEL, PULLING, WRITING
from adapters.dialects.replies.batches import Reply, read_body
from domain.library import Library
from domain.recipes import Recipe
from ports.errors import GatewayError, InvalidRequest, ModelNotFound
from ports.raw import OLLAMA, RawRequest


class LibraryController(Controller):
    """Changes which models there are."""

    @post("/api/pull", status_code=200)
    @inject
    async def pull(self, request: AnyRequest, library: FromDishka[Library]) -> ASGIApp:
        """Fetch a model, or find it here already."""
        body = await read_body(request.receive)
        call = inbound.decode_pull(body)
        try:
            plan = await library.pull(call.model, caller_of(request))
            if plan is None:
                return progress(PULLING, stream=call.stream)
            _require_valid(plan.model)
            sent = _sent("/api/pull", inbound.with_members(body, {"model": plan.model}))
            return await forward_working(request, plan, sent, stream=call.stream)
        except ModelNotFound:
            return _not_fetched(request, call.model, stream=call.stream)
        except InvalidRequest:
            raise
        except GatewayError as error:
            return unstarted(request, error)

    @post("/api/push", status_code=200)
    @inject
    async def push(self, request: AnyRequest, library: FromDishka[Library]) -> ASGIApp:
        """Publish a model of an upstream that can."""
        body = await read_body(request.receive)
        call = inbound.decode_push(body)
        try:
            plan = await library.push(call.model, caller_of(request))
            sent = _sent("/api/push", inbound.with_members(body, {"model": plan.model}))
            return await forward_working(request, plan, sent, stream=call.stream)
        except GatewayError as error:
            return unstarted(request, error)

    @post("/api/create", status_code=200)
    @inject
    async def create(self, request: AnyRequest, library: FromDishka[Library]) -> ASGIApp:
        """Make a model."""
        body = await read_body(request.receive)
        call = inbound.decode_create(body)
        try:
            if call.complaint:
                raise InvalidRequest(call.complaint)
            plan = await library.create(_recipe(call), caller_of(request))
            if plan is None:
                return progress(WRITING, stream=call.stream)
            named = {"model": plan.model, "from": plan.source}
            sent = _sent("/api/create", inbound.with_members(body, named))
            return await forward_working(request, plan, sent, stream=call.stream)
        except ModelNotFound:
            if not names.is_valid(call.source):
                return unstarted(request, InvalidRequest("invalid model name"))
            return _not_fetched(request, call.source, stream=call.stream)
        except GatewayError as error:
            return unstarted(request, error)

    @post("/api/copy", status_code=200)
    @inject
    async def copy(self, request: AnyRequest, library: FromDishka[Library]) -> ASGIApp:
        """Give a model another name."""
        call = inbound.decode_copy(await read_body(request.receive))
        try:
            plan = await library.copy(call.source, call.destination, caller_of(request))
        except ModelNotFound as error:
            if not names.is_valid(call.source):
                raise InvalidRequest(f'source "{call.source}" is invalid') from error
            raise not_to_copy(error) from error
        if plan is None:
            return Reply(b"", ())
        sent = _sent("/api/copy", inbound.encode_copy(plan.source, plan.model))
        return await forward_quietly(plan, sent)

    @delete("/api/delete", status_code=200)
    @inject
    async def delete(self, request: AnyRequest, library: FromDishka[Library]) -> ASGIApp:
        """Delete a model."""
        body = await read_body(request.receive)
        model = inbound.decode_delete(body)
        try:
            plan = await library.delete(model, caller_of(request))
        except ModelNotFound as error:
            if not names.is_valid(model):
                raise InvalidRequest(f'name "{model}" is invalid') from error
            raise
        if plan is None:
            return Reply(b"", ())
        sent = inbound.with_members(body, {"model": plan.model})
        return await forward_quietly(plan, _sent("/api/delete", sent, method="DELETE"))


def _recipe(call: inbound.CreateCall) -> Recipe:
    given = asdict(call)
    shared = {name: given[name] for name in Recipe.__struct_fields__ if name in given}
    return Recipe(name=call.model, **shared)


def _sent(path: str, body: bytes, *, method: str = "POST") -> RawRequest:
    return RawRequest(dialect=OLLAMA, path=path, method=method, body=body)


def _require_valid(name: str) -> None:
    if not names.is_valid(name):
        raise InvalidRequest("invalid model name")


def _not_fetched(request: AnyRequest, name: str, *, stream: bool) -> ASGIApp:
    """Say that nobody has the model, as the registry behind Ollama would."""
    _require_valid(name)
    return failed(request, GatewayError(NO_SUCH_MODEL), PULLING, stream=stream)
