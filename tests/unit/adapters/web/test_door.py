from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from adapters.dialects.replies.rendered import Rendered
from adapters.web.admission import Scope
from adapters.web.keys import KeyEntry, digest_of
from adapters.web.loop import via_value
from ports.caller import ANYONE, Caller
from ports.errors import BodyTooLarge, GatewayError, ModelNotFound
from tests.fakes.clock import FakeClock
from tests.unit.adapters.web.client import REQUEST_ID, Connection, Told, ask, door, scope_of
from tests.waiting import until

pytestmark = pytest.mark.usefixtures("no_task_is_left_behind")

ADMIN = KeyEntry(name="ada", digest=digest_of("ada-key"), admin=True)
PLAIN = KeyEntry(name="bob", digest=digest_of("bob-key"))
KEYS = (ADMIN, PLAIN)
AS_ADMIN = (b"authorization", b"Bearer ada-key")
AS_PLAIN = (b"x-api-key", b"bob-key")
PAGE = (b"origin", b"http://localhost:3000")
EVIL_PAGE = (b"origin", b"https://evil.example")
OWN_VIA = (b"via", via_value("0123abcd"))
EVIL = b"evil.example"


async def unreachable(_scope: Scope, _receive: Any, _send: Any) -> None:
    raise AssertionError("the request came in")


async def test_what_is_not_http_passes_untouched() -> None:
    passed = []

    async def inner(*args: Any) -> None:
        passed.append(args)

    args = ({"type": "lifespan"}, object(), object())
    await door(inner)(*args)  # type: ignore[arg-type]  # objects, to see that they are the same

    assert passed == [args]


async def test_an_accepted_request_is_answered_from_inside() -> None:
    told = Told()

    reply = await ask(door(told=told), scope_of("POST", "/api/chat"), [b"{", b"}"])

    assert (reply.status, reply.body) == (200, b"hello /api/chat")
    assert not told.bugs


@pytest.mark.parametrize(
    ("headers", "caller"),
    [
        ([AS_ADMIN], Caller(name="ada", admin=True)),
        ([AS_PLAIN], Caller(name="bob")),
    ],
)
async def test_the_caller_is_in_the_state_of_the_scope(
    headers: list[tuple[bytes, bytes]], caller: Caller
) -> None:
    scope = {**scope_of("POST", "/api/chat", headers), "state": {"other": 1}}

    await ask(door(keys=KEYS), scope)

    assert scope["state"] == {
        "other": 1,
        "caller": caller,
        "request_id": REQUEST_ID,
        "raw_path": b"/api/chat",
    }


@pytest.mark.parametrize("keys", [(), KEYS])
async def test_a_stranger_on_an_open_path_is_anyone(keys: tuple[KeyEntry, ...]) -> None:
    scope = scope_of("GET", "/health")

    await ask(door(keys=keys), scope)

    assert scope["state"]["caller"] == ANYONE


async def test_the_path_is_kept_as_it_came() -> None:
    scope = {**scope_of("POST", "/v1//chat"), "raw_path": b"/v1//%63hat"}

    await ask(door(), scope)

    assert scope["state"]["raw_path"] == b"/v1//%63hat"


# What a client of a server with keys gets, in the order in which the door looks.
ORDER = [
    ("POST", "/api/pull", [], b"a b", 400),
    ("POST", "/api/pull", [EVIL_PAGE, OWN_VIA], b"localhost", 403),
    ("OPTIONS", "/api/pull", [PAGE, OWN_VIA], b"localhost", 204),
    ("POST", "/api/pull", [PAGE, OWN_VIA], b"", 403),
    ("POST", "/nope", [OWN_VIA], b"localhost", 508),
    ("POST", "/nope", [(b"content-length", b"9999")], b"localhost", 404),
    ("PUT", "/api/pull", [(b"content-length", b"9999")], b"localhost", 405),
    ("POST", "/api/pull/", [(b"content-length", b"9999")], b"localhost", 307),
    ("POST", "/api/pull", [(b"content-length", b"9999")], b"localhost", 401),
    ("POST", "/api/pull", [AS_PLAIN, (b"content-length", b"9999")], b"localhost", 403),
    ("POST", "/api/pull", [AS_ADMIN, (b"content-length", b"9999")], b"localhost", 413),
]


