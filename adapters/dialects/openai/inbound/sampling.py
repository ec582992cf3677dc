"""How to sample, as OpenAI's clients say it (docs/wire/dialects.md 1.1, 2.3, 3.1)."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET, Raw, UnsetType
from msgspec.structs import replace

from adapters.dialects.openai.inbound.rare_members import RareMembers
from adapters.dialects.openai.inbound.schema_sampling import EXTRAS, Count, WireSampling
from adapters.dialects.requests.options import decode_options
from ports.chat import Options
from ports.errors import InvalidRequest

_INT64 = 2**63
_EXTRAS = RareMembers(EXTRAS)
_PLAIN = ("temperature", "top_p", "frequency_penalty", "presence_penalty")


def decode_sampling(wire: WireSampling, max_tokens: int | UnsetType) -> Options:
    """Turn what a body says into neutral options.

    Ollama's own options are taken at the top and under `options`; what has a name of OpenAI's
    wins over the same there. `max_tokens` is what `decode_limit` says.

    Raises `InvalidRequest`.
    """
    said: dict[str, Any] = {
        name: value for name in _PLAIN if (value := getattr(wire, name)) is not None
    }
    seed = whole(wire, "seed", wire.seed)
    if seed is not None and seed >= 0:
        said["seed"] = seed
    if max_tokens is not UNSET:
        said["max_tokens"] = max_tokens
    if stops := decode_stops(wire.stop):
        said["stop"] = stops
    extras = _extras(wire)
    return replace(decode_options(extras), **said) if extras else Options(**said)


def decode_limit(wire: WireSampling, name: str, value: Count) -> int | UnsetType:
    """Return how many tokens an answer may have; what is not above 0 is no limit.

    `name` is the member of the body that says so.

    Raises `InvalidRequest` for a number that is not whole.
    """
    limit = whole(wire, name, value)
    return limit if limit is not None and limit > 0 else UNSET


def decode_stops(value: Any) -> tuple[str, ...]:
    """Return the stop strings, one or a list of them; what is neither is passed over."""
    found = value if isinstance(value, list) else (value,)
    return tuple(text for text in found if isinstance(text, str) and text)


def loses_stops(value: Any) -> bool:
    """Tell whether a stop that is not a string was passed over."""
    found = value if isinstance(value, list) else (value,)
    return value is not None and not all(isinstance(text, str) for text in found)


def whole(wire: WireSampling, name: str, value: Count) -> int | None:
    """Read a number that may be written as `5.0`, within what JSON writers can write.

    Raises `InvalidRequest` with Go's text for one that is not whole.
    """
    if value is None:
        return None
    if isinstance(value, float) and not value.is_integer():
        place = f"struct field {wire.GO_NAME}.{name} of type int"
        raise InvalidRequest(f"json: cannot unmarshal number {value} into Go {place}", param=name)
    return max(-_INT64, min(int(value), _INT64 - 1))


def _extras(wire: WireSampling) -> dict[str, Raw]:
    said = {EXTRAS[name]: raw for name, raw in _EXTRAS.sent_in(wire).items()}
    return dict(wire.options) | said if wire.options else said
