"""Images, sounds and files inside a request, for chats and responses alike.

docs/wire/dialects.md 1.2 and 1.11. What a media type claims is checked against the bytes, and
nothing is ever fetched.
"""

from __future__ import annotations

import re
from mimetypes import guess_type
from typing import Literal

from adapters.dialects.requests.images import decode_loose_base64, sniff
from ports.chat import Audio, Document, Image, ImageUrl
from ports.errors import InvalidRequest

_DATA_URI = re.compile(r"data:([\w.+-]+/[\w.+-]+)?(?:;[\w.+-]+=[^;,]*)*;base64,", re.IGNORECASE)
_ADDRESS = re.compile(r"https?://", re.IGNORECASE)
_DATA = re.compile(r"data:", re.IGNORECASE)
_MAGIC = ((b"%PDF-", "application/pdf"),)
_CONTAINERS: dict[str, Literal["wav", "mp3"]] = {"wav": "wav", "mp3": "mp3"}
_ANY_BYTES = "application/octet-stream"


def decode_image(url: str, detail: str = "") -> Image | ImageUrl:
    """Decode the address of an image: a data URI, or one for the upstream to fetch.

    Raises `InvalidRequest`, with Ollama's text.
    """
    if _ADDRESS.match(url):
        return ImageUrl(url=url, detail=detail)
    found = _sniffed(url)
    if not isinstance(found, Image):
        raise InvalidRequest("invalid image input")
    return Image(data=found.data, media_type=found.media_type, detail=detail)


def _sniffed(uri: str) -> Image | Audio | None:
    try:
        data = decode_data_uri(uri)
    except InvalidRequest:
        return None
    return None if data is None else sniff(data[1])


def decode_audio(data: str, container: str) -> Audio:
    """Decode a sound, `wav` or `mp3`, whose bytes have the last word.

    Raises `InvalidRequest`.
    """
    content = decode_loose_base64(data)
    found = sniff(content)
    if isinstance(found, Audio):
        return found
    if container not in _CONTAINERS:
        raise InvalidRequest("invalid audio format: expected wav or mp3")
    return Audio(data=content, format=_CONTAINERS[container])


def decode_file(file_data: str, filename: str = "") -> Document:
    """Decode a file, a data URI or bare base64.

    Its type is told by the bytes, else by the URI, else by the name. Raises `InvalidRequest`.
    """
    media_type, data = decode_data_uri(file_data) or ("", decode_loose_base64(file_data))
    by_bytes = next((known for magic, known in _MAGIC if data.startswith(magic)), "")
    by_name = guess_type(filename)[0] or _ANY_BYTES
    return Document(data=data, media_type=by_bytes or media_type or by_name, name=filename)


def decode_data_uri(uri: str) -> tuple[str, bytes] | None:
    """Return the media type, which may be empty, and the bytes; `None` if it is no data URI.

    Raises `InvalidRequest` for a data URI whose data is not in base64.
    """
    head = _DATA_URI.match(uri)
    if head is not None:
        return (head[1] or "").lower(), decode_loose_base64(uri[head.end() :])
    if _DATA.match(uri):
        raise InvalidRequest("invalid data URI: expected base64")
    return None
