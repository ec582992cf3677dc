"""A whole answer as the events of a stream.

Some servers answer in one piece whatever was asked (docs/wire/dialects.md 1.5).
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Raw
from msgspec.json import Decoder

from adapters.dialects.relaying.events import DATA, END, on_one_line

_MEMBERS = Decoder(dict[str, Raw])
_CHOICES = Decoder(list[dict[str, Raw]])
_CALLS = Decoder(list[dict[str, Raw]])
_CHUNK = Raw(b'"chat.completion.chunk"')
_DONE = b"data: [DONE]\n\n"


def unfolded(body: bytes, *, counts: bool) -> bytes:
    """Return one event for all choices, one for the tokens if the client asks, and the end.

    `body` is a good answer to a chat or a completion. Raises `msgspec.DecodeError` if it is not.
    """
    answer = _MEMBERS.decode(body)
    usage = answer.pop("usage", None)
    choices = _CHOICES.decode(answer["choices"])
    if any("message" in choice for choice in choices):
        answer["object"] = _CHUNK
    events = [_event(answer, list(map(_chunk_of, choices)))]
    if counts and usage is not None:
        events.append(_event(answer | {"usage": usage}, []))
    return b"".join((*events, _DONE))


def _chunk_of(choice: dict[str, Raw]) -> dict[str, Any]:
    if "message" not in choice:
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