@pytest.mark.parametrize(("method", "path", "headers", "host", "status"), ORDER)
async def test_refusals_come_in_order_and_before_anything_is_read(
    method: str, path: str, headers: list[tuple[bytes, bytes]], host: bytes, status: int
) -> None:
    told, connection = Told(), Connection([b"body"])

    app = door(unreachable, told=told, keys=KEYS)
    scope = scope_of(method, path, headers, host=host)
    await app(scope, connection.receive, connection.send)

    assert connection.reply.status == status
    assert connection.reply.complete
    assert connection.received == 0
    assert not told.bugs


@pytest.mark.parametrize(
    ("method", "path", "headers", "keys", "status"),
    [
        ("POST", "/api/chat", [PAGE], KEYS, 401),
        ("GET", "/nope", [PAGE], (), 404),
        ("GET", "/v1/messages", [PAGE], (), 405),
        ("POST", "/v1/messages", [PAGE, (b"content-length", b"9999")], (), 413),
        ("POST", "/api/chat", [PAGE], (), 500),
    ],
)
async def test_a_browser_can_read_errors_too(
    method: str,
    path: str,
    headers: list[tuple[bytes, bytes]],
    keys: tuple[KeyEntry, ...],
    status: int,
) -> None:
    reply = await ask(door(unreachable_error, keys=keys), scope_of(method, path, headers))

    assert reply.status == status
    assert reply.one(b"access-control-allow-origin") == PAGE[1]
    assert reply.one(b"vary") == b"Origin"
    assert reply.one(b"content-length") == b"%d" % len(reply.body)


async def unreachable_error(_scope: Scope, _receive: Any, _send: Any) -> None:
    raise ModelNotFound("x")


async def test_several_hosts_are_a_bad_request() -> None:
    headers = [(b"host", b"localhost"), (b"x", b"1"), (b"x", b"2")]

    reply = await ask(door(unreachable), scope_of("GET", "/", headers))

    assert (reply.status, reply.body) == (400, b"400 Bad Request: too many Host headers")
    assert reply.one(b"connection") == b"close"


async def test_an_old_client_without_host_is_refused_like_an_empty_one() -> None:
    scope = {**scope_of("GET", "/", host=None), "http_version": "1.0"}

    reply = await ask(door(unreachable), scope)

    assert reply.status == 403


async def test_a_head_request_gets_the_length_and_no_body() -> None:
    reply = await ask(door(), scope_of("HEAD", "/nope"))

    assert reply.one(b"content-length") == b"%d" % len(b"route_not_found: no such path: /nope")
    assert reply.body == b""


@pytest.mark.parametrize("path", ["/v1//messages", "//v1/messages", "/v1/messages/"])
async def test_a_careless_path_below_v1_is_served_under_its_clean_name(path: str) -> None:
    scope = scope_of("POST", path)

    reply = await ask(door(), scope)

    assert reply.body == b"hello /v1/messages"
    assert scope["raw_path"] == b"/v1/messages"


async def test_dot_segments_below_v1_lead_nowhere() -> None:
    scope = scope_of("POST", "/v1/../admin/reload", [AS_ADMIN])

    reply = await ask(door(unreachable, keys=KEYS), scope)

    assert reply.status == 404


async def test_an_error_knows_the_clean_path_and_the_id_of_its_request() -> None:
    told: list[tuple[str, str]] = []

    def render(scope: Scope, error: GatewayError) -> Rendered:
        told.append((scope["path"], scope["state"]["request_id"]))
        return Rendered(status=508, body=error.message.encode(), headers=())

    await ask(door(unreachable, renderer=render), scope_of("POST", "//v1/v1/messages/", [OWN_VIA]))

    assert told == [("/v1/messages", REQUEST_ID)]


