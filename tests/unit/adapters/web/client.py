"""A client of the door: builds doors and sends them requests, without a server."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import unquote

from msgspec import Struct

from adapters.dialects.replies.rendered import Rendered
from adapters.web.admission import HouseRules, Scope
from adapters.web.cors import Cors, Header
from adapters.web.door import App, FrontDoor, Reports, RequestRecord
from adapters.web.hosts import HostGuard
from adapters.web.keys import ClientKeys, KeyEntry
from adapters.web.peer import TrustedProxies
from adapters.web.routes import RouteTable
from ports.errors import GatewayError, MethodNotAllowed
from tests.fakes.clock import FakeClock

REQUEST_ID = "req_1"
OLLAMA_ROUTES = (
    ("/", ("GET", "HEAD")),
    ("/api/version", ("GET", "HEAD")),
    ("/api/status", ("GET",)),
    ("/api/tags", ("GET", "HEAD")),
    ("/api/ps", ("GET",)),
    ("/api/show", ("POST",)),
    ("/api/generate", ("POST",)),
    ("/api/chat", ("POST",)),
    ("/api/embed", ("POST",)),
    ("/api/embeddings", ("POST",)),
    ("/api/pull", ("POST",)),
    ("/api/push", ("POST",)),
    ("/api/create", ("POST",)),
    ("/api/copy", ("POST",)),
    ("/api/delete", ("DELETE",)),
    ("/api/blobs/{digest}", ("POST", "HEAD")),
    ("/api/me", ("POST",)),
    ("/api/signout", ("POST",)),
    ("/api/user/keys/{key:str}", ("DELETE",)),
    ("/api/experimental/web_search", ("POST",)),
    ("/api/experimental/web_fetch", ("POST",)),
    ("/api/experimental/model-recommendations", ("GET",)),
    ("/v1/chat/completions", ("POST",)),
    ("/v1/messages", ("POST",)),
    ("/v1/models", ("HEAD", "GET")),
    ("/v1/models/{id:path}", ("HEAD", "GET")),
    ("/v1/responses", ("POST",)),
    ("/admin/reload", ("POST",)),
    ("/health", ("GET",)),
)


class Reply(Struct):
    """What a client saw."""

    status: int = 0
    headers: list[Header] = []
    body: bytes = b""
    complete: bool = False

    def all(self, name: bytes) -> list[bytes]:
        return [value for header, value in self.headers if header == name]

    def one(self, name: bytes) -> bytes | None:
        values = self.all(name)
        assert len(values) < 2, values
        return values[0] if values else None


class Told:
    """What the door reported."""

    def __init__(self) -> None:
        self.records: list[RequestRecord] = []
        self.bugs: list[Exception] = []

    def reports(self, on_begin: Any = None) -> Reports:
        return Reports(
            on_begin=on_begin,
            on_finish=self.records.append,
            on_bug=self.bugs.append,
        )


class Connection:
    """The server's side of one request: what it receives, and what was sent on it."""

    def __init__(self, body: Sequence[bytes] = (b"",)) -> None:
        self._messages = [
            {"type": "http.request", "body": piece, "more_body": more}
            for piece, more in zip(body, [True] * (len(body) - 1) + [False], strict=True)
        ]
        self.disconnected = asyncio.Event()
        self.received = 0
        self.reply = Reply()

    async def receive(self) -> Any:
        if self._messages and not self.disconnected.is_set():
            self.received += 1
            return self._messages.pop(0)
        await self.disconnected.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            assert not self.reply.status, "two heads"
            self.reply.status = message["status"]
            self.reply.headers = list(message["headers"])
            return
        assert not self.reply.complete, "a body after its end"
        self.reply.body += message.get("body", b"")
        if not message.get("more_body", False):
            self.reply.complete = True
            self.disconnected.set()  # as uvicorn does


def render(_scope: Scope, error: GatewayError) -> Rendered:
    """Render as a dialect might, visibly: the code and the message."""
    statuses = {
        "unauthenticated": 401,
        "not_allowed": 403,
        "route_not_found": 404,
        "method_not_allowed": 405,
        "body_too_large": 413,
        "loop_detected": 508,
    }
    allow = error.allow if isinstance(error, MethodNotAllowed) else ()
    return Rendered(
        status=statuses.get(error.code, 500),
        body=f"{error.code}: {error.message}".encode(),
        headers=((b"allow", ", ".join(allow).encode()),) if allow else (),
    )


async def greet(scope: Scope, receive: Any, send: Any) -> None:
    """Answer 200 to whatever came in, after reading all of it."""
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"hello " + scope["path"].encode()})


def scope_of(
    method: str,
    target: str,
    headers: Iterable[Header] = (),
    *,
    peer: str = "127.0.0.1",
    host: bytes | None = b"127.0.0.1:11434",
) -> Scope:
    path, _, query = target.partition("?")
    return {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [*([(b"host", host)] if host is not None else []), *headers],
        "client": (peer, 50000) if peer else None,
    }


def door(
    inner: App = greet,
    *,
    told: Told | None = None,
    bound_host: str = "127.0.0.1",
    allowed_hosts: Sequence[str] = (),
    origins: Sequence[str] = (),
    keys: Sequence[KeyEntry] = (),
    proxies: Sequence[str] = (),
    max_body: int = 1000,
    renderer: Any = render,
    clock: FakeClock | None = None,
    on_begin: Any = None,
) -> FrontDoor:
    rules = HouseRules(
        hosts=HostGuard(bound_host, "workstation", allowed_hosts, has_keys=bool(keys)),
        cors=Cors(origins),
        keys=ClientKeys.from_configured(keys),
        routes=RouteTable(OLLAMA_ROUTES),
        proxies=TrustedProxies(proxies),
        max_body=max_body,
        instance_id="0123abcd",
    )
    reports = (told or Told()).reports(on_begin)
    return FrontDoor(
        inner, rules, renderer, reports, clock or FakeClock(), new_id=lambda: REQUEST_ID
    )


async def ask(app: App, scope: Scope, body: Sequence[bytes] = (b"",)) -> Reply:
    connection = Connection(body)
    await app(scope, connection.receive, connection.send)
    return connection.reply
