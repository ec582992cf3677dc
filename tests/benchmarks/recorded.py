"""A million recorded requests, and what they leave in memory: `make bench-recorded`.

Requests are told as the front door and the domain tell them, to the metrics, the log (which
writes to nowhere), the record of a request and what `/health` knows; nothing is served. Half of
them are hostile: every name that a client can make up is another one each time.
"""

from __future__ import annotations

import argparse
import gc
import os
import random
from contextvars import copy_context
from pathlib import Path
from time import process_time
from typing import Any

from loguru import logger
from msgspec import Struct

from adapters.memory.clock import SystemClock
from adapters.observability.exchange_record import Recorder
from adapters.observability.metrics.exchanges import ExchangeMetrics
from adapters.observability.metrics.exposition import expose
from adapters.observability.metrics.snapshot import merged
from adapters.observability.observers import Observers
from adapters.web.door import Reports, RequestRecord
from adapters.web.pulse import Pulse
from app.access_log import reports
from app.telemetry.listening import counted
from app.telemetry.metering import meter
from domain.signals import Signals
from ports.chat import Usage
from ports.errors import BackendFailed, BackendTimeout, GatewayError, ModelNotFound
from ports.observer import Exchange, Observer, Operation, Outcome

ROUTES = ("/api/chat", "/api/generate", "/v1/chat/completions", "/v1/messages", "/v1/responses", "")
LISTED = tuple(f"vendor/model-{number}" for number in range(300))
FAULTS: tuple[GatewayError | None, ...] = (
    *(None,) * 6,
    BackendTimeout("slow"),
    BackendFailed("broken"),
    ModelNotFound("canary"),
)


class Recorded(Struct, frozen=True, kw_only=True):
    """What a run has shown."""

    requests: int
    before: int
    """Bytes of resident memory once everything that may have a place had one."""
    after: int
    series: int
    microseconds: float
    """CPU for each request, with the request's making up."""
    text: str
    """What `/metrics` would say."""

    @property
    def grown(self) -> int:
        """Bytes that came to be resident."""
        return self.after - self.before


class _Server:
    """What a server tells of its requests, put together as it is there."""

    def __init__(self) -> None:
        clock = SystemClock()
        self.meter = meter(0.0)
        exchanges = ExchangeMetrics(self.meter.store, lambda _, model: model in LISTED)
        self.observer: Observer = Observers(Recorder(clock, exchanges), Signals(clock))
        self.reports: Reports = counted(reports("INFO"), Pulse(clock), self.meter.requests)

    def serve(self, number: int, chance: random.Random, *, hostile: bool) -> None:
        """Tell of one request, in a context of its own as each has."""
        copy_context().run(self._serve, number, chance, hostile=hostile)

    def _serve(self, number: int, chance: random.Random, *, hostile: bool) -> None:
        path = f"/{number}-canary" if hostile else "/api/chat"
        begin = self.reports.on_begin
        assert begin is not None
        ending = begin({"path": path})
        error = chance.choice(FAULTS)
        model = f"canary-{number}" if hostile else chance.choice(LISTED)
        streamed = chance.random() < 0.5
        seen = self.observer.begin(
            Exchange(
                operation=Operation.CHAT,
                asked=model * chance.choice((1, 20)),
                backend="cloud",
                kind="openrouter",
                model=model,
                streamed=streamed,
            )
        )
        if streamed:
            seen.began()
            seen.first()
        seen.end(_outcome(number, chance), error)
        record = _record(number, chance, path, error)
        self.reports.on_finish(record)
        ending(record)


def _outcome(number: int, chance: random.Random) -> Outcome:
    many = chance.randrange(2000)
    usage = Usage(prompt_tokens=many, completion_tokens=many, cached_tokens=1, cost=many / 1e6)
    return Outcome(usage=usage, model=f"answered-{number}", pieces=many)


def _record(
    number: int, chance: random.Random, path: str, error: GatewayError | None
) -> RequestRecord:
    return RequestRecord(
        request_id=f"req_{number}",
        trace_id="",
        client="",
        method=f"M{number}",
        path=path,
        route=chance.choice(ROUTES),
        status=chance.choice((0, 200, 200, 200, 404, 502)),
        duration_ns=chance.randrange(1, 10**11),
        first_byte_ns=chance.randrange(1, 10**9),
        bytes_received=number,
        bytes_sent=number,
        peer=f"2001:db8::{number:x}",
        cancelled=chance.random() < 0.1,
        error=error,
    )


def record(requests: int, *, seed: int = 1) -> Recorded:
    """Record so many requests."""
    server, chance = _Server(), random.Random(seed)
    logger.remove()
    logger.add(_nowhere, level="INFO", format="{message}")
    try:
        for number in range(20_000):  # until every listed model and every error has its place
            server.serve(number, chance, hostile=number % 2 == 0)
        gc.collect()
        before, began = resident(), process_time()
        for number in range(20_000, 20_000 + requests):
            server.serve(number, chance, hostile=number % 2 == 0)
        spent = process_time() - began
        gc.collect()
        after = resident()
    finally:
        logger.remove()
    return Recorded(
        requests=requests,
        before=before,
        after=after,
        series=len(list(server.meter.store.series())),
        microseconds=spent / requests * 1e6,
        text=expose(merged(server.meter.sources()), "")[0].decode(),
    )


def resident() -> int:
    """Return the bytes of memory that this process has resident."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _nowhere(_line: Any) -> None:
    """Write nothing."""


def main() -> None:
    """Record, and print what that has shown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=1_000_000)
    done = record(parser.parse_args().requests)
    print(f"{done.requests:,} requests, half of them hostile: {done.series:,} series")
    print(f"resident before: {done.before / 1e6:.1f} MB, after: {done.after / 1e6:.1f} MB")
    print(f"{done.microseconds:.1f} µs a request, the making up of it included")


if __name__ == "__main__":
    main()
