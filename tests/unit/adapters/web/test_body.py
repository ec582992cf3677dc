from __future__ import annotations

import pytest

from adapters.web.body import BoundedBody, require_length
from ports.errors import BodyTooLarge
from tests.unit.adapters.web.client import Connection


@pytest.mark.parametrize(
    "value", [b"", b"0", b"10", b"-11", b"+11", b"1e9", b"eleven", b"0" * 5000]
)
def test_a_length_within_the_limit_or_none_passes(value: bytes) -> None:
    require_length(value, 10)


@pytest.mark.parametrize("value", [b"11", b"0011", b"9" * 40, b"9" * 5000])
def test_a_length_above_the_limit_is_refused(value: bytes) -> None:
    with pytest.raises(BodyTooLarge, match="at most 10 bytes"):
        require_length(value, 10)


async def test_a_body_of_exactly_the_limit_passes() -> None:
    body = BoundedBody(Connection([b"12345", b"67890", b""]).receive, 10)

    pieces = [(await body.receive())["body"] for _ in range(3)]

    assert pieces == [b"12345", b"67890", b""]


async def test_a_body_without_a_length_is_cut_off_at_the_first_byte_too_many() -> None:
    connection = Connection([b"12345", b"678901", b"never asked for"])
    body = BoundedBody(connection.receive, 10)
    await body.receive()

    with pytest.raises(BodyTooLarge):
        await body.receive()

    assert connection.received == 2


async def test_a_disconnect_is_passed_on() -> None:
    connection = Connection()
    connection.disconnected.set()

    assert (await BoundedBody(connection.receive, 1).receive())["type"] == "http.disconnect"
