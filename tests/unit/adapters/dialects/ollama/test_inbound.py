"""Decoding `/api/chat` and `/api/show` where it goes well, or nearly so."""

import json

import pytest
from msgspec import UNSET

from adapters.dialects.ollama.inbound.chat import decode_chat
from adapters.dialects.ollama.library.requests import decode_show
from ports.chat import Image, JsonFormat, Message, Text, Tool, ToolCall
from ports.errors import InvalidRequest

PNG = "iVBORw0KGgo="


def chat(**members):
    return decode_chat(json.dumps({"model": "m", **members}).encode())


def messages(*sent):
    return chat(messages=list(sent)).request.messages


def said(text, role="user"):
    return Message(role=role, parts=(Text(text=text),))


def test_what_is_absent_has_its_default():
    call = decode_chat(b'{"model":" m:8b ","messages":[{"role":"user","content":"hi"}]}')

    assert call.request.model == " m:8b "
    assert call.request.messages == (said("hi"),)
    assert call.stream
    assert call.keep_alive is None
    assert call.request.think is UNSET
    assert call.request.format is None
    assert not call.loads
    assert not call.debug_render_only


def test_null_is_as_good_as_absent_everywhere():
    fields = ("stream", "format", "keep_alive", "tools", "options", "think", "truncate", "shift")
    nulls = dict.fromkeys((*fields, "logprobs", "top_logprobs", "_debug_render_only"))
    asked = [{"role": "user", "content": "hi"}]

    assert chat(messages=asked, **nulls) == chat(messages=asked)


@pytest.mark.parametrize(
    ("members", "unloads"),
    [
        ({}, False),
        ({"messages": []}, False),
        ({"messages": None, "keep_alive": "5m"}, False),
        ({"messages": [], "keep_alive": 0}, True),
        ({"keep_alive": "0s"}, True),
        ({"keep_alive": -1}, False),
    ],
)
def test_no_messages_load_or_unload(members, unloads):
    call = chat(**members)

    assert call.loads
    assert call.unloads is unloads


def test_what_only_ollama_acts_on_is_handed_on_as_it_was_sent():
    asked = [{"role": "user", "content": "hi"}]

    sent = chat(messages=asked, keep_alive="5m", truncate=False, shift=True).request.extensions

    assert {name: bytes(raw) for name, raw in sent.items()} == {
        "ollama.keep_alive": b'"5m"',
        "ollama.truncate": b"false",
        "ollama.shift": b"true",
    }
    assert chat(messages=asked).request.extensions == {}


def test_messages_with_keep_alive_0_are_answered():
    call = chat(messages=[{"role": "user", "content": "hi"}], keep_alive=0)

    assert not call.loads
    assert not call.unloads


@pytest.mark.parametrize(
    ("role", "neutral"),
    [
        ("USER", "user"),
        ("Assistant", "assistant"),
        ("system", "system"),
        ("developer", "system"),
        ("tool", "tool"),
        ("narrator", "user"),
        ("", "user"),
        (None, "user"),
    ],
)
def test_a_role_is_the_nearest_neutral_one(role, neutral):
    assert messages({"role": role, "content": "x"}) == (said("x", neutral),)


def test_a_null_message_is_an_empty_one():
    assert messages(None, {}) == (Message(role="user"), Message(role="user"))


def test_images_follow_the_text():
    (message,) = messages({"role": "user", "content": "what", "images": [PNG, None, ""]})

    assert message.parts == (
        Text(text="what"),
        Image(data=b"\x89PNG\r\n\x1a\n", media_type="image/png"),
    )


def test_arguments_keep_their_spelling():
    arguments = '{ "b": 1.50, "a": [1e2, "\\u00e9"] }'
    body = (
        '{"model":"m","messages":[{"role":"assistant","thinking":"t","tool_calls":'
        '[{"id":"c1","type":"function","function":{"index":0,"name":"f","arguments":'
        f"{arguments}}}}}]}}]}}"
    )

    (message,) = decode_chat(body.encode()).request.messages

    assert message.thinking == "t"
    assert message.tool_calls == (ToolCall(id="c1", name="f", arguments=arguments),)


