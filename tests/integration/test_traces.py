"""What a collector receives of requests: over sockets, decoded from the wire."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from tests.collector import CLIENT, INTERNAL, SERVER, Collector
from tests.integration.kinds import TRANSLATED
from tests.integration.served import Served, backend, serving
from tests.integration.sockets import exchange, request
from tests.integration.test_secrets import everything_logged
from tests.upstream.answers import Call, chat, chat_events, embed, error, sse
from tests.upstream.fixtures import upstream
from tests.upstream.ollama_answers import chat_end, chat_line, lines
from tests.upstream.script import Close, Reply, Stall
from tests.upstream.server import Upstream
from tests.waiting import until

__all__ = ["upstream"]

TRACE, CALLER = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
JOINED = {"traceparent": f"00-{TRACE}-{CALLER}-01", "baggage": "user=canary-baggage"}
BODY = {"model": "m", "messages": [{"role": "user", "content": "canary-question"}]}
SECRETS = ('api_key = "canary-api-key"', 'headers = { "X-Secret" = "canary-header-value" }')
OTEL = (
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_EXPORTER_OTLP_PROTOCOL",
    "OTEL_TRACES_SAMPLER",
    "OTEL_TRACES_EXPORTER",
    "OTEL_SDK_DISABLED",
    "OTEL_SERVICE_NAME",
    "OTEL_SEMCONV_STABILITY_OPT_IN",
    "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SANITIZE_FIELDS",
    "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_CLIENT_REQUEST",
    "OTEL_PROPAGATORS",
)


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin without any of the variables, and put back those that are set on the way."""
    for name in OTEL:
        monkeypatch.setenv(name, "")


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as running:
        yield running


@asynccontextmanager
async def traced(
    upstream: Upstream, collector: Collector, *lines: str, up: tuple[str, ...] = SECRETS
) -> AsyncIterator[Served]:
    """Serve, and have sent every span once the block is left."""
    telemetry = ["[telemetry]", f'otlp_endpoint = "{collector.url}"', *lines, ""]
    config = "\n".join(telemetry) + backend(upstream.base_url, *up)
    async with serving(config) as served:
        await served.client.get("/v1/models")
        yield served


def chats(collector: Collector) -> Collector:
    """Leave out the request that fetched the list of models."""
    first = next(span for span in collector.spans if span.name == "GET /v1/models")
    collector.spans[:] = [span for span in collector.spans if span.trace != first.trace]
    return collector


async def test_a_plain_request_is_a_trace_of_three_spans_in_the_callers_own(
    upstream: Upstream, collector: Collector
) -> None:
    upstream.reply(chat(["Hello"]))

    async with traced(upstream, collector) as served:
        body = BODY | {"temperature": 0.5, "max_tokens": 9, "seed": 7, "stop": ["END"]}
        got = await served.client.post(
            "/v1/messages",
            json=body | {"stream": False, "stop_sequences": ["END"]},
            headers=JOINED,
            params={"beta": "canary-query"},
        )

    assert got.status_code == 200, got.text
    server, use, client = (
        chats(collector).one(SERVER),
        collector.one(INTERNAL),
        collector.one(CLIENT),
    )
    assert {server.trace, use.trace, client.trace} == {TRACE}
    assert [server.parent, use.parent, client.parent] == [CALLER, server.id, use.id]
    assert server.begun <= use.begun <= client.begun <= client.ended <= use.ended <= server.ended
    assert (server.name, use.name, client.name) == ("POST /v1/messages", "chat m", "POST")
    assert not any(span.failed for span in (server, use, client))
    assert collector.paths[0] == "/v1/traces"
    about = server.attributes
    assert about["http.request.method"] == "POST"
    assert about["http.route"] == about["url.path"] == "/v1/messages"
    assert about["url.query"] == "beta=***"
    assert about["http.response.status_code"] == 200
    assert about["server.address"] == about["client.address"] == "127.0.0.1"
    assert about["http.response.body.size"] == len(got.content)
    assert server.resource["service.name"] == "llamaport"
    assert server.resource["service.version"]


