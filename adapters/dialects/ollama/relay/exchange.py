"""Bytes between an Ollama client and an Ollama server: only the model's name is put right.

Everything else survives: unknown members, the spelling of numbers, the order of keys
(docs/wire/ollama-api.md 8.9).
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from msgspec import Raw, Struct
from msgspec.json import Decoder

from adapters.dialects.ollama.outbound.errors import decode_member
from adapters.dialects.ollama.replies import encode
from ports.errors import BackendProtocolError

Members = dict[str, Raw]
Conceal = Callable[[str], str]

_MEMBERS = Decoder(Members)
_TRUE, _FALSE, _NULL = b"true", b"false", b"null"
_NOTHING = (b"", _NULL, b'""', b"[]")

_COUNTING = frozenset({"model", "stream", "messages", "prompt", "_debug_render_only"})
_MODEL = b'"model"'
_LETTER = b"\\u006"
"""How every letter of `model` begins when it is escaped."""


class Route(Struct, frozen=True, kw_only=True):
    """A route whose requests may pass.

    `needs` is the member without which an answer is none; `asks` the member of a request that
    asks for an answer in lines, empty where there is no such answer.
    """

    path: str
    needs: str = "done"
    asks: str = ""


CHAT = Route(path="/api/chat", asks="messages")
GENERATE = Route(path="/api/generate", asks="prompt")
EMBED = Route(path="/api/embed", needs="embeddings")
EMBEDDINGS = Route(path="/api/embeddings", needs="embedding")


def members_of(body: bytes) -> Members | None:
    """Take the outermost object of a body apart, `None` if there is any doubt about it.

    A key in other capitals is such a doubt, where it counts here: the server takes keys in any
    case, and would perhaps not take the one that was looked at.
    """
    try:
        members = _MEMBERS.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return None
    odd = any(key.lower() in _COUNTING for key in members.keys() - _COUNTING)
    return None if odd or "model" not in members else members


def model_of(members: Members) -> str | None:
    """Return the model that is asked for, `None` if none is."""
    try:
        model = msgspec.json.decode(members["model"], type=str)
    except msgspec.DecodeError:
        return None
    return model if model.strip() else None


def wants_lines(route: Route, members: Members) -> bool:
    """Tell whether a request is answered in lines.

    Not if it asks for none, loads or unloads a model, or is only to be shown.
    """
    return (
        bool(route.asks)
        and bytes(members.get("stream", b"")) != _FALSE
        and bytes(members.get(route.asks, b"")) not in _NOTHING
        and bytes(members.get("_debug_render_only", b"")) != _TRUE
    )


def renamed(body: bytes, members: Members, asked: str, model: str) -> bytes:
    """Return the body with the model named as the upstream does.

    Where the names agree it stays as it is, unless the model might stand in it twice: which
    of the two counts is then not left to the server.
    """
    if asked == model and body.count(_MODEL) == 1 and _LETTER not in body:
        return body
    return msgspec.json.encode(members | {"model": Raw(msgspec.json.encode(model))})


def named_as_asked(
    body: bytes, *, model: str, asked: str, needs: str, conceal: Conceal = str
) -> bytes:
    """Return a whole answer with the model named as the client did.

    `needs` is the member without which it is no answer. Raises the error that it tells of, or
    `BackendProtocolError` if it is no answer, or one that says that it is not complete.
    """
    members = read_members(body)
    raise_error(members, conceal)
    if needs not in members:
        raise BackendProtocolError("invalid response from upstream")
    # A prompt that is only shown is complete and says that it is not done.
    if bytes(members.get("done", b"")) == _FALSE and "_debug_info" not in members:
        raise cut_off()
    if model == asked or "model" not in members:
        return body
    return msgspec.json.encode(members | {"model": Raw(encode(asked))})


def raise_error(members: Members, conceal: Conceal) -> None:
    """Raise the error that an answer with status 200 tells of, if it does."""
    said = bytes(members.get("error", _NULL))
    if said not in _NOTHING:
        error = decode_member(said)
        error.message = conceal(error.message)
        error.args = (error.message,)
        raise error


def read_members(answer: bytes) -> Members:
    """Take an answer, or a line of one, apart. Raises `BackendProtocolError` if it is none."""
    try:
        if not answer.isascii():
            answer.decode()  # members kept as `Raw` are not looked at by the decoder
        return _MEMBERS.decode(answer)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BackendProtocolError("invalid response from upstream") from error


def cut_off() -> BackendProtocolError:
    """Say that an answer has no end."""
    return BackendProtocolError("the answer ended before it was complete")
