"""What is told of a request to an upstream, by us or by the instrumentation, and what it learns."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import httpx
import pytest

from adapters.observability.instrumented import instrumented
from adapters.observability.upstreams import TracedTransport
from tests.unit.adapters.observability.spans import Kept, about

SHARED = httpx.Headers({"authorization": "Bearer secret"})
URL = "https://me:secret@api.example/v1/chat?api-key=secret"
Traced = Callable[[httpx.AsyncBaseTransport, Kept], TracedTransport]


class FakeTransport(httpx.AsyncBaseTransport):
    """Answers, or raises, what it was given; keeps the headers that came."""

    def __init__(self, answer: httpx.Response | BaseException) -> None:
        self._answer = answer
        self.headers: list[httpx.Headers] = []
        self.more: list[Mapping[str, str]] = []
        """Headers that are to be sent beside them."""
        self.closed = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.headers.append(request.headers)
        self.more.append(request.extensions.get("headers", {}))
        if isinstance(self._answer, BaseException):
            raise self._answer
        return self._answer

    async def aclose(self) -> None:
        self.closed = True


def by_us(transport: httpx.AsyncBaseTransport, kept: Kept) -> TracedTransport:
    return TracedTransport(transport, kept.tracer)


def by_library(transport: httpx.AsyncBaseTransport, kept: Kept) -> TracedTransport:
    return TracedTransport(transport, kept.tracer, instrumented(transport, kept.provider))


@pytest.fixture(params=[by_us, by_library])
def traced(request: pytest.FixtureRequest) -> Traced:
    return request.param  # type: ignore[no-any-return]  # one of the two


def request(url: str = URL, method: str = "POST") -> httpx.Request:
    asked = httpx.Request(method, url, content=b"secret")
    asked.headers = SHARED
    return asked


async def test_the_answer_is_the_very_one_that_came(traced: Traced) -> None:
    kept, answer = Kept(), httpx.Response(200)

    with kept.request():
        got = await traced(FakeTransport(answer), kept).handle_async_request(request())

    assert got is answer


@pytest.mark.parametrize("on", [True, False])
async def test_the_upstream_learns_the_trace_and_shared_headers_stay(
    traced: Traced, *, on: bool
) -> None:
    kept, transport = Kept(on=on), FakeTransport(httpx.Response(200))

    with kept.request() as current:
        await traced(transport, kept).handle_async_request(request())

    trace = f"{current.get_span_context().trace_id:032x}"
    sent = {**transport.headers[0], **transport.more[0]}
    assert sent["traceparent"].split("-")[1] == trace
    assert sent["authorization"] == "Bearer secret"
    assert SHARED == {"authorization": "Bearer secret"}


async def test_addresses_are_told_by_their_stable_names(traced: Traced) -> None:
    kept = Kept()

    with kept.request():
        await traced(FakeTransport(httpx.Response(200)), kept).handle_async_request(request())

    told = about(kept.named("POST"))
    assert told["url.full"] == "https://api.example/v1/chat?api-key=***"
    assert told["server.address"] == "api.example"
    assert told["http.response.status_code"] == 200


async def test_outside_of_requests_nothing_is_told(traced: Traced) -> None:
    kept, transport = Kept(), FakeTransport(httpx.Response(200))

    await traced(transport, kept).handle_async_request(request())

    assert kept.spans == ()
    assert (transport.headers, transport.more) == ([SHARED], [{}])


@pytest.mark.parametrize(
    "answer",
    [httpx.Response(200), httpx.Response(500), httpx.ConnectError("no way to secret")],
    ids=["good", "bad", "none"],
)
async def test_no_span_has_a_secret(
    traced: Traced, answer: httpx.Response | httpx.ConnectError
) -> None:
    kept = Kept()
    with kept.request():
        asking = traced(FakeTransport(answer), kept).handle_async_request(request())
        await asyncio.gather(asking, return_exceptions=True)

    assert "secret" not in kept.named("POST").to_json()


async def test_a_failure_is_marked_and_raised(traced: Traced) -> None:
    kept, failure = Kept(), httpx.ConnectError("no way")

    with kept.request(), pytest.raises(httpx.ConnectError) as caught:
        await traced(FakeTransport(failure), kept).handle_async_request(request())

    assert caught.value is failure
    span = kept.named("POST")
    assert not span.status.is_ok
    assert about(span)["error.type"] == "ConnectError"
    assert [event.name for event in span.events] == ["exception"]


async def test_who_leaves_breaks_nothing(traced: Traced) -> None:
    kept = Kept()

    with kept.request(), pytest.raises(asyncio.CancelledError):
        await traced(FakeTransport(asyncio.CancelledError()), kept).handle_async_request(request())

    span = kept.named("POST")
    assert about(span)["llamaport.cancelled"] is True
    assert span.status.is_unset


async def test_closing_closes_what_is_inside(traced: Traced) -> None:
    transport = FakeTransport(httpx.Response(200))

    await traced(transport, Kept()).aclose()

    assert transport.closed


@pytest.mark.parametrize("method", ["POST", "GET", "DELETE"])
@pytest.mark.parametrize(
    "url",
    [
        URL,
        "http://127.0.0.1:8080/v1/chat/completions",
        "http://[::1]:11434/api/chat",
        "http://localhost/a?b=c&d",
        "https://api.example:443/x",
    ],
)
@pytest.mark.parametrize(
    "answer",
    [
        *[httpx.Response(status) for status in (200, 302, 404, 429, 500, 503)],
        httpx.ReadTimeout("slow"),
        asyncio.CancelledError(),
    ],
    ids=str,
)
async def test_we_tell_what_the_instrumentation_tells(
    url: str, method: str, answer: httpx.Response | BaseException
) -> None:
    assert await _span(by_us, answer, url, method) == await _span(by_library, answer, url, method)


async def _span(
    traced: Traced, answer: httpx.Response | BaseException, url: str, method: str
) -> dict[str, Any]:
    kept = Kept()
    with kept.request() as parent:
        asking = traced(FakeTransport(answer), kept).handle_async_request(request(url, method))
        await asyncio.gather(asking, return_exceptions=True)
    span = kept.named(method)
    assert span.parent == parent.get_span_context()
    return {
        "kind": span.kind,
        "status": (span.status.status_code, span.status.description),
        "events": [(event.name, _without_place(event.attributes or {})) for event in span.events],
        **about(span),
    }


def _without_place(event: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in event.items() if name != "exception.stacktrace"}
