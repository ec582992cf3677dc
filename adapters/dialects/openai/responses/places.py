"""Where in a request a mistake is, in Ollama's form: `input[0]: content[1]: …`."""

from __future__ import annotations

from msgspec import ValidationError

from ports.errors import InvalidRequest


def placed(error: InvalidRequest | ValidationError, place: str) -> InvalidRequest:
    """Return the error of something inside of a place, as one of that place."""
    if isinstance(error, ValidationError):
        return InvalidRequest(f"{place}: {error}", param=place)
    return InvalidRequest(f"{place}: {error.message}", param=error.param).within(place)
