"""An upstream for bytes that answers by a script."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from ports.errors import GatewayError
from ports.raw import Headers, RawBackend, RawReply, RawRequest


class FakeRaw(RawBackend):
    """Gives `pieces` to every request, or raises `error` while opening, or `fault` at the end.

    What was asked is kept, and the bodies of the requests beside it, read to their end.
    """

    def __init__(
        self, *pieces: bytes, status: int = 200, content_type: str = "application/json"
    ) -> None:
        self.pieces: Sequence[bytes] = pieces
        self.status = status
        self.content_type = content_type
        self.headers: Headers = ()
        self.error: GatewayError | None = None
        self.fault: GatewayError | None = None
        self.asked: list[RawRequest] = []
        self.bodies: list[bytes] = []
        self.open = 0

    @asynccontextmanager
    async def open_raw(self, request: RawRequest, /) -> AsyncIterator[RawReply]:
        self.asked.append(request)
        self.open += 1
        try:
            self.bodies.append(await _read(request.body))
            if self.error is not None:
                raise self.error
            yield RawReply(
                status=self.status,
                content_type=self.content_type,
                headers=self.headers,
                body=self._play(),
            )
        finally:
            self.open -= 1

    async def _play(self) -> AsyncIterator[bytes]:
        for piece in self.pieces:
            yield piece
        if self.fault is not None:
            raise self.fault


async def _read(body: bytes | AsyncIterator[bytes]) -> bytes:
    return body if isinstance(body, bytes) else b"".join([piece async for piece in body])