async def test_the_exchange_tells_what_was_asked_and_what_it_took(
    upstream: Upstream, collector: Collector
) -> None:
    upstream.reply(chat([], tool_calls=[Call("weather", "{}")]))

    async with traced(upstream, collector, up=(TRANSLATED,)) as served:
        tool = {"type": "function", "function": {"name": "weather"}}
        asked = {"temperature": 0.5, "max_tokens": 9, "seed": 7, "stop": ["END"], "tools": [tool]}
        got = await served.client.post("/v1/chat/completions", json=BODY | asked)

    assert got.status_code == 200, got.text
    about = chats(collector).one(INTERNAL).attributes
    assert (
        about
        | {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai-compatible",
            "gen_ai.request.model": "m",
            "gen_ai.request.temperature": 0.5,
            "gen_ai.request.max_tokens": 9,
            "gen_ai.request.seed": 7,
            "gen_ai.request.stop_sequences": ["END"],
            "gen_ai.response.finish_reasons": ["tool_calls"],
            "gen_ai.usage.input_tokens": 12,
            "gen_ai.usage.output_tokens": 3,
            "llamaport.route.backend": "up",
            "llamaport.route.kind": "openai-compatible",
            "llamaport.route.asked": "m",
            "llamaport.route.why": "listed",
            "llamaport.route.relayed": False,
            "llamaport.tools_called": ["weather"],
        }
        == about
    )
    assert about["gen_ai.response.model"]


async def test_a_stream_is_open_to_its_last_byte_and_tells_of_its_first(
    upstream: Upstream, collector: Collector
) -> None:
    upstream.reply(chat(["a", "b", "c"]))

    async with traced(upstream, collector, up=(TRANSLATED,)) as served:
        got = await served.client.post("/v1/chat/completions", json=BODY | {"stream": True})

    assert "[DONE]" in got.text
    use, server, client = (
        chats(collector).one(INTERNAL),
        collector.one(SERVER),
        collector.one(CLIENT),
    )
    assert use.attributes["gen_ai.request.stream"] is True
    assert use.attributes["gen_ai.response.time_to_first_chunk"] > 0
    assert use.attributes["gen_ai.usage.output_tokens"] == 3
    assert list(use.events) == ["llamaport.first_token"]
    assert client.ended < use.ended <= server.ended
    assert server.attributes["http.response.body.size"] == len(got.content)


async def test_relayed_bytes_are_an_exchange_too(upstream: Upstream, collector: Collector) -> None:
    upstream.reply(chat(["a", "b"]))

    async with traced(upstream, collector) as served:
        await served.client.post("/v1/chat/completions", json=BODY | {"stream": True})

    use, client = chats(collector).one(INTERNAL), collector.one(CLIENT)
    assert use.attributes["llamaport.route.relayed"] is True
    assert use.attributes["gen_ai.usage.input_tokens"] == 12
    assert client.parent == use.id
    assert use.parent == collector.one(SERVER).id


async def test_the_upstream_is_told_the_trace_and_nothing_of_the_clients_own(
    upstream: Upstream, collector: Collector
) -> None:
    upstream.reply(chat(["a"]), chat(["b"]))

    async with traced(upstream, collector, up=(TRANSLATED,)) as served:
        for _ in range(2):
            await served.client.post("/v1/chat/completions", json=BODY, headers=JOINED)

    told = [exchange.request.headers["traceparent"] for exchange in upstream.exchanges]
    clients = chats(collector).of_kind(CLIENT)
    assert told == [f"00-{TRACE}-{client.id}-01" for client in clients]
    assert all("baggage" not in exchange.request.headers for exchange in upstream.exchanges)


async def test_without_a_caller_each_request_is_a_trace_of_its_own(
    upstream: Upstream, collector: Collector
) -> None:
    upstream.always(chat(["a"]))

    async with traced(upstream, collector) as served:
        for _ in range(2):
            await served.client.post("/v1/chat/completions", json=BODY)

    servers = chats(collector).of_kind(SERVER)
    assert [span.parent for span in servers] == ["", ""]
    assert len({span.trace for span in servers}) == 2


@pytest.mark.parametrize("native", [(), (TRANSLATED,)], ids=["relayed", "translated"])
async def test_a_failure_is_an_error_on_every_span_that_met_it(
    upstream: Upstream, collector: Collector, native: tuple[str, ...]
) -> None:
    upstream.reply(error(500, "no luck: canary-api-key"))

    async with traced(upstream, collector, up=(*SECRETS, *native)) as served:
        got = await served.client.post("/v1/chat/completions", json=BODY)

    assert got.status_code >= 500
    server, use, client = (
        chats(collector).one(SERVER),
        collector.one(INTERNAL),
        collector.one(CLIENT),
    )
    assert server.failed
    assert use.failed
    assert client.failed
    assert use.attributes["error.type"] == server.attributes["error.type"] == "backend_failed"
    assert use.events["exception"]["exception.type"] == "BackendFailed"
    assert client.attributes["http.response.status_code"] == 500


async def test_an_upstream_that_is_not_there_is_an_error(
    upstream: Upstream, collector: Collector
) -> None:
    upstream.reply(Reply(head=b"", steps=[Close()], framing="none"))

    async with traced(upstream, collector) as served:
        await served.client.post("/v1/chat/completions", json=BODY)

    client, use = chats(collector).one(CLIENT), collector.one(INTERNAL)
    assert client.failed
    assert client.attributes["error.type"] in {"ReadError", "RemoteProtocolError"}
    assert use.attributes["error.type"] == "backend_unavailable"


