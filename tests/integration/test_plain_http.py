"""Another protocol that a client offers beside a request is no reason to lose the request."""

from __future__ import annotations

import pytest

from tests.integration.served import Served, backend, serving
from tests.integration.sockets import exchange, request
from tests.upstream.answers import plain_chat
from tests.upstream.server import Upstream

BODY = b'{"model":"m","messages":[{"role":"user","content":"hi"}]}'
OFFERS = {
    # As java.net.http sends it with its first request to a server.
    "HTTP/2": [
        "connection: Upgrade, HTTP2-Settings",
        "http2-settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA",
        "upgrade: h2c",
    ],
    "a socket": ["connection: Upgrade", "upgrade: websocket", "sec-websocket-key: x"],
    "anything": ["Connection: uPgRaDe", "Upgrade: tea/1, coffee"],
}
CHUNKED = b"%x\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY)


async def answers(served: Served, data: bytes, size: int) -> bytes:
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    return await exchange(served, *pieces)


@pytest.mark.parametrize("offer", OFFERS.values(), ids=OFFERS)
@pytest.mark.parametrize("size", [17, 100_000])
@pytest.mark.parametrize("chunked", [False, True])
async def test_a_request_beside_an_offer_is_read_whole(
    upstream: Upstream, offer: list[str], size: int, chunked: bool
) -> None:
    upstream.always(plain_chat("ok"))
    line, kind = "POST /v1/chat/completions HTTP/1.1", "content-type: application/json"
    data = (
        request(line, kind, *offer, "transfer-encoding: chunked", length=False) + CHUNKED
        if chunked
        else request(line, kind, *offer, body=BODY)
    )
    async with serving(backend(upstream.base_url)) as served:
        answer = await answers(served, data, size)

    assert answer.startswith(b"HTTP/1.1 200 OK\r\n"), answer
    assert upstream.exchanges[0].request.body == BODY


async def test_requests_behind_each_other_are_all_answered(upstream: Upstream) -> None:
    asking = request("GET /api/version HTTP/1.1", *OFFERS["HTTP/2"], close=False)
    plain = request("GET /api/version HTTP/1.1", close=False)
    last = request("GET /api/version HTTP/1.1", *OFFERS["a socket"])
    async with serving(backend(upstream.base_url)) as served:
        answer = await exchange(served, asking * 50 + plain + asking + plain + last)

    assert answer.count(b"HTTP/1.1 200 OK\r\n") == 54


async def test_a_tunnel_is_refused_as_any_method_that_is_not_there(upstream: Upstream) -> None:
    async with serving(backend(upstream.base_url)) as served:
        answer = await exchange(served, request("CONNECT /api/version HTTP/1.1", *OFFERS["HTTP/2"]))

    assert answer.startswith(b"HTTP/1.1 405 Method Not Allowed\r\n")
