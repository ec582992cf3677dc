"""An answer in one piece, on its way to a client that speaks the upstream's dialect."""

from __future__ import annotations

from codecs import utf_8_decode
from collections.abc import Callable, Iterator

from adapters.dialects.relaying.exchange import Conceal, concealed
from adapters.dialects.relaying.model_member import ModelMember
from ports.errors import BackendError

_PIECE = 64 * 1024

Check = Callable[[bytes], str | None]
"""Raises the `BackendError` that a body is. Returns the name that it has for the model, `None`
where it has none, or is an answer but an odd one."""


def passed_on(body: bytes, check: Check, *, asked: str, conceal: Conceal = str) -> bytes:
    """Return an answer with the model named as the client did. Raises what `check` does.

    Bytes that are no UTF-8 become U+FFFD.
    """
    try:
        model = check(body)
    except BackendError as error:
        raise concealed(error, conceal) from error
    if not body.isascii():
        body = _in_utf8(body)
    # `check` has seen that this is an answer.
    return body if model is None or model == asked else ModelMember(asked).put_into(body)


def _in_utf8(body: bytes) -> bytes:
    try:
        for _ in _texts(body, "strict"):
            pass
    except UnicodeDecodeError:
        return b"".join([text.encode() for text in _texts(body, "replace")])
    return body


def _texts(body: bytes, errors: str) -> Iterator[str]:
    """Give the text of a body in pieces: all of it may take four times the memory."""
    at = 0
    while at < len(body):
        end = at + _PIECE
        text, read = utf_8_decode(body[at:end], errors, end >= len(body))
        yield text
        at += read
