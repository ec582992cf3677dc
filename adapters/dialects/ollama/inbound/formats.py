"""`format`: structured output (docs/wire/ollama-api.md 2.6)."""

from __future__ import annotations

import msgspec
from msgspec import Raw, UnsetType

from ports.chat import JsonFormat
from ports.errors import InvalidRequest

_NONE = frozenset({b"null", b'""'})


def decode_format(raw: Raw | UnsetType) -> JsonFormat | None:
    """Turn the verbatim JSON of `format` into the neutral form; `None` is free text.

    Raises `InvalidRequest` with Ollama's text for what is neither `"json"` nor an object.
    """
    if isinstance(raw, UnsetType):
        return None
    text = bytes(raw)
    if text in _NONE:
        return None
    if text == b'"json"':
        return JsonFormat()
    if text.startswith(b"{"):
        return JsonFormat(schema=raw)
    quoted = msgspec.json.encode(text.decode()).decode()
    raise InvalidRequest(f'invalid format: {quoted}; expected "json" or a valid JSON Schema object')
