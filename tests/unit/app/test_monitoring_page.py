"""docs/monitoring.md lists the fields of a request's line as the log has them."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from adapters.observability.exchange_record import ExchangeRecord
from adapters.web.door import RequestRecord
from app.access_log import line_of
from ports.errors import ModelNotFound

PAGE = (Path(__file__).parents[3] / "docs" / "monitoring.md").read_text()
TABLE = PAGE.partition("| field | type |")[2].partition("\n\n")[0]

RECORD = RequestRecord(
    request_id="req_1",
    trace_id="0af7651916cd43dd8448eb211c80319c",
    client="ada",
    method="POST",
    path="/api/chat",
    route="/api/chat",
    status=404,
    duration_ns=2_000_000,
    first_byte_ns=1_500_000,
    bytes_received=10,
    bytes_sent=20,
    peer="192.0.2.7",
    cancelled=False,
    error=ModelNotFound("x"),
)
EXCHANGE = ExchangeRecord(
    asked="tuned", backend="up", model="m", answered="m-1", input_tokens=3, output_tokens=4
)


def names(record: RequestRecord, exchange: ExchangeRecord) -> list[str]:
    return list(msgspec.to_builtins(line_of(record, exchange)))


def test_the_page_lists_every_field() -> None:
    rows = [row.split("|")[1] for row in TABLE.splitlines()[2:]]

    assert [name for row in rows for name in re.findall(r"`(\w+)`", row)] == names(RECORD, EXCHANGE)


def test_what_is_not_known_is_absent_as_the_page_says() -> None:
    rows = [row.split("|") for row in TABLE.splitlines()[2:]]
    never = [n for r in rows if r[4].strip() == "never" for n in re.findall(r"`(\w+)`", r[1])]
    bare = RequestRecord(
        request_id="req_1",
        trace_id="",
        client="",
        method="GET",
        path="/nope",
        route="",
        status=0,
        duration_ns=1,
        first_byte_ns=0,
        bytes_received=0,
        bytes_sent=0,
        peer="",
        cancelled=True,
    )

    assert names(bare, ExchangeRecord()) == never
