"""The member that names the model, in JSON of which nothing else may change."""

from __future__ import annotations

import msgspec
from msgspec import Raw
from msgspec.json import Decoder

from adapters.dialects.wire.escaping import encode_text
from adapters.dialects.wire.mending import mend

_MEMBERS = Decoder(dict[str, Raw])
_KEY = b'"model"'
_NOTHING_YET = b"\n"
"""What no object begins with."""
_LONGEST = 4096
"""How far into an event the model is named in time for the next one."""


class ModelMember:
    """Puts one name into objects that have another, in place.

    The events of a stream begin alike up to the name, so the first one is taken apart, and
    those that begin as it did are only pasted together: what comes before is the same, and so
    it is the same member.
    """

    __slots__ = ("_before", "_instead", "_name")

    def __init__(self, name: str) -> None:
        self._name = encode_text(name)
        self._before = _NOTHING_YET
        self._instead = b""

    def put_into(self, text: bytes) -> bytes:
        """Return an object that has a `model` with the name in it, mended if it is almost JSON.

        Raises `ValueError` if it is no object.
        """
        before = self._before
        if text.startswith(before):
            return self._instead + text[len(before) :]
        try:
            members = _MEMBERS.decode(text)
        except (ValueError, RecursionError):
            text = mend(text)
            members = _MEMBERS.decode(text)
        old = bytes(members["model"])
        if text.count(_KEY) == 1:
            at = text.find(_KEY)
            start = text.find(old, at + len(_KEY))
            end = start + len(old)
            if end <= _LONGEST:
                self._before = text[:end]
                self._instead = text[:start] + self._name
            # One copy, however long it is: slices that are put together are two.
            return text.replace(text[at:end], text[at:start] + self._name, 1)
        # Inside another object there is one too.
        return msgspec.json.encode(members | {"model": Raw(self._name)})

    def put_inside(self, text: bytes, inner: bytes) -> bytes:
        """Do the same with an object that stands in another one, spelled as it stands there."""
        start = text.find(inner)
        return text[:start] + self.put_into(inner) + text[start + len(inner) :]
