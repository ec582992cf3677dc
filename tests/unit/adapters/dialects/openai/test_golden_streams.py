"""Streams that stood behind a real server are read the same, however they are cut."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from adapters.dialects.openai.errors import decode_error
from ports.chat import ToolCallChunk
from ports.errors import BackendError, BackendFailed, BackendOverloaded, BackendRejected
from tests.unit.adapters.dialects.chunks import text, thinking
from tests.unit.adapters.dialects.openai.streams import outcome, reads_of

RECORDED = Path(__file__).parents[4] / "golden" / "runner.jsonl"
LONG = 3000
STRIDE = 97


def answers() -> list[dict[str, Any]]:
    """The answers to chats, each once, with the name of the exchange it was first seen in."""
    with RECORDED.open(encoding="utf-8") as lines:
        exchanges = [json.loads(line) for line in lines]
    chats = [e for e in exchanges if e["request"]["path"] == "/v1/chat/completions"]
    return list({json.dumps(e["response"]): e for e in reversed(chats)}.values())


def streams() -> list[Any]:
    found = [e for e in answers() if "raw" in e["response"]]
    return [pytest.param(e["response"], id=e["exchange"]) for e in found]


def deltas(response: dict[str, Any]) -> list[dict[str, Any]]:
    events = [event for event in response["events"] if isinstance(event, dict)]
    return [choice["delta"] for event in events for choice in event.get("choices", ())]


@pytest.mark.parametrize("response", streams())
def test_a_stream_is_read_the_same_however_it_is_cut(response: dict[str, Any]) -> None:
    raw = response["raw"].encode()
    whole = outcome([raw])

    assert outcome(reads_of(raw, 1)) == whole
    for cut in range(1, len(raw), 1 if len(raw) < LONG else STRIDE):
        assert outcome([raw[:cut], raw[cut:]]) == whole, f"cut at {cut}"


@pytest.mark.parametrize("response", streams())
def test_a_stream_says_what_was_recorded(response: dict[str, Any]) -> None:
    chunks, error = outcome([response["raw"].encode()])

    assert text(chunks) == "".join(d.get("content") or "" for d in deltas(response))
    assert thinking(chunks) == "".join(d.get("reasoning_content") or "" for d in deltas(response))
    if not error:
        assert [c.call.name for c in chunks if isinstance(c, ToolCallChunk)] == named(response)


def named(response: dict[str, Any]) -> list[str]:
    fragments = [call for delta in deltas(response) for call in delta.get("tool_calls", ())]
    return [f["function"]["name"] for f in fragments if "name" in f["function"]]


ENDINGS = {
    "chat: a tool call with broken arguments, streaming": (
        "BackendProtocolError: the upstream sent broken arguments for the tool 'get_weather'"
    ),
    "chat: runner error inside its stream after a token, streaming": (
        "BackendFailed: Compute error."
    ),
    "chat: runner connection breaks after a token, streaming": (
        "BackendProtocolError: the answer ended before it was complete"
    ),
    "chat: one tool call, streaming": "",
    "chat: answer cut by length, streaming": "",
}


@pytest.mark.parametrize(("name", "ending"), ENDINGS.items())
def test_a_recorded_stream_ends_as_it_should(name: str, ending: str) -> None:
    with RECORDED.open(encoding="utf-8") as lines:
        found = next(e for e in map(json.loads, lines) if e["exchange"] == name)

    _, error = outcome([found["response"]["raw"].encode()])

    assert error == ending


REFUSALS: dict[int, type[BackendError]] = {
    400: BackendRejected,
    500: BackendFailed,
    503: BackendOverloaded,
}


def refusals() -> list[Any]:
    found = [e for e in answers() if "body" in e["response"]]
    return [pytest.param(e["response"], id=e["exchange"]) for e in found]


@pytest.mark.parametrize("response", refusals())
def test_a_recorded_refusal_keeps_its_meaning_and_its_words(response: dict[str, Any]) -> None:
    error = decode_error(response["status"], json.dumps(response["body"]).encode(), None)

    assert type(error) is REFUSALS[response["status"]]
    assert error.message == response["body"]["error"]["message"]
