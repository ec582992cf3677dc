"""Requests that an Ollama server behind us carries out, and their progress."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack

from litestar.types import ASGIApp

from adapters.dialects.ollama import errors
from adapters.dialects.ollama.controllers.answering import (
    NDJSON,
    AnyRequest,
    noted,
    noting,
)
from adapters.dialects.ollama.progress import (
    SUCCESS,
    ProgressLines,
    encode_progress,
    encode_success,
    told,
)
from adapters.dialects.replies import Reply, StreamReply
from domain.forwarding import Forward, whole
from ports.errors import GatewayError
from ports.raw import RawRequest

UNSTARTED = ((b"content-type", b"application/json"),)
"""Of what reports progress, where none was asked for."""


async def forward(request: AnyRequest, plan: Forward, sent: RawRequest) -> ASGIApp:
    """Answer as the upstream does: at once, or with its progress while that comes."""
    async with AsyncExitStack() as exchange:
        # Entered before there is a response: a refusal keeps its status.
        reply = await exchange.enter_async_context(plan.open(sent))
        kind = reply.content_type.encode("latin-1")
        headers = ((b"content-type", kind),) if kind else ()
        if not reply.content_type.startswith("application/x-ndjson"):
            return Reply(await whole(reply), headers, reply.status)
        return StreamReply(
            told(reply.body, ProgressLines()),
            bytes,
            noting(request, lambda error: errors.body_of(error) + b"\n"),
            headers=headers,
            exchange=exchange.pop_all(),
        )


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
