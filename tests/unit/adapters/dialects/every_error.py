"""One of every kind of error a client may see."""

from __future__ import annotations

from collections.abc import Iterator

from ports.errors import (
    BackendRejected,
    CapabilityMissing,
    GatewayError,
    MethodNotAllowed,
    ModelNotFound,
    UnsupportedEncoding,
)


def kinds(root: type[GatewayError] = GatewayError) -> Iterator[type[GatewayError]]:
    """The whole tree, so that a new kind cannot be forgotten."""
    yield root
    for kind in root.__subclasses__():
        yield from kinds(kind)


def an_error(kind: type[GatewayError]) -> GatewayError:
    if issubclass(kind, CapabilityMissing):
        return kind("m", "tools")
    if issubclass(kind, ModelNotFound):
        return kind("m")
    if issubclass(kind, MethodNotAllowed):
        return kind(("GET", "HEAD"))
    if issubclass(kind, UnsupportedEncoding):
        return kind(("zstd", "gzip"))
    return kind("some words")


def refusals() -> Iterator[BackendRejected]:
    for status in (400, 401, 402, 403, 404, 413, 501):
        yield BackendRejected("some words", status=status, upstream_code="its_code")


def every_error() -> list[GatewayError]:
    return [*map(an_error, kinds()), *refusals()]
