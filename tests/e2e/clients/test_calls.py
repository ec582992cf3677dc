"""Real clients make every call that they have, on every kind of upstream."""

from __future__ import annotations

import pytest

from tests.e2e.clients.calls import BASE, CALLS, ROWS, cells
from tests.e2e.clients.gateways import Gateways
from tests.e2e.clients.ledger import Cell, Ledger
from tests.e2e.clients.running import CLIENTS, Workers

pytestmark = pytest.mark.asyncio(loop_scope="package")


@pytest.mark.parametrize("cell", cells(), ids=str)
async def test_a_call_brings_what_it_should(
    cell: Cell, gateways: Gateways, workers: Workers, ledger: Ledger
) -> None:
    worker = await workers.of(cell.client)
    gateway = await gateways.of(cell.kind)
    row = ROWS[cell.call]
    protocol = CLIENTS[cell.client].protocol
    where = {"url": gateway.served.url, "questions": gateway.questions, "protocol": protocol}

    came = await worker.ask(row.call, **BASE | where | dict(row.asked))

    assert row.fails == ("raised" in came), came
    assert came["strangers"] == []
    row.check(came, gateway)
    ledger.write(cell, worker.hello["versions"][protocol])


@pytest.mark.parametrize("client", CALLS)
async def test_a_client_has_the_calls_of_the_table(client: str, workers: Workers) -> None:
    worker = await workers.of(client)

    assert sorted(worker.hello["calls"][CLIENTS[client].protocol]) == sorted(CALLS[client])
    assert worker.hello["strangers"] == []
