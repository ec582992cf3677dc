"""What a server does not need it does not load: every module is time of a start, and memory."""

from __future__ import annotations

import re

import httpx
import pytest

from tests.e2e.conftest import CONFIG
from tests.e2e.lines import body
from tests.e2e.server import WITHOUT_ROOTS, Served, serve
from tests.upstream.answers import chat
from tests.upstream.server import Upstream

pytestmark = pytest.mark.asyncio(loop_scope="module")

UNNEEDED = (
    "adapters.backends.offline.build",
    "adapters.backends.ollama.build",
    "adapters.backends.openrouter.build",
    "adapters.web.reference.document",
    "anyio._backends",
    "backports.zstd",
    "difflib",
    "dotenv",
    "frozenlist._frozenlist",
    "httpx._main",
    "opentelemetry",
    "prometheus_client",
    "pygments",
    "rich",
    "yaml._yaml",
)
"""With what is below it: of other kinds of backends and other wishes, or of libraries that try
whether it is there."""


def loaded(served: Served) -> set[str]:
    """Return the modules that were imported, as the interpreter reports them on stderr.

    Those that were only tried are in none of its lines.
    """
    return set(re.findall(r"^import '([\w.]+)' #", served.stderr, re.MULTILINE))


@pytest.mark.parametrize("workers", [1, 2])
async def test_a_server_that_has_answered_has_loaded_nothing_that_it_does_not_need(
    upstream: Upstream, workers: int
) -> None:
    upstream.always(chat(["word"]))
    config = CONFIG.format(url=upstream.base_url, first_byte="30s", idle="30s")
    config += f"[server]\nworkers = {workers}\n"
    async with (
        serve(config, env={"PYTHONVERBOSE": "1"}) as served,
        httpx.AsyncClient(base_url=served.url, trust_env=False, verify=WITHOUT_ROOTS) as client,
    ):
        for path in ("/api/chat", "/v1/chat/completions", "/v1/messages"):
            for stream in (False, True):
                asked = body(stream=stream) | {"max_tokens": 10}
                answer = await client.post(path, json=asked)
                assert answer.status_code == 200, answer.text
        for path in ("/api/tags", "/v1/models", "/health"):
            assert (await client.get(path)).status_code == 200

        names = loaded(served)

    assert "adapters.backends.openai_compatible.build" in names
    below = tuple(f"{name}." for name in UNNEEDED)
    assert [name for name in names if name in UNNEEDED or name.startswith(below)] == []
