"""Requests that an Ollama server answers itself, byte for byte."""

from __future__ import annotations

from contextlib import AsyncExitStack

from litestar.types import ASGIApp

from adapters.dialects.ollama.controllers.answering import (
    AnyRequest,
    caller_of,
    noting,
    stream_refusal,
)
from adapters.dialects.ollama.errors import body_of
from adapters.dialects.ollama.relay import (
    Members,
    RelayedLines,
    members_of,
    model_of,
    named_as_asked,
    relayed,
    renamed,
)
from adapters.dialects.replies import Reply, StreamReply
from domain.relay import AdmittedRelay, Relay
from ports.errors import BackendProtocolError, GatewayError
from ports.raw import OLLAMA, RawReply, RawRequest

LARGEST = 256 * 1024 * 1024
"""Bytes of a plain answer, beyond which an upstream is not telling the truth."""


async def relay_body(
    request: AnyRequest, relay: Relay, path: str, body: bytes, *, streams: bool
) -> ASGIApp | None:
    """Pass a request on untouched if that is possible; else `None`, and nothing has happened.

    `streams` tells whether the route answers in lines unless asked not to.
    """
    if not relay.speaks(OLLAMA):
        return None
    members = members_of(body)
    if members is None or (model := model_of(members)) is None:
        return None
    admitted = await relay.admit(model, OLLAMA, caller_of(request))
    if admitted is None:
        return None
    try:
        return await _answer(request, admitted, path, body, members)
    except GatewayError as error:
        if streams and bytes(members.get("stream", b"")) != b"false":
            return stream_refusal(request, error)
        raise


async def _answer(
    request: AnyRequest, admitted: AdmittedRelay, path: str, body: bytes, members: Members
) -> ASGIApp:
    model, asked = admitted.target.model.id, admitted.asked
    sent = RawRequest(dialect=OLLAMA, path=path, body=renamed(body, members, asked, model))
    async with AsyncExitStack() as exchange:
        # Entered before there is a response: a refusal keeps its status.
        reply = await exchange.enter_async_context(admitted.open(sent))
        headers = ((b"content-type", reply.content_type.encode("latin-1")),)
        if not reply.content_type.startswith("application/x-ndjson"):
            whole = await _whole(reply)
            return Reply(named_as_asked(whole, model=model, asked=asked), headers)
        return StreamReply(
            relayed(reply.body, RelayedLines(model=model, asked=asked)),
            bytes,
            noting(request, lambda error: body_of(error) + b"\n"),
            headers=headers,
            exchange=exchange.pop_all(),
        )


async def _whole(reply: RawReply) -> bytes:
    pieces: list[bytes] = []
    size = 0
    async for data in reply.body:
        size += len(data)
        if size > LARGEST:
            raise BackendProtocolError("the upstream's answer is too large")
        pieces.append(data)
    return b"".join(pieces)
