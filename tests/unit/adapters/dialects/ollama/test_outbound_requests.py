"""Neutral requests as an Ollama server gets them."""

from __future__ import annotations

import json
from base64 import b64decode
from typing import Any

import pytest
from msgspec import Raw

from adapters.dialects.ollama.outbound.request import (
    encode_chat,
    encode_embed,
    encode_embed_load,
    encode_generate,
    encode_load,
)
from ports.chat import (
    Audio,
    ChatRequest,
    Image,
    JsonFormat,
    Message,
    Options,
    Text,
    Tool,
    ToolCall,
)
from ports.embed import EmbedRequest
from ports.errors import InvalidRequest
from ports.generate import GenerateRequest

IMAGE = Image(data=b"\x89PNG\xff\xfe", media_type="image/png")
SCHEMA = b'{"type":"object","properties":{"b":{"minimum":1.0},"a":{"$ref":"#/x"}}}'
EVERYTHING = Options(
    temperature=0.0,
    top_p=0.9,
    top_k=40,
    min_p=0.1,
    typical_p=0.7,
    repeat_penalty=1.1,
    repeat_last_n=33,
    presence_penalty=0.5,
    frequency_penalty=0.4,
    seed=0,
    max_tokens=99,
    stop=("a", "b"),
    extensions={"num_ctx": Raw(b"2048"), "mirostat_tau": Raw(b"5.0"), "use_mmap": Raw(b"true")},
)
EXTENSIONS = {
    "ollama.keep_alive": Raw(b'"1h30m"'),
    "ollama.truncate": Raw(b"false"),
    "ollama.shift": Raw(b"true"),
}


def user(*parts: Any, **more: Any) -> Message:
    given = tuple(Text(text=part) if isinstance(part, str) else part for part in parts)
    return Message(role="user", parts=given, **more)


def chat(*messages: Message, stream: bool = False, **more: Any) -> dict[str, Any]:
    request = ChatRequest(model="m", messages=messages or (user("hi"),), **more)
    return json.loads(encode_chat(request, stream=stream))


def generate(stream: bool = False, **more: Any) -> dict[str, Any]:
    return json.loads(encode_generate(GenerateRequest(model="m", **more), stream=stream))


@pytest.mark.parametrize("stream", [True, False])
def test_only_what_was_asked_for_is_sent_and_stream_always(stream: bool) -> None:
    assert chat(stream=stream) == {
        "model": "m",
        "messages": [{"role": "user", "content": "hi"}],
        "stream": stream,
    }
    assert generate(stream, prompt="hi") == {"model": "m", "prompt": "hi", "stream": stream}


def test_every_option_has_its_own_name_and_zero_is_sent() -> None:
    expected = {
        "temperature": 0.0,
        "top_p": 0.9,
        "top_k": 40,
        "min_p": 0.1,
        "typical_p": 0.7,
        "repeat_penalty": 1.1,
        "repeat_last_n": 33,
        "presence_penalty": 0.5,
        "frequency_penalty": 0.4,
        "seed": 0,
        "num_predict": 99,
        "stop": ["a", "b"],
        "num_ctx": 2048,
        "mirostat_tau": 5.0,
        "use_mmap": True,
    }

    assert chat(options=EVERYTHING)["options"] == expected
    assert generate(prompt="a", options=EVERYTHING)["options"] == expected
    embed = EmbedRequest(model="m", inputs=("a",), options=EVERYTHING)
    assert json.loads(encode_embed(embed))["options"] == expected


def test_every_neutral_option_is_mapped() -> None:
    fields = set(Options.__struct_fields__) - {"extensions"}

    assert all(getattr(EVERYTHING, field) is not None for field in fields)
    assert len(chat(options=EVERYTHING)["options"]) == len(fields) + len(EVERYTHING.extensions)


def test_options_of_the_vendor_keep_their_spelling() -> None:
    request = ChatRequest(
        model="m", messages=(user("a"),), options=Options(extensions={"tfs_z": Raw(b"1.50")})
    )

    assert b'"tfs_z":1.50' in encode_chat(request, stream=True)


@pytest.mark.parametrize(
    ("think", "sent"),
    [
        (True, True),
        (False, False),
        ("minimal", "low"),
        ("low", "low"),
        ("medium", "medium"),
        ("high", "high"),
        ("xhigh", "max"),
        ("max", "max"),
    ],
)
def test_thinking_is_one_of_the_levels_that_ollama_knows(think: Any, sent: Any) -> None:
    assert chat(think=think)["think"] == sent
    assert generate(prompt="a", think=think)["think"] == sent


def test_members_of_the_vendor_go_on_verbatim() -> None:
    for body in (chat(extensions=EXTENSIONS), generate(prompt="a", extensions=EXTENSIONS)):
        sent = {key: body[key] for key in ("keep_alive", "truncate", "shift")}
        assert sent == {"keep_alive": "1h30m", "truncate": False, "shift": True}
    embed = EmbedRequest(model="m", inputs=("a",), extensions=EXTENSIONS)
    assert json.loads(encode_embed(embed))["keep_alive"] == "1h30m"


@pytest.mark.parametrize(
    ("wanted", "sent"),
    [(JsonFormat(), "json"), (JsonFormat(schema=Raw(SCHEMA)), json.loads(SCHEMA))],
)
def test_a_format_is_json_or_a_schema(wanted: JsonFormat, sent: Any) -> None:
    assert chat(format=wanted)["format"] == sent
    assert generate(prompt="a", format=wanted)["format"] == sent


