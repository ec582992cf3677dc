"""The door: what every HTTP request passes before a dialect sees it, and every answer after.

Requests that may come in go to the application inside with a bounded, uncompressed body, and
their client is watched; refusals, errors and bugs are answered here in the words of the
client's dialect.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

from msgspec import Struct

from adapters.dialects.replies.batches import DEFERRED, WRITE, BatchReply, Receive, Send
from adapters.dialects.replies.rendered import Rendered
from adapters.web.access import is_upload
from adapters.web.admission import HouseRules, Scope, admit, peer_of
from adapters.web.body import BoundedBody
from adapters.web.compression import plain
from adapters.web.hangup import Hangup
from adapters.web.outgoing import Outgoing
from adapters.web.request_id import given_request_id, new_request_id
from ports.caller import ANYONE, Caller
from ports.clock import Clock
from ports.dropped import DROPPED_UPSTREAM
from ports.errors import BackendError, GatewayError, ShuttingDown
from ports.request_id import HEADER, REQUEST_ID

App = Callable[[Scope, Receive, Send], Awaitable[None]]
Render = Callable[[Scope, GatewayError], Rendered]

_REQUEST_ID = HEADER.encode()


_REFUSED_FROM = 400
_FAILED_FROM = 500


class RequestRecord(Struct, frozen=True, kw_only=True, gc=False):
    """One finished request, for the access log."""

    request_id: str
    trace_id: str
    """From `scope["state"]["trace_id"]`, where whoever traces the request has left it; or empty."""
    client: str
    """The name of its key; empty if there was none."""
    method: str
    path: str
    """As it came, still percent-encoded, so that it cannot break a log line; without the query."""
    route: str
    """The template of the path, `/v1/models/{name}`; empty where there is no such path."""
    status: int
    """0 if no answer was begun."""
    duration_ns: int
    first_byte_ns: int
    """From the beginning to the first byte of the body, or where that is empty to the end; 0 if
    there was neither."""
    body_wait_ns: int = 0
    """How long the request's body was waited for."""
    body_whole_ns: int = 0
    """From the beginning to the last piece of it that came; 0 if nobody asked for it."""
    bytes_received: int
    """Of the request's body, as it came."""
    bytes_sent: int
    """Of the body, before any framing."""
    peer: str
    """The client's address, as far as it can be believed; empty if unknown."""
    cancelled: bool
    """The client hung up before the answer was complete."""
    error: GatewayError | None = None
    """What went wrong, before the answer began or in mid-stream."""

    @property
    def refused(self) -> bool:
        """Whether it was turned away without an error of any dialect: for its Host or Origin."""
        is_refusal = _REFUSED_FROM <= self.status < _FAILED_FROM
        return is_refusal and self.error is None and not self.cancelled

    @property
    def failed(self) -> bool:
        """Whether we or a backend failed it, with a 5xx or in the middle.

        A backend that refuses what a client asks has not failed, and a 5xx without an error is an
        answer: how we are, to whoever asked for that.
        """
        if self.error is None:
            return False
        in_the_middle = self.status < _REFUSED_FROM and isinstance(self.error, BackendError)
        return self.status >= _FAILED_FROM or in_the_middle


Ending = Callable[[RequestRecord], None]
"""Is told the record of the one request it was made for; called in the same task."""


class Reports(Struct, frozen=True, kw_only=True):
    """Whom the door tells. Each is called on the event loop, must be quick and must not raise."""

    on_finish: Callable[[RequestRecord], None]
    """Once per HTTP request, whatever became of it."""
    on_bug: Callable[[Exception], None]
    """When an exception arrived that nobody foresaw; the client saw nothing of it."""
    on_begin: Callable[[Scope], Ending] | None = None
    """When a request arrives, before anything is decided, in the task that serves it; what it
    returns is called after `on_finish`, once the last byte is out or the client is gone."""