@pytest.mark.parametrize("given", [b"a", b"Req_0.9-Z", 128 * b"x"])
async def test_a_well_formed_id_of_the_client_stays(given: bytes) -> None:
    scope = scope_of("GET", "/api/tags", [(b"x-request-id", given)])

    reply = await ask(door(), scope)

    assert reply.one(b"x-request-id") == given
    assert scope["state"]["request_id"] == given.decode()


@pytest.mark.parametrize("given", [b"", b"a b", b"a\n", b"\xe9", b"a,b", 129 * b"x"])
async def test_an_id_that_could_harm_is_replaced(given: bytes) -> None:
    reply = await ask(door(), scope_of("GET", "/api/tags", [(b"x-request-id", given)]))

    assert reply.one(b"x-request-id") == REQUEST_ID.encode()


@pytest.mark.parametrize(
    ("method", "target", "headers", "host", "status"),
    [
        *ORDER,
        ("GET", "/health", [], b"localhost", 200),
        ("OPTIONS", "/v1/messages", [PAGE], b"localhost", 204),
    ],
)
async def test_every_answer_carries_the_id(
    method: str, target: str, headers: list[tuple[bytes, bytes]], host: bytes, status: int
) -> None:
    reply = await ask(door(keys=KEYS), scope_of(method, target, headers, host=host))

    assert reply.status == status
    assert reply.one(b"x-request-id") == REQUEST_ID.encode()


async def test_a_path_in_an_error_is_escaped_and_cut() -> None:
    reply = await ask(door(unreachable), scope_of("GET", "/%0a" + 300 * "x"))

    assert reply.body == b"route_not_found: no such path: /%0A" + 196 * b"x"


@pytest.mark.parametrize(
    ("peer", "headers", "status"),
    [
        ("127.0.0.1", [], 200),
        ("10.0.0.9", [], 403),
        ("127.0.0.1", [(b"x-forwarded-for", b"127.0.0.1")], 403),
    ],
)
async def test_without_keys_models_are_changed_from_the_machine_only(
    peer: str, headers: list[tuple[bytes, bytes]], status: int
) -> None:
    reply = await ask(door(), scope_of("DELETE", "/api/delete", headers, peer=peer))

    assert reply.status == status


async def test_a_body_that_grows_too_long_is_answered_413() -> None:
    told = Told()

    reply = await ask(
        door(told=told, max_body=10), scope_of("POST", "/api/chat"), [b"123456", b"789012"]
    )

    assert (reply.status, reply.complete) == (413, True)
    assert not told.bugs


async def test_an_unexpected_error_is_reported_and_not_shown() -> None:
    told, bug = Told(), ValueError("secret: sk-123 at 10.0.0.1")

    async def broken(_scope: Scope, _receive: Any, _send: Any) -> None:
        raise bug

    reply = await ask(door(broken, told=told), scope_of("GET", "/api/tags"))

    assert (reply.status, reply.body) == (500, b"error: internal server error")
    assert told.bugs == [bug]


