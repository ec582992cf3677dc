"""What is read of an answer beside its way to the client, once it is over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from msgspec import Raw, Struct
from msgspec.json import Decoder

from adapters.dialects.ollama.outbound.parts import counted
from adapters.dialects.relaying.bodies import Members
from ports.chat import FinishReason, Usage
from ports.errors import GatewayError
from ports.observer import Outcome

T = TypeVar("T")


class _Function(Struct, frozen=True, gc=False):
    name: str = ""


class _Call(Struct, frozen=True):
    function: _Function = _Function()


class _Message(Struct, frozen=True):
    tool_calls: tuple[_Call, ...] | None = None

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(call.function.name for call in self.tool_calls or ())


class _Line(Struct, frozen=True):
    message: _Message = _Message()


class _Piece(Struct, gc=False):
    message: dict[str, Raw] | None = None
    response: Raw = Raw()
    thinking: Raw = Raw()
    image: Raw = Raw()


_PIECE = Decoder(_Piece)
_SAID = ("content", "thinking", "tool_calls", "images")
"""Members of a message in which the model says something, if they are not empty."""
_NOTHING = frozenset({b"", b"null", b'""', b"[]"})
_NUMBER = Decoder(float)
_TEXT = Decoder(str)
_MESSAGE = Decoder(_Message)
_LINE = Decoder(_Line)
_CALLS = b'"tool_calls"'
_TRUE = b"true"
_LENGTH = "length"


def outcome_of(
    members: Members,
    *,
    tools: Sequence[str] | None = None,
    pieces: int = 0,
    error: GatewayError | None = None,
) -> Outcome:
    """Return what a whole answer, or the last line of one, says of it.

    `tools` are those that the lines have called; those of a whole answer are looked for. What
    cannot be read was not said; nothing is raised.
    """
    called = tuple(_tools(members) if tools is None else tools)
    return Outcome(
        usage=Usage(
            prompt_tokens=counted(_read(_NUMBER, members, "prompt_eval_count")),
            completion_tokens=counted(_read(_NUMBER, members, "eval_count")),
        ),
        reason=_reason(members, calls=bool(called)),
        model=_read(_TEXT, members, "model") or "",
        tools=called,
        pieces=pieces,
        error=error,
    )


def says(line: bytes) -> bool:
    """Tell whether the model says something in a line; its role alone is nothing."""
    try:
        piece = _PIECE.decode(line)
    except (ValueError, RecursionError):
        return False
    message = piece.message or {}
    said = (piece.response, piece.thinking, piece.image, *(message.get(it, b"") for it in _SAID))
    return any(bytes(value) not in _NOTHING for value in said)


def called_in(line: bytes) -> tuple[str, ...]:
    """Return the names of the tools that a line calls."""
    try:
        return _LINE.decode(line).message.names
    except (ValueError, RecursionError):
        return ()


def _tools(members: Members) -> tuple[str, ...]:
    if bytes(members.get("message", b"")).find(_CALLS) < 0:
        return ()
    message = _read(_MESSAGE, members, "message")
    return () if message is None else message.names


def _reason(members: Members, *, calls: bool) -> FinishReason | None:
    if bytes(members.get("done", b"")) != _TRUE:
        return None
    if _read(_TEXT, members, "done_reason") == _LENGTH:
        return FinishReason.LENGTH
    return FinishReason.TOOL_CALLS if calls else FinishReason.STOP


def _read(decoder: Decoder[T], members: Members, name: str) -> T | None:
    try:
        return decoder.decode(members.get(name, b""))
    except (ValueError, RecursionError):
        return None
