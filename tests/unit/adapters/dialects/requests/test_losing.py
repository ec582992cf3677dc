"""What counts as a loss of a history, and what of extensions, whatever the dialect."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import Raw

from adapters.dialects.requests.losing import Heard, lost_extensions, lost_in_messages
from ports.chat import Image, ImageUrl, Message, Text, ToolCall

CALLED = Message(role="assistant", tool_calls=(ToolCall(id="1", name="f", arguments="{}"),))
RESULT = Message(role="tool", tool_call_id="1")


def say(role: Any, *parts: Any, **more: Any) -> Message:
    return Message(role=role, parts=(Text(text="hi"), *parts), **more)


def thought(**more: Any) -> Message:
    return Message(role="assistant", tool_calls=CALLED.tool_calls, thinking="hm", **more)


NOTHING = Heard()
EVERYTHING = Heard(
    authors=True,
    details=True,
    thinking=True,
    signatures=True,
    extensions=frozenset({"openai.reasoning_details"}),
)
SIGNED = thought(
    thinking_signature="s", extensions={"openai.reasoning_details": Raw(b"[]"), "x.y": Raw(b"1")}
)


def test_all_that_is_not_heard_is_named_once() -> None:
    image = Image(data=b"x", media_type="image/png", detail="high")
    history = [say("system", author="a"), say("user", image, image, author="b"), SIGNED, SIGNED]

    assert lost_in_messages(history, NOTHING) == [
        "messages.author",
        "messages.parts.detail",
        "messages.thinking",
        "messages.thinking_signature",
        "messages.openai.reasoning_details",
        "messages.x.y",
    ]
    assert lost_in_messages(history, EVERYTHING) == ["messages.x.y"]


@pytest.mark.parametrize("detail", ["", "auto"])
def test_a_look_as_close_as_ever_is_no_loss(detail: str) -> None:
    address = ImageUrl(url="https://example.org", detail=detail)

    assert lost_in_messages([say("user", address)], NOTHING) == []


@pytest.mark.parametrize(
    ("history", "lost"),
    [
        ((say("user"), thought(), RESULT), ["messages.thinking"]),
        ((say("user"), thought(), RESULT, thought(), RESULT), ["messages.thinking"]),
        ((say("user"), thought(), RESULT, say("user")), []),
        ((say("user"), thought()), ["messages.thinking"]),
        ((thought(),), ["messages.thinking"]),
    ],
)
def test_of_thinking_only_the_present_turn_counts(
    history: tuple[Message, ...], lost: list[str]
) -> None:
    assert lost_in_messages(history, NOTHING) == lost


@pytest.mark.parametrize(
    ("name", "value", "lost"),
    [
        ("openai.user", b'"u"', True),
        ("openai.user", b"null", False),
        ("ollama.keep_alive", b"5", False),
        ("ollama.truncate", b"true", True),
        ("ollama.truncate", b"false", False),
        ("ollama.shift", b"false", False),
        ("openai.cache_control", b"{}", False),
        ("known.one", b"1", False),
    ],
)
def test_members_are_lost_where_they_are_not_taken_and_mean_something(
    name: str, value: bytes, lost: bool
) -> None:
    assert lost_extensions({name: Raw(value)}, {"known.one"}) == ([name] if lost else [])
