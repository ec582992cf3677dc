"""A body in lines, each in an HTTP chunk of its own, as Ollama's server writes it."""

from __future__ import annotations

from typing import Any

from adapters.dialects.replies.batches import Send, StreamReply, T, Write, never


class LinesReply(StreamReply[T]):
    """A body whose batches are encoded as lines.

    There are programs that take each chunk of the body for one line (docs/wire/ollama-api.md 4.1).
    A batch is one line but where a text is followed by a call, or by the end: only those go out
    line by line, and by the longer way.
    """

    __slots__ = ()

    async def send_to(self, send: Send, write: Write = never) -> None:
        """Send the head, then every line, then the end."""

        def write_line(body: bytes) -> bool:
            return body.find(b"\n") == len(body) - 1 and write(body)

        async def send_lines(message: Any) -> None:
            *before, last = message.get("body", b"").splitlines(keepends=True) or [b""]
            for line in before:
                await send({**message, "body": line, "more_body": True})
            await send({**message, "body": last} if last else message)

        await super().send_to(send_lines, write_line)
