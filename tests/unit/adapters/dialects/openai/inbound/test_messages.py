"""Histories of OpenAI's clients (docs/wire/dialects.md 1.2, 1.11)."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

import pytest
from msgspec import Raw

from adapters.dialects.openai.inbound.chat import decode_chat
from ports.chat import (
    Audio,
    Document,
    ForeignPart,
    Image,
    ImageUrl,
    Message,
    Part,
    Text,
    ToolCall,
)
from ports.errors import InvalidRequest

PNG = b"\x89PNG\r\n\x1a\n rest"
WAV = b"RIFF\x00\x00\x00\x00WAVE"
DATA = "data:image/png;base64," + b64encode(PNG).decode()


def dropped(*messages: Any) -> tuple[str, ...]:
    return decode_chat(json.dumps({"model": "m", "messages": messages}).encode()).request.dropped


def decode(*messages: Any) -> tuple[Message, ...]:
    return decode_chat(json.dumps({"model": "m", "messages": messages}).encode()).request.messages


def part(wire: dict[str, Any]) -> Part:
    (message,) = decode({"role": "user", "content": [wire]})
    (found,) = message.parts
    return found


def refusal(*messages: Any) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as caught:
        decode(*messages)
    return caught.value


@pytest.mark.parametrize(
    ("said", "role"),
    [
        ("system", "system"),
        ("developer", "system"),
        ("user", "user"),
        ("assistant", "assistant"),
        ("tool", "tool"),
        ("function", "tool"),
    ],
)
def test_roles(said: str, role: Any) -> None:
    assert decode({"role": said, "content": "x"}) == (Message(role=role, parts=(Text(text="x"),)),)


@pytest.mark.parametrize("role", ["", None, "model", "USER"])
def test_a_role_that_is_none_is_refused(role: Any) -> None:
    error = refusal({"role": "user", "content": "x"}, {"role": role, "content": "x"})

    assert "must have a role" in error.message
    assert error.param == "messages[1].role"


@pytest.mark.parametrize("content", [None, "", []])
def test_content_may_be_nothing(content: Any) -> None:
    assert decode({"role": "assistant", "content": content}, {"role": "assistant"}) == (
        Message(role="assistant"),
        Message(role="assistant"),
    )


@pytest.mark.parametrize(
    ("content", "kind"), [(5, "float64"), (True, "bool"), ({}, "map[string]interface {}")]
)
def test_content_of_another_kind_is_refused_in_ollamas_words(content: Any, kind: str) -> None:
    error = refusal({"role": "user", "content": content})

    assert error.message == f"invalid message content type: {kind}"
    assert error.param == "messages[0].content"


def test_a_message_in_parts_stays_one_and_keeps_their_order() -> None:
    content = [
        {"type": "text", "text": "a"},
        {"type": "image_url", "image_url": {"url": DATA}},
        {"type": "text", "text": ""},
        {"type": "text", "text": "b"},
    ]

    assert decode({"role": "user", "content": content}) == (
        Message(
            role="user",
            parts=(
                Text(text="a"),
                Image(data=PNG, media_type="image/png"),
                Text(text=""),
                Text(text="b"),
            ),
        ),
    )


PARTS: list[tuple[dict[str, Any], Part]] = [
    ({"type": "text", "text": "a"}, Text(text="a")),
    ({"type": "refusal", "refusal": "no"}, Text(text="no")),
    ({"type": "image_url", "image_url": DATA}, Image(data=PNG, media_type="image/png")),
    (
        {"type": "image_url", "image_url": {"url": DATA, "detail": "low"}},
        Image(data=PNG, media_type="image/png", detail="low"),
    ),
    (
        {"type": "image_url", "image_url": {"url": "https://x/a.png", "detail": None}},
        ImageUrl(url="https://x/a.png"),
    ),
    (
        {"type": "image_url", "image_url": {"url": "https://x/a.png", "detail": "high"}},
        ImageUrl(url="https://x/a.png", detail="high"),
    ),
    (
        {
            "type": "input_audio",
            "input_audio": {"data": b64encode(WAV).decode(), "format": "wav"},
        },
        Audio(data=WAV, format="wav"),
    ),
    (
        {
            "type": "file",
            "file": {"file_data": "data:application/pdf;base64,JVBERi0x", "filename": "a.pdf"},
        },
        Document(data=b"%PDF-1", media_type="application/pdf", name="a.pdf"),
    ),
]


@pytest.mark.parametrize(("wire", "wanted"), PARTS)
def test_parts(wire: dict[str, Any], wanted: Part) -> None:
    assert part(wire) == wanted


@pytest.mark.parametrize(
    ("kind", "wire"),
    [
        ("file", '{"type":"file","file":{"file_id":"f-1"}}'),
        ("file", '{"type":"file","file":{"file_data":"HTTPS://x/a.pdf","filename":"a"}}'),
        ("input_audio", '{"type":"input_audio","input_audio":{"data":"AA==","format":"flac"}}'),
        ("video_url", '{"type":"video_url", "video_url":{"url":"https://x/v","fps":1.50}}'),
    ],
)
def test_what_only_servers_of_this_dialect_know_stays_as_it_is(kind: str, wire: str) -> None:
    body = b'{"model":"m","messages":[{"role":"user","content":[%b]}]}' % wire.encode()

    (found,) = decode_chat(body).request.messages[0].parts

    assert found == ForeignPart(kind=f"openai.{kind}", raw=Raw(wire.encode()))


@pytest.mark.parametrize(
    "wire",
    [
        {},
        {"text": "x"},
        {"type": ""},
        {"type": "text"},
        {"type": "text", "text": 5},
        {"type": "image_url"},
        {"type": "file"},
        {"type": "input_audio", "input_audio": "x"},
        "x",
        5,
        None,
    ],
)
def test_a_part_that_is_none_is_refused_in_ollamas_words(wire: Any) -> None:
    error = refusal({"role": "user", "content": [{"type": "text", "text": "a"}, wire]})

    assert error.message == "invalid message format"
    assert error.param == "messages[0].content[1]"


@pytest.mark.parametrize("url", ["iVBORw0KGgo=", "", "file:///etc/passwd", "data:image/png,x"])
def test_an_image_that_is_none_is_refused_and_placed(url: str) -> None:
    error = refusal({"role": "user", "content": [{"type": "image_url", "image_url": url}]})

    assert error.param == "messages[0].content[0]"


def test_names_are_authors_and_of_tools_their_own() -> None:
    assert decode(
        {"role": "user", "content": "a", "name": "bob"},
        {"role": "tool", "content": "b", "name": "f", "tool_call_id": "c1"},
        {"role": "function", "content": "c", "name": "g"},
    ) == (
        Message(role="user", parts=(Text(text="a"),), author="bob"),
        Message(role="tool", parts=(Text(text="b"),), tool_name="f", tool_call_id="c1"),
        Message(role="tool", parts=(Text(text="c"),), tool_name="g"),
    )


def calls(*wire: Any) -> tuple[ToolCall, ...]:
    (message,) = decode({"role": "assistant", "content": None, "tool_calls": list(wire)})
    return message.tool_calls


def test_calls_keep_their_arguments_as_they_were_spelled() -> None:
    spelled = '{"b": 1.50, "a": {}}'

    assert calls(
        {"id": "c1", "type": "function", "function": {"name": "f", "arguments": spelled}},
        {"function": {"name": "g", "arguments": ""}},
        {"id": None, "function": {"name": "h"}},
    ) == (
        ToolCall(id="c1", name="f", arguments=spelled),
        ToolCall(name="g", arguments=""),
        ToolCall(name="h", arguments=""),
    )


def test_arguments_as_an_object_are_taken_from_clients_that_know_no_better() -> None:
    assert calls({"id": "c", "function": {"name": "f", "arguments": {"a": [1, 2]}}}) == (
        ToolCall(id="c", name="f", arguments='{"a":[1, 2]}'),
    )


def test_the_older_form_of_a_call_is_one_without_an_id() -> None:
    function_call = {"name": "f", "arguments": '{"a":1}'}

    (message,) = decode({"role": "assistant", "function_call": function_call})

    assert message.tool_calls == (ToolCall(name="f", arguments='{"a":1}'),)


@pytest.mark.parametrize(
    ("call", "param"),
    [
        ({"id": "c", "type": "custom", "custom": {"name": "x"}}, ""),
        ({"id": "c"}, ""),
        ({"id": "c", "function": {"arguments": "{}"}}, ".function.name"),
    ],
)
def test_a_call_of_no_function_is_refused(call: Any, param: str) -> None:
    error = refusal({"role": "assistant", "tool_calls": [call]})

    assert error.param == f"messages[0].tool_calls[0]{param}"


@pytest.mark.parametrize("field", ["reasoning", "reasoning_content"])
def test_earlier_thinking_is_kept(field: str) -> None:
    (message,) = decode({"role": "assistant", "content": "a", field: "hm"})

    assert message.thinking == "hm"


def test_thinking_that_is_said_twice_is_taken_once() -> None:
    details = [{"type": "reasoning.text", "text": "hm"}]

    (message,) = decode(
        {"role": "assistant", "reasoning": "hm", "reasoning_content": "hm",
         "reasoning_details": details}
    )  # fmt: skip

    assert message.thinking == "hm"
    assert message.extensions == {
        "openai.reasoning_details": Raw(json.dumps(details).encode()),
    }


def test_details_of_reasoning_are_kept_verbatim_and_say_what_was_thought() -> None:
    details = b'[{"type": "reasoning.summary", "summary": "hm", "n": 1.50}, {"data": "\\u00e9"}]'
    body = b'{"model":"m","messages":[{"role":"assistant","reasoning_details":%b}]}' % details

    (message,) = decode_chat(body).request.messages

    assert message.thinking == "hm"
    assert message.extensions == {"openai.reasoning_details": Raw(details)}


@pytest.mark.parametrize("details", [None, []])
def test_no_details_are_none(details: Any) -> None:
    (message,) = decode({"role": "assistant", "reasoning_details": details})

    assert message.extensions == {}


def test_details_that_nobody_can_read_are_kept_all_the_same() -> None:
    (message,) = decode({"role": "assistant", "reasoning_details": {"odd": 1}})

    assert message.thinking == ""
    assert message.extensions == {"openai.reasoning_details": Raw(b'{"odd": 1}')}


@pytest.mark.parametrize(("content", "texts"), [(None, ["no"]), ("a", ["a", "no"]), ([], ["no"])])
def test_a_refusal_is_what_was_said(content: Any, texts: list[str]) -> None:
    (message,) = decode({"role": "assistant", "content": content, "refusal": "no"})

    assert message.parts == tuple(Text(text=text) for text in texts)


def test_a_sound_that_lies_at_openai_is_told_as_dropped() -> None:
    hi = {"role": "user", "content": "hi"}

    assert dropped(hi, {"role": "assistant", "audio": {"id": "a-1"}}) == ("messages[1].audio",)
    assert dropped(hi, {"role": "assistant", "audio": None}) == ()
