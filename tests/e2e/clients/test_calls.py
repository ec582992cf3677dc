"""Real clients make every call that they have, on every kind of upstream."""

from __future__ import annotations

import pytest

from tests.e2e.clients.calls import CALLS, cells, rows_of
from tests.e2e.clients.gateways import Gateways, by_alias
from tests.e2e.clients.ledger import Cell, Ledger
from tests.e2e.clients.rows import BASE, MODEL_NAMES
from tests.e2e.clients.running import CLIENTS, Workers

pytestmark = pytest.mark.asyncio(loop_scope="package")


@pytest.mark.parametrize("cell", cells(), ids=str)
async def test_a_call_brings_what_it_should(
    cell: Cell, gateways: Gateways, workers: Workers, ledger: Ledger
) -> None:
    worker = await workers.of(cell.client)
    row = rows_of(cell.client)[cell.call]
    gateway = await (gateways.locked() if row.locked else gateways.of(cell.kind))
    protocol = CLIENTS[cell.client].protocol
    where = {"url": gateway.served.url, "questions": gateway.questions, "protocol": protocol}
    names = {name: by_alias(BASE[name]) for name in MODEL_NAMES if cell.by_alias}

    came = await worker.ask(row.call, **BASE | names | where | dict(row.asked))

    assert row.fails == ("raised" in came), came
    assert came["strangers"] == []
    row.check(came, gateway)
    ledger.write(cell, worker.hello["versions"][protocol])


@pytest.mark.parametrize("client", CALLS)
async def test_a_client_has_the_calls_of_the_table(client: str, workers: Workers) -> None:
    worker = await workers.of(client)

    assert sorted(worker.hello["calls"][CLIENTS[client].protocol]) == sorted(CALLS[client])
    assert worker.hello["strangers"] == []
