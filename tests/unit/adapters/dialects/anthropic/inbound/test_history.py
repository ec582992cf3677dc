"""Messages and their blocks, as clients of `/v1/messages` send them."""

from __future__ import annotations

import json
from base64 import b64encode

import pytest

from adapters.dialects.anthropic.inbound.chat import decode_messages_call
from adapters.dialects.anthropic.tool_ids import encode_id
from ports.chat import (
    ChatRequest,
    Document,
    Image,
    ImageUrl,
    Message,
    Part,
    Text,
    ToolCall,
)
from ports.errors import InvalidRequest

PNG = b"\x89PNG\r\n\x1a\n rest"
PDF = b"%PDF-1.7 rest"
CACHED = {"cache_control": {"type": "ephemeral"}}


def decode(*messages: object, **members: object) -> ChatRequest:
    body = {"model": "m", "max_tokens": 5, "messages": messages, **members}
    return decode_messages_call(json.dumps(body).encode()).request


def turn(role: str, *blocks: object) -> dict[str, object]:
    return {"role": role, "content": list(blocks)}


def coded(data: bytes) -> str:
    return b64encode(data).decode()


def text(said: str, **more: object) -> dict[str, object]:
    return {"type": "text", "text": said, **more}


def image(**source: object) -> dict[str, object]:
    return {"type": "image", "source": source}


def document(source: object, **more: object) -> dict[str, object]:
    return {"type": "document", "source": source, **more}


A_PDF = {"type": "base64", "media_type": "application/pdf", "data": coded(PDF)}
SEARCH_RESULT = {
    "type": "search_result",
    "source": "https://example.com/a",
    "title": "A",
    "content": [text("one"), text("two")],
}

SHOWN: list[tuple[dict[str, object], tuple[Part, ...]]] = [
    (text("a"), (Text(text="a"),)),
    (text(""), ()),
    (
        image(type="base64", media_type="image/jpeg", data=coded(PNG)),
        (Image(data=PNG, media_type="image/png"),),
    ),
    (
        image(type="base64", media_type="image/jpeg", data=coded(PNG[:-2]).rstrip("=") + "\n"),
        (Image(data=PNG[:-2], media_type="image/png"),),
    ),
    (
        image(type="base64", media_type="image/tiff", data=coded(b"II*\0")),
        (Image(data=b"II*\0", media_type="image/tiff"),),
    ),
    (
        image(type="base64", data=coded(b"what")),
        (Image(data=b"what", media_type="image/jpeg"),),
    ),
    (
        image(type="url", url="https://example.com/a.png"),
        (ImageUrl(url="https://example.com/a.png"),),
    ),
    (document(A_PDF), (Document(data=PDF, media_type="application/pdf"),)),
    (
        document(A_PDF, title="a.pdf", context="Read it."),
        (Text(text="Read it."), Document(data=PDF, media_type="application/pdf", name="a.pdf")),
    ),
    (document({"type": "text", "media_type": "text/plain", "data": "d"}), (Text(text="d"),)),
    (
        document({"type": "text", "data": "d"}, title="T", context="C"),
        (Text(text="T\nC\nd"),),
    ),
    (document({"type": "content", "content": "d"}), (Text(text="d"),)),
    (
        document({"type": "content", "content": [text("d"), text("e")]}, title="T"),
        (Text(text="T"), Text(text="d"), Text(text="e")),
    ),
    (SEARCH_RESULT, (Text(text="A\nhttps://example.com/a\none\ntwo"),)),
]


@pytest.mark.parametrize(("block", "parts"), SHOWN)
def test_what_a_user_shows_is_a_part(block: dict[str, object], parts: tuple[Part, ...]) -> None:
    request = decode(turn("user", block))

    assert request.messages == (Message(role="user", parts=parts),)
    assert request.dropped == ()


@pytest.mark.parametrize(("block", "parts"), SHOWN)
def test_a_tool_shows_what_a_user_shows(block: dict[str, object], parts: tuple[Part, ...]) -> None:
    result = {"type": "tool_result", "tool_use_id": "t1", "content": [block]}

    assert decode(turn("user", result)).messages == (
        Message(role="tool", parts=parts, tool_call_id="t1"),
    )


@pytest.mark.parametrize(
    ("block", "says"),
    [
        (image(), "invalid image source"),
        ({"type": "image"}, "invalid image source"),
        (image(type="base64"), "invalid image source"),
        (image(type="url"), "invalid image source"),
        (image(type="url", url="file:///etc/passwd"), "invalid image source"),
        (
            image(type="base64", data="@@"),
            "invalid base64 image data: illegal base64 data at input byte 0",
        ),
        (
            image(type="file", file_id="f"),
            "invalid image source type: file. Only base64 and url images are supported.",
        ),
        (document({}), "invalid document source"),
        (document({"type": "base64"}), "invalid document source"),
        (
            document({"type": "base64", "data": "@@"}),
            "invalid base64 document data: illegal base64 data at input byte 0",
        ),
        (
            document({"type": "url", "url": "https://example.com/a.pdf"}),
            (
                "invalid document source type: url. "
                "Only base64, text and content documents are supported."
            ),
        ),
        (
            document({"type": "file", "file_id": "f"}),
            (
                "invalid document source type: file. "
                "Only base64, text and content documents are supported."
            ),
        ),
    ],
)
def test_what_cannot_be_shown_is_refused_and_not_left_out(
    block: dict[str, object], says: str
) -> None:
    with pytest.raises(InvalidRequest) as caught:
        decode(turn("user", block))

    assert caught.value.message == says


