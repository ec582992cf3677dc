"""Compressed request bodies: every coding, cut anywhere, broken, and meant to fill the memory."""

from __future__ import annotations

import base64
import gzip
import tracemalloc
from collections.abc import Callable, Sequence

import pytest

from adapters.dialects.wire.coding import MOST_MEMBERS, PIECE
from adapters.web.compression import Bounded, PlainBody, plain
from adapters.web.cors import Header
from adapters.web.keys import KeyEntry, digest_of
from ports.errors import BodyTooLarge, InvalidRequest, UnsupportedEncoding
from tests.unit.adapters.web.client import Connection, Told, ask, door, scope_of
from tests.zstd import compress as zstd

BODY = b'{"model":"m","messages":[{"role":"user","content":"hi"}]}'
CODINGS: dict[str, Callable[[bytes], bytes]] = {"zstd": zstd, "gzip": gzip.compress}
BOTH = pytest.mark.parametrize("coding", CODINGS)

# What a real client sent (tests/golden/, "chat: zstd body"): a frame with its length and checksum.
RECORDED = base64.b64decode(
    "KLUv/QRY3QEAIsQNFKBXYxW/gkp77adk+gBEGrxEVQ8CLWgT5sNXypW0fGOVW3x4HlUz4PDNgewm+saLmPLhJwVFswCehvg0"
)
SKIPPABLE = b"\x50\x2a\x4d\x18\x03\x00\x00\x00abc"


def encoded(*values: bytes) -> list[Header]:
    return [(b"content-encoding", value) for value in values]


async def read(coding: str, pieces: Sequence[bytes], limit: int = 1 << 20) -> bytes:
    connection = Connection(pieces)
    body = PlainBody(connection.receive, Bounded(coding, limit))
    whole = b""
    more = True
    while more:
        message = await body.receive()
        assert message["type"] == "http.request"
        whole += message["body"]
        more = message["more_body"]
    connection.disconnected.set()
    assert (await body.receive())["type"] == "http.disconnect"
    return whole


@BOTH
async def test_a_body_is_the_same_wherever_it_is_cut(coding: str) -> None:
    sent = CODINGS[coding](BODY)

    for cut in range(len(sent) + 1):
        assert await read(coding, [sent[:cut], sent[cut:]]) == BODY
    assert await read(coding, [sent[i : i + 1] for i in range(len(sent))]) == BODY


async def test_what_a_real_client_sent_is_read() -> None:
    assert (await read("zstd", [RECORDED])).startswith(b'{"model":')


@BOTH
async def test_several_members_are_one_body(coding: str) -> None:
    sent = CODINGS[coding](b"one ") + CODINGS[coding](b"") + CODINGS[coding](b"two")

    for cut in range(len(sent) + 1):
        assert await read(coding, [sent[:cut], sent[cut:]]) == b"one two"


async def test_a_frame_that_is_to_be_skipped_is_skipped() -> None:
    assert await read("zstd", [SKIPPABLE + zstd(BODY)]) == BODY


@BOTH
async def test_a_body_of_nothing_is_nothing(coding: str) -> None:
    assert await read(coding, [b""]) == b""


