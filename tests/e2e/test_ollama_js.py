"""The real `ollama` package of npm, as its users call it.

Each call is a run of `js/calls.mjs`. Without node, or before `make test` has installed the
package, these tests skip; with REQUIRE_ALL=1 they fail instead.
"""

from __future__ import annotations

import asyncio
import base64
import os
import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import Struct

from tests.e2e.server import Served
from tests.upstream.answers import (
    SSE,
    Call,
    chat,
    chat_events,
    error,
    error_event,
    sse,
    usage,
)
from tests.upstream.script import Reply, Send, Stall
from tests.upstream.server import Upstream

pytestmark = pytest.mark.asyncio(loop_scope="module")

FOLDER = Path(__file__).with_name("js")
HELLO = [{"role": "user", "content": "hello"}]
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(24)).decode()
SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name", "age"],
}
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Get the weather of a city",
        "parameters": {
            "type": "object",
            "required": ["city"],
            "properties": {"city": {"type": "string"}},
        },
    },
}


class Raised(Struct, frozen=True, kw_only=True):
    """An error of the package."""

    name: str
    message: str
    status: int | None


class Came(Struct, frozen=True, kw_only=True):
    """What a call has brought."""

    parts: list[dict[str, Any]]
    error: Raised | None

    @property
    def text(self) -> str:
        """The text of all parts."""
        return "".join(part["message"].get("content", "") for part in self.parts)

    @property
    def thinking(self) -> str:
        """The thinking of all parts."""
        return "".join(part["message"].get("thinking", "") for part in self.parts)

    @property
    def tool_calls(self) -> list[dict[str, Any]]:
        """The tool calls of all parts."""
        messages = [part["message"] for part in self.parts]
        return [call for message in messages for call in message.get("tool_calls", ())]


class Npm:
    """Makes calls of the package to one server."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def call(self, method: str, request: Any = None, **more: Any) -> Came:
        """Call a method of the client."""
        asked = {"host": self._url, "method": method, "request": request} | more
        known = {name: value for name, value in asked.items() if value is not None}
        node = await asyncio.create_subprocess_exec(
            "node",
            "calls.mjs",
            cwd=FOLDER,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        printed, _ = await node.communicate(msgspec.json.encode(known))
        return msgspec.json.decode(printed, type=Came)

    async def chat(self, messages: Any = HELLO, **more: Any) -> Came:
        """Chat with the upstream's model; `stream` says how."""
        return await self.call("chat", {"model": "m", "messages": messages} | more)


def require_node() -> None:
    """Skip, or fail if nothing may be missing, where the package cannot be run."""
    if shutil.which("node") and (FOLDER / "node_modules" / "ollama").is_dir():
        return
    missing = "node or tests/e2e/js/node_modules is missing: make test installs the latter"
    if os.environ.get("REQUIRE_ALL") == "1":
        pytest.fail(missing)
    pytest.skip(missing)


@pytest.fixture(scope="module", autouse=True)
def node() -> None:
    """Ask for node before any server is started."""
    require_node()


@pytest.fixture
def npm(served: Served) -> Npm:
    """Return the package as a client of the server in front of the upstream."""
    return Npm(served.url)


@pytest.fixture
def lone(offline: Served) -> Npm:
    """Return the package as a client of the server that nobody has configured."""
    return Npm(offline.url)


def sent(upstream: Upstream) -> Any:
    """Return what the upstream was asked last."""
    return upstream.exchanges[-1].request.json()


both = pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])


async def test_the_upstreams_models_are_listed(upstream: Upstream, npm: Npm) -> None:
    (listed,) = (await npm.call("list")).parts

    assert [model["model"].removesuffix(":latest") for model in listed["models"]] == [
        "optioned",
        "m",
    ]


async def test_a_model_can_be_shown_and_an_unknown_one_not(upstream: Upstream, npm: Npm) -> None:
    known = await npm.call("show", {"model": "m"})
    unknown = await npm.call("show", {"model": "nope"})

    assert known.error is None
    assert unknown.error is not None
    assert (unknown.error.name, unknown.error.status) == ("ResponseError", 404)


@both
async def test_a_chat(upstream: Upstream, npm: Npm, stream: bool) -> None:
    upstream.always(chat(["Hel", "lo"], counted=usage(12, 3)))

    came = await npm.chat(stream=stream)

    assert (came.text, came.error) == ("Hello", None)
    assert came.parts[-1]["done"] is True
    assert came.parts[-1]["eval_count"] == 3


