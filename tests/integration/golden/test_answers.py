"""The comparison of answers below `/v1` lets nothing pass but what it says it does."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.integration.golden.answers import FINER
from tests.integration.golden.comparison import differences
from tests.integration.golden.events import parsed, pieces
from tests.integration.golden.recordings import (
    ANTHROPIC,
    OPENAI,
    RESPONSES,
    Recorded,
    recordings,
)
from tests.integration.golden.wire import Answer

pytestmark = pytest.mark.parametrize("file", [OPENAI, RESPONSES, ANTHROPIC])


def answer(recorded: Recorded, text: str) -> Answer:
    """Answer with the recorded head, and any text."""
    headers = recorded.response["headers"].items()
    return Answer(
        status=recorded.response["status"],
        headers=tuple((name.lower(), value) for name, value in headers),
        framing="chunked" if "events" in recorded.response else "content-length",
        chunks=(text.encode(),),
    )


def text_of(recorded: Recorded) -> str:
    """Return the recorded text without the line ends that are not to be copied."""
    return recorded.raw.decode().replace("\u0085", r"\u0085")


def coarse(recorded: Recorded) -> bool:
    """Tell whether an error has a type for which OpenAI has a finer one."""
    return any(f'"type":"{kind}","param"' in text_of(recorded) for kind in FINER)


def streams(file: str) -> Iterator[tuple[Recorded, list[str]]]:
    """Give each recorded stream with its events."""
    for recorded in recordings(file).values():
        if "events" in recorded.response:
            yield recorded, [f"{event}\n\n" for event in text_of(recorded).split("\n\n")[:-1]]


def says_nothing(event: str) -> bool:
    """Tell whether an event only has an empty piece, which may come or not."""
    return [piece for piece, *_ in pieces(parsed(event)[0])] == [""]


def test_a_recorded_answer_is_what_was_recorded(file: str) -> None:
    other = [
        recorded.name
        for recorded in recordings(file).values()
        if bool(differences(recorded, answer(recorded, text_of(recorded)))) != coarse(recorded)
    ]

    assert other == []


def test_no_event_may_be_missing(file: str) -> None:
    for recorded, events in streams(file):
        for at, event in enumerate(events):
            told = answer(recorded, "".join([*events[:at], *events[at + 1 :]]))
            assert says_nothing(event) or differences(recorded, told), (recorded.name, event)


def test_no_event_may_come_twice(file: str) -> None:
    for recorded, events in streams(file):
        last = next(event for event in reversed(events) if not says_nothing(event))
        assert differences(recorded, answer(recorded, "".join([*events, last]))), recorded.name


def test_the_order_of_events_matters(file: str) -> None:
    for recorded, events in streams(file):
        told = "".join(reversed(events))
        assert differences(recorded, answer(recorded, told)), recorded.name


def test_no_member_may_be_missing_or_come_at_another_place(file: str) -> None:
    for recorded in recordings(file).values():
        body = recorded.response.get("body", {})
        less = [{key: body[key] for key in body if key != left_out} for left_out in body]
        turned = [dict(reversed(body.items()))] if len(body) > 1 else []
        for told in (*less, *turned):
            assert differences(recorded, answer(recorded, json.dumps(told))), recorded.name
