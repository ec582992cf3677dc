"""An exchange whose bytes are passed on as they are, in a dialect that both sides speak."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from io import BytesIO
from typing import NewType, Protocol

from msgspec import Struct

from ports.errors import BackendProtocolError

Dialect = NewType("Dialect", str)
"""The name of a protocol: an open set, so that a new dialect changes nothing here."""

OLLAMA = Dialect("ollama")
OPENAI = Dialect("openai")
RESPONSES = Dialect("responses")
ANTHROPIC = Dialect("anthropic")


Headers = tuple[tuple[str, str], ...]
"""Names in lower case, and values in ASCII."""

LARGEST_ANSWER = 256 * 1024 * 1024
"""Bytes of a plain answer, beyond which an upstream is not telling the truth."""

DRAIN_SECONDS = 0.1
"""How long the body of a stream may take to end once its answer is complete. Within it the
connection can be kept."""


class RawRequest(Struct, frozen=True, kw_only=True):
    """A request in a dialect of the upstream, the model already named as the upstream does.

    `path` is the dialect's own, from the root of its server (`/api/chat`, `/v1/messages`), and
    `query` what stands behind it, escaped as it came.
    """

    dialect: Dialect
    path: str
    query: str = ""
    method: str = "POST"
    body: bytes | AsyncIterator[bytes] = b""
    """All of it, or its pieces as they come, which are never held together."""
    length: int | None = None
    """Bytes of a body in pieces, where that is known."""
    content_type: str = "application/json"
    """Empty where the body is, and nothing is said of it."""
    headers: Headers = ()
    """Others that the dialect has (`anthropic-version`). What the operator has set wins."""
    unread: bool = False
    """Whether nobody here knows what is asked for: a refusal is for the client, as it is."""


async def joined(pieces: AsyncIterator[bytes], limit: int = LARGEST_ANSWER) -> bytes:
    """Read to the end and hold it once. Raises `BackendProtocolError` beyond `limit` bytes."""
    first, size = b"", 0
    growing: BytesIO | None = None  # in place; pieces that are joined are held twice
    async for piece in pieces:
        size += len(piece)
        if size > limit:
            raise BackendProtocolError("the upstream's answer is too large")
        if growing is not None:
            growing.write(piece)
        elif not first:
            first = piece
        else:
            growing = BytesIO()
            growing.writelines((first, piece))
    return first if growing is None else growing.getvalue()


def _nothing_to_conceal(text: str) -> str:
    return text


def _nobody_to_tell() -> None:
    pass


class RawReply(Struct, frozen=True, kw_only=True):
    """A 2xx answer, or a 304 to a request that is `unread`.

    `body` gives the pieces as they come, where it can as a `ports.stream.Stream`, and raises a
    `BackendError` if the connection breaks; an end that the dialect would miss is not noticed here.
    """

    status: int
    content_type: str
    """As sent, with its parameters; may be empty."""
    headers: Headers = ()
    """Others that say what the body is: `content-disposition`, `content-length`, and from another
    llamaport `x-llamaport-tokens`; of what is `unread` also which part and version it is."""
    body: AsyncIterator[bytes]
    mark_suffices: bool = False
    """Whether a stream of OpenAI's dialect is complete at `[DONE]` though it told no reason."""
    conceal: Callable[[str], str] = _nothing_to_conceal
    """Takes the upstream's keys out of a text of its own: errors and progress, not answers."""
    began: Callable[[], None] = _nobody_to_tell
    """Called by whoever reads a stream once so much of it is here that its client gets a head, in
    the task that opened it."""
    spoke: Callable[[], None] = _nobody_to_tell
    """Called by whoever reads a stream at the first thing that the model says in it, once."""


class RawBackend(Protocol):
    """Passes exchanges on, byte for byte."""

    @abstractmethod
    def open_raw(self, request: RawRequest, /) -> AbstractAsyncContextManager[RawReply]:
        """Send the request and hand over the answer while it comes.

        Entering waits for the head, and for a 200 with a body also for its first bytes. An
        answer other than 2xx is raised as the `GatewayError` it means, a `BackendRefusal` where
        the request is `unread` and the upstream has something against it. Leaving early closes
        the upstream connection.
        """
