"""Asking servers for the tokens of a chat."""

from __future__ import annotations

import json

import pytest

from adapters.dialects.openai.outbound.counting import decode_count, encode_count
from adapters.dialects.openai.outbound.servers import PROFILES
from ports.chat import ChatRequest, Message, Options, Text, Tool
from ports.errors import BackendProtocolError

ASKED = ChatRequest(
    model="m",
    messages=(Message(role="user", parts=(Text(text="hi"),)),),
    tools=(Tool(name="f"),),
    options=Options(max_tokens=5, temperature=0, stop=("a",)),
    think="high",
)


@pytest.mark.parametrize("profile", ["vllm", "llamacpp"])
def test_the_chat_is_asked_for_without_what_matters_to_its_answer_alone(profile: str) -> None:
    sent = json.loads(encode_count(ASKED, PROFILES[profile]))

    assert sent["messages"] == [{"role": "user", "content": "hi"}]
    assert [tool["function"]["name"] for tool in sent["tools"]] == ["f"]
    assert sent["stream"] is False
    assert not {"max_tokens", "temperature", "stop"} & sent.keys()


@pytest.mark.parametrize(
    ("body", "tokens"),
    [
        (b'{"input_tokens":7}', 7),
        (b'{"object":"response.input_tokens","input_tokens":0}', 0),
        (b'{"count":7,"max_model_len":10,"tokens":[1]}', 7),
    ],
)
def test_servers_say_it_in_two_ways(body: bytes, tokens: int) -> None:
    assert decode_count(body) == tokens


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"[]", b"{}", b"<html>", b'{"count":"7"}', b'{"count":-1}', b'{"count":null}'),
        b'{"x":' + b"[" * 100_000,
    ],
    ids=lambda body: body[:16],
)
def test_what_is_no_count_is_an_error(body: bytes) -> None:
    with pytest.raises(BackendProtocolError):
        decode_count(body)


def test_only_servers_that_are_known_to_count_are_asked() -> None:
    assert {name for name, profile in PROFILES.items() if profile.counter} == {"vllm", "llamacpp"}
