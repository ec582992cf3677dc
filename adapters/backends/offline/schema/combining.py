"""Two demands on one value, as one: what `allOf`, `$ref` with neighbours and unions need."""

from __future__ import annotations

from math import lcm
from typing import TypeVar

from adapters.backends.offline.schema.budget import Budget
from adapters.backends.offline.schema.document import Demands, Number, Sub
from adapters.backends.offline.schema.equality import key
from adapters.backends.offline.schema.refusals import BranchRefused

_T = TypeVar("_T")

_MERGED_A_STEP = 4
_LARGEST = 1024  # bits, as for a float


def both(one: Demands, other: Demands, at: str, budget: Budget) -> Demands:
    """Demand what both demand. Raises `BranchRefused` where that is impossible."""
    budget.spend((_breadth(one) + _breadth(other)) // _MERGED_A_STEP)
    types = tuple(name for name in one.types if name in other.types)
    if not types:
        raise BranchRefused("no type is allowed", at)
    return Demands(
        types=types,
        enum=_common(one.enum, other.enum, budget),
        minimum=max(one.minimum, other.minimum),
        maximum=min(one.maximum, other.maximum),
        above=max(one.above, other.above),
        below=min(one.below, other.below),
        multiple_of=_multiple(one.multiple_of, other.multiple_of, at),
        min_length=max(one.min_length, other.min_length),
        max_length=min(one.max_length, other.max_length),
        format=_single(one.format, other.format, "", "format", at),
        min_items=max(one.min_items, other.min_items),
        max_items=min(one.max_items, other.max_items),
        prefix=_prefix(one, other),
        items=one.items + other.items,
        unique=one.unique or other.unique,
        properties=_properties(one, other),
        additional=one.additional + other.additional,
        required=tuple(dict.fromkeys(one.required + other.required)),
        min_properties=max(one.min_properties, other.min_properties),
        max_properties=min(one.max_properties, other.max_properties),
        examples=one.examples + other.examples,
    )


def _breadth(demands: Demands) -> int:
    several = demands.properties, demands.required, demands.prefix, demands.examples
    return sum(map(len, several)) + len(demands.items) + len(demands.additional)


def _common(
    one: tuple[object, ...] | None, other: tuple[object, ...] | None, budget: Budget
) -> tuple[object, ...] | None:
    if one is None or other is None:
        return other if one is None else one
    allowed = {key(value, budget) for value in other}
    return tuple(value for value in one if key(value, budget) in allowed)


def _multiple(one: Number | None, other: Number | None, at: str) -> Number | None:
    if isinstance(one, int) and isinstance(other, int):
        common = lcm(one, other)
        if common.bit_length() > _LARGEST:
            raise BranchRefused('two "multipleOf" have no multiple in common that is usable', at)
        return common
    return _single(one, other, None, "multipleOf", at)


def _single(one: _T, other: _T, nothing: _T, keyword: str, at: str) -> _T:
    if nothing not in (one, other) and one != other:
        raise BranchRefused(f'two different "{keyword}" for one value cannot be honoured', at)
    return other if one == nothing else one


def _prefix(one: Demands, other: Demands) -> tuple[tuple[Sub, ...], ...]:
    length = max(len(one.prefix), len(other.prefix))
    return tuple(item(one, index) + item(other, index) for index in range(length))


def _properties(one: Demands, other: Demands) -> dict[str, tuple[Sub, ...]]:
    names = one.properties | other.properties
    return {name: member(one, name) + member(other, name) for name in names}


def item(demands: Demands, index: int) -> tuple[Sub, ...]:
    """Return what the item at this index must satisfy."""
    return demands.prefix[index] if index < len(demands.prefix) else demands.items


def member(demands: Demands, name: str) -> tuple[Sub, ...]:
    """Return what the property of this name must satisfy."""
    return demands.properties.get(name, demands.additional)