@pytest.mark.parametrize("function", [{"name": "f"}, {"name": "f", "arguments": None}])
def test_no_arguments_are_an_empty_object(function):
    (message,) = messages({"role": "assistant", "tool_calls": [None, {"function": function}]})

    assert message.tool_calls == (ToolCall(name="f", arguments="{}"),)


@pytest.mark.parametrize("arguments", ['{"a":1}', [1], 5, True])
def test_arguments_that_are_no_object_are_refused(arguments):
    with pytest.raises(InvalidRequest, match="Value looks like object, but can't find closing"):
        messages({"tool_calls": [{"function": {"name": "f", "arguments": arguments}}]})


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ({"tool_name": "f", "name": "g"}, "f"),
        ({"name": "g"}, "g"),
        ({"name": 5}, ""),
        ({}, ""),
    ],
)
def test_a_tool_message_names_its_tool_in_either_way(sent, name):
    (message,) = messages({"role": "tool", "content": "22", "tool_call_id": "c1", **sent})

    assert message.tool_name == name
    assert message.tool_call_id == "c1"


def test_only_a_tool_message_may_use_the_older_key():
    assert messages({"role": "user", "content": "x", "name": "bob"}) == (said("x"),)


def test_a_schema_goes_on_as_it_was_spelled():
    schema = b'{"type":"object","additionalProperties":false, "properties":{"a":{"minimum":1.0}}}'
    body = (
        b'{"model":"m","tools":[null,{"type":"function"},{"function":{"name":""}},'
        b'{"function":{"name":"f","description":"d","parameters":' + schema + b"}},"
        b'{"function":{"name":"g","parameters":null}},{"function":{"name":"h"}}]}'
    )

    f, g, h = decode_chat(body).request.tools

    assert f.parameters is not None
    assert bytes(f.parameters) == schema
    assert (f.name, f.description) == ("f", "d")
    assert g == Tool(name="g")
    assert h == Tool(name="h")


@pytest.mark.parametrize(
    ("think", "neutral"),
    [(True, True), (False, False), ("low", "low"), ("max", "max"), (None, UNSET)],
)
def test_think_is_taken_over(think, neutral):
    assert chat(think=think).request.think == neutral


ASKED = [{"role": "user", "content": "hi"}]


@pytest.mark.parametrize("sent", [None, ""])
def test_no_format_is_free_text(sent):
    assert chat(messages=ASKED, format=sent).request.format is None


def test_format_json_asks_for_any_object():
    assert chat(messages=ASKED, format="json").request.format == JsonFormat()


def test_a_schema_as_format_is_kept_verbatim():
    body = b'{"model":"m","messages":[{"content":"hi"}],"format":{ "type" : "object" }}'

    asked = decode_chat(body).request.format

    assert asked is not None
    assert asked.schema is not None
    assert bytes(asked.schema) == b'{ "type" : "object" }'


@pytest.mark.parametrize("sent", ["yaml", 5, []])
def test_a_format_is_not_looked_at_on_loading(sent):
    assert chat(format=sent).request.format is None


def test_alternatives_are_asked_for_only_with_logprobs():
    assert chat(messages=ASKED, top_logprobs=2).request.top_logprobs == 0
    assert chat(messages=ASKED, top_logprobs=2, logprobs=True).request.top_logprobs == 2


