"""What the pieces of watching cost each, in a process that does nothing else.

`python -m tests.benchmarks --pieces`. A span includes its start, its attributes and its end, but
not how it leaves: that is `encoding`, once for each span, on the exporter's thread.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any, TextIO

import httpx
from loguru import logger
from msgspec.structs import replace
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

from adapters.memory.clock import SystemClock
from adapters.observability.encoding import encode
from adapters.observability.exchange_record import Recorder, begin_record
from adapters.observability.metrics.exchanges import ExchangeMetrics
from adapters.observability.requests import RequestSpans
from adapters.observability.spans import ExchangeSpans
from adapters.observability.unkept import Draw
from adapters.observability.upstreams import TracedTransport
from adapters.web.door import RequestRecord
from app.access_log import reports
from app.settings import Logging
from app.telemetry import logs
from app.telemetry.metering import meter
from domain.parameters import parameters_of
from ports.chat import ChatRequest, FinishReason, Message, Text, Usage
from ports.observer import Exchange, Operation, Outcome
from tests.benchmarks.payloads import CHAT, FLAT, PROMPT

TIMES, ROUNDS = 500, 15

RECORD = RequestRecord(
    request_id="req_ffe684d83a83f7f0fb3228ee",
    trace_id="",
    client="default",
    method="POST",
    path=CHAT,
    route=CHAT,
    status=200,
    duration_ns=7_318_000,
    first_byte_ns=7_033_000,
    bytes_received=466,
    bytes_sent=2182,
    peer="127.0.0.1",
    cancelled=False,
)
ASKED = ChatRequest(model=FLAT, messages=(Message(role="user", parts=(Text(text=PROMPT),)),))
EXCHANGE = Exchange(
    operation=Operation.CHAT,
    asked="bench",
    backend="up",
    kind="openai-compatible",
    model=FLAT,
    alias="bench",
    request=ASKED,
    parameters=partial(parameters_of, ASKED),
)
OUTCOME = Outcome(
    usage=Usage(prompt_tokens=25, completion_tokens=200), reason=FinishReason.STOP, model=FLAT
)
URL = httpx.URL("http://127.0.0.1:8080/v1/chat/completions")
HEADERS = [(b"host", b"127.0.0.1"), (b"content-type", b"application/json")]


def scope() -> dict[str, Any]:
    """Build what the server tells of a request."""
    return {
        "type": "http",
        "method": "POST",
        "path": CHAT,
        "scheme": "http",
        "http_version": "1.1",
        "query_string": b"",
        "server": ("127.0.0.1", 11434),
        "headers": HEADERS,
        "state": {"request_id": RECORD.request_id},
    }


class Answering(httpx.AsyncBaseTransport):
    """Has the answer already."""

    _answer = httpx.Response(200)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return self._answer


class Last(SpanProcessor):
    """Keeps the last spans."""

    def __init__(self) -> None:
        self.spans: list[ReadableSpan] = []

    def on_end(self, span: ReadableSpan) -> None:
        self.spans = [*self.spans[-2:], span]


class Traced:
    """Everything that makes spans, at a ratio; nothing leaves."""

    def __init__(self, ratio: float) -> None:
        draw = Draw(ratio)
        provider = TracerProvider(
            sampler=ParentBased(TraceIdRatioBased(ratio)),
            shutdown_on_exit=False,
            id_generator=draw,
        )
        self.last = Last()
        provider.add_span_processor(self.last)
        tracer = provider.get_tracer("pieces")
        self._requests = RequestSpans(tracer, draw)
        self._exchanges = ExchangeSpans(tracer, SystemClock())
        self._transport = TracedTransport(Answering(), tracer)

    def request(self) -> None:
        """Serve one."""
        self._requests.begin(scope())(RECORD)

    def exchange(self) -> None:
        """Have one with an upstream."""
        self._exchanges.begin(EXCHANGE).end(OUTCOME)

    def upstream(self) -> None:
        """Ask an upstream."""
        run(self._transport.handle_async_request(httpx.Request("POST", URL)))

    def all(self) -> None:
        """Do all of it, one within the other."""
        end = self._requests.begin(scope())
        seen = self._exchanges.begin(EXCHANGE)
        self.upstream()
        seen.end(OUTCOME)
        end(RECORD)

    @contextmanager
    def within(self) -> Iterator[None]:
        """Be inside of a request."""
        end = self._requests.begin(scope())
        yield
        end(RECORD)


def run(coroutine: Coroutine[Any, Any, object]) -> None:
    """Run what waits for nothing."""
    try:
        coroutine.send(None)
    except StopIteration:
        return
    raise RuntimeError("it waits")


def log_line() -> None:
    """Write one line as a request does."""
    record = begin_record()
    record.asked, record.backend, record.model, record.answered = "bench", "up", FLAT, FLAT
    record.input_tokens, record.output_tokens = 25, 200
    WRITE(RECORD)


WRITE = reports("INFO").on_finish


class Counting:
    """Everything that counts a request, without what the log needs as well."""

    def __init__(self, exchange: Exchange) -> None:
        self._counted = meter(0.0)
        clock = SystemClock()
        exchanges = ExchangeMetrics(self._counted.store, lambda _backend, _model: True)
        self._with, self._without = Recorder(clock, exchanges), Recorder(clock)
        self._exchange = exchange

    def counted(self) -> None:
        """Count one."""
        self._counted.requests.begin(CHAT)
        self._have_one(self._with)
        self._counted.requests.finish(RECORD)

    def uncounted(self) -> None:
        """Only write down what became of it."""
        begin_record()
        self._have_one(self._without)

    def _have_one(self, recorder: Recorder) -> None:
        seen = recorder.begin(self._exchange)
        if self._exchange.streamed:
            seen.began()
            seen.first()
        seen.end(OUTCOME)


def measure() -> Mapping[str, float]:
    """Time each piece: microseconds of CPU."""
    found = {"a request to an upstream, unwatched": _time(lambda: run(_bare()))}
    with _logging() as nowhere:
        found["a line of the log"] = _time(log_line)
        found["the shortest line that loguru writes"] = _shortest(nowhere)
    for name, exchange in (("answer", EXCHANGE), ("stream", replace(EXCHANGE, streamed=True))):
        counting = Counting(exchange)
        found[f"counting a request and its {name}"] = _time(counting.counted) - _time(
            counting.uncounted
        )
    for ratio in (1.0, 0.0):
        traced, at = Traced(ratio), f", at a ratio of {ratio:.0f}"
        found[f"the span of a request{at}"] = _time(traced.request)
        with traced.within():
            found[f"the span of an exchange{at}"] = _time(traced.exchange)
            found[f"the span of a request to an upstream{at}"] = _time(traced.upstream)
        found[f"all three{at}"] = _time(traced.all)
        if spans := traced.last.spans:
            batch = spans * 100
            found["encoding a span"] = _time(lambda: encode(batch), times=5) / len(batch)  # noqa: B023 - called here
    return found


@contextmanager
def _logging() -> Iterator[TextIO]:
    """Log as the command does, to where nobody reads it."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123 - it is no file
        logs.configure(Logging(level="INFO", format="json"), nowhere)
        yield nowhere
        logger.remove()
    root.handlers[:], root.level = handlers, level


def _shortest(nowhere: TextIO) -> float:
    logger.remove()
    logger.add(nowhere, format="{message}", level="INFO")
    return _time(lambda: logger.info("x"))


async def _bare() -> None:
    await Answering().handle_async_request(httpx.Request("POST", URL))


def _time(work: Callable[[], object], times: int = TIMES) -> float:
    """Return the median of some rounds."""
    rounds = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        for _ in range(times):
            work()
        rounds.append(time.process_time() - begun)
    return 1e6 * sorted(rounds)[ROUNDS // 2] / times
