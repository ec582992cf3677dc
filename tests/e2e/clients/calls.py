"""What each call asks, and what must come of it, whichever client makes it.

A row of the table is a call with its arguments; the clients that have it are in `MATRIX`.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from math import isclose, sqrt
from types import MappingProxyType
from typing import Any

import msgspec
from msgspec import Struct

from tests.e2e.clients.gateways import KINDS, Gateway
from tests.e2e.clients.ledger import Cell
from tests.upstream.persona.behaviour import THINKING

Came = Mapping[str, Any]
Check = Callable[[Came, Gateway], None]

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(24)).decode()
SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name", "age"],
}
HELLO = "hello there, <b>&  w\u00f6rld"
BASE = {
    "model": "tools",
    "vision_model": "vision",
    "embed_model": "embed",
    "unknown": "nope",
    "text": HELLO,
    "inputs": ["a", "b c", "a"],
    "image": PNG,
    "schema": SCHEMA,
}


class Row(Struct, frozen=True, kw_only=True):
    """A call with arguments of its own, and the check of what came of it."""

    call: str
    check: Check
    asked: Mapping[str, Any] = {}
    fails: bool = False
    """Whether the client should raise."""


def said(came: Came, gateway: Gateway) -> None:
    """The text came back whole, and ended as it should."""
    assert "hello there, <b>&" in came["text"]
    assert "w\u00f6rld" in came["text"]
    assert came.get("reason", "stop") == "stop"
    assert came.get("prompt_tokens", 3) >= 3
    assert came.get("completion_tokens", 3) >= 3


def streamed(came: Came, gateway: Gateway) -> None:
    """The same in several pieces."""
    said(came, gateway)
    assert came["pieces"] > 1


def thought(came: Came, gateway: Gateway) -> None:
    """There was thinking, and none of it in the text."""
    said(came, gateway)
    assert came["thinking"]
    assert came["thinking"] not in came["text"]
    if gateway.upstream is not None:
        assert came["thinking"] == "".join(THINKING)


def thought_nothing(came: Came, gateway: Gateway) -> None:
    """There was none."""
    said(came, gateway)
    assert not came["thinking"]


def ran_out(came: Came, gateway: Gateway) -> None:
    """The budget went into thinking, and the answer says so."""
    assert came["reason"] == "length"
    assert not came["text"]
    assert came["thinking"]


def structured(came: Came, gateway: Gateway) -> None:
    """The text is an instance of the schema."""
    assert msgspec.json.decode(came["text"]) == {"name": "Ada", "age": 36}


def seen(came: Came, gateway: Gateway) -> None:
    """The image was seen."""
    assert "I see 1 image" in came["text"]


def called(came: Came, gateway: Gateway) -> None:
    """Two calls in each of three rounds, and every result reached the model."""
    rounds = [[(name, arguments["city"]) for name, arguments in calls] for calls in came["rounds"]]
    assert rounds == gateway.rounds, came["text"]
    for result in gateway.results:
        assert result in came["text"]


def embedded(came: Came, gateway: Gateway) -> None:
    """A vector of length 1 for each input, and the same for the same."""
    first, second, again = came["vectors"]
    assert first == again != second
    for vector in came["vectors"]:
        assert isclose(sqrt(sum(value * value for value in vector)), 1, abs_tol=1e-3)


def embedded_as_it_is(came: Came, gateway: Gateway) -> None:
    """The old route gives the vector as the model made it."""
    first, second, again = came["vectors"]
    assert first == again != second
    if gateway.upstream is not None:
        assert sqrt(sum(value * value for value in first)) > 1.5


def listed(came: Came, gateway: Gateway) -> None:
    """Every model is there under the name that clients know."""
    assert {"plain:latest", "tools:latest", "embed:latest", "me/ns:tag"} <= set(came["models"])


def shown(came: Came, gateway: Gateway) -> None:
    """What the model can do is told."""
    assert {"completion", "tools", "thinking"} <= set(came["capabilities"])
    assert came["architecture"]["general.architecture"]


def running(came: Came, gateway: Gateway) -> None:
    """A model that was just used is listed."""
    assert "tools:latest" in came["models"]


def succeeded(came: Came, gateway: Gateway) -> None:
    """It ended well."""
    assert came["text"] == "success"


def came_and_went(came: Came, gateway: Gateway) -> None:
    """The new model was listed, answered, and is gone."""
    said(came, gateway)
    assert {"the-copy:latest", "made:latest"} & set(came["models"])
    assert not {"the-copy:latest", "made:latest"} & set(came["left"])


def not_found(came: Came, gateway: Gateway) -> None:
    """The client raised what it raises for a model that is not there."""
    assert came["raised"]
    assert re.search("model 'nope(:latest)?' not found", came["message"])
    assert came["status"] in (404, 500, None)  # litellm names every error of Ollama's 500


STREAM = {"stream": True}
ROWS: Mapping[str, Row] = MappingProxyType(
    {
        "list": Row(call="list", check=listed),
        "show": Row(call="show", check=shown),
        "ps": Row(call="ps", check=running),
        "chat": Row(call="chat", check=said),
        "chat, streamed": Row(call="chat", check=streamed, asked=STREAM),
        "three rounds of two tools": Row(call="tools", check=called),
        "three rounds of two tools, streamed": Row(call="tools", check=called, asked=STREAM),
        "thinking on": Row(call="thinking", check=thought, asked={"think": True}),
        "thinking on, streamed": Row(
            call="thinking", check=thought, asked={"think": True} | STREAM
        ),
        "thinking off": Row(call="thinking", check=thought_nothing, asked={"think": False}),
        "thinking high": Row(call="thinking", check=thought, asked={"think": "high"}),
        "budget spent on thinking": Row(call="budget", check=ran_out),
        "budget spent on thinking, streamed": Row(call="budget", check=ran_out, asked=STREAM),
        "structured output": Row(
            call="structured output",
            check=structured,
            asked={"text": "A person: the name is Ada, the age is 36."},
        ),
        "image": Row(call="image", check=seen),
        "generate": Row(call="generate", check=said, asked={"stream": False}),
        "generate, streamed": Row(call="generate", check=streamed, asked=STREAM),
        "embed": Row(call="embed", check=embedded),
        "embeddings": Row(call="embeddings", check=embedded_as_it_is),
        "pull": Row(call="pull", check=succeeded, asked={"stream": False}),
        "pull, streamed": Row(call="pull", check=succeeded, asked=STREAM),
        "copy and delete": Row(call="copy and delete", check=came_and_went),
        "create": Row(call="create", check=came_and_went),
        "unknown model": Row(call="unknown model", check=not_found, fails=True),
        "unknown model, streamed": Row(
            call="unknown model", check=not_found, asked=STREAM, fails=True
        ),
    }
)

_OLLAMA = tuple(dict.fromkeys(row.call for row in ROWS.values()))
_CHAT = (
    "chat",
    "tools",
    "thinking",
    "budget",
    "structured output",
    "image",
    "unknown model",
)
CALLS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "ollama-python": _OLLAMA,
        "ollama-python-async": _OLLAMA,
        "ollama-js": _OLLAMA,
        "langchain": (*_CHAT, "generate", "embed"),
        "llama-index": (*_CHAT, "generate"),
        "litellm": (*_CHAT, "embed"),
    }
)


def cells() -> list[Cell]:
    """Return every client, row and kind."""
    return [
        Cell(client=client, call=name, kind=kind)
        for kind in KINDS
        for client, calls in CALLS.items()
        for name, row in ROWS.items()
        if row.call in calls
    ]
