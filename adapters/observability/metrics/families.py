"""Every metric there is: its name, its labels, what it means, and how workers' values add up.

Names, labels and meanings are a promise (docs/monitoring.md, which a test compares). Counters,
gauges and histograms only: rates and quantiles are for whoever reads them. Every label has few
values, whatever clients send.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from msgspec import Struct

PREFIX = "llamaport_"
OTHER = "other"
"""Stands in a label for what is not known by name: a path, a model, a dialect."""


class Kind(StrEnum):
    """In Prometheus' words."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


class Merging(StrEnum):
    """How the values of several workers become one.

    Counters and histograms of a worker that has ended stay in; its gauges do not.
    """

    SUM = "sum"
    LARGEST = "largest"
    SMALLEST = "smallest"


class Family(Struct, frozen=True, kw_only=True):
    """One metric, of as many series as its labels have values."""

    name: str
    kind: Kind
    text: str
    labels: tuple[str, ...] = ()
    bounds: tuple[float, ...] = ()
    """Upper bounds of a histogram's buckets, but for the last, which has none."""
    merging: Merging = Merging.SUM
    is_told: bool = True
    """Whether it is a metric to anybody but us."""

    @property
    def width(self) -> int:
        """How many numbers a series is: a histogram's are its buckets, then the sum."""
        return len(self.bounds) + 2 if self.kind is Kind.HISTOGRAM else 1


# Of OpenTelemetry's conventions for generative AI, gen_ai.server.time_to_first_token,
# gen_ai.server.time_per_output_token and gen_ai.client.operation.duration.
FIRST_TOKEN_BOUNDS = (
    *(0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1),
    *(0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0),
)
PER_TOKEN_BOUNDS = (0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 2.5)
_OPERATION_BOUNDS = (
    *(0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64),
    *(1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92),
)
DURATION_BOUNDS = (0.0025, 0.005, *_OPERATION_BOUNDS, 163.84, 327.68, 655.36)
"""With what is answered from memory before, and what native servers take behind."""

OWN_BOUNDS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0)
"""Of what this server does itself."""

LAG_BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


def _counter(name: str, text: str, *labels: str, merging: Merging = Merging.SUM) -> Family:
    return Family(name=PREFIX + name, kind=Kind.COUNTER, text=text, labels=labels, merging=merging)


def _gauge(name: str, text: str, *labels: str, merging: Merging = Merging.SUM) -> Family:
    return Family(name=PREFIX + name, kind=Kind.GAUGE, text=text, labels=labels, merging=merging)


def _histogram(name: str, text: str, bounds: tuple[float, ...], *labels: str) -> Family:
    return Family(name=PREFIX + name, kind=Kind.HISTOGRAM, text=text, labels=labels, bounds=bounds)


def _lately(name: str, text: str) -> Family:
    return Family(name=name, kind=Kind.GAUGE, text=text, is_told=False)


