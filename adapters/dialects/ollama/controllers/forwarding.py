"""Requests that an Ollama server behind us carries out, and their progress."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack

from litestar.types import ASGIApp

from adapters.dialects.controlling.asking import AnyRequest, noted, noting
from adapters.dialects.ollama import errors
from adapters.dialects.ollama.controllers.answering import NDJSON
from adapters.dialects.ollama.library.progress import (
    SUCCESS,
    ProgressLines,
    encode_progress,
    encode_success,
    passed_on,
    require_nothing,
    succeeded,
)
from adapters.dialects.replies.batches import Reply, StreamReply
from domain.forwarding import Forward, whole
from ports.errors import GatewayError
from ports.raw import RawRequest

CREATED = 201
UNSTARTED = ((b"content-type", b"application/json"),)
"""Of what reports progress, where none was asked for."""


async def forward_working(
    request: AnyRequest, plan: Forward, sent: RawRequest, *, stream: bool
) -> ASGIApp:
    """Have a model fetched, published or made, with the progress of it if it is asked for."""
    async with AsyncExitStack() as exchange:
        # Entered before there is a response: a refusal keeps its status.
        reply = await exchange.enter_async_context(plan.open(sent))
        if not stream:
            return Reply(succeeded(await whole(reply), reply.conceal), UNSTARTED)
        return StreamReply(
            passed_on(reply.body, ProgressLines(reply.conceal)),
            bytes,
            noting(request, lambda error: errors.body_of(error) + b"\n"),
            headers=NDJSON,
            exchange=exchange.pop_all(),
        )


async def forward_quietly(plan: Forward, sent: RawRequest) -> ASGIApp:
    """Have something done that is answered by a status and nothing else."""
    async with plan.open(sent) as reply:
        require_nothing(await whole(reply), reply.conceal)
        return Reply(b"", (), CREATED if reply.status == CREATED else 200)


def progress(*steps: str, stream: bool) -> ASGIApp:
    """Answer what was done here, in the steps it would have taken."""
    if stream:
        return _lines(encode_progress(*steps, SUCCESS))
    return Reply(encode_success(), UNSTARTED)


def failed(request: AnyRequest, error: GatewayError, *steps: str, stream: bool) -> ASGIApp:
    """Answer what went wrong after these steps."""
    if stream:
        return _lines(encode_progress(*steps, error=noted(request, error).message))
    return unstarted(request, error)


def unstarted(request: AnyRequest, error: GatewayError) -> ASGIApp:
    """Answer that the work did not begin."""
    rendered = errors.render_unstarted(noted(request, error))
    return Reply(rendered.body, rendered.headers, rendered.status)


def _lines(report: bytes) -> ASGIApp:
    """Answer with lines that are all there as with those that come: in a chunk each."""
    return StreamReply(
        _each(report.splitlines(keepends=True)),
        bytes,
        lambda error: errors.body_of(error) + b"\n",
        headers=NDJSON,
        exchange=AsyncExitStack(),
    )


async def _each(lines: Iterable[bytes]) -> AsyncIterator[bytes]:
    for line in lines:
        yield line
