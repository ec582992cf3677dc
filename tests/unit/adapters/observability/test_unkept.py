"""Traces that nobody keeps: no span is begun, yet the log and the upstream know their id."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import SpanKind, get_current_span

from adapters.observability.requests import RequestSpans
from adapters.observability.unkept import Draw
from adapters.observability.upstreams import TracedTransport
from tests.unit.adapters.observability.test_requests import PARENT, TRACE, Over
from tests.unit.adapters.observability.test_upstreams import FakeTransport, request

MANY = 400


class Server:
    """What traces requests at a ratio, and an upstream that is asked in each of them."""

    def __init__(self, ratio: float) -> None:
        self.exporter = InMemorySpanExporter()
        self.asked = FakeTransport(httpx.Response(200))
        draw = Draw(ratio)
        provider = TracerProvider(
            sampler=ParentBased(TraceIdRatioBased(ratio)), shutdown_on_exit=False, id_generator=draw
        )
        provider.add_span_processor(SimpleSpanProcessor(self.exporter))
        tracer = provider.get_tracer("test")
        self._requests = RequestSpans(tracer, draw)
        self._transport = TracedTransport(self.asked, tracer)

    @contextmanager
    def within(self, parent: str = "") -> Iterator[str]:
        """Serve a request; the id of its trace."""
        headers = [(b"traceparent", parent.encode())] if parent else []
        scope = {"headers": headers, "method": "GET", "state": {"request_id": "x"}}
        end = self._requests.begin(scope)
        yield scope["state"]["trace_id"]
        end(Over())

    async def ask(self) -> str:
        """Ask the upstream; what it is told of the trace, empty if nothing."""
        await self._transport.handle_async_request(request())
        return self.asked.more[-1].get("traceparent", "")

    @property
    def kept(self) -> set[str]:
        """The traces of the requests that were kept."""
        spans = self.exporter.get_finished_spans()
        return {f"{it.context.trace_id:032x}" for it in spans if it.kind is SpanKind.SERVER}


async def test_the_upstream_learns_the_trace_and_that_nobody_keeps_it() -> None:
    server = Server(0.0)

    with server.within() as trace:
        told = [await server.ask(), await server.ask()]
        recording = get_current_span().is_recording()

    parts = [parent.split("-") for parent in told]
    assert [(version, of, flags) for version, of, _span, flags in parts] == [
        ("00", trace, "02")
    ] * 2
    assert len({span for _version, _of, span, _flags in parts}) == 2
    assert all(len(span) == len("b7ad6b7169203331") for _version, _of, span, _flags in parts)
    assert not recording
    assert not server.exporter.get_finished_spans()


@pytest.mark.parametrize("ratio", [0.0, 0.5, 1.0])
def test_the_share_that_is_kept_is_the_ratio(ratio: float) -> None:
    server = Server(ratio)
    traces = set()

    for _ in range(MANY):
        with server.within() as trace:
            traces.add(trace)

    assert len(traces) == MANY
    assert server.kept <= traces
    # Six standard deviations.
    assert abs(len(server.kept) - ratio * MANY) <= 6 * (ratio * (1 - ratio) * MANY) ** 0.5


def test_it_is_the_id_that_decides() -> None:
    server, bound = Server(0.5), TraceIdRatioBased(0.5).bound

    for _ in range(MANY):
        with server.within() as trace:
            pass
        assert (trace in server.kept) == (int(trace[16:], 16) < bound)


@pytest.mark.parametrize(("flags", "kept"), [("01", {TRACE}), ("00", set())])
async def test_whoever_is_in_a_trace_has_decided(flags: str, kept: set[str]) -> None:
    server = Server(0.0)

    with server.within(f"{PARENT[:-2]}{flags}") as trace:
        told = await server.ask()

    assert trace == TRACE
    assert told.startswith(f"00-{TRACE}-")
    assert server.kept == kept


async def test_nothing_of_it_is_left_for_the_next_request() -> None:
    server = Server(0.0)

    with server.within() as unkept:
        pass
    outside = await server.ask()
    with server.within(PARENT):
        told = await server.ask()

    assert outside == ""
    assert unkept not in told
    assert TRACE in told


@pytest.mark.parametrize("draw", [Draw(0.0).generate_trace_id, Draw(1.0).generate_trace_id])
def test_spans_without_a_request_have_ids_of_their_own(draw: Callable[[], int]) -> None:
    assert len({draw() for _ in range(MANY)} - {0}) == MANY
