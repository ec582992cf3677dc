"""A whole answer as the events of a stream.

Some servers answer in one piece whatever was asked (docs/wire/dialects.md 1.5).
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Raw
from msgspec.json import Decoder

from adapters.dialects.relaying.events import DATA, END, on_one_line
from adapters.dialects.relaying.exchange import no_answer
from adapters.dialects.wire.mending import mend

_MEMBERS = Decoder(dict[str, Raw])
_CHOICES = Decoder(list[dict[str, Raw]])
_CALLS = Decoder(list[dict[str, Raw]])
_NULL = Raw(b"null")
_CHUNK = Raw(b'"chat.completion.chunk"')
_DONE = b"data: [DONE]\n\n"


def unfolded(body: bytes, *, counts: bool) -> bytes:
    """Return one event for all choices, one for the tokens if the client asks, and the end.

    `body` is a good answer to a chat or a completion, also one that must be mended. Raises
    `BackendProtocolError` if it is not.
    """
    try:
        return _unfolded(_members_of(body), counts=counts)
    except (ValueError, RecursionError) as error:
        raise no_answer() from error


def _members_of(body: bytes) -> dict[str, Raw]:
    try:
        return _MEMBERS.decode(body)
    except ValueError:
        return _MEMBERS.decode(mend(body))


def _unfolded(answer: dict[str, Raw], *, counts: bool) -> bytes:
    usage = answer.pop("usage", None)
    choices = _CHOICES.decode(answer["choices"])
    if any(map(_has_message, choices)):
        answer["object"] = _CHUNK
    events = [_event(answer, list(map(_chunk_of, choices)))]
    if counts and usage is not None:
        events.append(_event(answer | {"usage": usage}, []))
    return b"".join((*events, _DONE))


def _has_message(choice: dict[str, Raw]) -> bool:
    return bytes(choice.get("message", _NULL)) != b"null"


def _chunk_of(choice: dict[str, Raw]) -> dict[str, Any]:
    if not _has_message(choice):
        return choice
    return {
        "delta" if name == "message" else name: _delta_of(said) if name == "message" else said
        for name, said in choice.items()
    }


def _delta_of(message: Raw) -> dict[str, Any]:
    """Number the calls, as every piece of one is in a stream."""
    delta: dict[str, Any] = _MEMBERS.decode(message)
    calls = delta.get("tool_calls")
    if calls is not None and bytes(calls) != b"null":
        delta["tool_calls"] = [{"index": i, **call} for i, call in enumerate(_CALLS.decode(calls))]
    return delta


def _event(answer: dict[str, Raw], choices: list[dict[str, Any]]) -> bytes:
    encoded = msgspec.json.encode(answer | {"choices": choices})
    return DATA + (encoded if encoded.isascii() else on_one_line(encoded)) + END
