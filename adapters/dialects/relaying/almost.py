r"""What is almost JSON, on its way to a client: read in a mended copy, passed on as it is.

Half a character (`"\ud83d"`, the other half comes with the next delta) is nothing to most
clients, and an answer that ends there in an error is lost.
"""

from __future__ import annotations

from typing import TypeVar

from msgspec.json import Decoder

from adapters.dialects.relaying.exchange import no_answer
from adapters.dialects.wire.mending import mend

T = TypeVar("T")


def read(decoder: Decoder[T], text: bytes) -> T:
    """Read what may be almost JSON. Raises `BackendProtocolError` if it is not even that."""
    try:
        return decoder.decode(text)
    except (ValueError, RecursionError):
        return read_almost(decoder, text)[0]


def read_almost(decoder: Decoder[T], text: bytes) -> tuple[T, bytes]:
    """Return what was read, and the mended copy in which it stands.

    Only for what the decoder has refused. Raises `BackendProtocolError` if it still does.
    """
    try:
        copy = mend(text)
        return decoder.decode(copy), copy
    except (ValueError, RecursionError) as error:
        raise no_answer() from error
