"""A whole response as the events of a stream (docs/wire/dialects.md 1.5 and 6.4).

Everything in it goes on: each item as it is when it is added and when it is done, and its texts
and arguments in one delta, for clients that read nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import Raw
from msgspec.json import Decoder

from adapters.dialects.openai.responses.open_items import EventWriter
from adapters.dialects.relaying.almost import read
from adapters.dialects.relaying.exchange import cut_off, no_answer

Object = dict[str, Any]

_RESPONSE = Decoder(dict[str, Raw])
_ITEMS = Decoder(list[Object])
_STATUS = Decoder(str | None)
_LAST = {"completed": "response.completed", "incomplete": "response.incomplete"}


def unfolded_response(body: bytes) -> bytes:
    """Return the events of a good response.

    Raises `BackendProtocolError` if it is none, or not at its end.
    """
    response = read(_RESPONSE, body)
    try:
        status = _STATUS.decode(response.get("status", Raw(b"null"))) or "completed"
        items = _ITEMS.decode(response["output"])
    except (ValueError, RecursionError) as error:
        raise no_answer() from error
    if status not in _LAST:
        raise cut_off()
    begun = response | {"status": Raw(b'"in_progress"'), "output": Raw(b"[]")}
    writer = EventWriter()
    events = [
        writer.write("response.created", response=begun),
        writer.write("response.in_progress", response=begun),
    ]
    for index, item in enumerate(items):
        events += _item(writer, index, item)
    return b"".join((*events, writer.write(_LAST[status], response=response)))


def _item(writer: EventWriter, index: int, item: Object) -> Iterator[bytes]:
    added = item
    events: Iterable[bytes] = ()
    place = {"item_id": item.get("id"), "output_index": index}
    match item:
        case {"type": "message", "content": [*parts]}:
            added, events = item | {"content": []}, _parts(writer, parts, place)
        case {"type": "reasoning", "summary": [*parts]}:
            added, events = item | {"summary": []}, _summary(writer, parts, place)
        case {"type": "function_call", "arguments": str()}:
            added, events = item | {"arguments": ""}, _arguments(writer, item, place)
    yield writer.write("response.output_item.added", item=added, output_index=index)
    yield from events
    yield writer.write("response.output_item.done", item=item, output_index=index)


def _parts(writer: EventWriter, parts: list[Any], place: Object) -> Iterator[bytes]:
    for number, part in enumerate(parts):
        here = place | {"content_index": number}
        added = part
        events: Iterable[bytes] = ()
        match part:
            case {"type": "output_text", "text": str(text)}:
                logprobs = part.get("logprobs") or []
                added = part | {"text": ""}
                events = _text(writer, "output_text", "text", text, here | {"logprobs": logprobs})
            case {"type": "refusal", "refusal": str(text)}:
                added = part | {"refusal": ""}
                events = _text(writer, "refusal", "refusal", text, here)
        yield writer.write("response.content_part.added", part=added, **here)
        yield from events
        yield writer.write("response.content_part.done", part=part, **here)


def _summary(writer: EventWriter, parts: list[Any], place: Object) -> Iterator[bytes]:
    for number, part in enumerate(parts):
        here = place | {"summary_index": number}
        added = part
        events: Iterable[bytes] = ()
        match part:
            case {"text": str(text)}:
                added = part | {"text": ""}
                events = _text(writer, "reasoning_summary_text", "text", text, here)
        yield writer.write("response.reasoning_summary_part.added", part=added, **here)
        yield from events
        yield writer.write("response.reasoning_summary_part.done", part=part, **here)


def _text(writer: EventWriter, kind: str, member: str, text: str, place: Object) -> Iterator[bytes]:
    yield writer.write(f"response.{kind}.delta", delta=text, **place)
    yield writer.write(f"response.{kind}.done", **{member: text}, **place)


def _arguments(writer: EventWriter, item: Object, place: Object) -> Iterator[bytes]:
    kind = "response.function_call_arguments"
    said = item["arguments"]
    yield writer.write(f"{kind}.delta", delta=said, **place)
    yield writer.write(f"{kind}.done", arguments=said, name=item.get("name"), **place)
