"""The rows of the table: calls with their arguments, and a check of what comes of each."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from msgspec import Struct

from tests.e2e.clients import checks
from tests.e2e.clients.checks import Check
from tests.e2e.clients.gateways import KEY, KINDS, UPSTREAM, Kind
from tests.upstream.persona.trouble import FAIL

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(24)).decode()
SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name", "age"],
}
BASE = {
    "model": "tools",
    "vision_model": "vision",
    "embed_model": "embed",
    "unknown": "nope",
    "key": KEY,
    "text": checks.HELLO,
    "inputs": checks.INPUTS,
    "image": PNG,
    "schema": SCHEMA,
    "tool": checks.TOOL,
    "patience": 0.3,
}
MODEL_NAMES = ("model", "vision_model", "embed_model")


class Row(Struct, frozen=True, kw_only=True):
    """A call with arguments of its own, and the check of what came of it."""

    call: str
    check: Check
    asked: Mapping[str, Any] = {}
    fails: bool = False
    """Whether the client should raise."""
    kinds: tuple[Kind, ...] = KINDS
    locked: bool = False
    """Whether the server wants a key."""
    once: bool = False
    """Whether relaying or decoding makes no difference."""


def _trouble(word: str, check: Check, *, call: str = "chat", **more: Any) -> Row:
    """Make a row in which the upstream fails; `more` are further arguments of the call."""
    asked = {"text": f"{FAIL} {word} {checks.HELLO}"} | more
    once = call == "impatient"
    return Row(call=call, check=check, asked=asked, fails=True, kinds=UPSTREAM, once=once)


def _locked(check: Check, *, key: str, fails: bool = False) -> Row:
    asked = {"key": key}
    kinds: tuple[Kind, ...] = ("offline",)
    return Row(call="chat", check=check, asked=asked, fails=fails, kinds=kinds, locked=True)


STREAM = {"stream": True}
WEIGHED: tuple[Kind, ...] = ("openai-compatible", "ollama")
"""Kinds whose upstreams tell log probabilities."""
ADA = {"text": "A person: the name is Ada, the age is 36."}

EVERYWHERE: Mapping[str, Row] = MappingProxyType(
    {
        "chat": Row(call="chat", check=checks.said),
        "chat, streamed": Row(call="chat", check=checks.streamed, asked=STREAM),
        "three rounds of two tools": Row(call="tools", check=checks.called),
        "three rounds of two tools, streamed": Row(call="tools", check=checks.called, asked=STREAM),
        "thinking on": Row(call="thinking", check=checks.thought, asked={"think": True}),
        "thinking on, streamed": Row(
            call="thinking", check=checks.thought, asked={"think": True} | STREAM
        ),
        "thinking off": Row(call="thinking", check=checks.thought_nothing, asked={"think": False}),
        "thinking high": Row(call="thinking", check=checks.thought, asked={"think": "high"}),
        "budget spent on thinking": Row(call="budget", check=checks.ran_out),
        "budget spent on thinking, streamed": Row(
            call="budget", check=checks.ran_out, asked=STREAM
        ),
        "structured output": Row(call="structured output", check=checks.structured, asked=ADA),
        "image": Row(call="image", check=checks.seen),
    }
)
"""What every client does that has the call."""

OLLAMA: Mapping[str, Row] = MappingProxyType(
    {
        "list": Row(call="list", check=checks.listed),
        "show": Row(call="show", check=checks.shown),
        "ps": Row(call="ps", check=checks.running),
        **EVERYWHERE,
        "generate": Row(call="generate", check=checks.said, asked={"stream": False}),
        "generate, streamed": Row(call="generate", check=checks.streamed, asked=STREAM),
        "embed": Row(call="embed", check=checks.embedded),
        "embeddings": Row(call="embeddings", check=checks.embedded_as_it_is),
        "pull": Row(call="pull", check=checks.succeeded, asked={"stream": False}),
        "pull, streamed": Row(call="pull", check=checks.succeeded, asked=STREAM),
        "copy and delete": Row(call="copy and delete", check=checks.came_and_went),
        "create": Row(call="create", check=checks.came_and_went),
        "unknown model": Row(call="unknown model", check=checks.not_found, fails=True),
        "unknown model, streamed": Row(
            call="unknown model", check=checks.not_found, asked=STREAM, fails=True
        ),
    }
)
"""What clients of Ollama's own protocol do."""

OTHERS: Mapping[str, Row] = MappingProxyType(
    {
        "list and retrieve": Row(
            call="list and retrieve", check=checks.listed_for_others, once=True
        ),
        **EVERYWHERE,
        "three rounds of two tools, thinking": Row(
            call="tools", check=checks.called, asked={"think": True}
        ),
        "three rounds of two tools, thinking, streamed": Row(
            call="tools", check=checks.called, asked={"think": True} | STREAM
        ),
        "three rounds of two tools by its runner": Row(call="tool runner", check=checks.called),
        "three rounds of two tools by its runner, streamed": Row(
            call="tool runner", check=checks.called, asked=STREAM
        ),
        "structured output, streamed": Row(
            call="structured output", check=checks.structured, asked=ADA | STREAM
        ),
        "a tool that must be called": Row(call="forced tool", check=checks.forced),
        "log probabilities": Row(call="log probabilities", check=checks.weighed, kinds=WEIGHED),
        "log probabilities, streamed": Row(
            call="log probabilities", check=checks.weighed, asked=STREAM, kinds=WEIGHED
        ),
        "completion": Row(call="completion", check=checks.said, asked={"stream": False}),
        "completion, streamed": Row(call="completion", check=checks.streamed, asked=STREAM),
        "embed": Row(call="embed", check=checks.embedded_as_given),
        "count tokens": Row(call="count tokens", check=checks.counted, once=True),
        "right key": _locked(checks.said, key=KEY),
        "wrong key": _locked(checks.refused(401), key="another", fails=True),
        "unknown model": Row(call="unknown model", check=checks.refused(404), fails=True),
        "unknown model, streamed": Row(
            call="unknown model", check=checks.refused(404), asked=STREAM, fails=True
        ),
        "upstream refuses the gateway's key": _trouble("401", checks.refused(502)),
        "upstream wants fewer requests": _trouble("429", checks.limited),
        "upstream wants fewer requests, streamed": _trouble("429", checks.limited, **STREAM),
        "upstream is busy": _trouble("503", checks.refused(503)),
        "prompt is too long": _trouble("length", checks.refused(400, "context.length")),
        "prompt is too long, streamed": _trouble(
            "length", checks.refused(400, "context.length"), **STREAM
        ),
        "upstream breaks off": _trouble("cut", checks.refused(502)),
        "upstream breaks off, streamed": _trouble("cut", checks.broken_off, **STREAM),
        "upstream is silent": _trouble("silence", checks.timed_out, call="impatient"),
    }
)
"""What clients of OpenAI's and Anthropic's protocols do."""
