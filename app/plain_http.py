"""HTTP as it is served: no connection ever changes to another protocol.

Clients may offer that beside a request (RFC 9110 7.8), and whoever does not want it answers as if
nothing had been said. Java's own client offers HTTP/2 with its first request to each server. The
parser takes every such offer for taken, and reads no body.

And a client that is answered in the middle of its upload gets to read that. To close a connection
with something unread in it is to reset it, and what the client has not read yet is lost with that
(RFC 9112 9.6). So nothing more is said, what still comes is thrown away, and then it is closed.

And nobody may send a head without an end, all of which would be kept.

And who speaks HTTP/1.0 gets no chunks, which that does not know (RFC 9112 6.1): there a body ends
with the connection, and one that is cut ends with a reset.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from functools import partial
from typing import Any, Self

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from adapters.dialects.replies.batches import WRITE

_OFFER = frozenset({b"upgrade", b"http2-settings"})
"""Headers in which another protocol is offered. `Connection` may name them; the parser looks for
one behind it."""


LARGEST_HEAD = 256 * 1024
"""Bytes that a request may bring without a byte of its body before it is refused: its head, or
what stands between and behind the pieces of its body. Others take from 8 KiB to 1 MiB."""

LINGER_SECONDS = 10.0
LINGER_SIZE = 256 * 1024 * 1024
"""How long, and for how many bytes, an upload is thrown away that was answered before its end."""


class PlainHttp(HttpToolsProtocol):
    """uvicorn's protocol, which reads a request with such an offer as one without it."""

    unwanted = 0
    """Bytes that may still be thrown away before the connection is closed; 0 if they are read."""
    _bodiless = 0
    """Bytes that came since a head was complete, or the last byte of a body."""
    _closing: asyncio.TimerHandle | None = None
    _before: tuple[RequestResponseCycle, ...] = ()
    """Requests that others have come behind, before their answer was complete."""

    def on_headers_complete(self) -> None:
        """Leave a request with an offer to `data_received`."""
        self._bodiless = 0
        if not self._is_offered():
            before = self.cycle
            super().on_headers_complete()
            if self.pipeline:
                self._queue(before)
            scope: Any = self.scope
            scope[WRITE] = partial(_write, self.cycle)
            if scope["http_version"] == "1.0":
                cycle: Any = self.cycle
                cycle.chunked_encoding = False
                cycle.expected_content_length = _Whatever()
                cycle.transport = _Ending(self, cycle)

    def on_body(self, body: bytes) -> None:
        """Take a piece of it."""
        self._bodiless = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Do the same: what would end here has not begun."""
        if not self._is_offered():
            super().on_message_complete()
            if self.scope["http_version"] != "1.0":
                self.cycle.transport = self.transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of everything."""
        if self._closing is not None:
            self._closing.cancel()
        if self.cycle is not None:
            self.cycle.transport = self.transport  # or they would hold each other
        for cycle in self._before:
            if not cycle.response_complete:  # uvicorn tells the last one only
                cycle.disconnected = True
                cycle.message_event.set()
        super().connection_lost(exc)

    def _queue(self, before: RequestResponseCycle) -> None:
        """Read on behind one request that waits: else nobody would see that the client leaves."""
        self._before = (*(it for it in self._before if not it.response_complete), before)
        if len(self.pipeline) == 1:
            self.flow.resume_reading()

    def linger(self) -> None:
        """Say that nothing more is said, and close the connection once the client has, too."""
        if self.transport.is_closing() or not self.transport.can_write_eof():
            self.transport.close()
            return
        self.unwanted = LINGER_SIZE
        self.transport.write_eof()
        self.flow.resume_reading()
        self._closing = self.loop.call_later(LINGER_SECONDS, self.transport.close)

    def on_response_complete(self) -> None:
        """Wait for no further request behind an answer that was the last one."""
        if self.unwanted:
            self.server_state.total_requests += 1
            if self._closing is None:
                self.linger()
        else:
            super().on_response_complete()

    def data_received(self, data: bytes) -> None:
        """Parse what came."""
        if self.unwanted:
            self._throw_away(data)
            return
        self._bodiless += len(data)
        self._parse(data)
        if self._bodiless > LARGEST_HEAD:
            self._refuse()
            return
        cycle: Any = self.cycle
        # Most requests come whole, and need none.
        if cycle is not None and cycle.more_body and not cycle.response_complete:
            cycle.transport = _Ending(self, cycle)

    def _throw_away(self, data: bytes) -> None:
        self.unwanted -= len(data)
        if self.unwanted <= 0:
            self.unwanted = 1
            self.transport.close()

    def _parse(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        while data:
            try:
                self.parser.feed_data(data)
            except httptools.HttpParserError:
                self._refuse()
            except httptools.HttpParserUpgrade as stopped:
                if self._is_offered():
                    data = self._without_offer() + data[stopped.args[0] :]
                    self._parse_anew()
                    continue
            return

    def _is_offered(self) -> bool:
        return self.parser.should_upgrade() and self.parser.get_method() != b"CONNECT"

    def _without_offer(self) -> bytes:
        """Return the head that was read last."""
        version = self.parser.get_http_version().encode()
        line = b"%b %b HTTP/%b" % (self.parser.get_method(), self.url, version)
        kept = (b"%b: %b" % header for header in self.headers if header[0] not in _OFFER)
        return b"\r\n".join((line, *kept, b"", b""))

    def _parse_anew(self) -> None:
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn does

    def _refuse(self) -> None:
        message = "Invalid HTTP request received."
        self.logger.warning(message)
        cycle: Any = self.cycle
        if self.pipeline or not (cycle is None or cycle.response_complete or cycle.more_body):
            # Behind a request that is being answered. This must not go into the middle of that.
            self.pipeline.clear()
            self.unwanted = LINGER_SIZE
        elif cycle is not None and cycle.more_body and cycle.response_started:
            # In the body of one that is. What answers it will get no more of that.
            _Ending(self, cycle).close()
        else:
            self.send_400_response(message)


class _Ending:
    """The transport of a request, as far as uvicorn uses it, with more than one way to close it."""

    def __init__(self, protocol: PlainHttp, cycle: RequestResponseCycle) -> None:
        self._protocol = protocol
        self._cycle = cycle
        self.write = protocol.transport.write
        self.is_closing = protocol.transport.is_closing

    def close(self) -> None:
        """Close the connection behind an answer, or in its middle."""
        transport = self._protocol.transport
        if not self._cycle.response_complete:
            if self._cycle.scope["http_version"] == "1.0":
                # Closed in good order it would look complete.
                peer = transport.get_extra_info("socket")
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                transport.abort()
            transport.close()
        elif self._cycle.more_body:
            self._protocol.linger()
        else:
            transport.close()


_RESET = struct.pack("ii", 1, 0)


class _Whatever(int):
    """What uvicorn expects of a body whose length nobody knows, and that goes out as it is."""

    def __lt__(self, _other: object) -> bool:
        return False

    def __ne__(self, _other: object) -> bool:
        return False

    def __sub__(self, _other: object) -> Self:
        return self

    __hash__ = int.__hash__


def _write(cycle: RequestResponseCycle, body: bytes) -> bool:
    """Write a further piece of a body that goes out in chunks, unless that has to wait."""
    if not body or not cycle.chunked_encoding or cycle.flow.write_paused or cycle.disconnected:
        return False
    cycle.transport.write(b"%x\r\n%b\r\n" % (len(body), body))
    return True