def test_schemas_go_on_verbatim() -> None:
    tool = Tool(name="f", description="d", parameters=Raw(SCHEMA))
    request = ChatRequest(model="m", tools=(tool,), format=JsonFormat(schema=Raw(SCHEMA)))

    assert encode_chat(request, stream=False).count(SCHEMA) == 2


def test_tools_have_only_what_they_have() -> None:
    (full, bare) = chat(
        tools=(Tool(name="f", description="d", parameters=Raw(b"{}")), Tool(name="g"))
    )["tools"]

    assert full == {
        "type": "function",
        "function": {"name": "f", "description": "d", "parameters": {}},
    }
    assert bare == {"type": "function", "function": {"name": "g"}}


@pytest.mark.parametrize(
    ("logprobs", "top", "sent"),
    [(False, 0, {}), (True, 0, {"logprobs": True}), (True, 3, {"logprobs": True, "top": 3})],
)
def test_log_probabilities_are_asked_for(logprobs: bool, top: int, sent: dict[str, Any]) -> None:
    for body in (
        chat(logprobs=logprobs, top_logprobs=top),
        generate(prompt="a", logprobs=logprobs, top_logprobs=top),
    ):
        found = {name.removesuffix("_logprobs"): body[name] for name in body if "logprobs" in name}
        assert found == sent


def test_texts_are_joined_and_images_and_sounds_are_base64() -> None:
    sound = Audio(data=b"RIFF\x00", format="wav")

    (message,) = chat(user("one", IMAGE, "two", sound))["messages"]

    assert message["content"] == "one\ntwo"
    assert [b64decode(image) for image in message["images"]] == [IMAGE.data, sound.data]
    (image,) = generate(prompt="a", images=(IMAGE,))["images"]
    assert b64decode(image) == IMAGE.data


def test_a_tool_result_carries_the_id_and_the_name_of_its_call() -> None:
    history = (
        user("weather?"),
        Message(
            role="assistant",
            thinking="hm",
            tool_calls=(
                ToolCall(name="f", arguments='{"b": 1.0, "a":{}}', id="x"),
                ToolCall(name="g", arguments=""),
            ),
        ),
        Message(role="tool", parts=(Text(text="G"),), tool_name="g"),
        Message(role="tool", parts=(Text(text="F"),), tool_call_id="x"),
    )

    _, turn, first, second = chat(*history)["messages"]

    calls = turn["tool_calls"]
    assert turn["thinking"] == "hm"
    assert turn["content"] == ""
    assert [call["function"]["index"] for call in calls] == [0, 1]
    assert [call["function"]["arguments"] for call in calls] == [{"b": 1.0, "a": {}}, {}]
    assert calls[0]["id"] == "x"
    assert calls[1]["id"]
    assert first == {
        "role": "tool",
        "content": "G",
        "tool_name": "g",
        "tool_call_id": calls[1]["id"],
    }
    assert second == {"role": "tool", "content": "F", "tool_name": "f", "tool_call_id": "x"}


def test_arguments_are_sent_as_they_were_spelled() -> None:
    call = ToolCall(name="f", arguments='{"b": 1.0,\n "a":1e2}', id="x")
    request = ChatRequest(model="m", messages=(Message(role="assistant", tool_calls=(call,)),))

    assert b'"arguments":{"b": 1.0,\n "a":1e2}' in encode_chat(request, stream=True)


@pytest.mark.parametrize("arguments", ["[1]", "x", '{"a":'])
def test_arguments_that_are_no_object_are_the_clients_mistake(arguments: str) -> None:
    call = ToolCall(name="f", arguments=arguments, id="x")

    with pytest.raises(InvalidRequest, match="'f'"):
        chat(Message(role="assistant", tool_calls=(call,)))


def test_a_prompt_brings_everything_that_belongs_to_it() -> None:
    body = generate(
        prompt="a",
        suffix="z",
        system="s",
        template="{{ .Prompt }}",
        context=(1, 2),
        raw=True,
    )

    assert body == {
        "model": "m",
        "prompt": "a",
        "suffix": "z",
        "system": "s",
        "template": "{{ .Prompt }}",
        "context": [1, 2],
        "raw": True,
        "stream": False,
    }


@pytest.mark.parametrize(
    ("more", "sent"),
    [
        ({}, {}),
        ({"truncate": False}, {"truncate": False}),
        ({"dimensions": 4}, {"dimensions": 4}),
    ],
)
def test_texts_to_embed_are_a_list(more: dict[str, Any], sent: dict[str, Any]) -> None:
    for inputs in ((), ("",), ("a", "b")):
        body = json.loads(encode_embed(EmbedRequest(model="m", inputs=inputs, **more)))
        assert body == {"model": "m", "input": list(inputs)} | sent


@pytest.mark.parametrize(
    ("keep_alive", "sent"),
    [(None, {}), (0, {"keep_alive": 0}), (-1, {"keep_alive": -1}), (1.5, {"keep_alive": 1.5})],
)
def test_loading_is_a_request_without_a_prompt(
    keep_alive: float | None, sent: dict[str, Any]
) -> None:
    assert json.loads(encode_load("m", keep_alive)) == {"model": "m", "stream": False} | sent
    assert json.loads(encode_embed_load("m", keep_alive)) == {"model": "m", "input": []} | sent
