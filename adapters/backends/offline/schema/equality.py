"""The equality of JSON values, each look at one paid for."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any

from adapters.backends.offline.schema.budget import CHARACTERS_A_STEP, Budget

_HASHED_A_STEP = 1000  # characters


def key(value: Any, budget: Budget) -> Hashable:
    """Return what is the same for equal JSON values: 1 equals 1.0, and true equals neither."""
    budget.spend()
    match value:
        case bool():
            return (bool, value)
        case str():
            budget.spend(len(value) // _HASHED_A_STEP)
            return value
        case list():
            return (list, *(key(each, budget) for each in value))
        case dict():
            budget.spend(len(value))
            return (dict, frozenset((name, key(each, budget)) for name, each in value.items()))
        case int() | float() if value == int(value):
            # Spelled, because a caller can find as many numbers of one hash as he likes.
            return (int, hex(int(value)))
        case _:
            return value  # type: ignore[no-any-return]  # a fraction or null


def holds(values: Iterable[Any], value: Any, budget: Budget) -> bool:
    """Tell whether `value` is among the values."""
    wanted = key(value, budget)
    return any(wanted == key(other, budget) for other in values)


def pay_for(value: Any, budget: Budget) -> None:
    """Spend what it takes to write a value out."""
    budget.spend()
    if isinstance(value, str):
        budget.spend(len(value) // CHARACTERS_A_STEP)
    elif isinstance(value, list):
        for each in value:
            pay_for(each, budget)
    elif isinstance(value, dict):
        for name, each in value.items():
            budget.spend(len(name) // CHARACTERS_A_STEP)
            pay_for(each, budget)