@pytest.mark.parametrize(
    ("system", "messages"),
    [
        (None, ()),
        ("", ()),
        ([], ()),
        ("S", (Message(role="system", parts=(Text(text="S"),)),)),
        (
            [text("A", **CACHED), text("B")],
            (Message(role="system", parts=(Text(text="A"), Text(text="B"))),),
        ),
    ],
)
def test_the_system_prompt_comes_first(system: object, messages: tuple[Message, ...]) -> None:
    request = decode({"role": "user", "content": "hi"}, system=system)

    assert request.messages[:-1] == messages


@pytest.mark.parametrize(
    ("role", "decoded"),
    [
        ("user", "user"),
        ("assistant", "assistant"),
        ("system", "system"),
        ("developer", "system"),
        ("SYSTEM", "system"),
        ("robot", "user"),
        (None, "user"),
    ],
)
def test_a_role_stands_where_it_stood(role: str | None, decoded: str) -> None:
    (message,) = decode({"role": role, "content": "x"}).messages

    assert message == Message(role=decoded, parts=(Text(text="x"),))


@pytest.mark.parametrize("block", [image(type="url", url="https://example.com/a"), document(A_PDF)])
def test_a_system_prompt_is_text(block: dict[str, object]) -> None:
    for members in ({"system": [block]}, {"messages": [turn("system", block)]}):
        with pytest.raises(InvalidRequest, match="text only"):
            decode({"role": "user", "content": "hi"}, **members)


@pytest.mark.parametrize("content", [None, "", []])
@pytest.mark.parametrize("role", ["user", "assistant"])
def test_an_empty_message_is_one(role: str, content: object) -> None:
    assert decode({"role": role, "content": content}).messages == (Message(role=role),)


def test_blocks_of_one_message_stay_one_message() -> None:
    request = decode(turn("user", text("a"), image(type="url", url="https://x/y"), text("b")))

    assert request.messages == (
        Message(
            role="user",
            parts=(Text(text="a"), ImageUrl(url="https://x/y"), Text(text="b")),
        ),
    )


def test_thinking_text_and_calls_are_one_message() -> None:
    request = decode(
        turn(
            "assistant",
            {"type": "thinking", "thinking": "hm", "signature": "sig"},
            text("a"),
            {"type": "tool_use", "id": "t1", "name": "f", "input": {"b": 1.50, "a": "é"}},
            {"type": "tool_use", "id": "t2", "name": "g", "input": {}},
        )
    )

    assert request.messages == (
        Message(
            role="assistant",
            parts=(Text(text="a"),),
            thinking="hm",
            thinking_signature="sig",
            tool_calls=(
                ToolCall(id="t1", name="f", arguments='{"b": 1.5, "a": "\\u00e9"}'),
                ToolCall(id="t2", name="g", arguments="{}"),
            ),
        ),
    )


def test_the_numbers_of_a_call_are_spelled_as_they_were() -> None:
    body = (
        b'{"model":"m","max_tokens":5,"messages":[{"role":"assistant","content":'
        b'[{"type":"tool_use","id":"t","name":"f","input":{"b":1.50,"a":"\xc3\xa9"}}]}]}'
    )

    (message,) = decode_messages_call(body).request.messages

    assert message.tool_calls[0].arguments == '{"b":1.50,"a":"é"}'


@pytest.mark.parametrize("given", [{}, {"input": None}])
def test_a_call_without_arguments_has_none(given: dict[str, object]) -> None:
    (message,) = decode(
        turn("assistant", {"type": "tool_use", "id": "t", "name": "f", **given})
    ).messages

    assert message.tool_calls == (ToolCall(id="t", name="f", arguments="{}"),)


