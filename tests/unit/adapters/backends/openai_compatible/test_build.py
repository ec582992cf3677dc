"""What an upstream of an OpenAI kind takes as it is, and with which key."""

from __future__ import annotations

import pytest

from adapters.backends.openai_compatible.build import open_backend
from adapters.backends.openai_compatible.config import Native, OpenAICompatibleConfig
from adapters.backends.secret import Secret
from adapters.memory.clock import SystemClock
from ports.raw import ANTHROPIC, OPENAI, Dialect, RawRequest
from tests.upstream.fixtures import upstream
from tests.upstream.script import Reply
from tests.upstream.server import Upstream

__all__ = ["upstream"]


@pytest.mark.parametrize(
    ("native", "dialects"), [((), {OPENAI}), (("anthropic",), {ANTHROPIC}), (("none",), set())]
)
async def test_it_is_relayed_to_in_what_the_settings_say(
    native: Native, dialects: set[Dialect]
) -> None:
    config = OpenAICompatibleConfig(name="up", native=native)

    async with open_backend(config, clock=SystemClock(), via="1.1 test") as backend:
        assert backend.native == dialects
        assert backend.raw is not None


@pytest.mark.parametrize(
    ("dialect", "headers", "keys"),
    [
        (OPENAI, {}, ("Bearer sk-own", None)),
        (ANTHROPIC, {}, ("Bearer sk-own", "sk-own")),
        (ANTHROPIC, {"X-Api-Key": Secret("other")}, ("Bearer sk-own", "other")),
    ],
)
async def test_each_dialect_gets_the_key_where_it_looks_for_it(
    upstream: Upstream, dialect: Dialect, headers: dict[str, Secret], keys: tuple[str, str | None]
) -> None:
    upstream.always(Reply(body=b"{}"))
    config = OpenAICompatibleConfig(
        name="up", base_url=f"{upstream.url}/v1", api_key=Secret("sk-own"), headers=headers
    )

    async with open_backend(config, clock=SystemClock(), via="1.1 test") as backend:
        assert backend.raw is not None
        async with backend.raw.open_raw(RawRequest(dialect=dialect, path="/v1/messages")):
            pass

    seen = upstream.requests[-1]
    assert seen.path == "/v1/messages"
    assert (seen.headers.get("authorization"), seen.headers.get("x-api-key")) == keys
