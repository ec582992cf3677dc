"""A message in one piece becomes the stream that was asked for, with all that is in it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from adapters.dialects.anthropic.relay.messages import RelayedMessageEvents
from adapters.dialects.anthropic.relay.unfolding import unfolded_message
from ports.errors import BackendProtocolError
from tests.unit.adapters.dialects.anthropic.inbound import sdk
from tests.unit.adapters.dialects.passing import through

THOUGHT = {"type": "thinking", "thinking": "hm <b>\u2028", "signature": "sig"}
TEXT = {"type": "text", "text": "Hi \u0085", "citations": None}
CALL = {"type": "tool_use", "id": "c1", "name": "f", "input": {"b": 1, "a": [{"x": None}]}}
MESSAGE: dict[str, Any] = {
    "id": "msg",
    "type": "message",
    "role": "assistant",
    "model": "m",
    "content": [THOUGHT, {"type": "redacted_thinking", "data": "x"}, TEXT, CALL],
    "stop_reason": "tool_use",
    "stop_sequence": None,
    "usage": {"input_tokens": 10, "output_tokens": 3, "cache_read_input_tokens": 2},
}


def events_of(message: dict[str, Any]) -> list[sdk.Event]:
    return sdk.events(unfolded_message(json.dumps(message).encode()))


@pytest.mark.parametrize(
    "content",
    [MESSAGE["content"], [], [TEXT], [CALL | {"input": {}}], [TEXT | {"text": ""}]],
)
def test_the_client_makes_the_same_of_it(content: list[Any]) -> None:
    message = MESSAGE | {"content": content}

    assert sdk.message(events_of(message)) == message


def test_texts_and_inputs_come_in_deltas() -> None:
    deltas = [data["delta"] for name, data in events_of(MESSAGE) if name == "content_block_delta"]

    assert deltas == [
        {"type": "thinking_delta", "thinking": THOUGHT["thinking"]},
        {"type": "signature_delta", "signature": "sig"},
        {"type": "text_delta", "text": TEXT["text"]},
        {"type": "input_json_delta", "partial_json": json.dumps(CALL["input"])},
    ]


def test_blocks_of_unknown_kinds_pass_whole_and_numbers_as_they_are_spelled() -> None:
    body = b'{"content":[{"type":"new","content":[1.50],"text":null}],"odd":1e3}'

    written = unfolded_message(body)

    assert b'"content_block":{"type":"new","content":[1.50],"text":null}' in written
    assert b'"odd":1e3' in written
    assert b"content_block_delta" not in written


def test_a_relay_takes_it_for_a_whole_stream() -> None:
    events = RelayedMessageEvents(asked="m")
    written = unfolded_message(json.dumps(MESSAGE).encode())

    assert through(events, (written,)) == written
    assert events.done


@pytest.mark.parametrize("body", [b"[]", b'{"content":["x"]}', b'{"content":1}'])
def test_what_is_no_message_is_an_error(body: bytes) -> None:
    with pytest.raises(BackendProtocolError):
        unfolded_message(body)


@pytest.mark.parametrize("odd", [rb'"\ud83d"', b'"a","x":NaN'])
def test_a_message_that_is_almost_json_is_read(odd: bytes) -> None:
    written = unfolded_message(b'{"content":[{"type":"text","text":' + odd + b"}]}")

    assert written.count(b"text_delta") == 1
