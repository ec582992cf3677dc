"""Is this answer complete and right? Asked of every one."""

from __future__ import annotations

import msgspec
from msgspec import Raw, Struct

from tests.benchmarks.client import Answer

ABSENT = Raw()


class Message(Struct, frozen=True):
    """The part of a line that holds text."""

    content: str = ""


class Line(Struct, frozen=True):
    """The part of an Ollama line that counts here; `embeddings` are an answer of their own."""

    message: Message = Message()
    response: str = ""
    embeddings: Raw = ABSENT
    done: bool = False
    error: str = ""

    @property
    def text(self) -> str:
        """The text, or the only vector as it is spelled."""
        if self.embeddings is not ABSENT:
            return bytes(self.embeddings).decode()[1:-1]
        return self.message.content + self.response

    @property
    def ends(self) -> bool:
        """Whether nothing may follow."""
        return self.done or self.embeddings is not ABSENT


class Wrong(Exception):
    """An answer that is not what it should be; the message is the kind of fault."""


LINE = msgspec.json.Decoder(Line)


def check(answer: Answer, expected: str) -> None:
    """Raise `Wrong` at anything but a complete answer with this text."""
    if not answer.head.startswith(b"http/1.1 200"):
        raise Wrong("status " + answer.head[9:12].decode())
    body = unchunked(answer.body) if answer.chunked else answer.body
    lines = [_line(line) for line in body.removesuffix(b"\n").split(b"\n")]
    if any(line.error for line in lines):
        raise Wrong("an error line")
    if not lines[-1].ends:
        raise Wrong("no end")
    if any(line.ends for line in lines[:-1]):
        raise Wrong("more than one end")
    if "".join(line.text for line in lines) != expected:
        raise Wrong("another text")


def unchunked(body: bytes) -> bytes:
    """Take a body out of its HTTP chunks; raise `Wrong` where they are broken."""
    data: list[bytes] = []
    start = 0
    while True:
        end = body.find(b"\r\n", start)
        try:
            size = int(body[start:end], 16)
        except ValueError:
            raise Wrong("broken framing") from None
        if size == 0:
            return b"".join(data)
        start = end + 2 + size + 2
        data.append(body[end + 2 : start - 2])


def _line(line: bytes) -> Line:
    try:
        return LINE.decode(line)
    except msgspec.DecodeError:
        raise Wrong("a line that is not JSON") from None
