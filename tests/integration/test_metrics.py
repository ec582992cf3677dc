"""What `/metrics` and its sisters tell of a running application."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from adapters.observability.metrics.families import FAMILIES
from tests.integration.served import Served, backend, serving, settings_of
from tests.upstream.answers import SSE, chat, chat_events, error, sse
from tests.upstream.script import Close, Reply, Stall
from tests.upstream.server import Upstream

CHAT: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
WHOLE = CHAT | {"stream": False}
LISTED = 'static_models = ["m"]'
ANY = "any_model = true"
KEYS = '[[keys]]\nname = "ada"\nkey = "ada-key"\n'

Told = Mapping[tuple[str, frozenset[tuple[str, str]]], float]


async def metrics(served: Served, path: str = "/metrics") -> Told:
    text = (await served.client.get(path)).text
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def eventually(served: Served, value: float, name: str, **labels: str) -> Told:
    """Ask until a metric has a value."""
    async with asyncio.timeout(5):
        while told(it := await metrics(served), name, **labels) != value:
            pass
    return it


def told(all_of_it: Told, name: str, **labels: str) -> float | None:
    return all_of_it.get((f"llamaport_{name}", frozenset(labels.items())))


async def test_a_request_shows_in_every_metric_that_is_about_it(upstream: Upstream) -> None:
    counted = {
        "prompt_tokens": 7,
        "completion_tokens": 3,
        "total_tokens": 10,
        "cost": 0.25,
        "prompt_tokens_details": {"cached_tokens": 5},
        "completion_tokens_details": {"reasoning_tokens": 2},
    }
    upstream.always(chat(["ok"], counted=counted))
    async with serving(backend(upstream.base_url, LISTED)) as served:
        answer = await served.client.post("/api/chat", json=WHOLE)
        it = await metrics(served)

    chat_of = {"route": "/api/chat", "dialect": "ollama"}
    model = {"backend": "up", "model": "m"}
    assert told(it, "http_requests_total", **chat_of, status="2xx") == 1
    assert told(it, "http_requests_total", **chat_of, status="5xx") == 0
    assert told(it, "http_request_duration_seconds_count", **chat_of) == 1
    assert told(it, "http_request_bytes_total", **chat_of) == len(answer.request.content)
    assert told(it, "http_response_bytes_total", **chat_of) == len(answer.content)
    assert told(it, "http_requests_active", dialect="ollama") == 0
    assert told(it, "http_requests_active", dialect="other") == 1
    assert told(it, "upstream_requests_total", **model, error="") == 1
    assert told(it, "upstream_duration_seconds_count", backend="up") == 1
    assert told(it, "added_latency_seconds_count", dialect="ollama") == 1
    assert told(it, "translation_duration_seconds_count", dialect="ollama") == 1
    for kind, many in {"input": 7, "output": 3, "cached": 5, "reasoning": 2}.items():
        assert told(it, "tokens_total", **model, kind=kind) == many
    assert told(it, "tokens_total", **model, kind="cache_write") is None
    assert told(it, "cost_usd_total", **model) == 0.25
    assert told(it, "streams_total", dialect="ollama", backend="up") is None


@pytest.mark.parametrize(
    ("path", "dialect", "translated"),
    [
        ("/api/chat", "ollama", 1),
        ("/v1/chat/completions", "openai", 0),
        ("/v1/messages", "anthropic", 1),
    ],
)
async def test_so_does_a_stream_in_every_dialect(
    upstream: Upstream, path: str, dialect: str, translated: int
) -> None:
    upstream.always(Reply(headers=SSE, body=b"".join(chat_events(["a", "b", "c"]))))
    async with serving(backend(upstream.base_url, LISTED)) as served:
        body = CHAT | {"stream": True, "max_tokens": 9}
        answer = await served.client.post(path, json=body)
        it = await metrics(served)

    model = {"backend": "up", "model": "m"}
    assert told(it, "streams_total", dialect=dialect, backend="up") == 1
    assert told(it, "streams_cancelled_total", dialect=dialect, backend="up") == 0
    assert told(it, "streams_active", dialect=dialect) == 0
    assert told(it, "stream_first_byte_seconds_count", dialect=dialect) == 1
    assert (told(it, "stream_chunks_total", dialect=dialect) or 0) >= 1
    assert told(it, "stream_bytes_total", dialect=dialect) == len(answer.content)
    assert told(it, "time_to_first_token_seconds_count", **model) == 1
    assert told(it, "added_latency_seconds_count", dialect=dialect) == 1
    assert told(it, "translation_duration_seconds_count", dialect=dialect) == translated
    assert (told(it, "tokens_total", **model, kind="output") or 0) > 0


async def test_failures_show_by_their_code(upstream: Upstream) -> None:
    async with serving(backend(upstream.base_url, LISTED)) as served:
        upstream.always(error(429, "slow down", code="x"))
        await served.client.post("/api/chat", json=WHOLE)
        upstream.always(sse(chat_events(["Hel"])[:2], Close()))
        await served.client.post("/v1/messages", json=CHAT | {"stream": True, "max_tokens": 9})
        await served.client.post("/api/chat", json=WHOLE | {"model": "nope"})
        await served.client.get("/nowhere")
        await served.client.get("/api/tags", headers={"host": "evil.example"})
        it = await metrics(served)

    assert told(it, "http_errors_total", dialect="ollama", error="backend_rate_limited") == 1
    assert told(it, "http_errors_total", dialect="ollama", error="model_not_found") == 1
    assert told(it, "http_errors_total", dialect="other", error="route_not_found") == 1
    assert told(it, "http_errors_total", dialect="ollama", error="refused") == 1
    broken = {"backend": "up", "model": "m"}
    assert told(it, "upstream_requests_total", **broken, error="backend_rate_limited") == 1
    ended = [
        dict(labels)["error"] for name, labels in it if name == "llamaport_upstream_requests_total"
    ]
    assert sorted(ended) == ["backend_rate_limited", "backend_unavailable"]
    assert told(it, "time_to_first_token_seconds_count", **broken) is None


async def test_a_client_that_hangs_up_is_a_stream_that_was_cancelled(upstream: Upstream) -> None:
    upstream.always(sse(chat_events(["a"])[:2], Stall()))
    async with serving(backend(upstream.base_url, LISTED)) as served:
        body = CHAT | {"stream": True}
        async with served.client.stream("POST", "/api/chat", json=body) as answer:
            pieces = answer.aiter_raw()
            await anext(pieces)
            during = await eventually(served, 1, "streams_active", dialect="ollama")
        counted = {"dialect": "ollama", "backend": "up"}
        it = await eventually(served, 1, "streams_cancelled_total", **counted)

    assert told(during, "http_requests_active", dialect="ollama") == 1
    assert told(it, "streams_active", dialect="ollama") == 0
    assert told(it, "upstream_requests_total", backend="up", model="m", error="cancelled") == 1


async def test_models_that_clients_make_up_are_one_series(upstream: Upstream) -> None:
    upstream.always(chat(["ok"]))
    alias = '[aliases]\n"mine" = "up/unlisted"\n'
    async with serving(backend(upstream.base_url, LISTED, ANY) + alias) as served:
        for name in ("mine", *(f"canary-{number}" for number in range(20))):
            answer = await served.client.post("/api/chat", json=WHOLE | {"model": name})
            assert answer.status_code == 200
        text = (await served.client.get("/metrics")).text
        it = await metrics(served)

    assert "canary" not in text
    assert told(it, "upstream_requests_total", backend="up", model="other", error="") == 20
    assert told(it, "upstream_requests_total", backend="up", model="unlisted", error="") == 1


async def test_every_metric_is_there_from_the_start() -> None:
    async with serving('[[backends]]\nname = "off"\nkind = "offline"\n') as served:
        text = (await served.client.get("/metrics")).text

    types = {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE ")}
    assert types == {family.name for family in FAMILIES if family.is_told}


async def test_the_process_and_its_backends_are_told() -> None:
    async with serving('[[backends]]\nname = "off"\nkind = "offline"\n') as served:
        body = {"model": "offline", "messages": CHAT["messages"], "stream": False}
        await served.client.post("/api/chat", json=body)
        it = await eventually(served, 1, "backend_up", backend="off")

    assert (told(it, "process_resident_memory_bytes") or 0) > 1_000_000
    assert (told(it, "process_open_files") or 0) > 3
    assert (told(it, "process_cpu_seconds_total") or 0) > 0
    assert told(it, "spans_dropped_total") == 0
    assert told(it, "gc_collections_total", generation="2") is not None


async def test_with_keys_metrics_need_one() -> None:
    paths = ("/metrics", "/v1/metrics", "/v1/metrics/prometheus", "/v1/metrics/health")
    async with serving(settings_of('[[backends]]\nname = "off"\nkind = "offline"\n' + KEYS)) as it:
        without = [await it.client.get(path) for path in paths]
        key = {"Authorization": "Bearer ada-key"}
        within = [await it.client.get(path, headers=key) for path in paths]

    assert [answer.status_code for answer in without] == [401] * 4
    assert [answer.status_code for answer in within] == [200] * 4
    assert "error" in without[1].json()


async def test_the_same_is_told_as_json_and_where_similar_proxies_tell_it(
    upstream: Upstream,
) -> None:
    upstream.always(chat(["ok"]))
    async with serving(backend(upstream.base_url, LISTED)) as served:
        for _ in range(3):
            await served.client.post("/api/chat", json=WHOLE)
        summary = (await served.client.get("/v1/metrics")).json()
        health = await served.client.get("/v1/metrics/health")
        prometheus = await metrics(served, "/v1/metrics/prometheus")

    assert summary["requests"]["total"] == 3
    assert summary["requests"]["routes"][0]["route"] == "/api/chat"
    assert summary["requests"]["duration_seconds"]["p95"] > 0
    assert summary["models"][0]["exchanges"] == 3
    assert (health.status_code, health.json()["status"]) == (200, "healthy")
    chat_of = {"route": "/api/chat", "dialect": "ollama"}
    assert told(prometheus, "http_requests_total", **chat_of, status="2xx") == 3


async def test_where_all_backends_are_down_the_health_of_metrics_says_so(
    upstream: Upstream,
) -> None:
    upstream.always(error(500, "canary", code="x"))
    async with serving(backend(upstream.base_url, LISTED)) as served:
        for _ in range(3):
            await served.client.post("/api/chat", json=WHOLE)
        health = await served.client.get("/v1/metrics/health")
        await eventually(served, 0, "backend_up", backend="up")
        summary = (await served.client.get("/v1/metrics")).json()

    assert (health.status_code, health.json()["status"]) == (503, "unhealthy")
    assert summary["requests"]["errors_by_type"] == {"backend_failed": 3}


async def test_nobody_is_asked_for_models_because_time_passes(upstream: Upstream) -> None:
    async with serving(backend(upstream.base_url)) as served:
        await metrics(served)
        summary = await served.client.get("/v1/metrics")

    assert summary.status_code == 200
    assert upstream.exchanges == []
