"""The answer on its way out: headers added at the door, and what the log needs of it."""

from __future__ import annotations

from collections.abc import Callable

from adapters.dialects.replies.batches import Message, Send, Write
from adapters.dialects.replies.dropping import handed_on
from adapters.dialects.replies.rendered import Rendered
from adapters.web.cors import Header
from adapters.web.hangup import Hangup

_WITHOUT_LENGTH = 204


class Outgoing:
    """A `send` that adds `headers` to the head, and remembers status and size of the answer.

    It tells the watcher of the client when the answer is complete, and that the client is
    gone when the connection turns out to be closed.
    """

    __slots__ = (
        *("_hangup", "_now", "_send", "_write", "dropped", "first_ns", "headers", "sent"),
        "status",
    )

    def __init__(
        self, send: Send, hangup: Hangup, now: Callable[[], int], write: Write | None = None
    ) -> None:
        self._send = send
        self._write = write
        self._hangup = hangup
        self._now = now
        self.headers: list[Header] = []
        self.dropped: list[str] = []
        """What upstreams tell in `x-llamaport-dropped` before the head is out."""
        self.status = 0
        """Status of the answer; 0 until its head is out."""
        self.sent = 0
        """Bytes of its body so far."""
        self.first_ns = 0
        """When the first of them went out, or where there are none the end; 0 until then."""

    async def send(self, message: Message) -> None:
        """Pass on one message."""
        if message.get("more_body"):  # by far the most common one
            if not self.sent:
                self.first_ns = self._now()
            self.sent += len(message.get("body", b""))
        elif message["type"] == "http.response.body":
            if not self.sent:
                self.first_ns = self._now()
            self.sent += len(message.get("body", b""))
            self._hangup.over = True
        elif message["type"] == "http.response.start":
            self.status = message["status"]
            if self.headers:
                message = {**message, "headers": [*message.get("headers", ()), *self.headers]}
            if self.dropped:
                message = {**message, "headers": handed_on(message["headers"], self.dropped)}
        try:
            await self._send(message)
        except OSError:
            await self._hangup.leave()

    def write(self, body: bytes) -> bool:
        """Send a further piece of the body at once, if that is possible."""
        # The first one is timed, and goes the other way.
        if self._write is None or not self.sent or not self._write(body):
            return False
        self.sent += len(body)
        return True

    async def answer(self, answer: Rendered, *, head_only: bool) -> None:
        """Send a whole answer; to HEAD the length of the body without the body."""
        headers = list(answer.headers)
        if answer.status != _WITHOUT_LENGTH:
            headers.append((b"content-length", b"%d" % len(answer.body)))
        await self.send(
            {"type": "http.response.start", "status": answer.status, "headers": headers}
        )
        await self.send({"type": "http.response.body", "body": b"" if head_only else answer.body})
