"""Asking for the tokens of a stream, which a server of this dialect may not understand."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from types import TracebackType

from ports.errors import BackendRejected
from ports.raw import RawReply


class UnlessRefused(AbstractAsyncContextManager[RawReply]):
    """Asks for the tokens of a stream, and once more without where that is not understood.

    Such a refusal costs nothing (docs/wire/dialects.md 2.3).
    """

    def __init__(
        self,
        first: AbstractAsyncContextManager[RawReply],
        second: Callable[[], AbstractAsyncContextManager[RawReply]],
    ) -> None:
        self._opening = first
        self._second = second

    async def __aenter__(self) -> RawReply:
        """Open the first, or else the second."""
        try:
            return await self._opening.__aenter__()
        except BackendRejected as refusal:
            if "stream_options" not in refusal.message:
                raise
        self._opening = self._second()
        return await self._opening.__aenter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool | None:
        """Close what was opened."""
        return await self._opening.__aexit__(kind, error, traceback)
