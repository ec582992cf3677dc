"""Statements 96 to 100 of the checklist: real clients. More of them is in tests/e2e/."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import ollama
import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_ollama import ChatOllama
from ollama import AsyncClient, ResponseError

from tests.e2e.test_ollama_js import Npm, require_node
from tests.integration.checklist.asking import HI, post, whole
from tests.integration.golden.wire import Answer, ask
from tests.integration.served import Served
from tests.upstream.answers import Call
from tests.upstream.answers import chat as said
from tests.upstream.answers import embed as by_letters
from tests.upstream.script import Reply
from tests.upstream.server import Upstream
from tests.upstream.wire import Received

pytestmark = pytest.mark.asyncio(loop_scope="module")

CLI = Path(__file__).parents[2] / "golden" / "cli.jsonl"
COMMANDS = (
    "version",
    "list",
    "ps, nothing loaded",
    "show plain",
    "run with a prompt",
    "interactive run",
    "stop",
    "pull",
    "rm of an unknown model",
)
TOOL = {
    "type": "function",
    "function": {"name": "f", "parameters": {"type": "object", "properties": {}}},
}
WEATHER = Call("f", ('{"city":"Paris"}',))


def persona(request: Received) -> Reply:
    """Answer whatever a client asks: a call where there are tools and no result yet."""
    if request.path.endswith("/embeddings"):
        return by_letters(request)
    body = request.json()
    asked = body["messages"][-1]["role"] != "tool"
    calls = [WEATHER] if body.get("tools") and asked else []
    return said([] if calls else ["Hel", "lo"], tool_calls=calls)(request)


def commands() -> Iterator[dict[str, Any]]:
    for line in CLI.read_text().splitlines():
        if (command := json.loads(line))["name"] in COMMANDS:
            yield command


async def sent(served: Served, request: Mapping[str, Any]) -> Answer:
    content = request.get("body_text") or request.get("body")
    body = content if isinstance(content, str) else json.dumps(content) if content else ""
    given = {key: value for key, value in request["headers"].items() if key != "Content-Length"}
    headers = list(({"Host": "127.0.0.1:11434"} | given).items())
    return await ask(served.url, request["method"], request["path"], headers, body.encode())


def shape(answer: Answer) -> list[list[str]]:
    """Return the keys of the first and the last object of an answer."""
    if not answer.content.startswith(b"{"):
        return []
    objects = [json.loads(line) for line in answer.text.splitlines()]
    return [sorted(objects[0]), sorted(set(objects[-1]) - {"context"})]


async def test_096_the_command_finds_what_it_reads(served: Served, upstream: Upstream) -> None:
    """The command itself is not here: its recorded requests are, each with its answer."""
    upstream.always(persona)
    recorded = list(commands())
    optional = {"capabilities", "license", "parameters", "system", "tensors", "requires"}

    for command in recorded:
        for exchange in command["exchanges"]:
            theirs = exchange["response"]
            answer = await sent(served, exchange["request"])

            assert answer.status == theirs["status"], (command["name"], answer.text)
            assert answer.content_type == theirs["headers"].get("Content-Type"), command["name"]
            raw = str(theirs.get("raw", theirs.get("body_text", ""))).encode()
            expected = Answer(status=0, headers=(), framing="", chunks=(raw,))
            for ours, real in zip(shape(answer), shape(expected), strict=True):
                assert set(ours) ^ set(real) <= optional, command["name"]
    refused = await served.client.request("DELETE", "/api/delete", json={"name": "plain"})

    assert len(recorded) == len(COMMANDS)
    assert refused.status_code == 403
    assert isinstance(refused.json()["error"], str)


async def test_097_ollama_python_makes_every_call(served: Served, upstream: Upstream) -> None:
    upstream.always(persona)

    async with AsyncClient(host=served.url) as client:
        listed = await client.list()
        shown = await client.show("tools")
        plain = await client.chat("plain", HI)
        streamed = [part async for part in await client.chat("plain", HI, stream=True)]
        called = await client.chat("tools", HI, tools=[TOOL], think=True)
        completed = await client.generate("plain", "hi")
        embedded = await client.embed("embed", ["x", "yy"])
        older = await client.embeddings("embed", "x")
        pulled = await client.pull("plain")
        running = await client.ps()
        with pytest.raises(ResponseError) as raised:
            await client.delete("nope")

    assert [it.model for it in listed.models] == ["plain:latest", "tools:latest", "embed:latest"]
    assert "tools" in (shown.capabilities or [])
    assert plain.message.content == completed.response == "Hello"
    assert "".join(part.message.content or "" for part in streamed) == "Hello"
    assert called.message.tool_calls is not None
    assert called.message.tool_calls[0].function.arguments == {"city": "Paris"}
    assert (len(embedded.embeddings), len(older.embedding)) == (2, 2)
    assert isinstance(pulled, ollama.ProgressResponse)
    assert pulled.status == "success"
    assert {it.model for it in running.models} >= {"plain:latest", "tools:latest"}
    assert raised.value.status_code == 404


async def test_098_ollama_js_makes_every_call(served: Served, upstream: Upstream) -> None:
    require_node()
    upstream.always(persona)
    npm = Npm(served.url)
    asked: tuple[tuple[str, dict[str, Any] | None], ...] = (
        ("list", None),
        ("ps", None),
        ("show", {"model": "tools"}),
        ("chat", {"model": "plain", "messages": HI}),
        ("chat", {"model": "plain", "messages": HI, "stream": True}),
        ("chat", {"model": "tools", "messages": HI, "tools": [TOOL], "think": True}),
        ("generate", {"model": "plain", "prompt": "hi", "stream": True}),
        ("embed", {"model": "embed", "input": "x"}),
        ("embeddings", {"model": "embed", "prompt": "x"}),
        ("pull", {"model": "plain", "stream": True}),
    )
    for method, request in asked:
        came = await npm.call(method, request)

        assert came.error is None, (method, came.error)
        assert came.parts, method

    unknown = await npm.call("delete", {"model": "nope"})
    assert unknown.error is not None
    assert unknown.error.status == 404


async def test_099_a_round_with_a_tool_works_in_langchain(
    served: Served, upstream: Upstream
) -> None:
    upstream.always(persona)
    client = ChatOllama(model="tools", base_url=served.url)
    model = client.bind_tools([TOOL])
    messages: list[BaseMessage] = [HumanMessage("How is the weather in Paris?")]

    first = await model.ainvoke(messages)
    assert isinstance(first, AIMessage)
    [call] = first.tool_calls
    result = ToolMessage("22 degrees", tool_call_id=call["id"] or "")
    last = await model.ainvoke([*messages, first, result])
    await client._async_client.close()
    client._client.close()

    assert (call["name"], call["args"]) == ("f", {"city": "Paris"})
    assert last.content == "Hello"
    assert isinstance(last, AIMessage)
    assert last.usage_metadata is not None
    assert last.usage_metadata["input_tokens"] > 0
    assert last.usage_metadata["output_tokens"] > 0


async def test_100_continue_reads_a_models_parameters(served: Served) -> None:
    await post(served, "/api/create", model="tuned", **{"from": "plain"}, parameters={"seed": 7})

    plain = whole(await post(served, "/api/show", name="plain"))
    tuned = whole(await post(served, "/api/show", name="tuned"))

    assert "parameters" not in plain
    for line in tuned["parameters"].splitlines():
        assert re.fullmatch(r"\S+ +\S.*", line)