@pytest.mark.parametrize("native", [(), (TRANSLATED,)], ids=["relayed", "translated"])
async def test_a_break_in_mid_stream_is_an_error_after_a_good_status(
    upstream: Upstream, collector: Collector, native: tuple[str, ...]
) -> None:
    upstream.reply(sse(chat_events(["Hel"])[:2], Close()))

    async with traced(upstream, collector, up=native) as served:
        got = await served.client.post("/v1/chat/completions", json=BODY | {"stream": True})

    assert got.status_code == 200
    server, use = chats(collector).one(SERVER), collector.one(INTERNAL)
    assert use.failed
    assert use.attributes["error.type"] == "backend_unavailable"
    assert server.failed
    assert server.attributes["http.response.status_code"] == 200


async def test_what_a_client_did_wrong_is_no_failure_of_the_server(
    upstream: Upstream, collector: Collector
) -> None:
    async with traced(upstream, collector) as served:
        await served.client.post("/v1/chat/completions", json=BODY | {"model": "nope"})
        await served.client.get("/canary-path-that-nobody-knows")

    missing, unknown = chats(collector).of_kind(SERVER)
    assert not missing.failed
    assert missing.attributes["error.type"] == "model_not_found"
    assert missing.name == "POST /v1/chat/completions"
    assert unknown.name == "GET"
    assert "http.route" not in unknown.attributes


@pytest.mark.parametrize("native", [(), (TRANSLATED,)], ids=["relayed", "translated"])
@pytest.mark.parametrize("begun", [True, False], ids=["in mid-stream", "before the head"])
async def test_a_hangup_is_marked_and_is_no_error(
    upstream: Upstream, collector: Collector, native: tuple[str, ...], *, begun: bool
) -> None:
    upstream.reply(
        sse(chat_events(["Hel"])[:2], Stall()) if begun else Reply(head=b"", steps=[Stall()])
    )

    async with traced(upstream, collector, up=native) as served:
        await _hang_up(served, upstream, begun=begun)

    spans = chats(collector).spans
    server, use = collector.one(SERVER), collector.one(INTERNAL)
    assert server.attributes["llamaport.cancelled"] is True
    assert use.attributes["llamaport.cancelled"] is True
    assert not any(span.failed for span in spans)
    assert all("error.type" not in span.attributes for span in spans)
    assert all("exception" not in span.events for span in spans)


async def _hang_up(served: Served, upstream: Upstream, *, begun: bool) -> None:
    async def ask() -> None:
        body = BODY | {"stream": True}
        url = "/v1/chat/completions"
        async with served.client.stream("POST", url, json=body) as response:
            async for _ in response.aiter_bytes():
                seen.set()

    seen = asyncio.Event()
    asking = asyncio.create_task(ask())
    await (seen.wait() if begun else upstream.exchange())
    asking.cancel()
    await asyncio.wait((asking,))
    await upstream.closed_early()
    await until(lambda: not served.server.server_state.tasks)


