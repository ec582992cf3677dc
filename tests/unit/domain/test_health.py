from __future__ import annotations

import asyncio

import pytest
from msgspec.structs import replace

from domain.health import FRESH_SECONDS, Condition, Health, State, condition_of, state_of
from domain.routing import Router
from domain.signals import Signal, Signals
from ports.catalog import Known
from ports.errors import (
    NO_ROUTE,
    BackendAuthFailed,
    BackendError,
    BackendOverloaded,
    BackendProtocolError,
    BackendRejected,
    BackendTimeout,
    BackendUnavailable,
    InvalidRequest,
)
from ports.models import ModelInfo
from ports.observer import Exchange, Operation, Outcome
from tests.fakes.backend import backend
from tests.fakes.clock import FakeClock

EXCHANGE = Exchange(operation=Operation.CHAT, asked="m", backend="up", kind="fake", model="m")
TIMEOUT = BackendTimeout("slow")
LISTED = Known(models=(ModelInfo(id="m"),), settled=True)
NOTHING = Known()
STATIC = (ModelInfo(id="s"),)
UNREACHED = Known(models=STATIC, unheard=BackendUnavailable("gone"), settled=True)
WITHOUT_LIST = Known(models=STATIC, unheard=BackendRejected("no route", status=404), settled=True)
UNLISTED = Known(error=BackendUnavailable("gone"), settled=True)


