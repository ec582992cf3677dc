"""When the first token is told: with the first thing that the model says, relayed or translated."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

import pytest
from dishka import Provider, Scope, provide
from msgspec import Struct

from adapters.memory.clock import SystemClock
from ports.clock import Clock
from ports.observer import Observer
from tests.fakes.observer import FakeObserver
from tests.integration.kinds import TRANSLATED
from tests.integration.served import Served, backend, serving
from tests.integration.test_metrics import metrics
from tests.upstream.answers import SSE, Call, chat_events
from tests.upstream.ollama_answers import NDJSON, chat_end, chat_line, line
from tests.upstream.script import Pause, Reply, Send, Step, Taken
from tests.upstream.server import Upstream
from tests.waiting import until

COMMENT = b": OPENROUTER PROCESSING\n\n"
BODY = {"model": "m", "max_tokens": 9, "stream": True}
CHAT = BODY | {"messages": [{"role": "user", "content": "hi"}]}
INPUT = BODY | {"input": "hi"}
NATIVE = 'native = ["responses", "anthropic"]'
WAITED = 3600.0
"""Seconds, by a clock that nobody waits for."""

ROLE, *SPOKEN = chat_events(["Hi"])
CALLED = chat_events(tool_calls=[Call(name="look", arguments=("{}",))])[1:]


def event(kind: str, members: str) -> bytes:
    return f'event: {kind}\ndata: {{"type":"{kind}",{members}}}\n\n'.encode()


class Case(Struct, frozen=True):
    """A stream that says nothing at first, and then something."""

    silent: Sequence[bytes]
    spoken: Sequence[bytes]
    path: str = "/v1/chat/completions"
    settings: str = ""
    native: bool = False
    """Whether the upstream is an Ollama server."""
    begins: bool = False
    """Whether the client gets what says nothing before the rest is here."""

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        return NDJSON if self.native else SSE

    def server(self, upstream: Upstream) -> str:
        if self.native:
            return f'[[backends]]\nname = "up"\nkind = "ollama"\nbase_url = "{upstream.url}"\n'
        return backend(upstream.base_url, 'static_models = ["m"]', self.settings)


CASES = {
    "a comment": Case([COMMENT], [ROLE, *SPOKEN]),
    "a comment, translated": Case([COMMENT], [ROLE, *SPOKEN], settings=TRANSLATED),
    "a role": Case([COMMENT, ROLE], SPOKEN, begins=True),
    "a role, translated": Case([COMMENT, ROLE], SPOKEN, settings=TRANSLATED),
    "a role before a call": Case([ROLE], CALLED, begins=True),
    "an empty line": Case(
        [line(chat_line())],
        [line(chat_line("Hi")), line(chat_end())],
        path="/api/chat",
        native=True,
        begins=True,
    ),
    "an empty response": Case(
        [
            event("response.created", '"response":{"model":"m","output":[]}'),
            event("response.output_item.added", '"item":{"type":"message","content":[]}'),
        ],
        [
            event("response.output_text.delta", '"delta":"Hi"'),
            event("response.completed", '"response":{"model":"m","output":[]}'),
        ],
        path="/v1/responses",
        settings=NATIVE,
        begins=True,
    ),
    "an empty message": Case(
        [
            event("message_start", '"message":{"model":"m","content":[]}'),
            event("content_block_start", '"index":0,"content_block":{"type":"text","text":""}'),
            event("ping", '"odd":1'),
        ],
        [
            event("content_block_delta", '"index":0,"delta":{"type":"text_delta","text":"Hi"}'),
            event("message_delta", '"delta":{"stop_reason":"end_turn"}'),
            event("message_stop", '"odd":1'),
        ],
        path="/v1/messages",
        settings=NATIVE,
        begins=True,
    ),
}

each = pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))


class Halfway:
    """An answer that waits for the test behind its silent beginning."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._arrived, self._go = asyncio.Event(), asyncio.Event()
        self.reply = Reply(headers=case.headers, steps=self._steps())

    def _steps(self) -> Iterator[Step]:
        for piece in self._case.silent:
            yield Send(piece)
            yield Taken()
        self._arrived.set()
        yield Pause(self._go)
        yield from map(Send, self._case.spoken)

    async def asked(self, served: Served, upstream: Upstream) -> asyncio.Task[object]:
        """Ask for it, and wait until all of it that says nothing was read."""
        upstream.always(Reply(body=b'{"models":[{"name":"m","model":"m"}]}'))
        await served.client.get("/api/tags")
        upstream.always(self.reply)
        body = INPUT if self._case.path == "/v1/responses" else CHAT
        asking = asyncio.create_task(served.client.post(self._case.path, json=body))
        await self._arrived.wait()
        for _ in range(100):  # time for what was read to go its way
            await asyncio.sleep(0)
        return asking

    def go_on(self) -> None:
        self._go.set()


class Late(SystemClock):
    """A clock that a test sets forward."""

    def __init__(self) -> None:
        self.skew_ns = 0

    def monotonic_ns(self) -> int:  # type: ignore[override]  # the system's own function
        return SystemClock.monotonic_ns() + self.skew_ns


class Watching(Provider):
    scope = Scope.APP

    def __init__(self) -> None:
        super().__init__()
        self.seen = FakeObserver()

    @provide(override=True)
    def observer(self) -> Observer:
        return self.seen


class Timing(Provider):
    scope = Scope.APP

    def __init__(self) -> None:
        super().__init__()
        self.late = Late()

    @provide(override=True)
    def clock(self) -> Clock:
        return self.late


@each
async def test_an_observer_is_told_of_it_once_the_model_has_said_something(
    upstream: Upstream, case: Case
) -> None:
    answer, watching = Halfway(case), Watching()
    async with serving(case.server(upstream), watching) as served:
        asking = await answer.asked(served, upstream)
        assert watching.seen.only.told == (["began"] if case.begins else [])
        answer.go_on()
        await until(lambda: "first" in watching.seen.only.told)
        await asking

    assert watching.seen.only.told == ["began", "first", "end"]
    assert watching.seen.only.error is None


@each
async def test_metrics_count_the_time_up_to_it(upstream: Upstream, case: Case) -> None:
    answer, timing = Halfway(case), Timing()
    async with serving(case.server(upstream), timing) as served:
        asking = await answer.asked(served, upstream)
        timing.late.skew_ns = round(WAITED * 1e9)
        answer.go_on()
        await asking
        it = await metrics(served)

    def total(name: str) -> float:
        return sum(value for (told, _), value in it.items() if told == f"llamaport_{name}")

    assert total("time_to_first_token_seconds_count") == 1
    assert total("time_to_first_token_seconds_sum") > WAITED
