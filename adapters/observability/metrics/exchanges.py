"""Counting exchanges with backends: their ends, their times, their tokens and what they cost."""

from __future__ import annotations

from asyncio import CancelledError
from collections.abc import Callable

from msgspec import Struct

from adapters.observability.exchange_record import ExchangeListener, ExchangeRecord, Timed
from adapters.observability.metrics import families
from adapters.observability.metrics.families import OTHER, Family
from adapters.observability.metrics.store import Store
from ports.chat import Usage
from ports.errors import GatewayError
from ports.observer import Exchange, Outcome

MODELS = 1000
"""Models that have series of their own, in each process; those after them are `other`. Backends
say what they list, so even they could make more than there is room for."""

LONGEST = 200
"""Letters of a model's id that has series of its own."""

CANCELLED = "cancelled"
BUG = "internal"

_NS = 1e9

Lists = Callable[[str, str], bool]
"""Tells whether a backend, by its name, lists a model, by its id, or an alias leads to it."""


class _Model(Struct, kw_only=True):
    """Where the numbers of one model of one backend are; 0 where none was needed yet."""

    labels: tuple[str, str]
    errors: dict[str, int] = {}
    kinds: dict[str, int] = {}
    cost: int = 0
    first_token: int = 0
    per_token: int = 0


class ExchangeMetrics(ExchangeListener):
    """Counts what is told of exchanges."""

    def __init__(self, store: Store, lists: Lists) -> None:
        self._store = store
        self._numbers = store.numbers
        self._lists = lists
        self._models: dict[tuple[str, str], _Model] = {}
        self._durations: dict[str, int] = {}
        self._active: dict[str, int] = {}
        self.output_tokens = 0
        """So far, in this process."""

    def begun(self, exchange: Exchange, record: ExchangeRecord, /) -> None:
        """Count a stream in."""
        if exchange.streamed:
            self._numbers[self._streams(record.dialect)] += 1

    def ended(
        self,
        exchange: Exchange,
        record: ExchangeRecord,
        outcome: Outcome,
        error: BaseException | None,
        times: Timed,
        /,
    ) -> None:
        """Count one that is over."""
        if exchange.streamed:
            self._numbers[self._streams(record.dialect)] -= 1
        backend = exchange.backend
        error = error or outcome.error
        model = self._models.get((backend, exchange.model)) or self._new_model(exchange)
        self._count(model.errors, families.UPSTREAM, model, _code_of(error))
        duration = self._durations.get(backend) or self._new_duration(backend)
        took = (times.ended_ns - times.begun_ns) / _NS
        self._store.observe(families.UPSTREAM_DURATION, duration, took)
        self._add(model, outcome.usage)
        if exchange.streamed and times.first_ns and error is None:
            self._time_tokens(model, outcome.usage, times)

    def _add(self, model: _Model, usage: Usage) -> None:
        """Count tokens and dollars, as far as the backend has told."""
        for kind, tokens in (
            ("input", usage.prompt_tokens),
            ("output", usage.completion_tokens),
            ("cached", usage.cached_tokens),
            ("cache_write", usage.cache_write_tokens),
            ("reasoning", usage.reasoning_tokens),
        ):
            if tokens is not None and tokens >= 0:
                self._count(model.kinds, families.TOKENS, model, kind, tokens)
        if usage.completion_tokens is not None:
            self.output_tokens += max(usage.completion_tokens, 0)
        # A counter never falls, whatever a backend says.
        if usage.cost is not None and 0 <= usage.cost < float("inf"):
            model.cost = model.cost or self._store.place(families.COST, *model.labels)
            self._numbers[model.cost] += usage.cost

    def _time_tokens(self, model: _Model, usage: Usage, times: Timed) -> None:
        if not model.first_token:
            model.first_token = self._store.place(families.FIRST_TOKEN, *model.labels)
        first = (times.first_ns - times.begun_ns) / _NS
        self._store.observe(families.FIRST_TOKEN, model.first_token, first)
        further = (usage.completion_tokens or 0) - 1
        if further > 0:
            if not model.per_token:
                model.per_token = self._store.place(families.PER_TOKEN, *model.labels)
            each = (times.ended_ns - times.first_ns) / _NS / further
            self._store.observe(families.PER_TOKEN, model.per_token, each)

    def _count(
        self, places: dict[str, int], family: Family, model: _Model, label: str, by: int = 1
    ) -> None:
        place = places.get(label)
        if place is None:
            place = places[label] = self._store.place(family, *model.labels, label)
        self._numbers[place] += by

    def _new_model(self, exchange: Exchange) -> _Model:
        """Return the places of a model that has some, else those of all others of its backend."""
        backend, model = exchange.backend, exchange.model
        is_known = (
            0 < len(model) <= LONGEST and len(self._models) < MODELS and self._lists(backend, model)
        )
        key = (backend, model if is_known else OTHER)
        found = self._models.get(key)
        if found is None:
            found = self._models[key] = _Model(labels=key)
        return found

    def _new_duration(self, backend: str) -> int:
        place = self._store.place(families.UPSTREAM_DURATION, backend)
        self._durations[backend] = place
        return place

    def _streams(self, dialect: str) -> int:
        place = self._active.get(dialect)
        if place is None:
            place = self._active[dialect] = self._store.place(families.STREAMS_ACTIVE, dialect)
        return place


def _code_of(error: BaseException | None) -> str:
    if error is None:
        return ""
    if isinstance(error, GatewayError):
        return error.code
    return CANCELLED if isinstance(error, CancelledError | GeneratorExit) else BUG