@pytest.mark.parametrize("error", [ValueError("late"), BodyTooLarge("late")])
async def test_an_error_after_the_head_leaves_the_answer_incomplete(error: Exception) -> None:
    told = Told()

    async def breaking(_scope: Scope, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise error

    reply = await ask(door(breaking, told=told), scope_of("GET", "/api/tags"))

    assert (reply.status, reply.body, reply.complete) == (200, b"", False)
    assert told.bugs == [error]


async def test_a_finished_request_is_reported_once_with_its_figures() -> None:
    told, clock = Told(), FakeClock()

    async def inner(_scope: Scope, _receive: Any, send: Any) -> None:
        clock.advance(0.25)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"12345", "more_body": True})
        await send({"type": "http.response.body", "body": b"678"})

    app = door(inner, told=told, clock=clock, proxies=["127.0.0.1"])
    await ask(app, scope_of("GET", "/api/tags", [(b"x-forwarded-for", b"192.0.2.7")]))

    (record,) = told.records
    assert (record.method, record.path, record.status) == ("GET", "/api/tags", 200)
    assert (record.duration_ns, record.bytes_sent) == (250_000_000, 8)
    assert (record.peer, record.cancelled) == ("192.0.2.7", False)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nope", 404), ("OPTIONS", "/nope", 404), ("GET", "/api/tags/", 301)],
)
async def test_a_refusal_is_reported_too(method: str, path: str, status: int) -> None:
    told = Told()

    await ask(door(told=told), scope_of(method, path))

    assert [record.status for record in told.records] == [status]


@pytest.mark.parametrize("raw_path", [b"/nope%0AGET%20/", None])
async def test_a_path_cannot_break_the_line_of_the_log(raw_path: bytes | None) -> None:
    told = Told()
    scope = {**scope_of("GET", "/nope%0AGET%20/?key=1"), "raw_path": raw_path}

    await ask(door(told=told), scope)

    assert [record.path for record in told.records] == ["/nope%0AGET%20/"]


@pytest.mark.parametrize(
    ("method", "path", "route"),
    [
        ("POST", "/api/chat", "/api/chat"),
        ("POST", "/v1//messages/", "/v1/messages"),
        ("GET", "/v1/models/a/b?key=secret", "/v1/models/{id}"),
        ("GET", "/api/chat", "/api/chat"),
        ("GET", "/nope", ""),
    ],
)
async def test_a_record_names_the_route_and_not_what_was_typed(
    method: str, path: str, route: str
) -> None:
    told = Told()

    await ask(door(told=told), scope_of(method, path))

    assert [record.route for record in told.records] == [route]


async def test_who_wants_to_know_when_a_request_begins_is_told_of_the_same_one_when_it_ends() -> (
    None
):
    told, ended = Told(), []

    def begin(scope: Scope) -> Any:
        assert scope["path"] == "/api/chat"
        assert not told.records
        return ended.append

    await ask(door(told=told, on_begin=begin), scope_of("POST", "/api/chat"))

    assert ended == told.records


Ending = Callable[[], Exception | None]


@pytest.mark.parametrize(
    "ending",
    [lambda: None, lambda: ModelNotFound("x")],
    ids=["cancelled", "a gateway error of the interrupted work"],
)
async def test_a_hangup_ends_the_work_quietly(ending: Ending) -> None:
    told, connection, working = Told(), Connection([b"{}"]), asyncio.Event()

    async def waiting(_scope: Scope, receive: Any, _send: Any) -> None:
        await receive()
        working.set()
        try:
            await asyncio.Event().wait()
        finally:
            if error := ending():
                raise error

    app = door(waiting, told=told)
    request = asyncio.create_task(
        app(scope_of("POST", "/api/chat"), connection.receive, connection.send)
    )
    await until(working.is_set)
    connection.disconnected.set()
    await request

    assert connection.reply.status == 0
    assert not told.bugs
    assert [(record.status, record.cancelled) for record in told.records] == [(0, True)]


async def test_a_request_that_the_ending_server_cancels_is_answered_in_the_dialect() -> None:
    told, connection, working = Told(), Connection([b"{}"]), asyncio.Event()

    async def waiting(_scope: Scope, receive: Any, _send: Any) -> None:
        await receive()
        working.set()
        await asyncio.Event().wait()

    app = door(waiting, told=told)
    request = asyncio.create_task(
        app(scope_of("POST", "/api/chat"), connection.receive, connection.send)
    )
    await until(working.is_set)
    request.cancel()
    await request

    assert b"shutting_down" in connection.reply.body
    assert not told.bugs
    assert [(record.status, record.cancelled) for record in told.records] == [
        (connection.reply.status, False)
    ]
