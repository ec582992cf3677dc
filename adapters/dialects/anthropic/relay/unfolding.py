"""A whole message as the events of a stream (docs/wire/dialects.md 1.5 and 7.7).

Every block goes on: the texts, thoughts and inputs of those that have any in one delta each, for
clients that read nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Raw
from msgspec.json import Decoder

from adapters.dialects.relaying.almost import read
from adapters.dialects.relaying.exchange import no_answer
from adapters.dialects.wire.escaping import escape

Object = dict[str, Raw]

_MESSAGE = Decoder(Object)
_BLOCKS = Decoder(list[Object])
_NULL, _NOTHING, _EMPTY = Raw(b"null"), Raw(b'""'), Raw(b"{}")
_ENDING = ("stop_reason", "stop_sequence")
_TEXTS = ("text", "thinking", "signature")
"""Members of a block that are empty when it begins."""


def unfolded_message(body: bytes) -> bytes:
    """Return the events of a good message. Raises `BackendProtocolError` if it is none."""
    message = read(_MESSAGE, body)
    try:
        blocks = _BLOCKS.decode(message["content"])
    except (ValueError, RecursionError) as error:
        raise no_answer() from error
    begun = message | {"content": Raw(b"[]")} | dict.fromkeys(_ENDING, _NULL)
    ending = {name: message.get(name, _NULL) for name in _ENDING}
    counted = {"usage": message["usage"]} if "usage" in message else {}
    events = [_event("message_start", message=begun)]
    for index, block in enumerate(blocks):
        events += _block(index, block)
    events.append(_event("message_delta", delta=ending, **counted))
    return b"".join((*events, _event("message_stop")))


def _block(index: int, block: Object) -> Iterator[bytes]:
    texts = [name for name in _TEXTS if bytes(block.get(name, _NULL)).startswith(b'"')]
    begun = block | dict.fromkeys(texts, _NOTHING)
    deltas = [{"type": f"{name}_delta", name: block[name]} for name in texts]
    told = bytes(block.get("input", _NULL))
    if told.startswith(b"{"):
        begun["input"] = _EMPTY
        deltas.append({"type": "input_json_delta", "partial_json": told.decode()})
    yield _event("content_block_start", index=index, content_block=begun)
    for delta in deltas:
        yield _event("content_block_delta", index=index, delta=delta)
    yield _event("content_block_stop", index=index)


def _event(kind: str, **members: Any) -> bytes:
    data = msgspec.json.encode({"type": kind, **members})
    return b"event: %b\ndata: %b\n\n" % (kind.encode(), escape(data))
