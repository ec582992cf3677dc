"""What a client says about thinking reaches each kind of upstream in its own words.

docs/wire/dialects.md 2.5 has the table. How thinking comes back is in `calls`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from tests.e2e.clients.gateways import Gateways, Kind

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
