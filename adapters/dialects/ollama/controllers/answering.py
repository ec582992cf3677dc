"""What the handlers of every subject share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Protocol, TypeVar

from litestar import HttpMethod
from litestar.types import ASGIApp
from msgspec.structs import replace

from adapters.dialects.controlling.asking import AnyRequest, noted, noting
from adapters.dialects.ollama import errors, names
from adapters.dialects.ollama.controllers.lines import LinesReply
from adapters.dialects.ollama.inbound.metrics import Moments
from adapters.dialects.replies.batches import Header, Reply
from ports.caller import Caller
from ports.chat import ChatChunk, ChatRequest, ChatStream
from ports.clock import Clock
from ports.embed import EmbedRequest
from ports.errors import GatewayError, InvalidRequest, ModelNotFound, NotAllowed
from ports.generate import GenerateRequest

TEXT = ((b"content-type", b"text/plain; charset=utf-8"),)
JSON = ((b"content-type", b"application/json; charset=utf-8"),)
NDJSON = ((b"content-type", b"application/x-ndjson"),)

READ = (HttpMethod.GET, HttpMethod.HEAD)

T = TypeVar("T")
Asked = TypeVar("Asked", ChatRequest, GenerateRequest, EmbedRequest)


class Lines(Protocol):
    """Encodes the chunks of one stream, batch by batch."""

    def encode(self, chunks: Sequence[ChatChunk], *, wall_ns: int, monotonic_ns: int) -> bytes:
        """Encode one batch, which came at that time."""

    def fail(self, error: GatewayError) -> bytes:
        """Encode the line that ends a broken stream."""


async def stream(
    request: AnyRequest,
    opening: AbstractAsyncContextManager[ChatStream],
    lines: Lines,
    clock: Clock,
    *,
    headers: Iterable[Header] = (),
) -> ASGIApp:
    """Answer in lines, once the first of them is here; a refusal keeps its status."""
    exchange = AsyncExitStack()
    try:
        # Entered before there is a response.
        chunks = await exchange.enter_async_context(opening)
    except GatewayError as error:
        return stream_refusal(request, error)
    return LinesReply(
        chunks,
        lambda batch: lines.encode(
            batch, wall_ns=clock.time_ns(), monotonic_ns=clock.monotonic_ns()
        ),
        noting(request, lines.fail),
        headers=(*NDJSON, *headers),
        exchange=exchange,
    )


def stream_refusal(request: AnyRequest, error: GatewayError) -> ASGIApp:
    """Answer a streaming request that failed before its first line."""
    rendered = errors.render_stream_head(noted(request, error))
    return Reply(rendered.body, rendered.headers, rendered.status)


def moments_of(clock: Clock, started_ns: int) -> Moments:
    """Tell when an answer in one piece came, which is now, to a request that came then."""
    return Moments(
        created_at_ns=clock.time_ns(), started_ns=started_ns, finished_ns=clock.monotonic_ns()
    )


async def by_either_name(
    find: Callable[[str, Caller], Awaitable[T]], name: str, caller: Caller
) -> T:
    """Find a model as the client wrote it, or else by its short name.

    Raises the `ModelNotFound` of the name as it was written.
    """
    try:
        return await find(name, caller)
    except ModelNotFound as error:
        if (short := names.shortened(name)) is None:
            raise
        try:
            return await find(short, caller)
        except ModelNotFound:
            raise error from None


async def admit(
    admitting: Callable[[Asked, Caller], Awaitable[T]], asked: Asked, caller: Caller
) -> T:
    """Admit a request, its model found as by `by_either_name`."""
    try:
        return await admitting(asked, caller)
    except ModelNotFound as error:
        if (short := names.shortened(asked.model)) is None:
            raise
        try:
            return await admitting(replace(asked, model=short), caller)
        except ModelNotFound:
            raise error from None


def refusal(
    error: ModelNotFound, known: ModelNotFound, *, remote: str = "remote model is"
) -> GatewayError:
    """Tell a name that no server could have from one that this server does not have.

    `remote` is how a route calls what it would ask ollama.com for.
    """
    name = error.model
    if names.is_local_and_cloud(name):
        return InvalidRequest(f'use either :local or :cloud, not both: "{name}"')
    if names.is_cloud(name):
        return NotAllowed(f"ollama cloud is disabled: {remote} unavailable")
    return known if names.is_valid(error.model) else InvalidRequest("invalid model name")
