"""`encrypted_content`: what a model thought, in a form that only this server reads.

A client that keeps nothing here sends its reasoning items back. The words stand in the summary
too, but a client may shorten that, and what the model signed must come back unchanged. Nothing
in it is secret from the client: it is packed, not encrypted.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode

from msgspec import MsgspecError
from msgspec.msgpack import Decoder, Encoder

_PREFIX = "llamaport-1."
_ENCODER = Encoder()
_DECODER = Decoder(tuple[str, str])


def pack(thinking: str, signature: str) -> str:
    """Return thinking and its signature as one opaque word."""
    packed = urlsafe_b64encode(_ENCODER.encode((thinking, signature)))
    return _PREFIX + packed.rstrip(b"=").decode()


def unpack(packed: str) -> tuple[str, str] | None:
    """Return thinking and signature; `None` for what this server did not pack."""
    if not packed.startswith(_PREFIX):
        return None
    word = packed[len(_PREFIX) :]
    try:
        return _DECODER.decode(urlsafe_b64decode(word + "=" * (-len(word) % 4)))
    except (ValueError, MsgspecError):
        return None
