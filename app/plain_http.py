"""HTTP as it is served: no connection ever changes to another protocol.

Clients may offer that beside a request (RFC 9110 7.8), and whoever does not want it answers as if
nothing had been said. Java's own client offers HTTP/2 with its first request to each server. The
parser takes every such offer for taken, and reads no body.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from adapters.dialects.replies.batches import WRITE

_OFFER = frozenset({b"upgrade", b"http2-settings"})
"""Headers in which another protocol is offered. `Connection` may name them; the parser looks for
one behind it."""


class PlainHttp(HttpToolsProtocol):
    """uvicorn's protocol, which reads a request with such an offer as one without it."""

    def on_headers_complete(self) -> None:
        """Leave a request with an offer to `data_received`."""
        if not self._is_offered():
            super().on_headers_complete()
            scope: Any = self.scope
            scope[WRITE] = partial(_write, self.cycle)

    def on_message_complete(self) -> None:
        """Do the same: what would end here has not begun."""
        if not self._is_offered():
            super().on_message_complete()

    def data_received(self, data: bytes) -> None:
        """Parse what came."""
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
        self.send_400_response(message)


def _write(cycle: RequestResponseCycle, body: bytes) -> bool:
    """Write a further piece of a body that goes out in chunks, unless that has to wait."""
    if not body or not cycle.chunked_encoding or cycle.flow.write_paused or cycle.disconnected:
        return False
    cycle.transport.write(b"%x\r\n%b\r\n" % (len(body), body))
    return True
