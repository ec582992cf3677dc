"""From schemas to shapes: every way to satisfy all of them, lazily, in the order written."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from adapters.backends.offline.schema.combining import both
from adapters.backends.offline.schema.document import Demands, Document, Sub
from adapters.backends.offline.schema.refusals import (
    BranchRefused,
    EndlessRecursion,
    SchemaRefused,
)

_DEEPEST = 80
_JOINING = 25  # steps
_PLACES_A_STEP = 8


class Shape(Struct, frozen=True, kw_only=True):
    """Demands without unions and references: what a value can be built from."""

    demands: Demands
    at: str
    path: frozenset[str]
    """The places this value is inside of: one of them again is recursion."""
    exact: tuple[Sub, ...] = ()
    """Schemas with a `oneOf`: a value must be checked against the other branches."""


def shapes(document: Document, subs: tuple[Sub, ...], path: frozenset[str]) -> Iterator[Shape]:
    """Yield what satisfies all of `subs`, for a value inside of the places of `path`.

    Raises `EndlessRecursion` for one of these places, and `SchemaRefused`.
    """
    at = subs[0].at if subs else "#"
    yield from _all_of(document, Shape(demands=Demands(), at=at, path=path), subs, path)


def _all_of(
    document: Document, shape: Shape, subs: tuple[Sub, ...], path: frozenset[str]
) -> Iterator[Shape]:
    if not subs:
        yield shape
        return
    for other in _ways(document, subs[0], path):
        yield from _all_of(document, _joined(document, shape, other), subs[1:], path)


def _ways(document: Document, sub: Sub, path: frozenset[str]) -> Iterator[Shape]:
    if sub.at in path:
        raise EndlessRecursion(sub.at)
    if len(path) > _DEEPEST:
        raise SchemaRefused("the schema is nested too deeply to honour", sub.at)
    node, inside = document.read(sub), path | {sub.at}
    exact = (sub,) if node.exactly_one else ()
    shape = Shape(demands=node.demands, at=sub.at, path=inside, exact=exact)
    for whole in _all_of(document, shape, node.every, inside):
        yield from _choices(document, whole, node.unions, inside)


def _choices(
    document: Document, shape: Shape, unions: tuple[tuple[Sub, ...], ...], path: frozenset[str]
) -> Iterator[Shape]:
    if not unions:
        yield shape
        return
    failure: BranchRefused | None = None
    found = False
    for branch in unions[0]:
        try:
            for other in _ways(document, branch, path):
                yield from _choices(document, _joined(document, shape, other), unions[1:], path)
                found = True
        except BranchRefused as error:
            failure = failure or error
    if failure is not None and not found:
        raise failure


def _joined(document: Document, one: Shape, other: Shape) -> Shape:
    places = len(one.path) + len(other.path) + len(one.exact)
    document.budget.visit(other.at, _JOINING + places // _PLACES_A_STEP)
    return Shape(
        demands=both(one.demands, other.demands, other.at, document.budget),
        at=other.at,
        path=one.path | other.path,
        exact=one.exact + other.exact,
    )
