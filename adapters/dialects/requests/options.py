"""Sampling options by the names that Ollama gave them, which other dialects' clients use too.

docs/wire/ollama-api.md 2.7, docs/wire/dialects.md 3.1.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, TypeVar

import msgspec
from msgspec import Raw
from msgspec.json import Decoder

from ports.chat import Options
from ports.errors import InvalidRequest

NAMES: Mapping[str, str] = MappingProxyType(
    {
        "temperature": "temperature",
        "top_p": "top_p",
        "top_k": "top_k",
        "min_p": "min_p",
        "typical_p": "typical_p",
        "repeat_penalty": "repeat_penalty",
        "repeat_last_n": "repeat_last_n",
        "presence_penalty": "presence_penalty",
        "frequency_penalty": "frequency_penalty",
        "seed": "seed",
        "max_tokens": "num_predict",
        "stop": "stop",
    }
)
"""Neutral options by Ollama's names (docs/wire/ollama-api.md 2.7)."""

_NULL = b"null"
_INT64 = 2**63

T = TypeVar("T")

_FLOAT = Decoder(float)
_NUMBER: Decoder[int | float] = Decoder(int | float)
_BOOL = Decoder(bool)
_STRINGS = Decoder(list[str])

_FLOATS = frozenset(
    {
        "temperature",
        "top_p",
        "min_p",
        "typical_p",
        "repeat_penalty",
        "presence_penalty",
        "frequency_penalty",
    }
)
_INTS = frozenset({"top_k", "repeat_last_n"})
_VENDOR_INTS = frozenset(
    {
        "num_ctx",
        "num_batch",
        "num_gpu",
        "main_gpu",
        "num_thread",
        "num_keep",
        "draft_num_predict",
    }
)


_NO_LIMIT = -1


def decode_options(wire: Mapping[str, Raw] | None) -> Options:
    """Map the options that have a neutral name and keep every other one verbatim.

    Null is as good as absent. `num_predict` and `seed` take back what an alias says when they
    are negative, `num_predict` also when it is 0, and `stop` when it is empty. Names that Ollama
    does not know are kept too: the outbound codecs pick by name.

    Raises `InvalidRequest` with Ollama's text for a value of a wrong type.
    """
    if not wire:
        return Options()
    neutral: dict[str, Any] = {}
    extensions: dict[str, Raw] = {}
    for name, raw in wire.items():
        if bytes(raw) != _NULL:
            _take(name, raw, neutral, extensions)
    return Options(**neutral, extensions=extensions)


def _take(name: str, raw: Raw, neutral: dict[str, Any], extensions: dict[str, Raw]) -> None:
    if name in _FLOATS:
        neutral[name] = _float(name, raw)
    elif name in _INTS or name == "seed":
        neutral[name] = _int(name, raw)
    elif name == "num_predict":
        neutral["max_tokens"] = _int(name, raw) or _NO_LIMIT
    elif name == "stop":
        neutral[name] = _strings(name, raw)
    else:
        _check_vendor(name, raw)
        extensions[name] = raw


def _check_vendor(name: str, raw: Raw) -> None:
    if name in _VENDOR_INTS:
        _int(name, raw)
    elif name == "use_mmap":
        _decode(name, raw, _BOOL, "boolean")


def _float(name: str, raw: Raw) -> float:
    return _decode(name, raw, _FLOAT, "float32")


def _int(name: str, raw: Raw) -> int:
    """Read any number, cut toward zero, and keep it within what JSON writers can write."""
    value = int(_decode(name, raw, _NUMBER, "integer"))
    return max(-_INT64, min(value, _INT64 - 1))


def _strings(name: str, raw: Raw) -> tuple[str, ...]:
    if not bytes(raw).startswith(b"["):
        raise _wrong(name, "type array")
    try:
        return tuple(filter(None, _STRINGS.decode(raw)))
    except msgspec.DecodeError as error:
        raise _wrong(name, "an array of strings") from error


def _decode(name: str, raw: Raw, decoder: Decoder[T], wanted: str) -> T:
    try:
        return decoder.decode(raw)
    except msgspec.DecodeError as error:
        raise _wrong(name, f"type {wanted}") from error


def _wrong(name: str, wanted: str) -> InvalidRequest:
    return InvalidRequest(f'option "{name}" must be of {wanted}', param=name)
