"""What is told of a request to an upstream, and what the upstream is told."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from adapters.observability.upstreams import TracedTransport
from tests.unit.adapters.observability.spans import Kept, about

SHARED = httpx.Headers({"authorization": "Bearer secret"})
URL = "https://me:secret@api.example/v1/chat?api-key=secret"


class FakeTransport(httpx.AsyncBaseTransport):
    """Answers, or raises, what it was given; keeps the headers that came."""

    def __init__(self, answer: httpx.Response | BaseException) -> None:
        self._answer = answer
        self.headers: list[httpx.Headers] = []
        self.closed = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.headers.append(request.headers)
        if isinstance(self._answer, BaseException):
            raise self._answer
        return self._answer

    async def aclose(self) -> None:
        self.closed = True


def request() -> httpx.Request:
    asked = httpx.Request("POST", URL, content=b"secret")
    asked.headers = SHARED
    return asked


async def test_the_answer_is_the_very_one_that_came() -> None:
    kept, answer = Kept(), httpx.Response(200)

    with kept.request():
        got = await TracedTransport(FakeTransport(answer), kept.provider).handle_async_request(
            request()
        )

    assert got is answer


@pytest.mark.parametrize("on", [True, False])
async def test_the_upstream_learns_the_trace_and_shared_headers_stay(*, on: bool) -> None:
    kept, transport = Kept(on=on), FakeTransport(httpx.Response(200))

    with kept.request() as current:
        await TracedTransport(transport, kept.provider).handle_async_request(request())

    trace = f"{current.get_span_context().trace_id:032x}"
    assert transport.headers[0]["traceparent"].split("-")[1] == trace
    assert transport.headers[0]["authorization"] == "Bearer secret"
    assert "traceparent" not in SHARED


async def test_addresses_are_told_by_their_stable_names() -> None:
    kept = Kept()

    with kept.request():
        await TracedTransport(
            FakeTransport(httpx.Response(200)), kept.provider
        ).handle_async_request(request())

    told = about(kept.named("POST"))
    assert told["url.full"] == "https://api.example/v1/chat?api-key=***"
    assert told["server.address"] == "api.example"
    assert told["http.response.status_code"] == 200


async def test_outside_of_requests_nothing_is_told() -> None:
    kept, transport = Kept(), FakeTransport(httpx.Response(200))

    await TracedTransport(transport, kept.provider).handle_async_request(request())

    assert kept.spans == ()
    assert transport.headers == [SHARED]


@pytest.mark.parametrize(
    "answer",
    [httpx.Response(200), httpx.Response(500), httpx.ConnectError("no way to secret")],
    ids=["good", "bad", "none"],
)
async def test_no_span_has_a_secret(answer: httpx.Response | httpx.ConnectError) -> None:
    kept = Kept()
    with kept.request():
        asking = TracedTransport(FakeTransport(answer), kept.provider).handle_async_request(
            request()
        )
        await asyncio.gather(asking, return_exceptions=True)

    assert "secret" not in kept.named("POST").to_json()


async def test_a_failure_is_marked_and_raised() -> None:
    kept, failure = Kept(), httpx.ConnectError("no way")

    with kept.request(), pytest.raises(httpx.ConnectError) as caught:
        await TracedTransport(FakeTransport(failure), kept.provider).handle_async_request(request())

    assert caught.value is failure
    span = kept.named("POST")
    assert not span.status.is_ok
    assert about(span)["error.type"] == "ConnectError"
    assert [event.name for event in span.events] == ["exception"]


async def test_who_leaves_breaks_nothing() -> None:
    kept = Kept()

    with kept.request(), pytest.raises(asyncio.CancelledError):
        await TracedTransport(
            FakeTransport(asyncio.CancelledError()), kept.provider
        ).handle_async_request(request())

    span = kept.named("POST")
    assert about(span)["llamaport.cancelled"] is True
    assert span.status.is_unset


async def test_closing_closes_what_is_inside() -> None:
    transport = FakeTransport(httpx.Response(200))

    await TracedTransport(transport, Kept().provider).aclose()

    assert transport.closed
