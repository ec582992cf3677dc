"""The parts of a message's content (docs/wire/dialects.md 1.2, 1.11).

A part of a type that is not known here, and a file that lies at OpenAI, go on as they are to
servers of this dialect; others refuse them.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import DecodeError, Raw, Struct
from msgspec.json import Decoder

from adapters.dialects.openai.inbound.attachments import decode_audio, decode_file, decode_image
from adapters.dialects.openai.inbound.vendor import PREFIX
from ports.chat import ForeignPart, Part, Text
from ports.errors import InvalidRequest


class WireImageUrl(Struct, gc=False):
    """An image: a data URI, or an address that the backend may fetch."""

    url: str = ""
    detail: str | None = None


class WireInputAudio(Struct, gc=False):
    """A sound in base64."""

    data: str = ""
    format: str | None = None


class WireFile(Struct, gc=False):
    """A file, a data URI or base64."""

    file_data: str | None = None
    filename: str | None = None
    file_id: str | None = None


class WirePart(Struct, gc=False):
    """A part of a message."""

    type: str | None = None
    text: str | None = None
    refusal: str | None = None
    image_url: str | WireImageUrl | None = None
    input_audio: WireInputAudio | None = None
    file: WireFile | None = None


_PART = Decoder(WirePart)
_CONTAINERS = frozenset({"wav", "mp3"})
_ADDRESSES = ("http://", "https://")


def decode_parts(wire: Sequence[Raw]) -> tuple[Part, ...]:
    """Turn parts into neutral ones, in their order.

    Raises `InvalidRequest` with Ollama's texts, placed at the part.
    """
    parts: list[Part] = []
    for index, raw in enumerate(wire):
        try:
            parts.append(_decode(raw))
        except InvalidRequest as error:
            raise error.within(f"content[{index}]") from error
    return tuple(parts)


def _decode(raw: Raw) -> Part:
    try:
        part = _PART.decode(raw)
    except DecodeError as error:
        raise _malformed() from error
    match part:
        case WirePart(type="text", text=str(text)) | WirePart(type="refusal", refusal=str(text)):
            return Text(text=text)
        case WirePart(type="image_url", image_url=str(url)):
            return decode_image(url)
        case WirePart(type="image_url", image_url=WireImageUrl(url=url, detail=detail)):
            return decode_image(url, detail or "")
        case WirePart(type="input_audio", input_audio=WireInputAudio(data=data, format=kind)):
            return decode_audio(data, kind or "") if kind in _CONTAINERS else _foreign(part, raw)
        case WirePart(type="file", file=WireFile(file_data=str(data), filename=name)):
            if data.lower().startswith(_ADDRESSES):
                return _foreign(part, raw)
            return decode_file(data, name or "")
        case WirePart(type="file", file=WireFile()):
            return _foreign(part, raw)
        case WirePart(type="text" | "refusal" | "image_url" | "input_audio" | "file" | "" | None):
            raise _malformed()
        case _:
            return _foreign(part, raw)


def _foreign(part: WirePart, raw: Raw) -> ForeignPart:
    return ForeignPart(kind=f"{PREFIX}{part.type}", raw=raw)


def _malformed() -> InvalidRequest:
    return InvalidRequest("invalid message format")
