"""Further paths of OpenAI's API, passed on to the backend that the model selects.

Only those of an allow-list: others act on the operator's account. What a client sends decides
neither scheme nor host nor where below the base URL anything goes.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection
from contextlib import AsyncExitStack
from fnmatch import fnmatchcase
from typing import Final
from urllib.parse import quote

from dishka import FromDishka
from litestar import HttpMethod, route
from litestar.handlers import HTTPRouteHandler
from litestar.types import ASGIApp
from msgspec.structs import replace

from adapters.dialects.controlling.asking import AnyRequest, caller_of, noted
from adapters.dialects.controlling.injection import inject
from adapters.dialects.openai.controllers.answering import READ
from adapters.dialects.openai.errors import event_of
from adapters.dialects.openai.passing.answers import named_as
from adapters.dialects.openai.passing.headers import (
    EVENTS,
    answer_headers,
    is_page,
    kind_of,
    refusal_headers,
    request_headers,
)
from adapters.dialects.openai.passing.paths import is_passable
from adapters.dialects.openai.passing.uploads import JSON, Upload, length_of, take
from adapters.dialects.relaying.exchange import no_answer
from adapters.dialects.replies.batches import Reply, StreamReply, read_pieces
from domain.passing import PassOn
from domain.relay import AdmittedRelay
from ports.errors import BackendRefusal, GatewayError, InvalidRequest, RouteNotFound
from ports.observer import Operation
from ports.raw import OPENAI, RESPONSES, Dialect, RawReply, RawRequest

PATHS: Final = (
    "/v1/images/{rest:path}",
    "/v1/audio/{rest:path}",
    "/v1/moderations",
    "/v1/rerank",
)
"""What is always passed on, to POST."""

COMPACT: Final = "/v1/responses/compact"
"""The same, where a backend's `native` or the configuration says that it is there."""

_NOT_PLAIN = "one with anything escaped or odd in it is not passed on"
_QUERY = "/:@!$&'()*+,;=-._~?%[]"


def routes(further: Collection[str]) -> list[HTTPRouteHandler]:
    """Make the handlers. `further` take more than POST; a `*` at the end of one is any path."""
    methods = {path: {HttpMethod.POST} for path in PATHS}
    for path in further:
        methods[path.replace("/*", "/{rest:path}")] = {*READ, HttpMethod.POST, HttpMethod.DELETE}
    handlers = [
        route(path, http_method=sorted(allowed), status_code=200)(inject(pass_on))
        for path, allowed in methods.items()
    ]
    if not any(fnmatchcase(COMPACT, path) for path in further):
        handlers.append(route(COMPACT, http_method="POST", status_code=200)(inject(compact)))
    return handlers


async def pass_on(request: AnyRequest, passing: FromDishka[PassOn]) -> ASGIApp:
    """Pass a request on, and its answer back, both as they come."""
    is_response = request.scope["path"].startswith("/v1/responses/")
    return await _pass_on(request, passing, (RESPONSES, OPENAI) if is_response else (OPENAI,))


async def compact(request: AnyRequest, passing: FromDishka[PassOn]) -> ASGIApp:
    """Do the same, but only with a backend that is known to have Responses."""
    return await _pass_on(request, passing, (RESPONSES,))


async def _pass_on(request: AnyRequest, passing: PassOn, dialects: tuple[Dialect, ...]) -> ASGIApp:
    path: str = request.scope["path"]
    if not is_passable(request.scope["state"]["raw_path"], path):
        raise RouteNotFound(f"no such path: {quote(path)[:200]} ({_NOT_PLAIN})")
    headers = request.headers
    upload = await take(
        headers.get("content-type", ""),
        read_pieces(request.receive),
        length_of(headers.get("content-length", "")),
    )
    if request.method != HttpMethod.POST:
        # The path says what is read or deleted, and no model in a body makes it the caller's.
        upload = replace(upload, model="")
    admitted = await passing.admit(
        upload.model, caller_of(request), dialects=dialects, others=upload.others
    )
    async with AsyncExitStack() as exchange:
        # Entered before there is a response: a refusal keeps its status.
        sent = _sent(request, passing, admitted, upload, dialects)
        opening = admitted.open(sent, Operation.OTHER, streamed=True)
        try:
            reply = await exchange.enter_async_context(opening)
        except BackendRefusal as refusal:
            return _refused(request, refusal)
        if is_page(reply):
            raise no_answer()  # a login, or what a proxy says
        body, longer = await _named(reply, admitted)
        reply.began()
        reply.spoke()  # nobody reads it: the first bytes count
        return StreamReply(
            body,
            bytes,
            _failing(request, reply),
            headers=answer_headers(reply, longer),
            exchange=exchange.pop_all(),
            status=reply.status,
        )


def _sent(
    request: AnyRequest,
    passing: PassOn,
    admitted: AdmittedRelay,
    upload: Upload,
    dialects: tuple[Dialect, ...],
) -> RawRequest:
    begin = upload.begin(admitted.target.model.id)
    streams = upload.rest is not None
    length = upload.length if streams else None

    async def look(name: str, others: bool) -> None:  # noqa: FBT001 - as it is called
        other = await passing.admit(name, caller_of(request), dialects=dialects, others=others)
        goes_there = other.backend is admitted.backend and other.target.model.id == name
        if name != upload.model and not goes_there:
            raise InvalidRequest("the model must be named before the files", param="model")

    return RawRequest(
        dialect=dialects[0],
        path=request.scope["path"],
        query=quote(request.scope["query_string"], safe=_QUERY),
        method=request.method,
        content_type=upload.content_type,
        body=upload.pieces(begin, look) if streams else begin,
        length=None if length is None else length + len(begin) - len(upload.held),
        headers=request_headers(request.headers),
        unread=True,
    )


def _refused(request: AnyRequest, refusal: BackendRefusal) -> ASGIApp:
    """Hand on what the upstream has against it. Raises it where there are no words to hand on."""
    if not refusal.body:
        raise refusal
    noted(request, refusal)
    return Reply(refusal.body, refusal_headers(refusal), refusal.status)


async def _named(reply: RawReply, admitted: AdmittedRelay) -> tuple[AsyncIterator[bytes], int]:
    """Return a body that names the model as the client did, and by how much it is longer."""
    asked, known = admitted.asked, admitted.target.model.id
    kind = kind_of(reply)
    if not asked or asked == known or not (kind == JSON or kind.endswith("+json")):
        return reply.body, 0
    return await named_as(asked, reply.body, known=known)


def _failing(request: AnyRequest, reply: RawReply) -> Callable[[GatewayError], bytes | None]:
    """Tell of a fault in an event, or leave the body incomplete: nothing else can tell."""

    def fail(error: GatewayError) -> bytes | None:
        noted(request, error)
        return event_of(error) if kind_of(reply) == EVENTS else None

    return fail
