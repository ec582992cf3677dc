"""Is this answer complete and right? Asked of every one, in whatever dialect it is."""

from __future__ import annotations

import msgspec
from msgspec import Raw, Struct

from tests.benchmarks.client import Answer

ABSENT = Raw()
DONE = b"[DONE]"


class Text(Struct, frozen=True):
    """Whatever holds text: a message, a delta, a block."""

    content: str | list[Text] = ""
    text: str = ""

    @property
    def all(self) -> str:
        """The text of it."""
        inner = self.content
        return self.text + (inner if isinstance(inner, str) else "".join(t.all for t in inner))


class Choice(Struct, frozen=True):
    """The part of an OpenAI choice that holds text."""

    delta: Text = Text()
    message: Text = Text()


class Piece(Struct, frozen=True):
    """What counts here of a line, of an event, or of an answer in one piece."""

    message: Text = Text()
    response: str = ""
    embeddings: Raw = ABSENT
    done: bool = False
    error: Raw = ABSENT
    object: str = ""
    choices: tuple[Choice, ...] = ()
    type: str = ""
    content: tuple[Text, ...] = ()
    delta: Text = Text()

    @property
    def text(self) -> str:
        """The text, or the only vector as it is spelled."""
        if self.embeddings is not ABSENT:
            return bytes(self.embeddings).decode()[1:-1]
        held = [self.message, self.delta, *self.content]
        held += [text for choice in self.choices for text in (choice.delta, choice.message)]
        return self.response + "".join(text.all for text in held)

    @property
    def ends(self) -> bool:
        """Whether nothing may follow."""
        return (
            self.done
            or self.embeddings is not ABSENT
            or self.object == "chat.completion"
            or self.type in {"message", "message_stop"}
        )


class Wrong(Exception):
    """An answer that is not what it should be; the message is the kind of fault."""


PIECE = msgspec.json.Decoder(Piece)
END = Piece(done=True)


def check(answer: Answer, expected: str) -> None:
    """Raise `Wrong` at anything but a complete answer with this text."""
    if not answer.head.startswith(b"http/1.1 200"):
        raise Wrong("status " + answer.head[9:12].decode())
    body = unchunked(answer.body) if answer.chunked else answer.body
    events = b"\r\ncontent-type: text/event-stream" in answer.head
    pieces = [_piece(data) for data in (_events(body) if events else _lines(body))]
    if any(piece.error is not ABSENT for piece in pieces):
        raise Wrong("an error")
    if not pieces[-1].ends:
        raise Wrong("no end")
    if any(piece.ends for piece in pieces[:-1]):
        raise Wrong("more than one end")
    if "".join(piece.text for piece in pieces) != expected:
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


def _lines(body: bytes) -> list[bytes]:
    return body.removesuffix(b"\n").split(b"\n")


def _events(body: bytes) -> list[bytes]:
    if not body.endswith(b"\n\n"):
        raise Wrong("broken framing")
    return [event.rpartition(b"data: ")[2] for event in body[:-2].split(b"\n\n")]


def _piece(data: bytes) -> Piece:
    if data == DONE:
        return END
    try:
        return PIECE.decode(data)
    except msgspec.DecodeError:
        raise Wrong("a piece that is not JSON") from None
