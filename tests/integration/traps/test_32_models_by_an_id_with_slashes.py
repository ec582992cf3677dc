"""Trap 32: `/v1/models/{id}` finds ids with slashes, escaped or not, in both dialects."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tests.integration.served import backend, serving
from tests.integration.traps.world import ANTHROPIC, OPENAI, World

SLASHED = "org/sub/model:free"
ALIAS = f'[aliases]\n"fast" = "up/{SLASHED}"\n'
SPELLINGS = (SLASHED, quote(SLASHED, safe=""), SLASHED.upper(), f"up/{SLASHED}", "fast")


@pytest.mark.parametrize("headers", [{}, ANTHROPIC.headers], ids=["openai", "anthropic"])
@pytest.mark.parametrize("asked", SPELLINGS)
async def test_a_model_is_found_by_whatever_a_chat_may_call_it(
    world: World, asked: str, headers: dict[str, str]
) -> None:
    upstream = world.upstreams[OPENAI]
    upstream.models = (SLASHED,)
    async with serving(backend(upstream.base_url) + ALIAS) as served:
        answer = await served.client.get(f"/v1/models/{asked}", headers=headers)

    assert answer.status_code == 200
    assert answer.json()["id"] == asked.replace("%2F", "/").replace("%3A", ":")
