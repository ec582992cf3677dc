"""What editors and chat programs ask an Ollama server when they set up.

The orders are those of docs/wire/ollama-api.md 7.4, with what each program reads of the answers.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest
import pytest_asyncio

from tests.e2e.clients.gateways import KINDS, Gateway, Gateways
from tests.e2e.clients.ledger import Cell, Ledger

pytestmark = pytest.mark.asyncio(loop_scope="package")

Ask = httpx.AsyncClient


async def copilot_chat(ask: Ask) -> None:
    """VS Code Copilot Chat: version, tags, and show of each model."""
    version = (await ask.get("/api/version")).json()["version"]
    assert tuple(map(int, version.split("."))) >= (0, 6, 4)
    for entry in (await ask.get("/api/tags")).json()["models"]:
        shown = (await ask.post("/api/show", json={"model": entry["model"]})).json()
        architecture = shown["model_info"]["general.architecture"]
        length = shown["model_info"].get(f"{architecture}.context_length", 4096)
        assert isinstance(length, int)
        assert isinstance(shown["capabilities"], list)
        assert shown["model_info"].get("general.basename", "a name")


async def open_webui(ask: Ask) -> None:
    """Open WebUI: version, tags, ps; unloads a model; deletes with both names."""
    version = (await ask.get("/api/version")).json()["version"]
    assert re.fullmatch(r"[0-9]+(\.[0-9]+)*", re.sub(r"^v|-.*", "", version))
    for entry in (await ask.get("/api/tags")).json()["models"]:
        assert entry["model"] == entry["name"]
    unload = {"model": "tools:latest", "keep_alive": 0, "prompt": ""}
    assert (await ask.post("/api/generate", json=unload)).json()["done_reason"] == "unload"
    for entry in (await ask.get("/api/ps")).json()["models"]:
        assert entry["name"]
        assert entry["expires_at"]
    names = {"name": "nope", "model": "nope"}
    refused = await ask.request("DELETE", "/api/delete", json=names)
    assert (refused.status_code, refused.json()) == (404, {"error": "model 'nope' not found"})


async def continue_dev(ask: Ask) -> None:
    """Continue: show by `name`, a numeric keep_alive, no `error` key anywhere."""
    shown = (await ask.post("/api/show", json={"name": "tools"})).json()
    assert "error" not in shown
    for line in shown.get("parameters", "").splitlines():
        assert re.fullmatch(r"\S+\s+.+", line)
    asked = {
        "model": "tools",
        "messages": [{"role": "user", "content": "hi"}],
        "keep_alive": 1800,
        "options": {"num_predict": 100},
        "stream": True,
    }
    async with ask.stream("POST", "/api/chat", json=asked) as answer:
        async for line in answer.aiter_lines():
            assert '"error"' not in line


async def home_assistant(ask: Ask) -> None:
    """Home Assistant: tags, then a streamed chat with its options, tool results bare."""
    models = (await ask.get("/api/tags")).json()["models"]
    assert "tools:latest" in [entry["model"] for entry in models]
    call = {"function": {"name": "get_weather", "arguments": {"city": "Oslo"}}}
    asked = {
        "model": "tools:latest",
        "messages": [
            {"role": "system", "content": "You are a house."},
            {"role": "user", "content": "the weather"},
            {"role": "assistant", "content": "", "tool_calls": [call]},
            {"role": "tool", "content": "get_weather of Oslo: 4 degrees"},
        ],
        "think": False,
        "keep_alive": "-1s",
        "options": {"num_ctx": 8192},
        "stream": True,
    }
    async with ask.stream("POST", "/api/chat", json=asked) as answer:
        assert answer.status_code == 200
        *_, last = [line async for line in answer.aiter_lines()]
    assert '"done":true' in last


PROGRAMS: dict[str, Callable[[Ask], Awaitable[None]]] = {
    "VS Code Copilot Chat": copilot_chat,
    "Open WebUI": open_webui,
    "Continue": continue_dev,
    "Home Assistant": home_assistant,
}


@pytest_asyncio.fixture(loop_scope="package")
async def ask(gateway: Gateway) -> AsyncIterator[Ask]:
    """Return a client of the server."""
    async with Ask(base_url=gateway.served.url, trust_env=False) as client:
        yield client


@pytest_asyncio.fixture(loop_scope="package")
async def gateway(cell: Cell, gateways: Gateways) -> Gateway:
    """Return the server of the cell."""
    return await gateways.of(cell.kind)


def cells() -> list[Cell]:
    """Return every program on every kind of upstream."""
    return [
        Cell(client="editors", call=program, kind=kind) for kind in KINDS for program in PROGRAMS
    ]


@pytest.mark.parametrize("cell", cells(), ids=str)
async def test_a_program_finds_what_it_reads(cell: Cell, ask: Ask, ledger: Ledger) -> None:
    await PROGRAMS[cell.call](ask)

    ledger.write(cell, "")
