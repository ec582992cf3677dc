"""Traces as OTEL_CONFIG_FILE says, in a server that serves, before a collector that receives."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from opentelemetry import propagate

from app import __version__
from app.settings import Settings
from app.telemetry import config_file, diagnostics
from app.telemetry.otlp import CannotExport
from app.telemetry.watching import instruments
from tests.collector import CLIENT, INTERNAL, SERVER, Collector
from tests.e2e.server import CHECKOUT, scrubbed, serve
from tests.integration.kinds import TRANSLATED
from tests.integration.served import Served, backend, serving
from tests.integration.test_secrets import everything_logged
from tests.integration.test_trace_delivery import LOST, OFFLINE, Parties
from tests.integration.test_trace_grpc import GrpcCollector
from tests.integration.test_traces import JOINED, TRACE
from tests.upstream.answers import chat
from tests.upstream.fixtures import upstream
from tests.upstream.server import Upstream
from tests.waiting import until

__all__ = ["upstream"]

BODY = {"model": "m", "messages": [{"role": "user", "content": "hi"}], "temperature": 0.5}
MARK = "canary"
Write = Callable[[str], str]


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in set(os.environ) - set(scrubbed(os.environ)):
        monkeypatch.delenv(name)
    before = propagate.get_global_textmap()
    yield
    propagate.set_global_textmap(before)
    diagnostics.listen(diagnostics.SILENT, ())


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as running:
        yield running


@pytest.fixture
def file(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Write:
    """Write the file, and have the variable name it."""
    path = tmp_path_factory.mktemp("otel") / "otel.yaml"

    def write(text: str) -> str:
        path.write_text(f'file_format: "1.0"\n{text}', encoding="utf-8")
        monkeypatch.setenv("OTEL_CONFIG_FILE", str(path))
        return str(path)

    return write


def sent_to(url: str, **keys: Any) -> str:
    """Write a provider that sends by HTTP in batches; `keys` are further ones of the exporter."""
    exporter = {"endpoint": f"{url}/v1/traces", **keys}
    return (
        f"tracer_provider: {{processors: [{{batch: {{exporter: {{otlp_http: {exporter}}}}}}}]}}\n"
    )


@asynccontextmanager
async def chatting(upstream: Upstream) -> AsyncIterator[Served]:
    upstream.always(chat(["a", "b"]))
    async with serving(backend(upstream.base_url, TRANSLATED)) as served:
        yield served


async def asked(upstream: Upstream, headers: Mapping[str, str] = JOINED) -> None:
    async with chatting(upstream) as served:
        got = await served.client.post("/v1/chat/completions", json=BODY, headers=headers)
    assert got.status_code == 200, got.text


async def served_once() -> str:
    with everything_logged() as text:
        async with serving(OFFLINE) as served:
            await served.client.get("/api/version")
    return text.getvalue()


async def test_a_request_is_told_of_as_the_file_says_and_no_other_variable(
    upstream: Upstream, collector: Collector, file: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = {
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:1",
        "OTEL_EXPORTER_OTLP_HEADERS": "x-other=yes",
        "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip",
        "OTEL_EXPORTER_OTLP_CERTIFICATE": "/missing.pem",
        "OTEL_TRACES_EXPORTER": "none",
        "OTEL_TRACES_SAMPLER": "always_off",
        "OTEL_SERVICE_NAME": "other",
        "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT": "1",
        "OTEL_PROPAGATORS": "none",
        "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "1",
    }
    for name, value in others.items():
        monkeypatch.setenv(name, value)
    file(sent_to(collector.url) + "propagator: {composite: [{tracecontext: }]}\n")

    await asked(upstream)

    assert {span.trace for span in collector.spans} == {TRACE}
    spans = [collector.one(kind) for kind in (SERVER, INTERNAL, CLIENT)]
    assert upstream.requests[-1].headers["traceparent"] == f"00-{TRACE}-{spans[2].id}-01"
    assert spans[1].attributes["gen_ai.request.temperature"] == 0.5
    assert spans[0].resource["service.name"] == "llamaport"
    assert spans[0].resource["service.version"] == __version__
    assert not {"x-other", "content-encoding"} & {*collector.headers[0]}
    assert {name: os.environ[name] for name in others} == others


async def test_without_a_propagator_nothing_is_read_from_callers_nor_carried_on(
    upstream: Upstream, collector: Collector, file: Write
) -> None:
    file(sent_to(collector.url))

    await asked(upstream)

    assert len({span.trace for span in collector.spans} - {TRACE}) == 1
    assert "traceparent" not in upstream.requests[-1].headers


CASES: dict[str, tuple[dict[str, Any], str, Callable[[Collector], bool]]] = {
    "headers": (
        {"headers_list": "x-a=1%202,x-b=1", "headers": [{"name": "X-B", "value": "2"}]},
        "",
        lambda told: (told.headers[0]["x-a"], told.headers[0]["x-b"]) == ("1 2", "2"),
    ),
    "a variable that it names": (
        {"headers": [{"name": "x-a", "value": "${TEAM:-red} ${OTEL_MINE:-green}"}]},
        "",
        lambda told: told.headers[0]["x-a"] == "blue green",
    ),
    "json": (
        {"encoding": "json"},
        "",
        lambda told: told.headers[0]["content-type"] == "application/json" and bool(told.spans),
    ),
    "compression": (
        {"compression": "gzip"},
        "",
        lambda told: told.headers[0]["content-encoding"] == "gzip" and bool(told.spans),
    ),
    "a name": (
        {},
        "resource: {attributes: [{name: service.name, value: gateway}]}",
        lambda told: told.spans[0].resource["service.name"] == "gateway",
    ),
    "limits": (
        {},
        "attribute_limits: {attribute_count_limit: 2}",
        lambda told: {len(span.attributes) for span in told.spans} == {2},
    ),
}


@pytest.mark.parametrize("name", CASES)
async def test_a_key_does_what_it_says(
    collector: Collector, file: Write, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    keys, more, holds = CASES[name]
    monkeypatch.setenv("TEAM", "blue")
    file(sent_to(collector.url, **keys) + more)

    await served_once()

    assert holds(collector)


SIMPLE = "{simple: {exporter: {otlp_http: {endpoint: '%s/v1/traces'}}}}"
NOT_ONE: dict[str, str] = {
    "disabled": "disabled: true\ntracer_provider: {processors: [%s]}",
    "no provider": "attribute_limits: {attribute_count_limit: 2} # %s",
    "no sample": "tracer_provider: {processors: [%s], sampler: {always_off: }}",
}


@pytest.mark.parametrize("name", NOT_ONE)
async def test_a_file_may_say_that_nothing_is_told(
    collector: Collector, file: Write, name: str
) -> None:
    file(NOT_ONE[name] % (SIMPLE % collector.url))

    log = await served_once()

    assert not collector.paths
    assert LOST not in log


async def test_the_sdk_that_is_disabled_reads_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    monkeypatch.setenv("OTEL_CONFIG_FILE", "/missing.yaml")

    assert LOST not in await served_once()


async def test_a_simple_processor_sends_each_span_at_once(
    collector: Collector, file: Write
) -> None:
    file(f"tracer_provider: {{processors: [{SIMPLE % collector.url}]}}")

    async with serving(OFFLINE) as served:
        for _ in range(3):
            await served.client.get("/api/version")
        await until(lambda: len(collector.spans) == 3)

    assert collector.sizes == [1, 1, 1]


async def test_a_batch_is_as_large_and_waits_as_long_as_the_file_says(
    collector: Collector, file: Write
) -> None:
    exporter = f"exporter: {{otlp_http: {{endpoint: '{collector.url}/v1/traces'}}}}"
    batch = f"{{{exporter}, max_export_batch_size: 2, schedule_delay: 10}}"
    file(f"tracer_provider: {{processors: [{{batch: {batch}}}]}}")

    async with serving(OFFLINE) as served:
        for _ in range(3):
            await served.client.get("/api/version")
        await until(lambda: len(collector.spans) == 3)

    assert max(collector.sizes) <= 2


async def test_what_is_lost_is_counted(collector: Collector, file: Write) -> None:
    file(sent_to("http://127.0.0.1:1", timeout=200))

    assert (await served_once()).count(LOST) == 1


async def test_what_is_refused_is_told(file: Write) -> None:
    with Collector(refused=1, said="too old") as collector:
        file(sent_to(collector.url))
        log = await served_once()

    assert "1 spans so far were refused by the collector: too old" in log


@pytest.mark.parametrize("shown", [True, False])
async def test_tls_is_as_the_file_says(
    tmp_path_factory: pytest.TempPathFactory, file: Write, *, shown: bool
) -> None:
    parties = Parties(tmp_path_factory.mktemp("pem"))
    files = {"ca_file": parties.authority}
    if shown:
        files |= {"cert_file": parties.certificate, "key_file": parties.key}
    with Collector(tls=parties.context(asks=True)) as collector:
        file(sent_to(collector.url, tls=files, timeout=300 if not shown else 5000))
        log = await served_once()

    assert len(collector.spans) == shown
    assert (LOST in log) is not shown


async def test_grpc_is_spoken(file: Write) -> None:
    with GrpcCollector() as collector:
        host = collector.url.removeprefix("http://")
        exporter = (
            f"{{endpoint: '{host}', tls: {{insecure: true}}, compression: gzip, "
            "headers: [{name: X-Tenant, value: blue}]}"
        )
        file(
            f"tracer_provider: {{processors: [{{batch: {{exporter: {{otlp_grpc: {exporter}}}}}}}]}}"
        )
        log = await served_once()

    assert collector.names == ["GET /api/version"]
    assert collector.metadata[0]["x-tenant"] == "blue"
    assert LOST not in log


PRINTED = "tracer_provider: {processors: [{simple: {exporter: {console: }}}]"


async def test_spans_can_be_printed(file: Write, capfd: pytest.CaptureFixture[str]) -> None:
    file(PRINTED + "}")

    await served_once()

    assert '"name": "GET /api/version"' in capfd.readouterr().out


WRONG = {
    "nothing": ("", "at its top: 'file_format' is a required property"),
    "no YAML": ("a: [canary", "is no YAML, line 1"),
    "no mapping": ("- canary", "Configuration must be a mapping/object, got list"),
    "another format": ('file_format: "7.0"', "this SDK supports schema version 1.x"),
    "no exporter": (
        "tracer_provider: {processors: [{batch: {schedule_delay: 5}}]}",
        "tracer_provider.processors.0.batch: 'exporter' is a required property",
    ),
    "headers of another shape": (
        "tracer_provider: {processors: [{batch: {exporter: {otlp_http: {headers: {a: canary}}}}}]}",
        "tracer_provider.processors.0.batch.exporter.otlp_http.headers: a breach of 'type'",
    ),
    "no address": (sent_to("canary"), ": endpoint: http:// or https:// and a host are expected"),
    "no file": (sent_to("http://x", tls={"ca_file": "/canary.pem"}), ": ca_file: found a path"),
    "no compression": (sent_to("http://x", compression="canary"), ": compression: none or gzip"),
    "a key without its certificate": (
        sent_to("http://x", tls={"key_file": "/canary.pem"}),
        ": key_file: needs cert_file as well",
    ),
    "no time": (sent_to("http://x", timeout=0), ": timeout: a whole number of milliseconds"),
    "no such exporter": (
        "tracer_provider: {processors: [{batch: {exporter: {zipkin: {endpoint: canary}}}}]}",
        "Plugin 'zipkin' not found",
    ),
    "no such processor": (
        "tracer_provider: {processors: [{mine: {key: canary}}]}",
        "a processor is neither 'batch' nor 'simple'",
    ),
    "no such sampler": (
        PRINTED + ", sampler: {jaeger: {key: canary}}}",
        "Plugin 'jaeger' not found",
    ),
    "no such propagator": (
        "propagator: {composite_list: pigeon}\n" + PRINTED + "}",
        "Plugin 'pigeon' not found",
    ),
    "no queue": (
        "tracer_provider: {processors: [{batch: {exporter: {console: }, schedule_delay: 0}}]}",
        "schedule_delay_millis must be positive",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_file_that_is_wrong_ends_the_start_with_a_line_that_quotes_no_key(
    file: Write, name: str
) -> None:
    text, why = WRONG[name]
    path = file(text)
    if "tracer_provider" not in text:
        Path(path).write_text(text or "a: canary", encoding="utf-8")

    with pytest.raises(CannotExport) as caught:
        instruments(Settings())

    line = str(caught.value)
    assert line.startswith("OTEL_CONFIG_FILE: ")
    assert why in line
    assert "\n" not in line
    assert MARK not in line


def test_a_file_of_another_kind_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    wrong = {
        "a.json": (b'{\n"canary', "is no JSON, line 2"),
        "b.yaml": (b"a: canary\xff", "is no text in UTF-8"),
        "c.toml": (b"", "Unsupported file format"),
        "d/e.yaml": (b"", "not found"),
        "f" * 300 + ".yaml": (b"", "File name too long"),
    }
    for name, (content, why) in wrong.items():
        path = tmp_path / name
        if "not found" not in why and "too long" not in why:
            path.write_bytes(content)
        monkeypatch.setenv("OTEL_CONFIG_FILE", str(path))

        with pytest.raises(CannotExport, match=f"^OTEL_CONFIG_FILE: .*{why}") as caught:
            instruments(Settings())
        assert MARK not in str(caught.value)


async def test_no_secret_of_the_file_is_in_what_the_libraries_say(file: Write) -> None:
    keys = {
        "headers": [{"name": "x-team", "value": "canary-1"}],
        "headers_list": 'x-other="canary;2',
        "timeout": 200,
    }
    exporter = sent_to("http://me:canary-3@127.0.0.1:1/?x=canary-4", **keys)
    file(f"log_level: debug2\n{exporter}")

    log = await served_once()

    assert "Failed to export spans batch" in log
    assert "Header format invalid!" in log
    assert LOST in log
    assert MARK not in log


def test_of_an_exporter_that_is_not_known_every_text_is_secret(file: Write) -> None:
    mine = "{mine: {a: canary-1, b: [canary-2, {c: canary-3}], d: 5}}"
    path = file(f"tracer_provider: {{processors: [{{batch: {{exporter: {mine}}}}}]}}")

    found = {*config_file.secrets(config_file.read(path).tracer_provider)}

    assert {"canary-1", "canary-2", "canary-3"} <= found


async def test_every_worker_has_it(
    collector: Collector, file: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = file(f"tracer_provider: {{processors: [{SIMPLE % '${COLLECTOR}'}]}}")
    # The runtime's environment may be without the extra.
    monkeypatch.setenv("LLAMAPORT_COMMAND", f"{sys.executable} -m app")
    env = {"OTEL_CONFIG_FILE": path, "COLLECTOR": collector.url, "PYTHONPATH": str(CHECKOUT)}

    def told_by_both() -> bool:
        return len({span.resource["process.pid"] for span in collector.spans}) == 2

    async with (
        serve(OFFLINE + "[server]\nworkers = 2\n", env=env) as served,
        asyncio.timeout(20),
    ):
        while not told_by_both():
            # Each time by a connection of its own, which either of them may take.
            async with httpx.AsyncClient(base_url=served.url, trust_env=False) as client:
                await client.get("/api/version")