async def test_nothing_secret_and_no_content_is_in_any_span(
    upstream: Upstream, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_CLIENT_REQUEST", ".*")
    upstream.always(chat(["canary-answer"]))
    upstream.reply(error(401, "bad key canary-api-key"), error(500, "what is canary-question?"))

    with everything_logged() as text:
        async with traced(
            upstream,
            collector,
        ) as served:
            for path in ("/v1/chat/completions", "/v1/messages", "/api/chat", "/api/generate"):
                await served.client.post(
                    f"{path}?key=canary-query&canary-bare",
                    json=BODY | {"max_tokens": 5, "prompt": "canary-question"},
                    headers={"authorization": "Bearer canary-client", **JOINED},
                )

    # Whether the list of models was asked for within a request is a matter of time.
    assert [span.name for span in collector.of_kind(CLIENT)].count("POST") == 4
    assert b"canary" not in collector.raw
    assert "http.request.header.authorization" in chats(collector).of_kind(CLIENT)[0].attributes
    assert "canary-api-key" not in text.getvalue()


async def test_content_is_captured_where_it_is_wanted_and_cut(
    upstream: Upstream, collector: Collector
) -> None:
    upstream.reply(chat(["Hel", "lo there"]))
    lines = ("capture_content = true", "capture_limit = 8")

    async with traced(upstream, collector, *lines, up=(TRANSLATED,)) as served:
        messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi?"}]
        body = {"model": "m", "messages": messages, "stream": True}
        await served.client.post("/v1/chat/completions", json=body)

    about = chats(collector).one(INTERNAL).attributes
    assert json.loads(about["gen_ai.input.messages"]) == [
        {"role": "system", "parts": [{"type": "text", "content": "Be br"}]},
        {"role": "user", "parts": [{"type": "text", "content": "Hi?"}]},
    ]
    (said,) = json.loads(about["gen_ai.output.messages"])
    assert said["parts"] == [{"type": "text", "content": "Hello th"}]
    assert said["finish_reason"] == "stop"


async def test_embeddings_and_relayed_ollama_have_their_spans(
    upstream: Upstream, collector: Collector
) -> None:
    box = f'\n[[backends]]\nname = "box"\nkind = "ollama"\nbase_url = "{upstream.url}"\n'
    upstream.tags = ("qwen3:8b",)
    upstream.reply(embed, lines([chat_line("Hi"), chat_end()]))

    async with traced(upstream, collector, up=(box,)) as served:
        await served.client.post("/v1/embeddings", json={"model": "m", "input": "x"})
        await served.client.post("/api/chat", json=BODY | {"model": "qwen3:8b"})

    embedding, relayed = chats(collector).of_kind(INTERNAL)
    assert embedding.name == "embeddings m"
    assert relayed.name == "chat qwen3:8b"
    assert relayed.attributes["llamaport.route.backend"] == "box"
    assert relayed.attributes["gen_ai.usage.input_tokens"] > 0
    assert relayed.attributes["gen_ai.usage.output_tokens"] > 0
    assert relayed.attributes["gen_ai.response.finish_reasons"] == ["stop"]
    assert relayed.attributes["gen_ai.request.stream"] is True


async def test_at_a_ratio_of_0_nothing_is_sent_and_the_upstream_learns_it(
    upstream: Upstream, collector: Collector
) -> None:
    upstream.always(chat(["a"]))

    async with traced(upstream, collector, "sample_ratio = 0.0") as served:
        await served.client.post("/v1/chat/completions", json=BODY)
        await served.client.post("/v1/chat/completions", json=BODY, headers=JOINED)

    told = [exchange.request.headers["traceparent"] for exchange in upstream.exchanges]
    kept = [int(parent.rpartition("-")[2], 16) & 1 for parent in told]
    assert kept == [0, 1]
    assert {span.trace for span in collector.spans} == {TRACE}


async def test_the_standard_variables_win(
    upstream: Upstream, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_SERVICE_NAME", "gateway")
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_on")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", f"{collector.url}/here")
    with Collector() as other:
        async with traced(upstream, other, "sample_ratio = 0.0"):
            pass

    assert other.paths == []
    assert collector.paths == ["/here"]
    assert collector.one(SERVER).resource["service.name"] == "gateway"


@pytest.mark.parametrize(
    ("name", "value"), [("OTEL_SDK_DISABLED", "true"), ("OTEL_TRACES_EXPORTER", "none")]
)
async def test_they_switch_traces_off(
    upstream: Upstream,
    collector: Collector,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: str,
) -> None:
    monkeypatch.setenv(name, value)
    upstream.reply(chat(["a"]))

    async with traced(upstream, collector) as served:
        await served.client.post("/v1/chat/completions", json=BODY)

    assert collector.paths == []
    assert "traceparent" not in upstream.exchanges[0].request.headers


@pytest.mark.parametrize("kind", ["refuses", "never answers", "is not there"])
async def test_a_collector_that_does_not_work_costs_spans_and_nothing_else(
    upstream: Upstream, kind: str
) -> None:
    upstream.always(chat(["a"]))

    with (
        everything_logged() as text,
        Collector(status=400 if kind == "refuses" else 200, stuck=kind == "never answers") as bad,
    ):
        if kind == "is not there":
            bad.__exit__()
        async with traced(upstream, bad) as served:
            answers = [
                await served.client.post("/v1/chat/completions", json=BODY) for _ in range(5)
            ]

    assert [answer.status_code for answer in answers] == [200] * 5
    assert text.getvalue().count("could not be sent to the collector") == 1


async def test_a_request_behind_another_is_in_its_callers_trace_and_not_in_that_ones(
    upstream: Upstream, collector: Collector
) -> None:
    upstream.always(chat(["Hello"]))
    line, body = "POST /v1/chat/completions HTTP/1.1", json.dumps(BODY).encode()
    joined = f"traceparent: {JOINED['traceparent']}"
    async with traced(upstream, collector, "sample_ratio = 0.0") as served:
        first = request(line, "content-type: application/json", body=body, close=False)
        second = request(line, "content-type: application/json", joined, body=body)
        await exchange(served, first + second)

    _, theirs = (it.request.headers["traceparent"] for it in upstream.exchanges[-2:])
    assert theirs.startswith(f"00-{TRACE}-")
    assert {span.trace for span in collector.spans} == {TRACE}
