"""OpenTelemetry's own variables, in a server that serves, before a collector that receives."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
from opentelemetry import propagate

from tests.collector import CLIENT, INTERNAL, SERVER, Collector
from tests.integration.kinds import TRANSLATED
from tests.integration.served import Served, backend, serving
from tests.integration.test_traces import JOINED, OTEL, TRACE
from tests.upstream.answers import chat, error
from tests.upstream.fixtures import upstream
from tests.upstream.server import Upstream
from tests.waiting import until

__all__ = ["upstream"]

BODY = {
    "model": "m",
    "messages": [{"role": "user", "content": "hi"}],
    "stop": ["a long stop sequence", "END"],
    "stream": True,
}


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in OTEL:
        monkeypatch.setenv(name, "")
    before = propagate.get_global_textmap()
    yield
    propagate.set_global_textmap(before)


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as running:
        yield running


@asynccontextmanager
async def traced(upstream: Upstream, collector: Collector) -> AsyncIterator[Served]:
    """Serve with the endpoint from the environment, and have sent every span at the end."""
    upstream.always(chat(["a", "b"]))
    async with serving(backend(upstream.base_url, TRANSLATED)) as served:
        yield served


async def asked(upstream: Upstream, collector: Collector, headers: Mapping[str, str]) -> Collector:
    async with traced(upstream, collector) as served:
        got = await served.client.post("/v1/chat/completions", json=BODY, headers=headers)
    assert got.status_code == 200, got.text
    return collector


def about(collector: Collector, kind: int) -> Mapping[str, Any]:
    return next(
        span
        for span in collector.of_kind(kind)
        if "http.route" not in span.attributes or span.name.startswith("POST")
    ).attributes


CASES: dict[str, tuple[dict[str, str], Callable[[Collector], bool]]] = {
    "a name": (
        {"OTEL_SERVICE_NAME": "gateway"},
        lambda told: told.spans[0].resource["service.name"] == "gateway",
    ),
    "attributes of the resource": (
        {"OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=test,service.name=other"},
        lambda told: (
            told.spans[0].resource["deployment.environment.name"] == "test"
            and told.spans[0].resource["service.name"] == "other"
        ),
    ),
    "a name beside one of the resource": (
        {"OTEL_SERVICE_NAME": "gateway", "OTEL_RESOURCE_ATTRIBUTES": "service.name=other"},
        lambda told: told.spans[0].resource["service.name"] == "gateway",
    ),
    "detectors of resources": (
        {"OTEL_EXPERIMENTAL_RESOURCE_DETECTORS": "os,process"},
        lambda told: (
            {"os.type", "process.runtime.name"} <= {*told.spans[0].resource}
            and told.spans[0].resource["service.name"] == "llamaport"
        ),
    ),
    "headers": (
        {"OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer%20x,x-tenant=me"},
        lambda told: (
            (told.headers[0]["authorization"], told.headers[0]["x-tenant"]) == ("Bearer x", "me")
        ),
    ),
    "headers of traces": (
        {"OTEL_EXPORTER_OTLP_TRACES_HEADERS": "x-tenant=me"},
        lambda told: told.headers[0]["x-tenant"] == "me",
    ),
    "json": (
        {"OTEL_EXPORTER_OTLP_PROTOCOL": "http/json"},
        lambda told: (
            told.headers[0]["content-type"] == "application/json"
            and about(told, INTERNAL)["gen_ai.request.stop_sequences"][1] == "END"
            and about(told, CLIENT)["http.response.status_code"] == 200
        ),
    ),
    "json of traces": (
        {"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/json"},
        lambda told: told.headers[0]["content-type"] == "application/json",
    ),
    "compression": (
        {"OTEL_EXPORTER_OTLP_COMPRESSION": "gzip"},
        lambda told: told.headers[0]["content-encoding"] == "gzip" and bool(told.spans),
    ),
    "a sampler": (
        {"OTEL_TRACES_SAMPLER": "always_off"},
        lambda told: not told.spans,
    ),
    "a sampler with its argument": (
        {"OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0"},
        lambda told: not told.spans,
    ),
    "a sampler that asks the caller": (
        {"OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0"},
        lambda told: {span.trace for span in told.spans} == {TRACE},
    ),
    "the size of a batch": (
        {"OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "1"},
        lambda told: set(told.sizes) == {1},
    ),
    "a short queue": (
        {"OTEL_BSP_MAX_QUEUE_SIZE": "2"},
        lambda told: max(told.sizes) <= 2,
    ),
    "few attributes": (
        {"OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT": "3"},
        lambda told: all(len(span.attributes) <= 3 for span in told.spans),
    ),
    "few attributes of anything": (
        {"OTEL_ATTRIBUTE_COUNT_LIMIT": "4"},
        lambda told: all(len(span.attributes) <= 4 for span in told.spans),
    ),
    "short attributes": (
        {"OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT": "6"},
        lambda told: about(told, INTERNAL)["gen_ai.request.stop_sequences"] == ["a long", "END"],
    ),
    "short attributes of anything": (
        {"OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT": "6"},
        lambda told: about(told, INTERNAL)["gen_ai.request.stop_sequences"] == ["a long", "END"],
    ),
    "no events": (
        {"OTEL_SPAN_EVENT_COUNT_LIMIT": "0"},
        lambda told: not any(span.events for span in told.spans),
    ),
    "headers of requests to upstreams": (
        {"OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_CLIENT_REQUEST": "accept"},
        lambda told: "http.request.header.accept" in about(told, CLIENT),
    ),
    "names of generative AI": (
        {"OTEL_SEMCONV_STABILITY_OPT_IN": "gen_ai_latest_experimental"},
        lambda told: "url.full" in about(told, CLIENT),
    ),
    "somewhere else as well": (
        {"OTEL_TRACES_EXPORTER": "console,otlp"},
        lambda told: bool(told.of_kind(SERVER)),
    ),
}


@pytest.mark.parametrize("name", CASES)
async def test_a_variable_does_what_it_says(
    upstream: Upstream, collector: Collector, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    variables, holds = CASES[name]
    for variable, value in {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, **variables}.items():
        monkeypatch.setenv(variable, value)

    assert holds(await asked(upstream, collector, JOINED))


async def test_spans_can_be_printed(
    upstream: Upstream,
    collector: Collector,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "console")

    await asked(upstream, collector, {})

    printed = capfd.readouterr().out
    assert '"name": "POST /v1/chat/completions"' in printed
    assert json.loads(printed[: printed.index("\n}\n") + 2])
    assert not collector.paths


async def test_spans_leave_after_the_delay_that_is_asked_for(
    upstream: Upstream, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "10")

    async with traced(upstream, collector) as served:
        await served.client.get("/api/version")
        await until(lambda: collector.spans)


@pytest.mark.parametrize("limit", ["", "0"])
async def test_of_an_error_as_much_is_told_as_is_asked_for(
    upstream: Upstream, collector: Collector, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
    monkeypatch.setenv("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", limit)
    upstream.always(error(400, "no"))

    async with serving(backend(upstream.base_url, TRANSLATED)) as served:
        await served.client.post("/v1/chat/completions", json=BODY)

    told = [span.events["exception"] for span in collector.spans if "exception" in span.events]
    assert told
    assert any(told) is not bool(limit)
