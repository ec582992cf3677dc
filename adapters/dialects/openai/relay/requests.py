"""Requests of OpenAI clients that may pass: what is looked at in them, and what is put right."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from msgspec import Raw, Struct
from msgspec.json import Decoder

from adapters.dialects.relayed_bodies import Members, members_of, model_of, renamed

_MEMBERS = Decoder(Members)
_ABSENT = b""
_NULL, _TRUE, _FALSE = b"null", b"true", b"false"
_COUNTING = frozenset({"model", "stream", "stream_options", "encoding_format"})
_OTHER_MODELS = frozenset(
    {"models", "preset", "fallbacks", "context_window_fallbacks", "content_policy_fallbacks"}
)
"""Members in which OpenRouter and LiteLLM look for models besides the one that is asked for."""
_COUNTS = b'"stream_options":{"include_usage":true}'


class Wanted(Struct, frozen=True, kw_only=True):
    """A request that may pass, as far as it concerns a relay.

    `stream` says that it is answered in events, `counts` that the client asks for the tokens
    there, `alone` that there will be one choice. `elsewhere` says that it names other models
    too, where only some upstreams look for them.
    """

    body: bytes
    members: Members
    model: str
    stream: bool
    counts: bool
    alone: bool
    elsewhere: bool

    def named(self, model: str) -> bytes:
        """Return the body with the model named as the upstream does."""
        return renamed(self.body, self.members, model)

    def counted(self, model: str) -> bytes:
        """Return the same body, and ask for the tokens of a stream."""
        if not self.stream or self.counts:
            return self.named(model)
        options = self.members.get("stream_options")
        if options is None:
            body = self.named(model).rstrip()
            return b"%b,%b}" % (body[:-1], _COUNTS)
        told = {} if bytes(options) == _NULL else _MEMBERS.decode(options)
        asked = Raw(msgspec.json.encode(told | {"include_usage": Raw(_TRUE)}))
        named = {"model": Raw(msgspec.json.encode(model)), "stream_options": asked}
        return msgspec.json.encode(self.members | named)


def read_completing(body: bytes) -> Wanted | None:
    """Read a chat or a completion, `None` if there is any doubt about it."""
    members = members_of(body, _COUNTING)
    if members is None or (model := model_of(members)) is None:
        return None
    stream = _switch(members, "stream")
    counts = _counts(members)
    if stream is None or counts is None:
        return None
    return Wanted(
        body=body,
        members=members,
        model=model,
        stream=stream,
        counts=counts,
        alone=_is_alone(members),
        elsewhere=not _OTHER_MODELS.isdisjoint(members),
    )


def read_embedding(body: bytes) -> Wanted | None:
    """Read a request for vectors as numbers, `None` if there is any doubt about it.

    Base64 is made here: some servers do not know the word, others refuse it (4.1).
    """
    members = members_of(body, _COUNTING)
    if members is None or (model := model_of(members)) is None:
        return None
    if _said(members, "encoding_format") not in {_ABSENT, _NULL, b'"float"'}:
        return None
    return Wanted(
        body=body,
        members=members,
        model=model,
        stream=False,
        counts=False,
        alone=True,
        elsewhere=not _OTHER_MODELS.isdisjoint(members),
    )


Read = Callable[[bytes], Wanted | None]


def _said(members: Members, name: str) -> bytes:
    raw = members.get(name)
    return _ABSENT if raw is None else bytes(raw)


def _switch(members: Members, name: str) -> bool | None:
    """Read a member that is true or false, and false where there is none; `None` for others."""
    said = _said(members, name)
    return said == _TRUE if said in {_ABSENT, _NULL, _TRUE, _FALSE} else None


def _counts(members: Members) -> bool | None:
    options = _said(members, "stream_options")
    if options in {_ABSENT, _NULL}:
        return False
    try:
        return _switch(_MEMBERS.decode(options), "include_usage")
    except msgspec.DecodeError:
        return None


def _is_alone(members: Members) -> bool:
    return _said(members, "n") in {_ABSENT, _NULL, b"1"} and not _said(
        members, "prompt"
    ).startswith(b"[")
