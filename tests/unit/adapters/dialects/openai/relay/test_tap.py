"""What an answer told is read beside its way, and never stands in it."""

from __future__ import annotations

import pytest

from adapters.dialects.openai.relay.events import RelayedChatEvents
from adapters.dialects.openai.relay.tap import outcome_of
from ports.chat import FinishReason, Usage
from ports.errors import BackendError
from ports.observer import Outcome
from tests.upstream.answers import chat_events, error_event

USAGE = Usage(prompt_tokens=12, completion_tokens=3)


def test_a_whole_answer_tells_its_tokens_model_and_reason() -> None:
    answer = (
        b'{"model":"m-2","choices":[{"message":{},"finish_reason":"length"}],'
        b'"usage":{"prompt_tokens":12,"completion_tokens":3}}'
    )

    assert outcome_of(answer) == Outcome(usage=USAGE, reason=FinishReason.LENGTH, model="m-2")


@pytest.mark.parametrize("counts", [True, False])
@pytest.mark.parametrize("size", [7, 100_000])
def test_a_stream_tells_the_same_whether_the_client_wants_it_or_not(
    counts: bool, size: int
) -> None:
    stream = b"".join(chat_events(["Hel", "lo"]))
    events = RelayedChatEvents(asked="mine", counts=counts)
    for at in range(0, len(stream), size):
        events.feed(stream[at : at + size])

    told = events.outcome()

    assert (told.usage, told.reason, told.model) == (USAGE, FinishReason.STOP, "m")
    assert told.pieces == -(-len(stream) // size)
    assert told.error is None


def test_a_stream_that_breaks_tells_why() -> None:
    events = RelayedChatEvents(asked="m", counts=True)
    for event in (*chat_events(["Hi"])[:2], error_event("no")):
        events.feed(event)

    told = events.outcome()

    assert isinstance(told.error, BackendError)
    assert told.usage == Usage()


@pytest.mark.parametrize("answer", [b"", b"<html>", b"[]", b'{"usage":7}', b"[" * 100_000])
def test_what_cannot_be_read_was_not_said(answer: bytes) -> None:
    assert outcome_of(answer) == Outcome()
