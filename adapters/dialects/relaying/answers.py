"""An answer in one piece, on its way to a client that speaks the upstream's dialect."""

from __future__ import annotations

from collections.abc import Callable

from adapters.dialects.relaying.exchange import Conceal, concealed
from adapters.dialects.relaying.model_member import ModelMember
from ports.errors import BackendError

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
    return body if model is None or model == asked else ModelMember(asked).put_into(body)


def _in_utf8(body: bytes) -> bytes:
    try:
        body.decode()
    except UnicodeDecodeError:
        return body.decode("utf-8", "replace").encode()
    return body
