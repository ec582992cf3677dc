"""What is here: the server itself, and its models."""

from __future__ import annotations

from dishka import FromDishka
from litestar import Controller, post, route
from litestar.types import ASGIApp

from adapters.dialects.controlling.asking import AnyRequest, caller_of
from adapters.dialects.controlling.injection import inject
from adapters.dialects.ollama import names
from adapters.dialects.ollama.controllers.answering import JSON, READ, TEXT, by_either_name, refusal
from adapters.dialects.ollama.controllers.naming import listed_as
from adapters.dialects.ollama.library.listing import encode_tags, encode_version
from adapters.dialects.ollama.library.requests import decode_show, with_members
from adapters.dialects.ollama.library.shown import encode_show, overlaid
from adapters.dialects.replies.batches import Reply, read_body
from domain.models import ListModels, ShowModel
from ports.errors import ModelNotFound
from ports.raw import OLLAMA, RawRequest
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
        return Reply(encode_version(version), JSON)

    @route("/api/tags", http_method=READ)
    @inject
    async def list_models(self, request: AnyRequest, models: FromDishka[ListModels]) -> ASGIApp:
        """List the models."""
        targets = await models.list(caller_of(request))
        return Reply(encode_tags([listed_as(target) for target in targets]), JSON)

    @post("/api/show", status_code=200)
    @inject
    async def show(self, request: AnyRequest, models: FromDishka[ShowModel]) -> ASGIApp:
        """Tell what is known of one model."""
        body = await read_body(request.receive)
        call = decode_show(body)
        agent = request.headers.get("user-agent", "")
        try:
            target = await by_either_name(models.show, call.model, caller_of(request))
            asked = with_members(body, {"model": target.model.id})
            sent = RawRequest(dialect=OLLAMA, path="/api/show", body=asked)
            told = await models.ask(target, sent, call.model)
        except ModelNotFound as error:
            # This route alone names the model in its normal form.
            known = ModelNotFound(names.display(call.model), nearest=error.nearest)
            raise refusal(error, known, remote="remote model details are") from error
        listed = listed_as(target)
        if told is None:
            return Reply(encode_show(listed, call, user_agent=agent), JSON)
        shown = overlaid(told.body, listed, call, user_agent=agent, conceal=told.conceal)
        return Reply(shown, JSON)
