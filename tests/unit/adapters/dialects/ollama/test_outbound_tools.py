"""Choices that Ollama has no word for, and parts that it cannot read."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec import UNSET, Raw

from adapters.dialects.ollama.outbound.answer import decode_answer
from adapters.dialects.ollama.outbound.losses import chat_losses
from adapters.dialects.ollama.outbound.request import encode_chat
from adapters.dialects.ollama.outbound.stream import AnswerReader
from ports.chat import (
    ChatRequest,
    Document,
    ForeignPart,
    ImageUrl,
    Message,
    NamedTool,
    Part,
    Text,
    Tool,
    ToolCallChunk,
)
from ports.errors import InvalidRequest
from tests.upstream.ollama_answers import call, chat_end, chat_line, line

TOOLS = (Tool(name="f"), Tool(name="g"))


def say(role: Any, text: str) -> Message:
    return Message(role=role, parts=(Text(text=text),))


HELLO = (say("system", "Be brief."), say("user", "hi"))
AS_SAID = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "hi"}]


def sent(**more: Any) -> dict[str, Any]:
    request = ChatRequest(**{"model": "m", "messages": HELLO, "tools": TOOLS, **more})
    body: dict[str, Any] = json.loads(encode_chat(request, stream=False))
    return body


def offered(body: dict[str, Any]) -> list[str]:
    return [tool["function"]["name"] for tool in body.get("tools", ())]


@pytest.mark.parametrize("choice", [UNSET, "auto"])
def test_a_free_choice_changes_nothing(choice: Any) -> None:
    body = sent(tool_choice=choice)

    assert offered(body) == ["f", "g"]
    assert body["messages"] == AS_SAID


def test_tools_that_may_not_be_called_are_not_offered() -> None:
    body = sent(tool_choice="none")

    assert "tools" not in body
    assert body["messages"] == AS_SAID


def test_a_named_tool_is_the_only_one_and_the_model_is_told_to_call_it() -> None:
    body = sent(tool_choice=NamedTool(name="g"))

    assert offered(body) == ["g"]
    first, told, last = body["messages"]
    assert [first, last] == AS_SAID
    assert told["role"] == "system"
    assert "the tool g" in told["content"]


def test_where_some_call_is_demanded_the_model_is_told_so() -> None:
    body = sent(tool_choice="required")

    assert offered(body) == ["f", "g"]
    assert [message["role"] for message in body["messages"]] == ["system", "system", "user"]
    assert "one of the tools" in body["messages"][1]["content"]


@pytest.mark.parametrize(
    ("tools", "choice"),
    [((), "required"), ((), NamedTool(name="g")), (TOOLS, NamedTool(name="zzz"))],
)
def test_a_call_of_what_is_not_offered_is_not_demanded_of_the_model_but_told(
    tools: Any, choice: Any
) -> None:
    body = sent(tools=tools, tool_choice=choice)

    assert offered(body) == []
    assert body["messages"] == AS_SAID
    asked = ChatRequest(model="m", messages=HELLO, tools=tools, tool_choice=choice)
    assert chat_losses(asked) == ("tool_choice",)


def test_a_chat_without_system_text_begins_with_the_line() -> None:
    body = sent(messages=HELLO[1:], tool_choice="required")

    assert [message["role"] for message in body["messages"]] == ["system", "user"]


@pytest.mark.parametrize("one_call", [True, False])
@pytest.mark.parametrize("together", [True, False])
def test_where_one_call_was_wanted_the_first_is_the_only_one(
    one_call: bool, together: bool
) -> None:
    two = [call("f", {}, id="1"), call("g", {}, id="2")]
    pieces = (
        [chat_line(tool_calls=two)] if together else [chat_line(tool_calls=[one]) for one in two]
    )
    reader = AnswerReader(one_call=one_call)
    ids = ["1"] if one_call else ["1", "2"]

    chunks = [chunk for it in (*pieces, chat_end()) for chunk in reader.feed(line(it))]

    assert [chunk.call.id for chunk in chunks if isinstance(chunk, ToolCallChunk)] == ids
    whole = json.dumps({"done": True, "message": {"content": "", "tool_calls": two}}).encode()
    assert [made.id for made in decode_answer(whole, one_call=one_call).tool_calls] == ids


@pytest.mark.parametrize(
    ("part", "said"),
    [
        (ImageUrl(url="https://example.org/a.png"), "image URLs are not currently supported"),
        (Document(data=b"%PDF", media_type="application/pdf"), "file inputs are not supported"),
        (ForeignPart(kind="openai.video_url", raw=Raw(b"{}")), "video_url inputs are not"),
    ],
)
def test_what_it_cannot_read_is_refused(part: Part, said: str) -> None:
    with pytest.raises(InvalidRequest, match=said):
        sent(messages=(Message(role="user", parts=(part,)),))