@both
async def test_thinking_stands_apart_from_the_answer(
    upstream: Upstream, npm: Npm, stream: bool
) -> None:
    upstream.always(chat(["42"], reasoning=["let me", " think"]))

    came = await npm.chat(think=True, stream=stream)

    assert (came.thinking, came.text) == ("let me think", "42")


@both
async def test_a_tool_is_called_and_its_result_answered(
    upstream: Upstream, npm: Npm, stream: bool
) -> None:
    upstream.reply(
        chat(tool_calls=[Call("get_weather", ('{"city":', '"Oslo"}'))]), chat(["22 degrees"])
    )

    first = await npm.chat(tools=[WEATHER], stream=stream)
    (call,) = first.tool_calls
    called = {"role": "assistant", "content": "", "tool_calls": [{"function": call["function"]}]}
    result = {"role": "tool", "tool_name": "get_weather", "content": "22"}
    second = await npm.chat([*HELLO, called, result], tools=[WEATHER], stream=stream)

    assert call["function"]["arguments"] == {"city": "Oslo"}
    assert second.text == "22 degrees"
    _, said, answered = sent(upstream)["messages"]
    assert said["tool_calls"][0]["id"]
    assert answered["tool_call_id"] == said["tool_calls"][0]["id"]


async def test_structured_output_passes_the_schema_on(upstream: Upstream, npm: Npm) -> None:
    upstream.always(chat(['{"name":"Ada","age":36}']))

    came = await npm.chat(format=SCHEMA)

    assert came.text == '{"name":"Ada","age":36}'
    assert sent(upstream)["response_format"]["json_schema"]["schema"] == SCHEMA


async def test_an_image_reaches_the_upstream(upstream: Upstream, npm: Npm) -> None:
    upstream.always(chat(["I see 1 image"]))

    await npm.chat([{"role": "user", "content": "what", "images": [PNG]}])

    _, image = sent(upstream)["messages"][0]["content"]
    assert image["image_url"]["url"] == f"data:image/png;base64,{PNG}"


@both
async def test_an_unknown_model_is_not_found(upstream: Upstream, npm: Npm, stream: bool) -> None:
    came = await npm.call("chat", {"model": "nope", "messages": HELLO, "stream": stream})

    assert came.error == Raised(name="ResponseError", message="model 'nope' not found", status=404)


@both
async def test_an_early_refusal_keeps_a_status(upstream: Upstream, npm: Npm, stream: bool) -> None:
    upstream.always(error(429, "slow down"))

    came = await npm.chat(stream=stream)

    assert came.parts == []
    assert came.error is not None
    assert (came.error.name, came.error.status) == ("ResponseError", 429)
    assert "slow down" in came.error.message


async def test_an_error_in_mid_stream_is_raised_after_the_text(
    upstream: Upstream, npm: Npm
) -> None:
    upstream.always(sse([*chat_events(["Hel"])[:2], error_event("provider disconnected")]))

    came = await npm.chat(stream=True)

    assert came.text == "Hel"
    assert came.error is not None
    assert "provider disconnected" in came.error.message


async def test_odd_line_separators_arrive_intact(upstream: Upstream, npm: Npm) -> None:
    upstream.always(chat(["a\u2028b", "c\u0085d", "e\u2029f"]))

    assert (await npm.chat(stream=True)).text == "a\u2028bc\u0085de\u2029f"


async def test_aborting_a_stream_closes_the_upstream(upstream: Upstream, npm: Npm) -> None:
    begun = [Send(event) for event in chat_events(["Hel", "lo"])[:2]]
    upstream.always(Reply(headers=SSE, steps=[*begun, Stall()]))

    came = await npm.call("chat", {"model": "m", "messages": HELLO, "stream": True}, abortAfter=1)

    assert came.error is not None
    assert came.error.name == "AbortError"
    assert await upstream.closed_early() > 0


@both
async def test_offline_there_is_a_model_that_answers(lone: Npm, stream: bool) -> None:
    (listed,) = (await lone.call("list")).parts
    model = listed["models"][0]["model"]

    came = await lone.call("chat", {"model": model, "messages": HELLO, "stream": stream})

    assert came.error is None
    assert came.text
    assert came.parts[-1]["done"] is True


async def test_offline_an_unknown_model_is_not_found(lone: Npm) -> None:
    came = await lone.call("chat", {"model": "nope", "messages": HELLO})

    assert came.error is not None
    assert came.error.status == 404
