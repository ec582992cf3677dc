"""Requests of OpenAI clients that may pass: what is looked at in them, and what is put right."""

from __future__ import annotations

import re

import msgspec
from msgspec import Raw
from msgspec.json import Decoder
from msgspec.structs import asdict

from adapters.dialects.relaying.bodies import Members, Wanted, member_of, read_wanted, switch

_MEMBERS = Decoder(Members)
_COUNTING = frozenset({"model", "stream", "stream_options", "encoding_format"})
_COUNTS = b'"stream_options":{"include_usage":true}'
_TRUE = Raw(b"true")
_TOKENS = re.compile(rb"\[\s*(?:\[\s*)?\d")
"""How a list of tokens begins, or a list of those."""


class WantedCompletion(Wanted, frozen=True, kw_only=True):
    """A chat or a prompt.

    `counts` says that the client asks for the tokens of a stream, `alone` that there will be one
    choice.
    """

    counts: bool
    alone: bool

    def counted(self, model: str) -> bytes:
        """Return the body as `named` does, and ask for the tokens of a stream."""
        if not self.stream or self.counts:
            return self.named(model)
        if "stream_options" not in self.members:
            body = self.named(model).rstrip()
            return b"%b,%b}" % (body[:-1], _COUNTS)
        options = member_of(self.members, "stream_options")
        told = _MEMBERS.decode(options) if options else {}
        asked = Raw(msgspec.json.encode(told | {"include_usage": _TRUE}))
        named = {"model": Raw(msgspec.json.encode(model)), "stream_options": asked}
        return msgspec.json.encode(self.members | named)


def read_completion(body: bytes) -> WantedCompletion | None:
    """Read a chat or a prompt, `None` if there is any doubt about it."""
    wanted = read_wanted(body, _COUNTING)
    if wanted is None or (counts := _counts(wanted.members)) is None:
        return None
    alone = member_of(wanted.members, "n") in {b"", b"1"} and not member_of(
        wanted.members, "prompt"
    ).startswith(b"[")
    return WantedCompletion(**asdict(wanted), counts=counts, alone=alone)


def read_embedding(body: bytes) -> Wanted | None:
    """Read a request for vectors as numbers, `None` if there is any doubt about it.

    Base64 is made here: some servers do not know the word, others refuse it (4.1). Only tokens
    go on in any case, since they mean something to no other server (4.3).
    """
    wanted = read_wanted(body, _COUNTING)
    if wanted is None:
        return None
    as_numbers = member_of(wanted.members, "encoding_format") in {b"", b'"float"'}
    return wanted if as_numbers or _TOKENS.match(member_of(wanted.members, "input")) else None


def _counts(members: Members) -> bool | None:
    options = member_of(members, "stream_options")
    if not options:
        return False
    try:
        return switch(_MEMBERS.decode(options), "include_usage")
    except ValueError:
        return None
