"""The routes of `/` and `/api/*` (docs/wire/ollama-api.md 1)."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import Any

from dishka import FromDishka
from litestar import Controller, HttpMethod, Request, post, route
from litestar.types import ASGIApp

from adapters.dialects.injection import inject
from adapters.dialects.ollama import errors, inbound, names
from adapters.dialects.ollama.inbound_stream import ChatLines
from adapters.dialects.ollama.listing import Listed
from adapters.dialects.replies import Reply, StreamReply, read_body
from domain.aliases import Alias
from domain.chat import AdmittedChat, Chat
from domain.models import ListModels, ShowModel
from domain.routing import Target
from ports.caller import Caller
from ports.clock import Clock
from ports.errors import GatewayError, InvalidRequest, ModelNotFound, NotSupported
from ports.version import EmulatedVersion

TEXT = ((b"content-type", b"text/plain; charset=utf-8"),)
JSON = ((b"content-type", b"application/json; charset=utf-8"),)
NDJSON = ((b"content-type", b"application/x-ndjson"),)

READ = (HttpMethod.GET, HttpMethod.HEAD)

AnyRequest = Request[Any, Any, Any]


class OllamaController(Controller):
    """Decode, ask one use case, encode."""

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
        targets = await models.list(_caller(request))
        return Reply(inbound.encode_tags([_listed(target) for target in targets]), JSON)

    @post("/api/show", status_code=200)
    @inject
    async def show(self, request: AnyRequest, models: FromDishka[ShowModel]) -> ASGIApp:
        """Tell what is known of one model."""
        call = inbound.decode_show(await read_body(request.receive))
        try:
            target = await models.show(call.model, _caller(request))
        except ModelNotFound as error:
            # This route alone names the model in its normal form.
            known_as = names.display(call.model)
            raise _refusal(error, ModelNotFound(known_as, nearest=error.nearest)) from error
        alias = target.alias or Alias(name="", target="")
        body = inbound.encode_show(
            _listed(target),
            call,
            options=alias.options,
            system=alias.system,
            user_agent=request.headers.get("user-agent", ""),
        )
        return Reply(body, JSON)

    @post("/api/chat", status_code=200)
    @inject
    async def chat(
        self,
        request: AnyRequest,
        chat: FromDishka[Chat],
        models: FromDishka[ShowModel],
        clock: FromDishka[Clock],
    ) -> ASGIApp:
        """Chat, or load or unload a model."""
        started_ns = clock.monotonic_ns()
        call = inbound.decode_chat(await read_body(request.receive))
        model = call.request.model
        try:
            if call.unloads:
                await models.show(model, _caller(request))
                return Reply(inbound.encode_load(model, clock.time_ns(), unload=True), JSON)
            admitted = await chat.admit(call.request, _caller(request))
        except ModelNotFound as error:
            raise _refusal(error, error) from error
        if call.loads:
            return Reply(inbound.encode_load(model, clock.time_ns(), unload=False), JSON)
        if call.debug_render_only:
            raise NotSupported("_debug_render_only: prompts are rendered by the upstream, not here")
        alternatives = call.request.top_logprobs > 0
        if call.stream:
            lines = ChatLines(model, started_ns, alternatives=alternatives)
            return await _stream(request, chat, admitted, lines, clock)
        response = await chat.answer(admitted)
        moments = inbound.Moments(
            created_at_ns=clock.time_ns(),
            started_ns=started_ns,
            finished_ns=clock.monotonic_ns(),
        )
        return Reply(inbound.encode_chat(model, response, moments, alternatives=alternatives), JSON)


async def _stream(
    request: AnyRequest, chat: Chat, admitted: AdmittedChat, lines: ChatLines, clock: Clock
) -> ASGIApp:
    exchange = AsyncExitStack()
    try:
        # Entered before there is a response: a refusal keeps its status.
        chunks = await exchange.enter_async_context(chat.open(admitted))
    except GatewayError as error:
        rendered = errors.render_stream_head(_noted(request, error))
        return Reply(rendered.body, rendered.headers, rendered.status)
    return StreamReply(
        chunks,
        lambda batch: lines.encode(
            batch, wall_ns=clock.time_ns(), monotonic_ns=clock.monotonic_ns()
        ),
        lambda error: lines.fail(_noted(request, error)),
        headers=NDJSON,
        exchange=exchange,
    )


def _noted(request: AnyRequest, error: GatewayError) -> GatewayError:
    """Leave word of an error that the client is told here, for the request's log line."""
    request.scope["state"]["error"] = error
    return error


def _caller(request: AnyRequest) -> Caller:
    caller: Caller = request.scope["state"]["caller"]
    return caller


def _listed(target: Target) -> Listed:
    return Listed(name=target.name, info=target.model, backend=target.backend.name)


def _refusal(error: ModelNotFound, known: ModelNotFound) -> GatewayError:
    """Tell a name that no server could have from one that this server does not have."""
    return known if names.is_valid(error.model) else InvalidRequest("invalid model name")
