"""One connection of the scripted upstream: reads requests, plays replies."""

from __future__ import annotations

import asyncio
import socket
import struct
from http import HTTPStatus
from typing import Protocol, cast

from tests.upstream.script import Abort, Close, Pause, Reply, Send, Stall, Step, Taken, Wire
from tests.upstream.unread import unread
from tests.upstream.wire import Received, cut_request
from tests.waiting import until

RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Exchange:
    """A request and what became of its answer."""

    def __init__(self, request: Received) -> None:
        self.request = request
        self.complete = False
        """The script was played to its end."""
        self.left_at: float | None = None
        """Loop time at which the client closed before that; `None` if it did not."""

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen."""
        return self.complete or self.left_at is not None


class Answerer(Protocol):
    """Who knows the scripts: the server."""

    connections: list[Connection]

    async def answer(self, request: Received, connection: Connection) -> None:
        """Play the script for a request on its connection."""


class Connection(asyncio.Protocol):
    """Serves the requests of one client, one after the other."""

    def __init__(self, answerer: Answerer) -> None:
        self.gone_at: float | None = None
        """Loop time at which either side closed; `None` while open."""
        self._answerer = answerer
        self._loop = asyncio.get_running_loop()
        self._buffer = bytearray()
        self._arrived = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._socket = cast("socket.socket", transport.get_extra_info("socket"))
        self._number = len(self._answerer.connections)
        self._answerer.connections.append(self)
        self._serving = self._loop.create_task(self._serve())

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self._arrived.set()

    def eof_received(self) -> None:
        self._gone()

    def connection_lost(self, exc: Exception | None) -> None:
        self._gone()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def drop(self) -> None:
        """Close from this side, whatever is under way."""
        self._transport.abort()

    async def play(self, reply: Reply, exchange: Exchange | None = None) -> None:
        """Send a reply. If the client leaves before the end, the exchange learns when."""
        try:
            open_still = await self._send(reply)
        except asyncio.CancelledError:
            if exchange is not None:
                exchange.left_at = self.gone_at
            raise
        if exchange is not None:
            exchange.complete = True
        if not (open_still and reply.keep_alive):
            self._transport.close()

    @property
    def failure(self) -> BaseException | None:
        """What a script raised here: a mistake of the test."""
        serving = self._serving
        return None if not serving.done() or serving.cancelled() else serving.exception()

    def _gone(self) -> None:
        if self.gone_at is None:
            self.gone_at = self._loop.time()
            self._serving.cancel()

    async def _serve(self) -> None:
        while not self._transport.is_closing():
            self._arrived.clear()
            request = cut_request(self._buffer, connection=self._number, at=self._loop.time())
            if request is None:
                await self._arrived.wait()
            else:
                await self._answerer.answer(request, self)

    async def _send(self, reply: Reply) -> bool:
        """Play to the end; false if a step has ended the connection."""
        framing = reply.framing or ("length" if reply.steps is None else "chunked")
        self._transport.write(head_of(reply, framing) if reply.head is None else reply.head)
        if reply.steps is None:
            self._transport.write(reply.body)
            return framing == "length"
        for step in reply.steps:
            if not await self._step(step, chunked=framing == "chunked"):
                return False
        if framing == "chunked":
            self._transport.write(b"0\r\n\r\n")
        return framing in ("chunked", "length")

    async def _step(self, step: Step, *, chunked: bool) -> bool:
        match step:
            case Send(data):
                framed = b"%x\r\n%b\r\n" % (len(data), data) if chunked else data
                self._transport.write(framed)
                await self._writable.wait()
            case Wire(data):
                self._transport.write(data)
            case Pause(event):
                await event.wait()
            case Taken():
                await self._taken()
            case Stall():
                await asyncio.Event().wait()
            case Close():
                self._transport.close()
            case Abort():
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
                self._transport.abort()
        return not self._transport.is_closing()

    async def _taken(self) -> None:
        """Wait until the peer's kernel holds nothing unread: the peer is on this machine."""

        def taken() -> bool:
            return not (self._transport.get_write_buffer_size() or unread(self._socket))

        await until(taken, every=0.0002)


def head_of(reply: Reply, framing: str) -> bytes:
    """Render the status line and the headers."""
    lines = [f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}"]
    lines += [f"{name}: {value}" for name, value in reply.headers]
    if framing == "chunked":
        lines.append("Transfer-Encoding: chunked")
    if framing == "length":
        length = len(reply.body) if reply.content_length is None else reply.content_length
        lines.append(f"Content-Length: {length}")
    if not reply.keep_alive or framing in ("close", "none"):
        lines.append("Connection: close")
    return "\r\n".join([*lines, "", ""]).encode("latin-1")
