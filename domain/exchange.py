"""Asking a backend for a client, which knows the model by a name of its own."""

from __future__ import annotations

from collections.abc import Awaitable
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Generic, TypeVar

from ports.errors import MODEL_NOT_FOUND, BackendRejected, GatewayError, ModelNotFound

T = TypeVar("T")


async def answered(answer: Awaitable[T], asked: str) -> T:
    """Wait for a whole answer. `asked` is the model as the client named it.

    Raises `ModelNotFound` where the upstream does not know its own model.
    """
    try:
        return await answer
    except BackendRejected as error:
        raise _as_the_client_knows_it(error, asked) from error


class Opened(AbstractAsyncContextManager[T], Generic[T]):
    """An answer that is being opened; entering raises what `answered` raises."""

    def __init__(self, opening: AbstractAsyncContextManager[T], asked: str) -> None:
        self._opening = opening
        self._asked = asked

    async def __aenter__(self) -> T:
        """Wait for the beginning of the answer."""
        try:
            return await self._opening.__aenter__()
        except BackendRejected as error:
            raise _as_the_client_knows_it(error, self._asked) from error

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool | None:
        """Close the upstream's answer."""
        return await self._opening.__aexit__(kind, error, traceback)


def _as_the_client_knows_it(error: BackendRejected, asked: str) -> GatewayError:
    # The upstream names its own id, which the client may never have heard of.
    unknown = asked and error.upstream_code == MODEL_NOT_FOUND
    return ModelNotFound(asked) if unknown else error
