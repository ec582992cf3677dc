"""Does a value satisfy a schema? For the keywords that `document` knows.

`format` is not checked: by the specification it describes and does not forbid.
"""

from __future__ import annotations

from contextlib import suppress
from itertools import islice
from typing import Any

from adapters.backends.offline.schema.budget import Budget
from adapters.backends.offline.schema.combining import item, member
from adapters.backends.offline.schema.document import Demands, Document, Node, Sub, TypeName
from adapters.backends.offline.schema.equality import holds, key
from adapters.backends.offline.schema.refusals import BranchRefused

_PLACES_A_STEP = 8
_NAMES_A_STEP = 8
_LOOKING = 2  # steps, into an array or an object


def fits(document: Document, value: Any, sub: Sub, within: frozenset[str] = frozenset()) -> bool:
    """Tell whether `value` satisfies the schema at `sub`.

    `within` are the places already passed for this same value: coming back to one of them
    adds no demand. Raises `SchemaRefused` where the schema cannot be read, or costs too much.
    """
    if sub.at in within:
        return True
    node, passed = document.read(sub), within | {sub.at}
    document.budget.spend(len(passed) // _PLACES_A_STEP)
    return (
        meets(document, value, node.demands)
        and all(fits(document, value, each, passed) for each in node.every)
        and all(
            _fits_one(document, value, union, passed)
            for union in node.unions
            if union is not node.exactly_one
        )
        and (not node.exactly_one or _fits_exactly_one(document, value, node, passed))
    )


def _fits_one(
    document: Document, value: Any, union: tuple[Sub, ...], within: frozenset[str]
) -> bool:
    for each in union:
        # A branch that cannot be read is no way to satisfy the union, but another may be.
        with suppress(BranchRefused):
            if fits(document, value, each, within):
                return True
    return False


def _fits_exactly_one(document: Document, value: Any, node: Node, within: frozenset[str]) -> bool:
    fitting = (each for each in node.exactly_one if fits(document, value, each, within))
    return len(list(islice(fitting, 2))) == 1


def meets(document: Document, value: Any, demands: Demands) -> bool:
    """Tell whether `value` meets these demands."""
    listed = demands.enum is None or holds(demands.enum, value, document.budget)
    return listed and meets_unlisted(document, value, demands)


def meets_unlisted(document: Document, value: Any, demands: Demands) -> bool:
    """Tell whether `value` meets these demands but for the `enum`, where it may come from."""
    if type_of(value) not in demands.types and not _integral(value, demands):
        return False
    match value:
        case bool() | None:
            return True
        case int() | float():
            return number_meets(value, demands)
        case str():
            return demands.min_length <= len(value) <= demands.max_length
        case list():
            return _array_meets(document, value, demands)
        case _:
            return _object_meets(document, value, demands)


def type_of(value: Any) -> TypeName:
    """Name the JSON type of a value; an integer is an `integer`, every other number a `number`."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"


def _integral(value: Any, demands: Demands) -> bool:
    return isinstance(value, float) and value.is_integer() and "integer" in demands.types


def number_meets(value: float, demands: Demands) -> bool:
    """Tell whether a number lies within the bounds and is a multiple of what is asked."""
    return (
        demands.minimum <= value <= demands.maximum
        and demands.above < value < demands.below
        and (demands.multiple_of is None or is_multiple(value, demands.multiple_of))
    )


def is_multiple(value: float, factor: float) -> bool:
    """Tell whether `value / factor` is whole, exactly where both are integers."""
    if isinstance(value, int) and isinstance(factor, int):
        return value % factor == 0
    try:
        return (value / factor).is_integer()
    except OverflowError:
        return False


def _array_meets(document: Document, value: list[Any], demands: Demands) -> bool:
    document.budget.spend(_LOOKING + len(value) // _NAMES_A_STEP)
    return (
        demands.min_items <= len(value) <= demands.max_items
        and not (demands.unique and _repeats(value, document.budget))
        and all(
            fits(document, each, sub)
            for index, each in enumerate(value)
            for sub in item(demands, index)
        )
    )


def _repeats(values: list[Any], budget: Budget) -> bool:
    return len({key(value, budget) for value in values}) < len(values)


def _object_meets(document: Document, value: dict[str, Any], demands: Demands) -> bool:
    document.budget.spend(_LOOKING + (len(demands.required) + len(value)) // _NAMES_A_STEP)
    return (
        demands.min_properties <= len(value) <= demands.max_properties
        and all(name in value for name in demands.required)
        and all(
            fits(document, each, sub)
            for name, each in value.items()
            for sub in member(demands, name)
        )
    )
