"""What editors and chat programs ask an Ollama server when they set up.

The orders are those of docs/wire/ollama-api.md 7.4, with what each program reads of the answers.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

import httpx
import msgspec
import pytest
import pytest_asyncio

from tests.e2e.clients.gateways import KINDS, Gateway, Gateways
from tests.e2e.clients.ledger import Cell, Ledger

pytestmark = pytest.mark.asyncio(loop_scope="package")

Ask = httpx.AsyncClient

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Get the weather of a city.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
        },
    },
}


async def copilot_chat(ask: Ask) -> None:
    """VS Code Copilot Chat: version, tags, show of each model; then chats as OpenAI's clients do.

    It chats under the name that tags gave, with tools where show says that there are any.
    """
    version = (await ask.get("/api/version")).json()["version"]
    assert tuple(map(int, version.split("."))) >= (0, 6, 4)
    found = [entry["model"] for entry in (await ask.get("/api/tags")).json()["models"]]
    able = {name: await _shown(ask, name) for name in found}
    chosen = next(name for name in found if "tools" in able[name] and "vision" not in able[name])
    question = {"role": "user", "content": "the weather, city: Oslo"}
    asked = {
        "model": chosen,
        "messages": [{"role": "system", "content": "You are in an editor."}, question],
        "tools": [WEATHER],
        "tool_choice": "auto",
        "temperature": 0.1,
        "top_p": 1,
        "n": 1,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    text, reason, usage = await _chatted(ask, asked)
    assert "Oslo" in text
    assert reason in ("stop", "tool_calls")
    assert usage["prompt_tokens"] > 0


async def _shown(ask: Ask, name: str) -> list[str]:
    shown = (await ask.post("/api/show", json={"model": name})).json()
    architecture = shown["model_info"]["general.architecture"]
    length = shown["model_info"].get(f"{architecture}.context_length", 4096)
    assert isinstance(length, int)
    assert shown["model_info"].get("general.basename", "a name")
    assert isinstance(shown["capabilities"], list)
    return shown["capabilities"]


async def _chatted(ask: Ask, asked: Mapping[str, Any]) -> tuple[str, str, dict[str, Any]]:
    """Stream a chat; return what was said and called, why it ended, and the usage."""
    said = ""
    async with ask.stream("POST", "/v1/chat/completions", json=asked) as answer:
        assert answer.status_code == 200
        lines = (await answer.aread()).decode().split("\n")
    *events, done = [line.removeprefix("data: ") for line in lines if line.startswith("data: ")]
    assert done == "[DONE]"
    chunks = [msgspec.json.decode(event) for event in events]
    choices = [choice for chunk in chunks for choice in chunk["choices"]]
    for choice in choices:
        said += choice["delta"].get("content") or ""
        for call in choice["delta"].get("tool_calls", ()):
            said += call["function"].get("arguments", "")
    (reason,) = filter(None, (choice["finish_reason"] for choice in choices))
    return said, reason, chunks[-1]["usage"]


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
