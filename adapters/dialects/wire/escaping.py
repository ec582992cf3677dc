r"""JSON that survives readers which split lines as Unicode does.

msgspec writes `<`, `>`, `&`, U+0085, U+2028 and U+2029 as they are. Python clients read a
stream with `str.splitlines` rules and break on the last three; Go's encoder writes all but
U+0085 as `\uXXXX`, and so do we, U+0085 included (docs/wire/ollama-api.md 3.1, 4.4).
"""

from __future__ import annotations

import msgspec

_encode = msgspec.json.Encoder().encode

_NEXT_LINE = "\u0085".encode()
_LINE_SEPARATOR = "\u2028".encode()
_PARAGRAPH_SEPARATOR = "\u2029".encode()


def encode_text(text: str) -> bytes:
    """Encode a string to JSON with those characters escaped. Made for the hot path."""
    # Asking the `str` is several times cheaper than replacing, or asking, in bytes.
    plain = "<" not in text and ">" not in text and "&" not in text
    if plain and (text.isascii() or not splits(text)):
        return _encode(text)
    return escape(_encode(text))


def splits(text: str) -> bool:
    """Tell whether a text holds what clients in Python take for a line end."""
    return "\u0085" in text or "\u2028" in text or "\u2029" in text


def escape(encoded: bytes) -> bytes:
    """Return the same JSON with those characters escaped.

    Valid JSON holds them inside strings only. A lone backslash never stands before one (that
    would be no escape of JSON), and none is a part of another character's UTF-8, so replacing
    the bytes is exact.
    """
    encoded = encoded.replace(b"<", rb"\u003c").replace(b">", rb"\u003e").replace(b"&", rb"\u0026")
    if encoded.isascii():
        return encoded
    return (
        encoded.replace(_NEXT_LINE, rb"\u0085")
        .replace(_LINE_SEPARATOR, rb"\u2028")
        .replace(_PARAGRAPH_SEPARATOR, rb"\u2029")
    )