REQUESTS: Final = _counter(
    "http_requests_total", "Requests that are over.", "route", "dialect", "status"
)
DURATION: Final = _histogram(
    "http_request_duration_seconds",
    "From a request's head to the last byte of its answer, or the hang-up.",
    DURATION_BOUNDS,
    "route",
    "dialect",
)
ACTIVE: Final = _gauge("http_requests_active", "Requests that are not over yet.", "dialect")
ERRORS: Final = _counter(
    "http_errors_total",
    "Requests that were refused or failed, before their answer or in the middle of it.",
    "dialect",
    "error",
)
BYTES_IN: Final = _counter(
    "http_request_bytes_total", "Of the bodies of requests, as they came.", "route", "dialect"
)
BYTES_OUT: Final = _counter(
    "http_response_bytes_total", "Of the bodies of answers.", "route", "dialect"
)
SLOW: Final = _counter(
    "slow_requests_total",
    "Requests whose first byte took longer than 10 s, the body's arrival not counted.",
    "route",
)
STREAMS: Final = _counter(
    "streams_total", "Requests for which a backend was asked for a stream.", "dialect", "backend"
)
CANCELLED: Final = _counter(
    "streams_cancelled_total", "Of them those whose client hung up.", "dialect", "backend"
)
STREAMS_ACTIVE: Final = _gauge("streams_active", "Streams that a backend is sending.", "dialect")
FIRST_BYTE: Final = _histogram(
    "stream_first_byte_seconds",
    "From a request's head to the first byte of a streamed answer.",
    DURATION_BOUNDS,
    "dialect",
)
CHUNKS: Final = _counter(
    "stream_chunks_total", "Pieces in which streamed answers came from backends.", "dialect"
)
STREAM_BYTES: Final = _counter(
    "stream_bytes_total", "Of the bodies of streamed answers.", "dialect"
)
UPSTREAM: Final = _counter(
    "upstream_requests_total",
    "Exchanges with backends that are over.",
    "backend",
    "model",
    "error",
)
UPSTREAM_DURATION: Final = _histogram(
    "upstream_duration_seconds",
    "From a backend's being asked to the end of its answer.",
    DURATION_BOUNDS,
    "backend",
)
TRANSLATION: Final = _histogram(
    "translation_duration_seconds",
    "Reading, routing and writing of a request that is translated, up to the answer's first byte.",
    OWN_BOUNDS,
    "dialect",
)
ADDED: Final = _histogram(
    "added_latency_seconds",
    "Time to the first byte that this server took itself: without waiting for client or backend.",
    OWN_BOUNDS,
    "dialect",
)
TOKENS: Final = _counter(
    "tokens_total", "Tokens, as backends have counted them.", "backend", "model", "kind"
)
COST: Final = _counter(
    "cost_usd_total", "US dollars, where the backend says what it took.", "backend", "model"
)
FIRST_TOKEN: Final = _histogram(
    "time_to_first_token_seconds",
    "From a backend's being asked to the first thing said in a stream that ended well.",
    FIRST_TOKEN_BOUNDS,
    "backend",
    "model",
)
PER_TOKEN: Final = _histogram(
    "time_per_output_token_seconds",
    "Time for each token behind the first thing said in a stream that ended well.",
    PER_TOKEN_BOUNDS,
    "backend",
    "model",
)
SPANS_DROPPED: Final = _counter(
    "spans_dropped_total", "Spans that never got to the collector, or that it refused."
)
BACKEND_UP: Final = _gauge(
    "backend_up",
    "1: it answers; 0: it is down, as some worker has found. Absent while nothing is known.",
    "backend",
    merging=Merging.SMALLEST,
)
CPU: Final = _counter("process_cpu_seconds_total", "CPU time, user and system.")
RESIDENT: Final = _gauge("process_resident_memory_bytes", "Resident memory.")
OPEN_FILES: Final = _gauge("process_open_files", "Open files and sockets.")
THREADS: Final = _gauge("process_threads", "Threads.")
UPTIME: Final = _gauge(
    "process_uptime_seconds", "Since the oldest worker has started.", merging=Merging.LARGEST
)
START_TIME: Final = _gauge(
    "process_start_time_seconds",
    "When the server was started, in Unix time; workers that are replaced do not change it.",
    merging=Merging.SMALLEST,
)
LAG: Final = _histogram(
    "event_loop_lag_seconds", "How late the event loop was, asked once a second.", LAG_BOUNDS
)
DISK: Final = _counter("process_disk_bytes_total", "Read from and written to storage.", "direction")
NETWORK: Final = _counter(
    "process_network_bytes_total",
    "Through the network interfaces of the container or machine, but for the loopback.",
    "direction",
    merging=Merging.LARGEST,
)
COLLECTIONS: Final = _counter(
    "gc_collections_total", "Runs of Python's garbage collector.", "generation"
)

# What is served as JSON with rates needs these of every worker.
LATE_REQUESTS: Final = _lately("requests_last_minute", "Requests over in the last minute.")
LATE_ERRORS: Final = _lately("errors_last_minute", "Requests failed in the last minute.")
LATE_STREAMED: Final = _lately("streamed_last_minute", "Bytes streamed in the last minute.")
LATE_TOKENS: Final = _lately("tokens_last_minute", "Tokens of answers in the last minute.")

FAMILIES: Final[tuple[Family, ...]] = (
    *(REQUESTS, DURATION, ACTIVE, ERRORS, BYTES_IN, BYTES_OUT, SLOW),
    *(STREAMS, CANCELLED, STREAMS_ACTIVE, FIRST_BYTE, CHUNKS, STREAM_BYTES),
    *(UPSTREAM, UPSTREAM_DURATION, BACKEND_UP, TRANSLATION, ADDED),
    *(TOKENS, COST, FIRST_TOKEN, PER_TOKEN, SPANS_DROPPED),
    *(CPU, RESIDENT, OPEN_FILES, THREADS, UPTIME, START_TIME, LAG, DISK, NETWORK, COLLECTIONS),
    *(LATE_REQUESTS, LATE_ERRORS, LATE_STREAMED, LATE_TOKENS),
)
"""In the order in which they are told."""
