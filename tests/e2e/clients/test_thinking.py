"""What a client says about thinking reaches each kind of upstream in its own words.

docs/wire/dialects.md 2.5 has the table. How thinking comes back is in `calls`; here is that
OpenRouter gets back what its models thought before they called tools (8.6), whoever asks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from tests.e2e.clients.gateways import Gateways, Kind, by_alias
from tests.e2e.clients.rows import BASE
from tests.e2e.clients.running import CLIENTS, Workers
from tests.upstream.persona.behaviour import ROUNDS, THINKING
from tests.upstream.persona.openrouter import SIGNATURE

pytestmark = pytest.mark.asyncio(loop_scope="package")

PATHS: Mapping[Kind, str] = {
    "openai-compatible": "/chat/completions",
    "openrouter": "/chat/completions",
    "ollama": "/api/chat",
}
WORDS: list[tuple[Kind, Any, Mapping[str, Any]]] = [
    ("openai-compatible", True, {"reasoning_effort": "medium"}),
    ("openai-compatible", "high", {"reasoning_effort": "high"}),
    ("openai-compatible", "low", {"reasoning_effort": "low"}),
    ("openai-compatible", False, {}),
    ("openai-compatible", None, {}),
    ("openrouter", True, {"reasoning": {"enabled": True}}),
    ("openrouter", "high", {"reasoning": {"effort": "high"}}),
    ("openrouter", "low", {"reasoning": {"effort": "low"}}),
    ("openrouter", False, {"reasoning": {"enabled": False}}),
    ("openrouter", None, {}),
    ("ollama", True, {"think": True}),
    ("ollama", "high", {"think": "high"}),
    ("ollama", "low", {"think": "low"}),
    ("ollama", False, {"think": False}),
    ("ollama", None, {}),
]
NAMES = ("reasoning", "reasoning_effort", "chat_template_kwargs", "include_reasoning", "think")


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
@pytest.mark.parametrize(("kind", "think", "words"), WORDS)
async def test_thinking_is_asked_for_in_the_upstreams_words(
    kind: Kind, think: Any, words: Mapping[str, Any], stream: bool, gateways: Gateways
) -> None:
    gateway = await gateways.of(kind)
    assert gateway.upstream is not None
    asked = {"model": "tools", "messages": [{"role": "user", "content": "hi"}], "stream": stream}

    async with httpx.AsyncClient(base_url=gateway.served.url, trust_env=False) as client:
        await client.post("/api/chat", json=asked | ({} if think is None else {"think": think}))

    sent = gateway.upstream.asked(PATHS[kind]).json()
    assert {name: sent[name] for name in NAMES if name in sent} == words


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
@pytest.mark.parametrize(
    "client",
    [
        "ollama-python",
        "openai-python",
        "openai-python-responses",
        "anthropic-python",
        "pydantic-ai-anthropic",
        "langchain-openai",
        "ai-openai-responses",
    ],
)
async def test_openrouter_gets_back_what_was_thought_before_tools_were_called(
    client: str, stream: bool, gateways: Gateways, workers: Workers
) -> None:
    worker = await workers.of(client)
    gateway = await gateways.of("openrouter")
    assert gateway.upstream is not None
    asked = {"url": gateway.served.url, "questions": gateway.questions, "think": True}
    named = {"model": by_alias("tools"), "protocol": CLIENTS[client].protocol, "stream": stream}

    await worker.ask("tools", **BASE | asked | named)

    history = gateway.upstream.asked("/chat/completions").json()["messages"]
    calling = [message for message in history if message.get("tool_calls")]
    assert len(calling) == len(ROUNDS)
    for message in calling:
        details = message["reasoning_details"]
        assert "".join(detail["text"] for detail in details) == "".join(THINKING)
        assert [detail["signature"] for detail in details if "signature" in detail] == [SIGNATURE]
