"""The requests of the real `ollama` command, in its order, with its headers.

They were recorded against Ollama's own server (tests/golden/cli.jsonl). Here they go to the
served process, and each answer must have the status and the shape of the recorded one, but for
the differences that `REASONS` gives reasons for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import httpx
import pytest

from tests.e2e.clients.gateways import KINDS, Gateway, Gateways, Kind
from tests.e2e.clients.ledger import Cell, Ledger
from tests.e2e.clients.replay import differences, recorded_answer, recordings, send

pytestmark = pytest.mark.asyncio(loop_scope="package")

CLIENT = "ollama-cli"
RECORDED = {row["name"]: row for row in recordings("cli.jsonl")}
VERSION = "0.33.0"

LEFT_OUT = {
    "list, base URL with a path": "there is no server under a path of another's choosing",
    "show remote": "the cloud of ollama.com is not behind a gateway",
    "run: cloud model, not signed in": "the same",
    "run a model that must be pulled first": "nothing is downloaded",
    "rm of the model pulled by run": "the same",
    "pull with a download": "the same",
    "rm after the download": "the same",
    "pull with --insecure, registry not reachable": "no registry is asked",
    "run: the runner refuses": "an error that only the recorded stand-in of a runner makes",
    "run: the runner breaks after a token": "the same",
    "run: a stream without a done line": "the same",
    "interactive run, runner error": "the same",
    "interactive run, error after a token": "the same",
    "create from a model file": "model files need a server that runs models",
    "rm of that model": "the same",
}

EVERY: frozenset[Kind] = frozenset(KINDS)
EMBEDDED: frozenset[Kind] = frozenset({"offline"})
NATIVE: frozenset[Kind] = frozenset({"ollama"})
TRANSLATED = EVERY - NATIVE

CHAINS = {
    "cp, rm": ("cp", "rm"),
    "create, show, create, rm": (
        "create from a Modelfile",
        "show --modelfile of the created model",
        "create, default file name",
        "rm of the created model",
    ),
    "run with /save and /load, rm": (
        "interactive run, set and save",
        "rm of the saved model",
    ),
}
"""Commands of which the later ones need what the earlier ones made."""

REASONS: tuple[tuple[frozenset[Kind], str, str], ...] = (
    (EVERY, r"POST /api/show nope:cloud status 403 for 401", "the cloud is switched off"),
    (EVERY, r"POST /api/me \.signin_url missing", "there is no account to sign in to"),
    (
        TRANSLATED,
        r"POST /api/show .* \.(model_info\.\S+|requires|tensors) (missing|new)",
        "what an upstream does not tell is absent",
    ),
    (
        TRANSLATED,
        r"GET /api/tags \.models\[\]\.details\.(context|embedding)_length missing",
        "the same",
    ),
    (
        TRANSLATED,
        r"POST /api/show mymodel:v1 \.(license|messages|parameters|system) missing",
        "only a model made here has a Modelfile here",
    ),
    (
        TRANSLATED,
        r"POST /api/generate .* \.context missing",
        "token numbers exist only where the model is",
    ),
    (
        EMBEDDED,
        r"POST /api/(chat|generate) .* \.(message\.)?thinking new",
        "the embedded model thinks under any name",
    ),
    (EMBEDDED, r"POST /api/generate plain status 200 for 400", "the same"),
    (
        NATIVE,
        r"POST /api/generate plain type 'application/json' for 'application/json; charset=utf-8'",
        "an upstream's refusal of a stream is written as one of any other",
    ),
)
"""On which kinds, which difference, why."""


def commands() -> Mapping[str, tuple[str, ...]]:
    """Return the chains, and every other recorded command by itself."""
    chained = {name for names in CHAINS.values() for name in names}
    alone = [
        name
        for name, row in RECORDED.items()
        if row["exchanges"] and name not in chained and name not in LEFT_OUT
    ]
    return MappingProxyType({name: (name,) for name in alone} | CHAINS)


def cells() -> list[Cell]:
    """Return every command on every kind of upstream."""
    return [Cell(client=CLIENT, call=name, kind=kind) for kind in KINDS for name in commands()]


@pytest.mark.parametrize("cell", cells(), ids=str)
async def test_a_command_gets_the_answers_that_it_got_from_ollama(
    cell: Cell, gateways: Gateways, ledger: Ledger
) -> None:
    gateway = await gateways.of(cell.kind)
    found: list[str] = []

    async with httpx.AsyncClient(base_url=gateway.served.url, trust_env=False) as client:
        for name in commands()[cell.call]:
            for exchange in RECORDED[name]["exchanges"]:
                found += await _unexplained(client, gateway, exchange, ledger)

    assert found == []
    ledger.write(cell, VERSION)


@pytest.mark.parametrize("name", [*LEFT_OUT, *(n for names in CHAINS.values() for n in names)])
async def test_every_command_that_is_named_here_was_recorded(name: str) -> None:
    assert name in RECORDED


async def _unexplained(
    client: httpx.AsyncClient, gateway: Gateway, exchange: Mapping[str, Any], ledger: Ledger
) -> list[str]:
    request = exchange["request"]
    came = await send(client, request)
    body = request.get("body") or {}
    named = body.get("model") or body.get("name") or ""
    where = f"{request['method']} {request['path']} {named}".rstrip()
    told = [
        f"{where} {difference}"
        for difference in differences(came, recorded_answer(exchange["response"]))
    ]
    return [line for line in told if not _explained(gateway.kind, line, ledger)]


def _explained(kind: Kind, difference: str, ledger: Ledger) -> bool:
    rules = {r for kinds, r, _ in REASONS if kind in kinds and re.fullmatch(r, difference)}
    ledger.reasons |= rules
    return bool(rules)
