"""Makes an instance of a JSON schema: deterministic, filled from a message where that is obvious.

Every declared property is there, optional ones too, except where it would recur: recursion
ends at the least depth, by leaving out an optional property, by an empty array, or by
another branch of a union. What cannot be honoured is refused, never ignored, and whatever
is returned has been checked against the schema.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from itertools import islice
from math import isfinite
from typing import Any, TypeVar

from adapters.backends.offline.hints import MOST_OPTIONS, Hints
from adapters.backends.offline.schema.budget import CHARACTERS_A_STEP, Budget
from adapters.backends.offline.schema.checking import fits, meets_unlisted, number_meets
from adapters.backends.offline.schema.combining import item, member
from adapters.backends.offline.schema.document import (
    ANY_TYPE,
    Demands,
    Document,
    Number,
    Schema,
    Sub,
    TypeName,
)
from adapters.backends.offline.schema.equality import key, pay_for
from adapters.backends.offline.schema.refusals import (
    BranchRefused,
    EndlessRecursion,
    SchemaRefused,
)
from adapters.backends.offline.schema.scalars import integers, numbers, strings
from adapters.backends.offline.schema.shapes import Shape, shapes

_T = TypeVar("_T")

_GENEROUS = 10_000  # steps after which optional properties are left out
_BUILDING = 10  # steps


def make_instance(schema: Schema, hints: Hints, budget: Budget) -> Any:
    """Return a JSON value that satisfies the schema, within the budget.

    Raises `SchemaRefused` for a keyword that cannot be honoured, for a schema that nothing
    satisfies, and for one that is too large or too deep; its message names the keyword or
    the reason, and the place.
    """
    document = Document(schema, budget)
    try:
        value = _Maker(document, hints).make((document.root,), frozenset(), "")
        if fits(document, value, document.root):
            return value
    except RecursionError as error:
        raise SchemaRefused("the schema is nested too deeply to honour", "#") from error
    except OverflowError as error:
        raise SchemaRefused("the schema has a number that is too large", "#") from error
    raise SchemaRefused("no value was found that satisfies the schema", "#")


class _Maker:
    def __init__(self, document: Document, hints: Hints) -> None:
        self._document = document
        self._hints = hints
        self._budget = document.budget
        self._frugal = document.budget.left - _GENEROUS

    def make(
        self,
        subs: tuple[Sub, ...],
        path: frozenset[str],
        name: str,
        avoid: AbstractSet[Hashable] = frozenset(),
    ) -> Any:
        """Make a value that satisfies all of `subs`, for the property `name`.

        Its `key` is not one of `avoid`.
        """
        failure: BranchRefused | None = None
        at = subs[0].at if subs else "#"
        for shape in shapes(self._document, subs, path):
            try:
                value = self._build(shape, name, avoid)
            except BranchRefused as error:
                failure = failure or error
                continue
            if self._is_exact(value, shape) and not self._among(avoid, value):
                return value
        raise failure or BranchRefused("no value satisfies the schema", at)

    def _is_exact(self, value: Any, shape: Shape) -> bool:
        return all(fits(self._document, value, sub) for sub in shape.exact)

    def _build(self, shape: Shape, name: str, avoid: AbstractSet[Hashable]) -> Any:
        self._budget.visit(shape.at, _BUILDING)
        demands = shape.demands
        ready = demands.examples if demands.enum is None else demands.enum
        usable = list(islice(self._usable(ready, demands, avoid), MOST_OPTIONS))
        if usable:
            chosen = self._hints.choose(usable, shape.at)
            pay_for(chosen, self._budget)
            return chosen
        if demands.enum is not None:
            raise BranchRefused("no value of the enum is allowed", shape.at)
        failure: BranchRefused | None = None
        for kind in _likely_types(demands):
            try:
                return self._of_type(kind, shape, name, avoid)
            except BranchRefused as error:
                failure = failure or error
        raise failure or BranchRefused("no value is allowed", shape.at)

    def _among(self, avoid: AbstractSet[Hashable], value: Any) -> bool:
        return bool(avoid) and key(value, self._budget) in avoid

    def _usable(
        self, ready: Iterable[Any], demands: Demands, avoid: AbstractSet[Hashable]
    ) -> Iterator[Any]:
        for value in ready:
            self._budget.spend(1 + _reading(value))
            suits = meets_unlisted(self._document, value, demands)
            if suits and not self._among(avoid, value):
                yield value

    def _of_type(
        self, kind: TypeName, shape: Shape, name: str, avoid: AbstractSet[Hashable]
    ) -> Any:
        match kind:
            case "object":
                return self._object(shape)
            case "array":
                return self._array(shape, name)
            case "string":
                return self._string(name, shape, avoid)
            case "boolean":
                preferred = self._hints.choose((True, False), shape.at)
                return self._first((preferred, not preferred), lambda _: True, shape, avoid)
            case "null":
                return None
            case _:
                return self._number(kind, shape, avoid)

    def _string(self, name: str, shape: Shape, avoid: AbstractSet[Hashable]) -> str:
        demands = shape.demands

        def suits(text: str) -> bool:
            self._budget.spend(len(text) // CHARACTERS_A_STEP)
            return demands.min_length <= len(text) <= demands.max_length

        self._budget.spend(demands.min_length // CHARACTERS_A_STEP)
        return self._first(strings(demands, self._hints.phrase(name)), suits, shape, avoid)

    def _number(self, kind: TypeName, shape: Shape, avoid: AbstractSet[Hashable]) -> Number:
        demands = shape.demands

        def suits(value: float) -> bool:
            self._budget.spend()
            right = isinstance(value, int) or kind == "number"
            return right and number_meets(value, demands)

        said = self._hints.number(lambda n: suits(n) and not self._among(avoid, n))
        if said is not None:
            return said
        ways: Iterator[Number] = integers(demands) if kind == "integer" else numbers(demands)
        return self._first(ways, suits, shape, avoid)

    def _first(
        self,
        candidates: Iterable[_T],
        suits: Callable[[_T], bool],
        shape: Shape,
        avoid: AbstractSet[Hashable],
    ) -> _T:
        for candidate in candidates:
            if suits(candidate) and not self._among(avoid, candidate):
                return candidate
        raise BranchRefused("no value lies within the bounds", shape.at)

    def _array(self, shape: Shape, name: str) -> list[Any]:
        demands = shape.demands
        if demands.min_items > demands.max_items:
            raise BranchRefused("minItems is above maxItems", shape.at)
        self._budget.spend(demands.min_items)
        values: list[Any] = []
        seen: set[Hashable] = set()
        length = min(max(demands.min_items, len(demands.prefix), 1), demands.max_items)
        while len(values) < length:
            subs = item(demands, len(values))
            if len(values) >= demands.min_items and _never(subs):
                break
            try:
                values.append(self.make(subs, shape.path, name, seen))
            except EndlessRecursion:
                if len(values) < demands.min_items:
                    raise
                break
            if demands.unique:
                seen.add(key(values[-1], self._budget))
        return values

    def _object(self, shape: Shape) -> dict[str, Any]:
        demands = shape.demands
        if max(len(demands.required), demands.min_properties) > demands.max_properties:
            raise BranchRefused("more properties are required than allowed", shape.at)
        spare = demands.max_properties - len(demands.required)
        required = frozenset(demands.required)
        values: dict[str, Any] = {}
        for name in dict.fromkeys((*demands.properties, *demands.required)):
            self._budget.spend(1 + len(name) // CHARACTERS_A_STEP)
            if name in required:
                values[name] = self.make(member(demands, name), shape.path, name)
            elif spare > 0 and self._budget.left > self._frugal:
                spare -= self._optional(values, name, shape)
        self._fill(values, shape)
        return values

    def _optional(self, values: dict[str, Any], name: str, shape: Shape) -> int:
        subs = member(shape.demands, name)
        if _never(subs):
            return 0
        try:
            values[name] = self.make(subs, shape.path, name)
        except EndlessRecursion:
            return 0
        return 1

    def _fill(self, values: dict[str, Any], shape: Shape) -> None:
        number = 0
        while len(values) < shape.demands.min_properties:
            number += 1
            name = f"property{number}"
            if name not in values:
                values[name] = self.make(shape.demands.additional, shape.path, name)


def _reading(value: Any) -> int:
    return 2 + min(len(value), 200) // CHARACTERS_A_STEP if isinstance(value, str) else 0


def _never(subs: tuple[Sub, ...]) -> bool:
    return any(sub.schema is False for sub in subs)


def _likely_types(demands: Demands) -> Sequence[TypeName]:
    """Order the types to try, null last; where any would do, take the one that is described."""
    if demands.types != ANY_TYPE:
        return sorted(demands.types, key=lambda name: name == "null")
    if demands.properties or demands.required or demands.additional or demands.min_properties:
        return ("object",)
    if demands.items or demands.prefix or demands.min_items:
        return ("array",)
    bounds = (demands.minimum, demands.above, demands.maximum, demands.below)
    bounded = demands.multiple_of is not None or any(map(isfinite, bounds))
    return ("number",) if bounded else ("string",)