@pytest.mark.parametrize(
    ("block", "says"),
    [
        ({"name": "f"}, "tool_use block missing required 'id' field"),
        ({"id": "", "name": "f"}, "tool_use block missing required 'id' field"),
        ({"id": "t"}, "tool_use block missing required 'name' field"),
        (
            {"id": "t", "name": "f", "input": "{}"},
            "tool_use block with an 'input' that is no object",
        ),
    ],
)
def test_a_broken_call_is_refused(block: dict[str, object], says: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        decode(turn("assistant", {"type": "tool_use", **block}))

    assert caught.value.message == says


SIGNED = {"type": "thinking", "thinking": "a", "signature": "1"}
HIDDEN = {"type": "redacted_thinking", "data": "x"}


@pytest.mark.parametrize(
    ("blocks", "thinking", "details"),
    [
        (
            [SIGNED, text("x"), {"type": "thinking", "thinking": "b"}],
            "a\nb",
            [
                {"type": "reasoning.text", "index": 0, "text": "a", "signature": "1"},
                {"type": "reasoning.text", "index": 1, "text": "b"},
            ],
        ),
        ([HIDDEN], "", [{"type": "reasoning.encrypted", "index": 0, "data": "x"}]),
        (
            [HIDDEN, SIGNED],
            "a",
            [
                {"type": "reasoning.encrypted", "index": 0, "data": "x"},
                {"type": "reasoning.text", "index": 1, "text": "a", "signature": "1"},
            ],
        ),
    ],
)
def test_several_thoughts_and_hidden_ones_go_along_as_details(
    blocks: list[object], thinking: str, details: list[dict[str, object]]
) -> None:
    request = decode(turn("assistant", *blocks))

    (message,) = request.messages
    assert (message.thinking, message.thinking_signature) == (thinking, "")
    assert json.loads(bytes(message.extensions["openai.reasoning_details"])) == [
        {**detail, "format": "anthropic-claude-v1"} for detail in details
    ]
    assert request.dropped == ()


def test_unsigned_thoughts_are_only_joined() -> None:
    request = decode(
        turn(
            "assistant",
            {"type": "thinking", "thinking": "a", "signature": ""},
            {"type": "thinking", "thinking": "b"},
        )
    )

    assert request.messages == (Message(role="assistant", thinking="a\nb"),)


def test_results_of_tools_come_before_the_rest_of_their_message() -> None:
    request = decode(
        turn(
            "user",
            text("first"),
            {"type": "tool_result", "tool_use_id": "t1", "content": "22"},
            {"type": "tool_result", "tool_use_id": "t2"},
            text("last"),
        )
    )

    assert request.messages == (
        Message(role="tool", parts=(Text(text="22"),), tool_call_id="t1"),
        Message(role="tool", tool_call_id="t2"),
        Message(role="user", parts=(Text(text="first"), Text(text="last"))),
    )


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        ("bad", (Text(text="Error: bad"),)),
        (None, (Text(text="Error: "),)),
        ([text("bad"), text("worse")], (Text(text="Error: bad"), Text(text="worse"))),
        (
            [image(type="url", url="https://x/y")],
            (Text(text="Error: "), ImageUrl(url="https://x/y")),
        ),
    ],
)
def test_a_tool_that_failed_says_so(content: object, parts: tuple[Part, ...]) -> None:
    result = {"type": "tool_result", "tool_use_id": "t", "content": content, "is_error": True}

    assert decode(turn("user", result)).messages == (
        Message(role="tool", parts=parts, tool_call_id="t"),
    )


def test_ids_that_went_out_in_another_form_come_back_as_they_were() -> None:
    sent = encode_id("functions.f:0")

    call, result = decode(
        turn("assistant", {"type": "tool_use", "id": sent, "name": "f", "input": {}}),
        turn("user", {"type": "tool_result", "tool_use_id": sent, "content": "x"}),
    ).messages

    assert call.tool_calls[0].id == result.tool_call_id == "functions.f:0"


@pytest.mark.parametrize(
    ("message", "dropped", "left"),
    [
        (turn("user", {"type": "zzz"}, text("hi")), ("content.zzz",), 1),
        (turn("user", {}, text("hi")), ("content.type",), 1),
        (turn("user", None, text("hi")), (), 1),
        (turn("user", {"type": "zzz"}), ("content.zzz",), 1),
        (turn("user", {"type": "tool_use", "id": "t", "name": "f"}), ("content.tool_use",), 1),
        (turn("user", {"type": "container_upload", "file_id": "f"}, text("hi")), None, 1),
        (
            turn(
                "assistant",
                {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}},
                {
                    "type": "web_search_tool_result",
                    "tool_use_id": "s",
                    "content": [{"type": "web_search_result", "url": "u", "title": "t"}],
                },
                text("hi", citations=[{"type": "web_search_result_location"}]),
            ),
            ("content.server_tool_use", "content.web_search_tool_result", "citations"),
            1,
        ),
        (
            turn(
                "assistant",
                {
                    "type": "code_execution_tool_result",
                    "content": {"type": "code_execution_result", "stdout": "x", "content": []},
                },
            ),
            ("content.code_execution_tool_result",),
            0,
        ),
        (turn("assistant", image(type="url", url="https://x/y")), ("content.image",), 0),
        (
            turn(
                "user",
                {
                    "type": "tool_result",
                    "tool_use_id": "t",
                    "content": [{"type": "tool_reference", "tool_name": "f"}],
                },
            ),
            ("content.tool_reference",),
            1,
        ),
        (
            turn("user", document(A_PDF, citations={"enabled": True}, **CACHED)),
            ("citations",),
            1,
        ),
    ],
)
def test_blocks_without_a_place_are_dropped_and_named_by_their_type(
    message: dict[str, object], dropped: tuple[str, ...] | None, left: int
) -> None:
    request = decode(turn("user", text("q")), message)

    assert len(request.messages) == 1 + left
    if dropped is not None:
        assert request.dropped == dropped