class Story:
    """Exchanges with one backend, and time."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.signals = Signals(self.clock)

    def ends(self, *errors: BaseException | None) -> Story:
        for error in errors:
            self.signals.begin(EXCHANGE).end(Outcome(), error)
        return self

    def passes(self, seconds: float) -> Story:
        self.clock.advance(seconds)
        return self

    @property
    def signal(self) -> Signal:
        return self.signals.of("up")

    def state(self, known: Known) -> State:
        return state_of(self.signal, known, self.clock.monotonic_ns())


STORIES = [
    ("nothing was heard", Story(), NOTHING, State.UNKNOWN),
    ("it lists its models", Story(), LISTED, State.UP),
    ("it does not list them", Story(), UNLISTED, State.DOWN),
    ("it answers, and lists nothing", Story().ends(None), UNLISTED, State.UP),
    (
        "it answered long ago, and lists nothing",
        Story().ends(None).passes(FRESH_SECONDS),
        UNLISTED,
        State.DOWN,
    ),
    ("it answers, and was never asked for a list", Story().ends(None), NOTHING, State.UP),
    ("it is not reached, and the settings list its models", Story(), UNREACHED, State.DOWN),
    ("it answers, and was not reached for a list", Story().ends(None), UNREACHED, State.UP),
    ("it has no list, and the settings have one", Story(), WITHOUT_LIST, State.UNKNOWN),
    ("it answers, and the settings have its list", Story().ends(None), WITHOUT_LIST, State.UP),
    ("it failed once, and has no list", Story().ends(TIMEOUT), WITHOUT_LIST, State.UNKNOWN),
    ("it failed twice", Story().ends(TIMEOUT, TIMEOUT), LISTED, State.UP),
    ("it failed once, and nothing else is known", Story().ends(TIMEOUT), NOTHING, State.UNKNOWN),
    ("it failed three times", Story().ends(TIMEOUT, TIMEOUT, TIMEOUT), LISTED, State.DOWN),
    (
        "it failed three times, but not in a row",
        Story().ends(TIMEOUT, TIMEOUT, None, TIMEOUT),
        LISTED,
        State.UP,
    ),
    (
        "it failed three times a minute ago",
        Story().ends(TIMEOUT, TIMEOUT, TIMEOUT).passes(FRESH_SECONDS),
        LISTED,
        State.UP,
    ),
    (
        "it refuses the key",
        Story().ends(*(3 * [BackendAuthFailed("no")])),
        LISTED,
        State.DOWN,
    ),
    ("it is busy", Story().ends(*(9 * [BackendOverloaded("busy")])), LISTED, State.UP),
    (
        "it refuses requests",
        Story().ends(*(9 * [BackendRejected("bad", status=400)])),
        LISTED,
        State.UP,
    ),
    (
        "clients hang up, and we make mistakes",
        Story().ends(*(3 * [asyncio.CancelledError()]), *(3 * [ValueError("bug")])),
        LISTED,
        State.UP,
    ),
]


@pytest.mark.parametrize(
    ("story", "known", "state"), [pytest.param(*row[1:], id=row[0]) for row in STORIES]
)
def test_the_state_of_a_backend(story: Story, known: Known, state: State) -> None:
    assert story.state(known) is state


@pytest.mark.parametrize(
    ("states", "condition"),
    [
        ([State.UP], Condition.HEALTHY),
        ([State.UP, State.UNKNOWN], Condition.HEALTHY),
        ([State.UP, State.DOWN], Condition.DEGRADED),
        ([State.UNKNOWN, State.DOWN], Condition.DEGRADED),
        ([State.DOWN, State.DOWN], Condition.UNHEALTHY),
    ],
)
def test_the_condition_of_the_whole(states: list[State], condition: Condition) -> None:
    assert condition_of(states) is condition


def test_a_fault_in_the_middle_of_an_answer_is_a_failure() -> None:
    story = Story()
    story.signals.begin(EXCHANGE).end(Outcome(error=TIMEOUT))

    assert (story.signal.failures, story.signal.error) == (1, "backend_timeout")


@pytest.mark.parametrize(("operation", "failures"), [(Operation.OTHER, 0), (Operation.CHAT, 1)])
def test_only_a_server_without_chats_is_one_that_fails(operation: Operation, failures: int) -> None:
    story = Story()
    missing = BackendProtocolError("no such route", upstream_code=NO_ROUTE)

    story.signals.begin(replace(EXCHANGE, operation=operation)).end(Outcome(), missing)

    assert (story.signal.failures, story.signal.succeeded_ns) == (failures, None)


@pytest.mark.parametrize(
    ("error", "code"),
    [(TIMEOUT, "backend_timeout"), (BackendOverloaded("x"), BackendOverloaded.code)],
)
def test_the_last_error_of_a_backend_is_kept(error: BackendError, code: str) -> None:
    story = Story().ends(error, None, InvalidRequest("not its fault"))

    assert story.signal.error == code


async def test_a_report_tells_each_backend_and_waits_for_none() -> None:
    good, silent = backend("good", "a", "b"), backend("silent")
    silent.catalog.error = BackendUnavailable("gone")  # type: ignore[attr-defined]  # the fake's
    story = Story()
    router = Router((good, silent))
    await router.index()
    failed = Exchange(operation=Operation.CHAT, asked="a", backend="good", kind="fake", model="a")
    story.signals.begin(failed).end(Outcome(), TIMEOUT)
    story.passes(5)

    report = Health(router, story.signals, story.clock).report()

    assert (report.condition, report.models) == (Condition.DEGRADED, 2)
    assert [(it.name, it.state) for it in report.backends] == [
        ("good", State.UP),
        ("silent", State.DOWN),
    ]
    assert (report.backends[0].error, report.backends[0].error_age) == ("backend_timeout", 5)
    assert report.backends[1].list_error == "backend_unavailable"


async def test_the_states_can_be_asked_for_ever_without_anybody_being_asked_for_models() -> None:
    good, silent = backend("good", "a"), backend("silent")
    silent.catalog.error = BackendUnavailable("gone")  # type: ignore[attr-defined]  # the fake's
    story = Story()
    router = Router((good, silent))
    health = Health(router, story.signals, story.clock)
    before = health.states()
    await router.index()

    assert before == {"good": State.UNKNOWN, "silent": State.UNKNOWN}
    assert health.states() == {"good": State.UP, "silent": State.DOWN}
    good.catalog.error = BackendUnavailable("gone")  # type: ignore[attr-defined]  # the fake's
    assert health.states()["good"] is State.UP
