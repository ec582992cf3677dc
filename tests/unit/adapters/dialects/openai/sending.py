"""What a request looks like upstream, for the tests."""

from __future__ import annotations

import json
from typing import Any

from adapters.dialects.openai.outbound.profile import Profile
from adapters.dialects.openai.outbound.request import encode_chat
from adapters.dialects.openai.outbound.servers import PROFILES
from ports.chat import ChatRequest, Message, Text

GENERIC = PROFILES["generic"]


def say(text: str, role: Any = "user") -> Message:
    return Message(role=role, parts=(Text(text=text),))


HELLO = ChatRequest(model="m", messages=(say("hi"),))


def sent(
    request: ChatRequest = HELLO, *, stream: bool = False, profile: Profile = GENERIC
) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(encode_chat(request, stream=stream, profile=profile))
    return body


def sent_messages(*messages: Message, profile: Profile = GENERIC) -> list[dict[str, Any]]:
    body = sent(ChatRequest(model="m", messages=messages), profile=profile)
    messages_sent: list[dict[str, Any]] = body["messages"]
    return messages_sent


def added(
    request: ChatRequest, *, stream: bool = False, profile: Profile = GENERIC
) -> dict[str, Any]:
    """What is sent beyond the model and the messages."""
    body = sent(request, stream=stream, profile=profile)
    return {key: body[key] for key in body.keys() - {"model", "messages", "stream"}}
