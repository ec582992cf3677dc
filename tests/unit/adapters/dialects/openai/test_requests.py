"""What is sent upstream: what the client asked for, in words that the server knows."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec import UNSET, Raw
from msgspec.structs import replace

from adapters.dialects.openai.outbound.profile import Profile
from adapters.dialects.openai.outbound.request import encode_chat
from adapters.dialects.openai.outbound.servers import PROFILES
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
from tests.unit.adapters.dialects.openai.sending import (
    GENERIC,
    HELLO,
    added,
    say,
    sent,
    sent_messages,
)

PNG = Image(data=b"\x89PNG", media_type="image/png")
EVERYTHING = Options(
    temperature=0.0,
    top_p=0.5,
    top_k=7,
    min_p=0.1,
    typical_p=0.9,
    repeat_penalty=1.1,
    repeat_last_n=32,
    presence_penalty=0.2,
    frequency_penalty=0.3,
    seed=0,
    max_tokens=9,
    stop=("a", "", "b", "c", "d", "e"),
    extensions={"num_ctx": Raw(b"4096"), "mirostat": Raw(b"2"), "num_keep": Raw(b"4")}
    | {"top_a": Raw(b"0.3"), "provider": Raw(b'{"sort":"price"}'), "models": Raw(b'["x"]')},
)
COMMON = {"temperature": 0, "top_p": 0.5, "presence_penalty": 0.2, "frequency_penalty": 0.3}
FIVE_STOPS = ["a", "b", "c", "d", "e"]


def sent_options(options: Options, profile: Profile = GENERIC) -> dict[str, Any]:
    return added(replace(HELLO, options=options), profile=profile)


def sent_thinking(think: Any, profile: str) -> dict[str, Any]:
    return added(replace(HELLO, think=think), profile=PROFILES[profile])


@pytest.mark.parametrize("name", PROFILES)
def test_nothing_is_sent_that_nobody_asked_for(name: str) -> None:
    assert sent(profile=PROFILES[name]) == {
        "model": "m",
        "messages": [{"role": "user", "content": "hi"}],
        "stream": False,
    }


def test_usage_is_asked_for_with_every_stream_and_only_there() -> None:
    assert sent(stream=True)["stream_options"] == {"include_usage": True}
    assert "stream_options" not in sent(stream=False)


def test_servers_that_refuse_stream_options_get_none() -> None:
    assert "stream_options" not in sent(stream=True, profile=Profile(stream_usage=False))


OPTIONS = {
    "generic": COMMON | {"seed": 0, "max_tokens": 9, "stop": FIVE_STOPS},
    "openai": COMMON | {"seed": 0, "max_completion_tokens": 9, "stop": FIVE_STOPS[:4]},
    "vllm": COMMON
    | {"seed": 0, "max_tokens": 9, "stop": FIVE_STOPS}
    | {"top_k": 7, "min_p": 0.1, "repetition_penalty": 1.1},
    "llamacpp": COMMON
    | {"seed": 0, "max_tokens": 9, "stop": FIVE_STOPS}
    | {"top_k": 7, "min_p": 0.1, "typical_p": 0.9, "repeat_penalty": 1.1, "repeat_last_n": 32}
    | {"mirostat": 2, "n_keep": 4},
    "lmstudio": COMMON
    | {"seed": 0, "max_tokens": 9, "stop": FIVE_STOPS}
    | {"top_k": 7, "min_p": 0.1, "repeat_penalty": 1.1},
    "litellm": COMMON | {"seed": 0, "max_tokens": 9, "stop": FIVE_STOPS},
    "openrouter": COMMON
    | {"seed": 0, "max_tokens": 9, "stop": FIVE_STOPS[:4]}
    | {"top_k": 7, "min_p": 0.1, "repetition_penalty": 1.1, "top_a": 0.3}
    | {"provider": {"sort": "price"}},
    "groq": COMMON | {"seed": 0, "max_tokens": 9, "stop": FIVE_STOPS[:4]},
    "deepseek": COMMON | {"seed": 0, "max_tokens": 9, "stop": FIVE_STOPS},
    "gemini": COMMON | {"seed": 0, "max_tokens": 9, "stop": FIVE_STOPS},
    "mistral": COMMON | {"random_seed": 0, "max_tokens": 9, "stop": FIVE_STOPS},
}


@pytest.mark.parametrize("name", PROFILES)
def test_each_server_gets_the_options_it_knows(name: str) -> None:
    assert sent_options(EVERYTHING, PROFILES[name]) == OPTIONS[name]


def test_zero_is_a_value() -> None:
    options = sent_options(Options(temperature=0.0, seed=0, presence_penalty=0.0))

    assert options == {"temperature": 0, "seed": 0, "presence_penalty": 0}


def test_no_limit_is_not_sent_as_a_number() -> None:
    assert sent_options(Options(max_tokens=UNSET, seed=-1)) == {}


def test_the_limit_goes_by_the_name_that_the_server_takes() -> None:
    limited = Options(max_tokens=5)

    assert sent_options(limited, Profile()) == {"max_tokens": 5}
    assert sent_options(limited, Profile(max_tokens_field="max_completion_tokens")) == {
        "max_completion_tokens": 5
    }


def test_repeat_penalty_has_another_name_at_vllm() -> None:
    penalty = Options(repeat_penalty=1.2)

    assert sent_options(penalty, PROFILES["vllm"]) == {"repetition_penalty": 1.2}
    assert sent_options(penalty, PROFILES["llamacpp"]) == {"repeat_penalty": 1.2}


def test_stop_strings_that_are_all_empty_are_not_sent() -> None:
    assert sent_options(Options(stop=("",))) == {}
    assert sent_options(Options(stop=())) == {}


ON = {"chat_template_kwargs": {"enable_thinking": True}}
OFF = {"chat_template_kwargs": {"enable_thinking": False}}
THINKING = [
    ("openai", UNSET, {}),
    ("openai", False, {}),
    ("openai", True, {"reasoning_effort": "medium"}),
    ("openai", "low", {"reasoning_effort": "low"}),
    ("openai", "max", {"reasoning_effort": "xhigh"}),
    ("generic", "minimal", {"reasoning_effort": "low"}),
    ("generic", "max", {"reasoning_effort": "high"}),
    ("vllm", UNSET, {}),
    ("vllm", False, OFF),
    ("vllm", True, ON),
    ("vllm", "high", {"reasoning_effort": "high"}),
    ("vllm", "max", {"reasoning_effort": "max"}),
    ("llamacpp", UNSET, {}),
    ("llamacpp", False, OFF),
    ("llamacpp", True, ON),
    (
        "llamacpp",
        "low",
        {"chat_template_kwargs": {"enable_thinking": True, "reasoning_effort": "low"}},
    ),
    ("openrouter", UNSET, {}),
    ("openrouter", False, {"reasoning": {"enabled": False}}),
    ("openrouter", True, {"reasoning": {"enabled": True}}),
    ("openrouter", "low", {"reasoning": {"effort": "low"}}),
    ("openrouter", "max", {"reasoning": {"effort": "max"}}),
    ("mistral", True, {}),
    ("deepseek", "high", {}),
]


@pytest.mark.parametrize(("profile", "think", "fields"), THINKING)
def test_thinking_is_asked_for_as_the_server_wants(
    profile: str, think: Any, fields: dict[str, Any]
) -> None:
    assert sent_thinking(think, profile) == fields


def test_earlier_thinking_goes_only_to_servers_that_take_it() -> None:
    turn = Message(role="assistant", parts=(Text(text="a"),), thinking="hm")

    assert sent_messages(turn) == [{"role": "assistant", "content": "a"}]
    assert sent_messages(turn, profile=PROFILES["vllm"])[0]["reasoning"] == "hm"
    assert sent_messages(turn, profile=PROFILES["llamacpp"])[0]["reasoning_content"] == "hm"


def test_leading_system_messages_become_one() -> None:
    messages = sent_messages(
        say("a", "system"), say("b", "system"), say("c"), say("d", "system"), say("e")
    )

    assert messages == [
        {"role": "system", "content": "a\n\nb"},
        {"role": "user", "content": "c"},
        {"role": "system", "content": "d"},
        {"role": "user", "content": "e"},
    ]


def test_a_message_without_content_has_an_empty_one() -> None:
    assert sent_messages(Message(role="user")) == [{"role": "user", "content": ""}]


def test_images_are_parts_with_their_own_type() -> None:
    webp = Image(data=b"RIFF", media_type="image/webp")
    message = Message(role="user", parts=(Text(text="see"), PNG, webp))

    assert sent_messages(message)[0]["content"] == [
        {"type": "text", "text": "see"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw=="}},
        {"type": "image_url", "image_url": {"url": "data:image/webp;base64,UklGRg=="}},
    ]


def test_an_empty_text_beside_an_image_is_left_out() -> None:
    message = Message(role="user", parts=(Text(text=""), PNG))

    assert [part["type"] for part in sent_messages(message)[0]["content"]] == ["image_url"]


def test_sounds_are_sent_as_input_audio() -> None:
    message = Message(role="user", parts=(Text(text="hear"), Audio(data=b"RIFF", format="wav")))

    assert sent_messages(message)[0]["content"][1] == {
        "type": "input_audio",
        "input_audio": {"data": "UklGRg==", "format": "wav"},
    }


def test_one_message_stays_one_message() -> None:
    message = Message(role="user", parts=(Text(text="a"), Text(text="b")))

    assert sent_messages(message) == [{"role": "user", "content": "a\nb"}]


CALL = ToolCall(id="call_1", name="weather", arguments='{"city":"Oslo","n":1.0}')


def test_arguments_are_sent_as_text_and_verbatim() -> None:
    turn = Message(role="assistant", tool_calls=(CALL,))
    answer = Message(role="tool", parts=(Text(text="22"),), tool_call_id="call_1")

    assert sent_messages(turn, answer) == [
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [
                {
                    "id": "call_1",
                    "type": "function",
                    "function": {"name": "weather", "arguments": '{"city":"Oslo","n":1.0}'},
                }
            ],
        },
        {"role": "tool", "content": "22", "tool_call_id": "call_1", "name": "weather"},
    ]


def test_a_turn_of_calls_alone_has_null_content_at_openai() -> None:
    silent = Message(role="assistant", tool_calls=(CALL,))
    talking = replace(silent, parts=(Text(text="Let me see."),))

    assert sent_messages(silent, profile=PROFILES["openai"])[0]["content"] is None
    assert sent_messages(talking, profile=PROFILES["openai"])[0]["content"] == "Let me see."


def test_ids_of_calls_fit_servers_that_insist_on_a_form() -> None:
    turn = Message(role="assistant", tool_calls=(CALL,))

    message = sent_messages(turn, profile=PROFILES["mistral"])[0]

    assert len(message["tool_calls"][0]["id"]) == 9


def test_tools_are_sent_with_their_schemas_verbatim() -> None:
    schema = b'{"type":"object","properties":{"b":{},"a":{"minimum":1.0}}}'
    tools = (
        Tool(name="f", description="does f", parameters=Raw(schema)),
        Tool(name="g"),
    )

    body = encode_chat(replace(HELLO, tools=tools), stream=False, profile=GENERIC)

    assert schema in body
    assert json.loads(body)["tools"] == [
        {
            "type": "function",
            "function": {"name": "f", "description": "does f", "parameters": json.loads(schema)},
        },
        {
            "type": "function",
            "function": {"name": "g", "parameters": {"type": "object", "properties": {}}},
        },
    ]


SCHEMA = JsonFormat(schema=Raw(b'{"type":"object"}'))


def test_structured_output_is_asked_for() -> None:
    assert sent(replace(HELLO, format=JsonFormat()))["response_format"] == {"type": "json_object"}
    assert sent(replace(HELLO, format=SCHEMA))["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "schema", "schema": {"type": "object"}},
    }


def test_a_server_without_schemas_is_asked_for_json_and_the_model_told_the_schema() -> None:
    body = sent(replace(HELLO, format=SCHEMA), profile=Profile(json_schema=False))

    assert body["response_format"] == {"type": "json_object"}
    assert body["messages"][0]["role"] == "system"
    assert '{"type":"object"}' in body["messages"][0]["content"]
    assert body["messages"][1:] == [{"role": "user", "content": "hi"}]


def test_a_schema_joins_the_system_message_that_is_there() -> None:
    request = ChatRequest(model="m", messages=(say("Be brief.", "system"),), format=SCHEMA)

    (message,) = sent(request, profile=Profile(json_schema=False))["messages"]

    assert message["content"].startswith("Be brief.\n\n")
    assert '{"type":"object"}' in message["content"]


def test_logprobs_are_asked_for_where_they_are_known() -> None:
    asked = replace(HELLO, top_logprobs=3)

    assert sent(asked)["logprobs"] is True
    assert sent(asked)["top_logprobs"] == 3
    assert "top_logprobs" not in sent(replace(HELLO, logprobs=True))
    assert "logprobs" not in sent(asked, profile=Profile(logprobs=False))
