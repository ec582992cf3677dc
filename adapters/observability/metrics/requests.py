"""Counting HTTP requests: once each, when they are over, from what was written down of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from msgspec import Struct

from adapters.observability.exchange_record import CURRENT, ExchangeRecord, begin_record
from adapters.observability.metrics import families
from adapters.observability.metrics.families import OTHER
from adapters.observability.metrics.store import Store
from ports.errors import GatewayError

SLOW_SECONDS = 10.0
"""What a client waits for the first byte before the request counts as slow."""

REFUSED = "refused"
"""The code of what the front door refuses in no dialect's words: a foreign Host or Origin."""

_CLASSES = ("none", "none", "2xx", "3xx", "4xx", "5xx")
"""By the first digit of a status; 0 is none at all."""

_NS = 1e9


class Finished(Protocol):
    """What is read of the door's record of a request."""

    @property
    def route(self) -> str:
        """The template of its path; empty where there is none."""

    @property
    def status(self) -> int:
        """0 if no answer was begun."""

    @property
    def duration_ns(self) -> int:
        """From its beginning to its end."""

    @property
    def first_byte_ns(self) -> int:
        """From its beginning to the first byte of the answer; 0 if there was none."""

    @property
    def body_wait_ns(self) -> int:
        """How long its body was waited for."""

    @property
    def body_whole_ns(self) -> int:
        """From its beginning to the end of its body; 0 if nobody asked for that."""

    @property
    def bytes_received(self) -> int:
        """Of its body."""

    @property
    def bytes_sent(self) -> int:
        """Of the answer's body."""

    @property
    def cancelled(self) -> bool:
        """Whether the client hung up."""

    @property
    def error(self) -> GatewayError | None:
        """What went wrong."""

    @property
    def refused(self) -> bool:
        """Whether it was turned away without an error."""

    @property
    def failed(self) -> bool:
        """Whether we or a backend failed it."""


class _Dialect(Struct, frozen=True, kw_only=True, gc=False):
    """Where the numbers of one dialect are."""

    name: str
    active: int
    first_byte: int
    chunks: int
    stream_bytes: int
    translation: int
    added: int


class _Route(Struct, frozen=True, kw_only=True, gc=False):
    """Where the numbers of one route are."""

    statuses: tuple[int, ...]
    duration: int
    bytes_in: int
    bytes_out: int
    slow: int
    dialect: _Dialect


class RequestMetrics:
    """Counts what the front door tells. `dialect_of` names the dialect of a path."""

    def __init__(self, store: Store, dialect_of: Callable[[str], str]) -> None:
        self._store = store
        self._numbers = store.numbers
        self._dialect_of = dialect_of
        self._routes: dict[str, _Route] = {}
        self._dialects: dict[str, _Dialect] = {}
        self._errors: dict[tuple[str, str], int] = {}
        self._streams: dict[tuple[str, str], tuple[int, int]] = {}
        self.requests = 0
        """Over so far, in this process."""
        self.failures = 0
        """Of them those that we or a backend failed."""
        self.streamed_bytes = 0

    def begin(self, path: str) -> None:
        """Note one that has begun, in the task that serves it; the record of it is begun too."""
        record = begin_record()
        record.dialect = name = self._dialect_of(path)
        self._numbers[self._dialect(name).active] += 1

    def finish(self, request: Finished) -> None:
        """Count one that is over, in the same task."""
        # Once per request: places are looked up once, numbers changed where they are.
        numbers = self._numbers
        route = self._routes.get(request.route) or self._new_route(request.route)
        record = CURRENT.get() or ExchangeRecord(dialect=route.dialect.name)
        numbers[self._dialect(record.dialect).active] -= 1
        numbers[route.statuses[request.status // 100]] += 1
        numbers[route.bytes_in] += request.bytes_received
        numbers[route.bytes_out] += request.bytes_sent
        self._store.observe(families.DURATION, route.duration, request.duration_ns / _NS)
        waited = (request.first_byte_ns or request.duration_ns) - request.body_wait_ns
        if waited > SLOW_SECONDS * _NS:
            numbers[route.slow] += 1
        self.requests += 1
        self.failures += request.failed
        if request.error is not None or request.refused:
            self._count_error(request, route.dialect.name)
        if record.backend:
            self._count_asked(request, record, route.dialect)

    def _count_asked(self, request: Finished, record: ExchangeRecord, dialect: _Dialect) -> None:
        """Count one for which a backend was asked."""
        if request.first_byte_ns:
            self._observe_own(request, record, dialect)
        if not record.streamed:
            return
        numbers = self._numbers
        total, cancelled = self._streams_of(dialect.name, record.backend)
        numbers[total] += 1
        if request.cancelled:
            numbers[cancelled] += 1
        numbers[dialect.chunks] += record.pieces
        numbers[dialect.stream_bytes] += request.bytes_sent
        self.streamed_bytes += request.bytes_sent
        if request.first_byte_ns:
            first = request.first_byte_ns / _NS
            self._store.observe(families.FIRST_BYTE, dialect.first_byte, first)

    def _observe_own(self, request: Finished, record: ExchangeRecord, dialect: _Dialect) -> None:
        """Note what was our own time up to the first byte.

        There is none to tell where that byte was a sign of life while the backend was waited for,
        or where the body was passed on while it came.
        """
        until_first = request.first_byte_ns - record.waited_ns
        if (own := until_first - request.body_wait_ns) > 0:
            self._store.observe(families.ADDED, dialect.added, own / _NS)
            if not record.relayed and (translating := until_first - request.body_whole_ns) > 0:
                self._store.observe(families.TRANSLATION, dialect.translation, translating / _NS)

    def _count_error(self, request: Finished, dialect: str) -> None:
        code = REFUSED if request.error is None else request.error.code
        place = self._errors.get((dialect, code))
        if place is None:
            place = self._store.place(families.ERRORS, dialect, code)
            self._errors[dialect, code] = place
        self._numbers[place] += 1

    def _streams_of(self, dialect: str, backend: str) -> tuple[int, int]:
        places = self._streams.get((dialect, backend))
        if places is None:
            places = self._streams[dialect, backend] = (
                self._store.place(families.STREAMS, dialect, backend),
                self._store.place(families.CANCELLED, dialect, backend),
            )
        return places

    def _new_route(self, template: str) -> _Route:
        """Find the places of a route; there are as many as the server has routes."""
        label = template or OTHER
        dialect = self._dialect(self._dialect_of(template))
        place, name = self._store.place, dialect.name
        route = self._routes[template] = _Route(
            statuses=tuple(place(families.REQUESTS, label, name, it) for it in _CLASSES),
            duration=place(families.DURATION, label, name),
            bytes_in=place(families.BYTES_IN, label, name),
            bytes_out=place(families.BYTES_OUT, label, name),
            slow=place(families.SLOW, label),
            dialect=dialect,
        )
        return route

    def _dialect(self, name: str) -> _Dialect:
        found = self._dialects.get(name)
        if found is None:
            place = self._store.place
            found = self._dialects[name] = _Dialect(
                name=name,
                active=place(families.ACTIVE, name),
                first_byte=place(families.FIRST_BYTE, name),
                chunks=place(families.CHUNKS, name),
                stream_bytes=place(families.STREAM_BYTES, name),
                translation=place(families.TRANSLATION, name),
                added=place(families.ADDED, name),
            )
        return found
