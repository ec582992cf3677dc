"""Where in a body the model is named, for bodies that are looked at while they pass.

Whoever looks here decides who gets the body, and the server that gets it looks again. So what
two readers could read in two ways is refused, to the last byte.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Protocol

from msgspec import Struct

from ports.errors import InvalidRequest

MAX_NAME = 1024
"""Bytes of a model's name, as it is spelled in a body."""


class Named(Struct, frozen=True):
    """A name, and its first and last byte in the body, the second one excluded.

    `length` is where its length stands, in digits, if that is told beside it.
    """

    name: str
    start: int
    end: int
    length: tuple[int, int] | None = None


class ModelReader(Protocol):
    """Looks at a body while it passes.

    `named` is where the model was found, `others` whether more models may be meant by other
    names than that, where some servers look for them.
    """

    named: Named | None
    others: bool

    @abstractmethod
    def feed(self, data: bytes) -> None:
        """Look at the next piece. Raises `InvalidRequest` if it must not pass."""

    @abstractmethod
    def finish(self) -> None:
        """Say that the body has ended. Raises `InvalidRequest` if it should not have."""

    @abstractmethod
    def spelled(self, name: str) -> bytes:
        """Return a name as it is written where one was found."""


def renamed(held: bytes, named: Named, spelled: bytes) -> bytes:
    """Return the first bytes of a body, in which the model is named, with another name."""
    head = held[: named.start]
    if named.length is not None:
        start, end = named.length
        head = b"%b%d%b" % (head[:start], len(spelled), head[end:])
    return head + spelled + held[named.end :]


def twice() -> InvalidRequest:
    """Say that a body names two models."""
    return InvalidRequest("the model is named twice", param="model")


def oddly_spelled() -> InvalidRequest:
    """Say that a body has something that some servers would take for the model."""
    return InvalidRequest("the model is named in an odd spelling", param="model")


def too_long() -> InvalidRequest:
    """Say that a name is none."""
    return InvalidRequest("the name of the model is too long", param="model")