class FrontDoor:
    """An ASGI application around `inner`. Everything that is not HTTP passes untouched.

    `inner` finds the caller in `scope["state"]["caller"]`, in `scope["state"]["request_id"]` the
    id that every answer carries as `x-request-id`, and the path as it came in
    `scope["state"]["raw_path"]`. It leaves an error that it has told the client itself in
    `scope["state"]["error"]`. A `GatewayError` that leaves `inner` before its answer began is
    rendered by `render(scope, error)`; any other exception goes to `on_bug`, and becomes an
    internal error if the answer has not begun.
    """

    def __init__(  # noqa: PLR0913 - it is put together in one place
        self,
        inner: App,
        rules: HouseRules,
        render: Render,
        reports: Reports,
        clock: Clock,
        *,
        new_id: Callable[[], str] = new_request_id,
    ) -> None:
        self._inner = inner
        self._rules = rules
        self._render = render
        self._reports = reports
        self._clock = clock
        self._new_id = new_id

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI scope."""
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return
        begun = self._clock.monotonic_ns()
        path = scope.get("raw_path") or quote(scope["path"]).encode()
        request_id = given_request_id(scope["headers"]) or self._new_id()
        scope.setdefault("state", {}).update(request_id=request_id, raw_path=path)
        # Each request has a task, and so a context, of its own: nobody need take this back.
        REQUEST_ID.set(request_id)
        ending = None if self._reports.on_begin is None else self._reports.on_begin(scope)
        hangup = Hangup(receive, self._clock.monotonic_ns)
        out = Outgoing(send, hangup, self._clock.monotonic_ns, scope.pop(WRITE, None))
        DROPPED_UPSTREAM.set(out.dropped)
        out.headers.append((_REQUEST_ID, request_id.encode()))
        try:
            async with hangup:
                await self._serve(scope, hangup, out)
        except asyncio.CancelledError:
            # Not the client's doing: the server stops, and this was still running when its
            # time for that was over. Outside there is nobody but the server, which would
            # report a cancellation as a failure of ours and answer in its own words.
            if not out.status:
                await self._refuse(scope, out, ShuttingDown())
        finally:
            # It knows the frames that it came through, and these the scope.
            error = scope["state"].pop("error", None)
            caller: Caller = scope["state"].get("caller", ANYONE)
            record = RequestRecord(
                request_id=request_id,
                trace_id=scope["state"].get("trace_id", ""),
                client=caller.name,
                method=scope["method"],
                path=path.decode("latin-1"),
                route=self._rules.routes.template(scope["path"]),
                status=out.status,
                duration_ns=self._clock.monotonic_ns() - begun,
                first_byte_ns=out.first_ns - begun if out.first_ns else 0,
                body_wait_ns=hangup.waited_ns,
                body_whole_ns=hangup.whole_ns - begun if hangup.whole_ns else 0,
                bytes_received=hangup.received,
                bytes_sent=out.sent,
                peer=self._rules.proxies.client_address(peer_of(scope), scope["headers"]),
                cancelled=hangup.gone,
                error=None if hangup.gone else error,
            )
            self._reports.on_finish(record)
            if ending is not None:
                ending(record)

    async def _serve(self, scope: Scope, hangup: Hangup, out: Outgoing) -> None:
        """Answer, come what may."""
        # One function, since a stream pays for every frame it stands on at each event.
        try:
            try:
                answer = admit(self._rules, scope, out.headers)
                if answer is None:
                    streams: list[BatchReply[Any]] = []
                    scope[DEFERRED] = streams
                    await self._inner(scope, self._body_of(scope, hangup.receive), out.send)
                    del scope[DEFERRED]  # or they would hold each other until they are collected
                    for stream in streams:
                        await stream.send_to(out.send, out.write)
                else:
                    await out.answer(answer, head_only=scope["method"] == "HEAD")
            except GatewayError as error:
                if hangup.gone:
                    return  # work that was cancelled may end in any way; nobody is there to tell
                if out.status:
                    raise
                await self._refuse(scope, out, error)
        except Exception as bug:  # noqa: BLE001 - the outermost edge
            self._reports.on_bug(bug)
            # An answer that has begun stays incomplete, and the server breaks the connection.
            if not out.status and not hangup.gone:
                await self._refuse(scope, out, GatewayError("internal server error"))

    def _body_of(self, scope: Scope, receive: Receive) -> Receive:
        """Return a `receive` of a body that is bounded, and below `/v1` not compressed."""
        method, path = scope["method"], scope["path"]
        if is_upload(method, path):
            return receive
        bounded = BoundedBody(receive, self._rules.max_body).receive
        if method == "POST" and path.startswith("/v1/"):
            return plain(scope, bounded, self._rules.max_body)
        return bounded

    async def _refuse(self, scope: Scope, out: Outgoing, error: GatewayError) -> None:
        scope["state"]["error"] = error
        answer = self._render(scope, error)
        await out.answer(answer, head_only=scope["method"] == "HEAD")
