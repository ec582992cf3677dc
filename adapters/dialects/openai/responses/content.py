"""The parts of messages and of tool results (docs/wire/dialects.md 6.2)."""

from __future__ import annotations

from msgspec import Raw, UnsetType, ValidationError
from msgspec.json import Decoder

from adapters.dialects.bodies.gotypes import kind_of
from adapters.dialects.openai.inbound.attachments import decode_audio, decode_file, decode_image
from adapters.dialects.openai.responses.places import placed
from adapters.dialects.openai.responses.schema import WirePart
from ports.chat import Document, Image, ImageUrl, Part, Text
from ports.errors import InvalidRequest

_STRING = Decoder(str)
_LIST = Decoder(list[Raw])
_PART = Decoder(WirePart)

_NOT_KEPT = "no files are kept here, send the data itself"


def decode_content(raw: Raw | UnsetType, member: str) -> tuple[Part, ...]:
    """Decode a string, or a list of parts; null is none. `member` is where it stood.

    Raises `InvalidRequest` that names the part, in Ollama's words where it has some.
    """
    if isinstance(raw, UnsetType):
        return ()
    kind = kind_of(raw)
    if kind == "string":
        text = _STRING.decode(raw)
        return (Text(text=text),) if text else ()
    return tuple(
        _placed(part, f"{member}[{index}]") for index, part in enumerate(list_of(raw, member))
    )


def list_of(raw: Raw, member: str) -> list[Raw]:
    """Return the items of a list, none for null; says that a string would do as well.

    Raises `InvalidRequest` in Ollama's words.
    """
    kind = kind_of(raw)
    if kind == "null":
        return []
    if kind != "array":
        raise InvalidRequest(
            f"{member} must be a string or array: json: cannot unmarshal {kind} into Go value of"
            " type []json.RawMessage",
            param=member,
        )
    return _LIST.decode(raw)


def _placed(raw: Raw, place: str) -> Part:
    try:
        return _decode_part(_PART.decode(raw))
    except (InvalidRequest, ValidationError) as error:
        raise placed(error, place) from error


def _decode_part(part: WirePart) -> Part:
    match part.type:
        case "input_text" | "output_text":
            return Text(text=part.text or "")
        case "refusal":
            return Text(text=part.refusal or "")
        case "input_image":
            return _image(part)
        case "input_file":
            return _file(part)
        case "input_audio" if part.input_audio is not None:
            return decode_audio(part.input_audio.data or "", part.input_audio.format or "")
        case _:
            raise InvalidRequest(f"unknown content type: {part.type or ''}")


def _image(part: WirePart) -> Image | ImageUrl:
    if not part.image_url and part.file_id:
        raise InvalidRequest(_NOT_KEPT)
    return decode_image(part.image_url or "", part.detail or "")


def _file(part: WirePart) -> Document:
    if part.file_data:
        return decode_file(part.file_data, part.filename or "")
    if part.file_url:
        raise InvalidRequest("files are not fetched here, send the data itself")
    raise InvalidRequest(_NOT_KEPT)
