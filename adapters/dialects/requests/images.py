"""Pictures, and in Ollama's `images` sounds too, as base64 without a prefix.

docs/wire/ollama-api.md 2.1 and 8. The type is told by the first bytes.
"""

from __future__ import annotations

import binascii
import re

from ports.chat import Audio, Image
from ports.errors import InvalidRequest

_FOREIGN = re.compile(rb"[^A-Za-z0-9+/\r\n]")
_BREAKS = re.compile(rb"[\r\n]*")

_PREFIXES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"BM", "image/bmp"),
)
_BRANDS = {
    b"avif": "image/avif",
    b"avis": "image/avif",
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"hevc": "image/heic",
    b"mif1": "image/heic",
}
_UNKNOWN = "image/jpeg"
_MP3 = (b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2")


def decode_image(text: str) -> Image | Audio:
    """Decode one item of `images`.

    Raises `InvalidRequest` with Go's text where it is not standard padded base64; line
    breaks are allowed anywhere.
    """
    return sniff(decode_base64(text))


def sniff(data: bytes) -> Image | Audio:
    """Tell what the bytes are. The unknown goes on as JPEG: upstreams look for themselves."""
    if data.startswith(b"RIFF") and data[8:12] == b"WAVE":
        return Audio(data=data, format="wav")
    if data.startswith(_MP3):
        return Audio(data=data, format="mp3")
    return Image(data=data, media_type=media_type_of(data) or _UNKNOWN)


def media_type_of(data: bytes) -> str:
    """Tell the type of a picture by its bytes; empty if they say nothing."""
    for prefix, media_type in _PREFIXES:
        if data.startswith(prefix):
            return media_type
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "image/webp"
    if data[4:8] == b"ftyp":
        return _BRANDS.get(data[8:12], "")
    return ""


def decode_base64(text: str) -> bytes:
    """Decode standard padded base64, as Go does. Raises `InvalidRequest` like `decode_image`."""
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except ValueError:
        return _decode_broken(text.encode())


def decode_loose_base64(text: str) -> bytes:
    """Decode base64 with white space anywhere and padding or not (docs/wire/dialects.md 1.11).

    Raises `InvalidRequest` with Go's text for anything else.
    """
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except ValueError:
        packed = "".join(text.split()).rstrip("=")
        try:
            return binascii.a2b_base64(packed + "=" * (-len(packed) % 4), strict_mode=True)
        except ValueError:
            return _decode_broken(text.encode())


def _decode_broken(text: bytes) -> bytes:
    """Decode what has line breaks in it, or say where Go's decoder stops."""
    try:
        return binascii.a2b_base64(text.translate(None, b"\r\n"), strict_mode=True)
    except ValueError as error:
        raise InvalidRequest(f"illegal base64 data at input byte {_offence(text)}") from error


def _offence(text: bytes) -> int:
    """Find the byte that `base64.StdEncoding.Decode` complains about.

    Four letters make a quantum; `at` in one is where the foreign byte, or the end, was met.
    """
    foreign = _FOREIGN.search(text)
    end = foreign.start() if foreign else len(text)
    at = (end - text.count(b"\n", 0, end) - text.count(b"\r", 0, end)) % 4
    if not foreign:
        return end - at
    if foreign[0] != b"=" or at < 2:  # noqa: PLR2004 - padding takes the third or fourth place
        return end
    return _after_padding(text, end + 1, closed=at == 3)  # noqa: PLR2004 - the same


def _after_padding(text: bytes, at: int, *, closed: bool) -> int:
    """Find the offence behind a first `=`: a missing second one, or anything after the end."""
    at = _skip_breaks(text, at)
    if not closed:
        if at == len(text):
            return at
        if text[at : at + 1] != b"=":
            return at - 1
        at = _skip_breaks(text, at + 1)
    return at


def _skip_breaks(text: bytes, at: int) -> int:
    found = _BREAKS.match(text, at)
    return found.end() if found else at
