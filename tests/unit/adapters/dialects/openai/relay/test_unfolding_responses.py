"""A response in one piece becomes the stream that was asked for, with all that is in it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from adapters.dialects.openai.relay.responses import RelayedResponseEvents
from adapters.dialects.openai.relay.unfolding_responses import unfolded_response
from ports.errors import BackendProtocolError
from tests.unit.adapters.dialects.openai.responses.test_accumulated import accumulated
from tests.unit.adapters.dialects.passing import through

THOUGHT = {"type": "reasoning", "id": "rs", "summary": [{"type": "summary_text", "text": "hm"}]}
TEXT = {
    "type": "message",
    "id": "msg",
    "role": "assistant",
    "status": "completed",
    "content": [
        {"type": "output_text", "text": "Hi \u2028", "annotations": [], "logprobs": []},
        {"type": "refusal", "refusal": "no"},
    ],
}
CALL = {"type": "function_call", "id": "fc", "call_id": "c1", "name": "f", "arguments": '{"a":1}'}
SEARCH = {"type": "search", "query": "x"}
HOSTED = {"type": "web_search_call", "id": "ws", "status": "completed", "action": SEARCH}
RESPONSE: dict[str, Any] = {
    "id": "r",
    "object": "response",
    "created_at": 1.0,
    "model": "m",
    "status": "completed",
    "output": [THOUGHT, TEXT, CALL, HOSTED],
    "parallel_tool_calls": True,
    "tool_choice": "auto",
    "tools": [],
}


def events_of(response: dict[str, Any]) -> list[dict[str, Any]]:
    written = unfolded_response(json.dumps(response).encode())
    datas = [event.partition(b"data: ")[2] for event in written.split(b"\n\n") if event]
    return [json.loads(data) for data in datas]


def without_nothing(said: Any) -> Any:
    """Leave out what is null, which the client adds."""
    if isinstance(said, list):
        return [without_nothing(it) for it in said]
    if isinstance(said, dict):
        return {key: without_nothing(it) for key, it in said.items() if it is not None}
    return said


@pytest.mark.parametrize("output", [RESPONSE["output"], [TEXT], [CALL], []])
def test_the_client_makes_the_same_of_it(output: list[Any]) -> None:
    response = RESPONSE | {"output": output}

    made = accumulated(unfolded_response(json.dumps(response).encode()))

    assert without_nothing(made.to_dict(mode="json")["output"]) == without_nothing(output)


def test_texts_and_arguments_come_in_deltas_and_events_are_counted() -> None:
    events = events_of(RESPONSE)

    assert [event["delta"] for event in events if "delta" in event] == [
        *("hm", "Hi \u2028", "no", CALL["arguments"])
    ]
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    assert (events[0]["type"], events[0]["response"]["output"]) == ("response.created", [])
    assert events[0]["response"]["status"] == "in_progress"
    assert events[-1] == {
        "type": "response.completed",
        "sequence_number": len(events) - 1,
        "response": RESPONSE,
    }


def test_an_incomplete_one_ends_so() -> None:
    assert events_of(RESPONSE | {"status": "incomplete"})[-1]["type"] == "response.incomplete"


@pytest.mark.parametrize("odd", [None, "x", {"type": []}, {"text": 1}])
def test_parts_that_are_none_pass_as_they_are(odd: Any) -> None:
    message = TEXT | {"content": [odd]}
    thought = THOUGHT | {"summary": [odd]}

    events = events_of(RESPONSE | {"output": [message, thought]})

    parts = [it["part"] for it in events if it["type"].endswith("part.done")]
    assert parts == [odd, odd]
    assert not [event for event in events if "delta" in event]


def test_a_relay_takes_it_for_a_whole_stream() -> None:
    events = RelayedResponseEvents(asked="m")
    written = unfolded_response(json.dumps(RESPONSE).encode())

    assert through(events, (written,)) == written
    assert events.done


@pytest.mark.parametrize("status", ["in_progress", "queued", "failed", "cancelled"])
def test_one_that_is_not_at_its_end_is_an_error(status: str) -> None:
    with pytest.raises(BackendProtocolError):
        events_of(RESPONSE | {"status": status})


@pytest.mark.parametrize("output", [["x"], 1])
def test_what_is_no_response_is_an_error(output: Any) -> None:
    with pytest.raises(BackendProtocolError):
        events_of(RESPONSE | {"output": output})


@pytest.mark.parametrize("odd", [rb'"\ud83d"', b'"a","x":NaN'])
def test_a_response_that_is_almost_json_is_read(odd: bytes) -> None:
    written = unfolded_response(b'{"id":"r","output":[{"type":"new","text":' + odd + b"}]}")

    assert written.count(b"event: ") == 5
