"""How well this process can serve, without asking anybody for an answer to find out.

A backend is *down* after `FAILURES` failed exchanges in a row, for as long as the last one is
younger than `FRESH_SECONDS`; and while it has no list of models, not even an old one, because
asking for it failed, unless an exchange went well within `FRESH_SECONDS`. Where the settings stand
in for its list, only not being reached counts as that: such servers may have no list. It is *up*
if it has told a list or its last exchange went well, and *unknown* if nothing was heard of it. Time
alone ends being down, because nobody who is called down is asked.

The process is *healthy* while no backend is down, *unhealthy* while all are, else *degraded*.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum

from msgspec import Struct

from domain.routing import Router
from domain.signals import Signal, Signals
from ports.catalog import Known
from ports.clock import Clock
from ports.errors import BackendTimeout, BackendUnavailable

FAILURES = 3
FRESH_SECONDS = 60.0

_NS = 1_000_000_000


class State(StrEnum):
    """Of one backend."""

    UP = "up"
    DOWN = "down"
    UNKNOWN = "unknown"


class Condition(StrEnum):
    """Of the whole."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    UNHEALTHY = "unhealthy"


class BackendHealth(Struct, frozen=True, kw_only=True):
    """One backend. Errors are told by their codes, which hold no secrets."""

    name: str
    kind: str
    state: State
    error: str = ""
    """Of the last exchange that ended with one, however long ago."""
    error_age: float = 0.0
    """Seconds since then."""
    list_error: str = ""
    """Why its list of models cannot be had now; empty if it can."""


class Report(Struct, frozen=True, kw_only=True):
    """How it is at one moment."""

    condition: Condition
    models: int
    """Names that clients can see."""
    backends: tuple[BackendHealth, ...]


class Health:
    """Tells how it is. Waits for nobody; lists that are due are renewed meanwhile."""

    def __init__(self, router: Router, signals: Signals, clock: Clock) -> None:
        self._router = router
        self._signals = signals
        self._clock = clock

    def report(self) -> Report:
        """Look at what is known."""
        models = len(self._router.known().targets)
        now = self._clock.monotonic_ns()
        backends = tuple(
            _health_of(it.name, it.kind, it.catalog.known(), self._signals.of(it.name), now)
            for it in self._router.backends
        )
        condition = condition_of([it.state for it in backends])
        return Report(condition=condition, models=models, backends=backends)

    def states(self) -> Mapping[str, State]:
        """Tell the state of each backend by what was known when somebody last looked.

        Renews nothing, so that it can be asked for ever on a server that nobody uses.
        """
        now = self._clock.monotonic_ns()
        return {
            name: state_of(self._signals.of(name), known, now)
            for name, known in self._router.last_known().items()
        }


def state_of(signal: Signal, known: Known, now_ns: int) -> State:
    """Apply the rules to one backend."""
    if signal.failures >= FAILURES and _is_fresh(signal.failed_ns, now_ns):
        return State.DOWN
    if _is_silent(known) and not _is_fresh(signal.succeeded_ns, now_ns):
        return State.DOWN
    works = signal.succeeded_ns is not None and not signal.failures
    has_told = known.models is not None and known.unheard is None
    return State.UP if works or has_told else State.UNKNOWN


def condition_of(states: Collection[State]) -> Condition:
    """Apply the rules to all of them."""
    down = sum(state is State.DOWN for state in states)
    if not down:
        return Condition.HEALTHY
    return Condition.UNHEALTHY if down == len(states) else Condition.DEGRADED


def _is_silent(known: Known) -> bool:
    unreachable = isinstance(known.unheard, BackendUnavailable | BackendTimeout)
    return known.error is not None or unreachable


def _health_of(name: str, kind: str, known: Known, signal: Signal, now_ns: int) -> BackendHealth:
    since = now_ns if signal.error_ns is None else signal.error_ns
    unlisted = known.error or known.unheard
    return BackendHealth(
        name=name,
        kind=kind,
        state=state_of(signal, known, now_ns),
        error=signal.error,
        error_age=(now_ns - since) / _NS,
        list_error="" if unlisted is None else unlisted.code,
    )


def _is_fresh(then_ns: int | None, now_ns: int) -> bool:
    return then_ns is not None and now_ns - then_ns < FRESH_SECONDS * _NS