@BOTH
async def test_a_body_that_is_long_comes_in_pieces(coding: str) -> None:
    body = bytes(range(256)) * 5000
    connection = Connection([CODINGS[coding](body)])
    receive = PlainBody(connection.receive, Bounded(coding, len(body))).receive

    pieces = [(await receive())["body"] for _ in range(len(body) // PIECE + 2)]

    assert b"".join(pieces) == body
    assert max(map(len, pieces)) == PIECE


BROKEN = {
    "no such data": lambda _sent: b"hello",
    "cut off": lambda sent: sent[:-1],
    "cut off within the head": lambda sent: sent[:3],
    "something behind the end": lambda sent: sent + b"hello",
    "another member that is cut off": lambda sent: sent + sent[:-1],
    "a byte changed": lambda sent: sent[:-9] + bytes([sent[-9] ^ 1]) + sent[-8:],
}


@BOTH
@pytest.mark.parametrize("damage", BROKEN.values(), ids=BROKEN)
async def test_a_broken_body_is_refused(coding: str, damage: Callable[[bytes], bytes]) -> None:
    sent = damage(CODINGS[coding](BODY))

    with pytest.raises(InvalidRequest, match=f"not valid {coding}"):
        await read(coding, [sent])


@BOTH
async def test_a_body_of_exactly_the_limit_passes_and_a_byte_more_does_not(coding: str) -> None:
    sent = CODINGS[coding](BODY)

    assert await read(coding, [sent], len(BODY)) == BODY
    with pytest.raises(BodyTooLarge, match=f"at most {len(BODY) - 1} bytes"):
        await read(coding, [sent], len(BODY) - 1)


@BOTH
async def test_no_more_is_made_of_a_bomb_than_the_limit_allows(coding: str) -> None:
    limit = 2 * PIECE
    bomb = CODINGS[coding](bytes(64 * limit))
    content = Bounded(coding, limit)
    content.feed(bomb)
    tracemalloc.start()
    try:
        with pytest.raises(BodyTooLarge):
            while content.take():
                pass
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < limit + PIECE


async def test_a_frame_that_wants_a_large_window_is_refused() -> None:
    # Magic number, no content size, a window of 2^24 bytes (RFC 8878 3.1.1), an empty last block.
    sent = b"\x28\xb5\x2f\xfd" + b"\x00" + bytes([(24 - 10) << 3]) + b"\x01\x00\x00"
    allowed = sent[:5] + bytes([(23 - 10) << 3]) + sent[6:]

    assert await read("zstd", [allowed]) == b""
    with pytest.raises(InvalidRequest):
        await read("zstd", [sent])


@BOTH
async def test_a_body_of_very_many_members_is_refused(coding: str) -> None:
    empty = CODINGS[coding](b"")

    assert await read(coding, [empty * MOST_MEMBERS]) == b""
    with pytest.raises(InvalidRequest):
        await read(coding, [empty * (MOST_MEMBERS + 1)])


async def test_a_client_that_leaves_in_the_middle_has_left() -> None:
    connection = Connection([zstd(BODY)[:9], b"never"])
    body = PlainBody(connection.receive, Bounded("zstd", 1000))
    connection.disconnected.set()

    assert (await body.receive())["type"] == "http.disconnect"


@pytest.mark.parametrize(
    "values", [[b"gzip"], [b"x-gzip"], [b" GZip "], [b"identity", b"gzip"], [b"identity, gzip"]]
)
async def test_the_coding_is_known_in_every_spelling_and_leaves_the_headers(
    values: list[bytes],
) -> None:
    kept = (b"content-type", b"application/json")
    sent = gzip.compress(BODY)
    scope = {"headers": [*encoded(*values), (b"content-length", b"%d" % len(sent)), kept]}

    receive = plain(scope, Connection([sent]).receive, 1000)

    assert (await receive())["body"] == BODY
    assert scope["headers"] == [kept]


@pytest.mark.parametrize("headers", [[], encoded(b""), encoded(b"identity"), encoded(b"identity,")])
async def test_a_body_without_a_coding_is_not_touched(headers: list[Header]) -> None:
    receive = Connection().receive

    assert plain({"headers": headers}, receive, 1000) == receive


@pytest.mark.parametrize("values", [[b"br"], [b"deflate"], [b"gzip, zstd"], [b"gzip", b"gzip"]])
def test_any_other_coding_is_refused_with_those_that_would_do(values: list[bytes]) -> None:
    with pytest.raises(UnsupportedEncoding, match="zstd, gzip") as refused:
        plain({"headers": encoded(*values)}, Connection().receive, 1000)

    assert refused.value.accepted == ("zstd", "gzip")


async def echo(_scope: object, receive: Callable[..., object], send: Callable[..., object]) -> None:
    body, more = b"", True
    while more:
        message = await receive()  # type: ignore[misc]  # ASGI, spelt loosely
        body += message["body"]
        more = message["more_body"]
    await send({"type": "http.response.start", "status": 200, "headers": []})  # type: ignore[misc]  # the same
    await send({"type": "http.response.body", "body": body})  # type: ignore[misc]  # the same


@pytest.mark.parametrize("path", ["/v1/messages", "//v1/chat/completions", "/v1/responses/"])
async def test_below_v1_the_door_undoes_it(path: str) -> None:
    reply = await ask(door(echo), scope_of("POST", path, encoded(b"zstd")), [zstd(BODY)])

    assert (reply.status, reply.body) == (200, BODY)


async def test_elsewhere_the_header_means_nothing() -> None:
    reply = await ask(door(echo), scope_of("POST", "/api/chat", encoded(b"br")), [b"as it is"])

    assert (reply.status, reply.body) == (200, b"as it is")


@pytest.mark.parametrize(
    ("coding", "body", "code"),
    [
        (b"zstd", b"hello", b"invalid_request"),
        (b"br", b"hello", b"unsupported_encoding"),
        (b"zstd", zstd(bytes(1001)), b"body_too_large"),
        (b"zstd", bytes(1001), b"body_too_large"),
    ],
)
async def test_what_is_wrong_with_it_is_told_by_the_dialect(
    coding: bytes, body: bytes, code: bytes
) -> None:
    told = Told()

    reply = await ask(
        door(echo, told=told), scope_of("POST", "/v1/messages", encoded(coding)), [body]
    )

    assert reply.body.startswith(code + b": ")
    assert not told.bugs


async def test_a_stranger_learns_nothing_of_codings() -> None:
    keys = [KeyEntry(name="ada", digest=digest_of("ada-key"))]
    connection = Connection([b"hello"])

    app = door(echo, keys=keys)
    await app(scope_of("POST", "/v1/messages", encoded(b"br")), connection.receive, connection.send)

    assert connection.reply.status == 401
    assert connection.received == 0
