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
from adapters.dialects.ollama.relay.parameters import (
    parameters_of_answer,
    parameters_of_vector,
    parameters_of_vectors,
)
from adapters.dialects.ollama.replies import encode
from adapters.dialects.relaying.bodies import Members
from adapters.dialects.relaying.exchange import Conceal, concealed, cut_off, no_answer
from ports.observer import Operation
from ports.parameters import Parameters

_MEMBERS = Decoder(Members)
_TRUE, _FALSE, _NULL = b"true", b"false", b"null"
_NOTHING = (b"", _NULL, b'""', b"[]")

COUNTING = frozenset({"model", "stream", "messages", "prompt", "_debug_render_only"})
"""Members of a request that are looked at."""


class Route(Struct, frozen=True, kw_only=True):
    """A route whose requests may pass.

    `parameters` reads what a request asks for, for whoever watches; `needs` is the member without
    which an answer is none; `asks` the member of a request that
    asks for an answer in lines, empty where there is no such answer.
    """

    path: str
    operation: Operation
    parameters: Callable[[Members], Parameters]
    needs: str = "done"
    asks: str = ""


CHAT = Route(
    path="/api/chat",
    operation=Operation.CHAT,
    parameters=parameters_of_answer,
    asks="messages",
)
GENERATE = Route(
    path="/api/generate",
    operation=Operation.COMPLETION,
    parameters=parameters_of_answer,
    asks="prompt",
)
EMBED = Route(
    path="/api/embed",
    operation=Operation.EMBEDDINGS,
    parameters=parameters_of_vectors,
    needs="embeddings",
)
EMBEDDINGS = Route(
    path="/api/embeddings",
    operation=Operation.EMBEDDINGS,
    parameters=parameters_of_vector,
    needs="embedding",
)


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


def named_as_asked(  # noqa: PLR0913 - all but two by keyword
    body: bytes, members: Members, *, model: str, asked: str, needs: str, conceal: Conceal = str
) -> bytes:
    """Return a whole answer, whose members these are, with the model named as the client did.

    `needs` is the member without which it is no answer. Raises the error that it tells of, or
    `BackendProtocolError` if it is no answer, or one that says that it is not complete.
    """
    raise_error(members, conceal)
    if needs not in members:
        raise no_answer()
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
        raise concealed(decode_member(said), conceal)


def read_members(answer: bytes) -> Members:
    """Take an answer, or a line of one, apart. Raises `BackendProtocolError` if it is none."""
    try:
        if not answer.isascii():
            answer.decode()  # members kept as `Raw` are not looked at by the decoder
        return _MEMBERS.decode(answer)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise no_answer() from error
