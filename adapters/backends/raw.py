"""Bytes for an upstream that need no translation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from types import MappingProxyType, TracebackType
from typing import Final

from adapters.backends.answer import Answer
from adapters.backends.refusals import is_plain
from adapters.backends.upstream import Upstream
from ports.raw import Dialect, Headers, RawBackend, RawReply, RawRequest

PASSED: Final = ("content-disposition", "content-length", "x-llamaport-tokens")
"""Headers of an answer that a client may get besides its type. All others are about the
connection, the upstream or the operator's account."""

PASSED_UNREAD: Final = (*PASSED, "content-range", "accept-ranges", "etag", "last-modified")
"""The same of an answer to what nobody here has read, where clients may ask for a part of it."""


class UpstreamRaw(RawBackend):
    """Passes any method and path on, and answers other than 2xx through the error table.

    `root` is what paths of the dialects have before what stands behind the base URL, and
    `headers` are what one dialect wants that others do not know (a key in a place of its own).
    `mark_suffices` is asked at each answer (`ports.raw.RawReply`).
    """

    def __init__(
        self,
        upstream: Upstream,
        *,
        root: str = "/",
        headers: Mapping[Dialect, Headers] = MappingProxyType({}),
        mark_suffices: Callable[[], bool] = bool,
    ) -> None:
        self._upstream = upstream
        self._root = root
        self._headers = headers
        self._mark_suffices = mark_suffices

    def open_raw(self, request: RawRequest, /) -> AbstractAsyncContextManager[RawReply]:
        """Send the request, wait for the first bytes of the answer."""
        opening = self._upstream.open_raw(
            request.method,
            request.path.removeprefix(self._root),
            request.body,
            query=request.query,
            length=request.length,
            content_type=request.content_type,
            headers=self._headers.get(request.dialect, ()) + request.headers,
            unread=request.unread,
        )
        passed = PASSED_UNREAD if request.unread else PASSED
        return _RawOpening(opening, self._upstream.concealed, self._mark_suffices, passed)


class _RawOpening(AbstractAsyncContextManager[RawReply]):
    """An answer whose first bytes are waited for. No generator: see `answer.Opening`."""

    __slots__ = ("_conceal", "_mark_suffices", "_opening", "_passed")

    def __init__(
        self,
        opening: AbstractAsyncContextManager[Answer],
        conceal: Callable[[str], str],
        mark_suffices: Callable[[], bool],
        passed: tuple[str, ...],
    ) -> None:
        self._opening = opening
        self._conceal = conceal
        self._mark_suffices = mark_suffices
        self._passed = passed

    async def __aenter__(self) -> RawReply:
        """Wait for the first bytes."""
        answer = await self._opening.__aenter__()
        try:
            answer.unread(await answer.read())
        except BaseException as error:
            await self._opening.__aexit__(type(error), error, error.__traceback__)
            raise
        answer.patience.started()
        return RawReply(
            status=answer.status,
            content_type=answer.full_content_type,
            headers=_passed(answer, self._passed),
            body=answer,
            mark_suffices=self._mark_suffices(),
            conceal=self._conceal,
        )

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the answer."""
        await self._opening.__aexit__(kind, error, traceback)


def _passed(answer: Answer, names: tuple[str, ...]) -> Headers:
    found = ((name, answer.header(name)) for name in names)
    return tuple((name, value) for name, value in found if is_plain(value))