@pytest.mark.parametrize(
    "body",
    [
        b'{"MODEL":"m","Messages":[{"content":"hi"}]}',
        b'{"model":"m","Messages":[{"content":"hi"}],"x":1}',
        b'{"model":"nope","model":"m","messages":[{"content":"hi"}]}',
        b' \n{"model":"m","messages":[{"content":"hi"}]} trailing',
        b'{"model":"m","messages":[{"content":"hi"}]}{"model":"n"}',
    ],
)
def test_a_body_is_read_as_forgivingly_as_go_reads_it(body):
    request = decode_chat(body).request

    assert request.model == "m"
    assert request.messages == (said("hi"),)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (rb"a\ud83db", "a\ufffdb"),
        (rb"\ude00", "\ufffd"),
        (rb"\ud83d\ud83d\ude00", "\ufffd\U0001f600"),
        (rb"\\ud83d", "\\ud83d"),
        (rb"\\\ud83d", "\\\ufffd"),
        (b"a\xffb", "a\ufffdb"),
    ],
)
def test_what_is_no_text_becomes_the_replacement_character(content, text):
    body = b'{"model":"m","messages":[{"content":"' + content + b'"}]}'

    assert decode_chat(body).request.messages == (said(text),)


def test_bytes_that_are_no_text_never_reach_an_upstream_in_a_schema():
    body = b'{"model":"m","tools":[{"function":{"name":"f","parameters":{"x":"\xff"}}}]}'

    (tool,) = decode_chat(body).request.tools

    assert tool.parameters is not None
    assert bytes(tool.parameters).decode() == '{"x":"\ufffd"}'


@pytest.mark.parametrize("deep", [b'{"model":"m","x":%s}', b'{"model":"m","format":%s}'])
def test_a_body_that_is_too_deep_is_refused(deep):
    with pytest.raises(InvalidRequest, match="exceeded max depth"):
        decode_chat(deep % (b"[" * 100_000 + b"]" * 100_000))


@pytest.mark.parametrize(
    ("body", "model"),
    [
        (b'{"model":"m"}', "m"),
        (b'{"name":"m"}', "m"),
        (b'{"model":"","name":"m"}', "m"),
        (b'{"model":"m","name":"n"}', "m"),
        (b'{"Name":"m"}', "m"),
    ],
)
def test_show_takes_the_first_name_that_is_not_empty(body, model):
    assert decode_show(body).model == model


def test_show_takes_what_is_to_be_shown_instead():
    call = decode_show(
        b'{"model":"m","verbose":true,"system":"s","template":"t","options":{"top_k":7}}'
    )

    assert call.verbose
    assert call.system == "s"
    assert {name: bytes(raw) for name, raw in call.options.items()} == {"top_k": b"7"}


def test_keys_in_other_capitals_are_taken_at_every_level_where_the_outermost_are_so():
    called = {"ID": "1", "Function": {"Name": "f", "Arguments": {"A": 1}}}
    body = {
        "Model": "m",
        "Messages": [
            {"Role": "system", "Content": "x"},
            {"Role": "assistant", "Tool_Calls": [called], "Thinking": "y"},
        ],
        "Tools": [{"Type": "function", "Function": {"Name": "f", "Parameters": {"A": {"B": 1}}}}],
        "Stream": False,
    }

    call = decode_chat(json.dumps(body).encode())

    system, turn = call.request.messages
    assert (system.role, system.parts) == ("system", (Text(text="x"),))
    assert (turn.thinking, turn.tool_calls) == (
        "y",
        (ToolCall(id="1", name="f", arguments='{"A": 1}'),),
    )
    (tool,) = call.request.tools
    assert json.loads(bytes(tool.parameters)) == {"A": {"B": 1}}
    assert call.stream is False


def test_messages_with_keys_in_capitals_are_taken_where_the_outermost_are_as_they_should_be():
    # Objects of .NET and Go, written as they are named there, in a body of its own.
    body = {"model": "m", "messages": [{"Role": "user", "Content": "x"}], "stream": False}

    (turn,) = decode_chat(json.dumps(body).encode()).request.messages

    assert (turn.role, turn.parts) == ("user", (Text(text="x"),))


@pytest.mark.parametrize("last", [None, {}, {"content": "x"}])
def test_a_last_message_without_a_role_is_as_good_as_ever(last):
    body = {"model": "m", "messages": [{"role": "user", "content": "a"}, last]}

    first, _ = decode_chat(json.dumps(body).encode()).request.messages

    assert first.parts == (Text(text="a"),)
