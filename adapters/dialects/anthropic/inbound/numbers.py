"""Whole numbers, which some clients write as `5.0` (docs/wire/dialects.md 0.2)."""

from __future__ import annotations

from ports.errors import InvalidRequest


def whole(number: float | None, field: str) -> int | None:
    """Return the whole number that a member of `MessagesRequest` holds.

    Raises `InvalidRequest` with Go's text for a fraction.
    """
    if number is None or isinstance(number, int):
        return number
    if not number.is_integer():
        raise InvalidRequest(
            f"json: cannot unmarshal number {number!r} into Go struct field "
            f"MessagesRequest.{field} of type int"
        )
    return int(number)
