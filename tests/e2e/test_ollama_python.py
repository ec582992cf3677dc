"""The real `ollama` package for Python, both its clients, as its users call it."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Sequence
from typing import Any

import ollama
import pydantic
import pytest
import pytest_asyncio
from msgspec import Struct
from ollama import AsyncClient, ChatResponse, Client, ResponseError

from tests.e2e.server import Served
from tests.upstream.answers import Call, chat, chat_events, error, error_event, sse, usage
from tests.upstream.server import Upstream

pytestmark = pytest.mark.asyncio(loop_scope="module")

HELLO = [{"role": "user", "content": "hello"}]
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


class Person(pydantic.BaseModel):
    """What structured output is asked for."""

    name: str
    age: int


def get_weather(city: str) -> str:
    """Get the weather of a city.

    Args:
        city: The name of the city.

    Returns:
        str: The weather.
    """
    return f"22 degrees in {city}"


class Streamed(Struct, frozen=True, kw_only=True):
    """A stream read to its end: what came, and what was raised then, if anything."""

    parts: list[ChatResponse]
    error: ResponseError | None

    @property
    def text(self) -> str:
        """The text of all parts."""
        return "".join(part.message.content or "" for part in self.parts)

    @property
    def thinking(self) -> str:
        """The thinking of all parts."""
        return "".join(part.message.thinking or "" for part in self.parts)

    @property
    def tool_calls(self) -> list[ollama.Message.ToolCall]:
        """The tool calls of all parts."""
        return [call for part in self.parts for call in part.message.tool_calls or ()]


class Sdk:
    """One of the package's two clients, behind one face: a stream comes as a whole."""

    def __init__(self, url: str, *, sync: bool) -> None:
        self._sync = Client(host=url, trust_env=False) if sync else None
        self._async = AsyncClient(host=url, trust_env=False)

    async def ask(self, method: str, **named: Any) -> Any:
        """Call a method and return its result."""
        if self._sync is not None:
            return await asyncio.to_thread(getattr(self._sync, method), **named)
        return await getattr(self._async, method)(**named)

    async def chat(self, messages: Sequence[Any] = HELLO, **named: Any) -> ChatResponse:
        """Chat in one piece."""
        answer = await self.ask("chat", messages=messages, **({"model": "m"} | named))
        assert isinstance(answer, ChatResponse)
        return answer

    async def stream(self, messages: Sequence[Any] = HELLO, **named: Any) -> Streamed:
        """Chat in pieces."""
        parts: list[ChatResponse] = []
        asked: dict[str, Any] = {"model": "m", "messages": messages, "stream": True} | named
        try:
            if self._sync is not None:
                await asyncio.to_thread(self._read, asked, parts)
            else:
                async for part in await self._async.chat(**asked):
                    parts.append(part)  # noqa: PERF401 - what came before an error counts too
        except ResponseError as error:
            return Streamed(parts=parts, error=error)
        return Streamed(parts=parts, error=None)

    def _read(self, asked: dict[str, Any], parts: list[ChatResponse]) -> None:
        assert self._sync is not None
        for part in self._sync.chat(**asked):
            parts.append(part)  # noqa: PERF402 - what came before an error counts too

    async def model_with(self, capability: str) -> str:
        """Return the first listed model that has a capability."""
        for listed in (await self.ask("list")).models:
            if capability in (await self.ask("show", model=listed.model)).capabilities:
                return str(listed.model)
        raise AssertionError(f"no model has {capability}")

    async def close(self) -> None:
        """Close both clients."""
        if self._sync is not None:
            self._sync.close()  # type: ignore[no-untyped-call]  # the package types only calls
        await self._async.close()  # type: ignore[no-untyped-call]  # the same


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["sync", "async"])
async def sdk(served: Served, request: pytest.FixtureRequest) -> AsyncIterator[Sdk]:
    """Return a client of the server in front of the upstream."""
    sdk = Sdk(served.url, sync=request.param == "sync")
    yield sdk
    await sdk.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["sync", "async"])
async def lone(offline: Served, request: pytest.FixtureRequest) -> AsyncIterator[Sdk]:
    """Return a client of the server that nobody has configured."""
    sdk = Sdk(offline.url, sync=request.param == "sync")
    yield sdk
    await sdk.close()


def sent(upstream: Upstream, number: int = -1) -> Any:
    """Return what the upstream was asked."""
    return upstream.exchanges[number].request.json()


# In front of an OpenAI-compatible upstream.


async def test_the_upstreams_models_are_listed(upstream: Upstream, sdk: Sdk) -> None:
    listed = await sdk.ask("list")

    assert [str(model.model).removesuffix(":latest") for model in listed.models] == [
        "optioned",
        "m",
    ]


async def test_a_model_can_be_shown(upstream: Upstream, sdk: Sdk) -> None:
    shown = await sdk.ask("show", model="m")

    assert shown.modelinfo["general.architecture"] == "unknown"


@pytest.mark.parametrize("method", ["show", "chat"])
async def test_an_unknown_model_is_not_found(upstream: Upstream, sdk: Sdk, method: str) -> None:
    with pytest.raises(ResponseError) as raised:
        await sdk.ask(method, model="nope")

    assert raised.value.status_code == 404
    assert raised.value.error.startswith("model 'nope")


async def test_an_unknown_model_is_not_found_by_a_stream(upstream: Upstream, sdk: Sdk) -> None:
    outcome = await sdk.stream(model="nope")

    assert outcome.parts == []
    assert outcome.error is not None
    assert outcome.error.status_code == 404


async def test_a_chat_in_one_piece(upstream: Upstream, sdk: Sdk) -> None:
    upstream.always(chat(["Hel", "lo"], counted=usage(12, 3)))

    answer = await sdk.chat(options={"temperature": 0.5, "num_predict": 7})

    assert answer.message.content == "Hello"
    assert (answer.done, answer.done_reason) == (True, "stop")
    assert (answer.prompt_eval_count, answer.eval_count) == (12, 3)
    assert sent(upstream)["messages"] == HELLO
    assert (sent(upstream)["temperature"], sent(upstream)["max_tokens"]) == (0.5, 7)


async def test_a_chat_in_pieces(upstream: Upstream, sdk: Sdk) -> None:
    upstream.always(chat(["Hel", "lo"], counted=usage(12, 3)))

    outcome = await sdk.stream()

    assert (outcome.text, outcome.error) == ("Hello", None)
    assert [part.done for part in outcome.parts].count(True) == 1
    last = outcome.parts[-1]
    assert (last.done, last.done_reason) == (True, "stop")
    assert (last.prompt_eval_count, last.eval_count) == (12, 3)


async def test_thinking_stands_apart_from_the_answer(upstream: Upstream, sdk: Sdk) -> None:
    upstream.always(chat(["42"], reasoning=["let me", " think"]))

    plain = await sdk.chat(think=True)
    streamed = await sdk.stream(think=True)

    assert (plain.message.thinking, plain.message.content) == ("let me think", "42")
    assert (streamed.thinking, streamed.text) == ("let me think", "42")


async def test_a_tool_is_called_and_its_result_answered(upstream: Upstream, sdk: Sdk) -> None:
    upstream.reply(
        chat(tool_calls=[Call("get_weather", ('{"city":', '"Oslo"}'))]),
        chat(["It is 22 degrees."]),
    )

    first = await sdk.chat(tools=[get_weather])
    (call,) = first.message.tool_calls or ()
    result = {
        "role": "tool",
        "tool_name": "get_weather",
        "content": get_weather(**call.function.arguments),
    }
    second = await sdk.chat([*HELLO, first.message, result], tools=[get_weather])

    assert call.function.arguments == {"city": "Oslo"}
    assert second.message.content == "It is 22 degrees."
    _, said, answered = sent(upstream)["messages"]
    (repeated,) = said["tool_calls"]
    assert repeated["id"]
    assert answered["tool_call_id"] == repeated["id"]
    assert answered["content"] == "22 degrees in Oslo"
    assert sent(upstream)["tools"][0]["function"]["name"] == "get_weather"


async def test_tool_calls_in_a_stream_come_whole(upstream: Upstream, sdk: Sdk) -> None:
    calls = [Call("get_weather", ('{"ci', 'ty":"A"}'), "1"), Call("get_weather", ("{}",), "2")]
    upstream.always(chat(tool_calls=calls))

    outcome = await sdk.stream(tools=[get_weather])

    assert [call.function.arguments for call in outcome.tool_calls] == [{"city": "A"}, {}]


async def test_structured_output_passes_the_schema_on(upstream: Upstream, sdk: Sdk) -> None:
    upstream.always(chat(['{"name":"Ada",', '"age":36}']))

    answer = await sdk.chat(format=Person.model_json_schema())

    assert Person.model_validate_json(answer.message.content or "") == Person(name="Ada", age=36)
    wanted = sent(upstream)["response_format"]["json_schema"]["schema"]
    assert wanted == Person.model_json_schema()


async def test_an_image_reaches_the_upstream(upstream: Upstream, sdk: Sdk) -> None:
    upstream.always(chat(["I see 1 image"]))

    await sdk.chat([{"role": "user", "content": "what", "images": [PNG]}])

    words, image = sent(upstream)["messages"][0]["content"]
    assert words == {"type": "text", "text": "what"}
    data = "data:image/png;base64," + base64.b64encode(PNG).decode()
    assert image["image_url"]["url"] == data


async def test_logprobs_come_with_their_tokens(upstream: Upstream, sdk: Sdk) -> None:
    other = {"token": "Hal", "logprob": -2.5, "bytes": None}
    entry = {"token": "Hel", "logprob": -0.5, "bytes": [72], "top_logprobs": [other]}
    upstream.always(chat(["Hel", "lo"], logprobs=[entry]))

    plain = await sdk.chat(logprobs=True, top_logprobs=1)
    streamed = await sdk.stream(logprobs=True, top_logprobs=1)

    in_stream = [entry for part in streamed.parts for entry in part.logprobs or ()]
    for first in (plain.logprobs or ())[0], in_stream[0]:
        assert (first.token, first.logprob) == ("Hel", -0.5)
        assert [top.token for top in first.top_logprobs or ()] == ["Hal"]
    assert (sent(upstream)["logprobs"], sent(upstream)["top_logprobs"]) == (True, 1)


@pytest.mark.parametrize(
    ("upstream_status", "status"),
    [(400, 400), (401, 502), (403, 403), (429, 429), (500, 502), (503, 503)],
)
async def test_an_early_refusal_keeps_a_status(
    upstream: Upstream, sdk: Sdk, upstream_status: int, status: int
) -> None:
    upstream.always(error(upstream_status, "the upstream's reason"))

    streamed = await sdk.stream()
    with pytest.raises(ResponseError) as raised:
        await sdk.chat()

    assert raised.value.status_code == status
    assert streamed.parts == []
    assert streamed.error is not None
    assert streamed.error.status_code == status


async def test_an_error_in_mid_stream_is_raised_after_the_text(
    upstream: Upstream, sdk: Sdk
) -> None:
    upstream.always(sse([*chat_events(["Hel"])[:2], error_event("provider disconnected")]))

    outcome = await sdk.stream()

    assert outcome.text == "Hel"
    assert not any(part.done for part in outcome.parts)
    assert outcome.error is not None
    assert "provider disconnected" in outcome.error.error


async def test_odd_line_separators_arrive_intact(upstream: Upstream, sdk: Sdk) -> None:
    words = ["a\u2028b", "c\u0085d", "e\u2029f", "\x1c\x0b\x0c"]
    upstream.always(chat(words))

    assert (await sdk.stream()).text == "".join(words)
    assert (await sdk.chat()).message.content == "".join(words)


# Without any configuration.


async def test_offline_there_is_a_model_that_answers(lone: Sdk) -> None:
    model = await lone.model_with("completion")

    plain = await lone.chat(model=model)
    streamed = await lone.stream(model=model)

    assert (plain.done, plain.done_reason) == (True, "stop")
    assert plain.message.content
    assert streamed.error is None
    assert streamed.text == plain.message.content
    assert streamed.parts[-1].done


async def test_offline_an_unknown_model_is_not_found(lone: Sdk) -> None:
    with pytest.raises(ResponseError) as raised:
        await lone.ask("show", model="nope")

    assert raised.value.status_code == 404
    assert (await lone.stream(model="nope")).error is not None


async def test_offline_a_model_thinks_if_asked(lone: Sdk) -> None:
    model = await lone.model_with("thinking")

    assert (await lone.chat(model=model, think=True)).message.thinking
    assert (await lone.stream(model=model, think=True)).thinking
    assert not (await lone.chat(model=model, think=False)).message.thinking


async def test_offline_a_tool_is_called_and_its_result_answered(lone: Sdk) -> None:
    model = await lone.model_with("tools")
    question = {"role": "user", "content": 'Call get_weather, the city is "Oslo".'}

    first = await lone.chat([question], model=model, tools=[get_weather])
    (call,) = first.message.tool_calls or ()
    result = {"role": "tool", "tool_name": "get_weather", "content": "22 degrees"}
    second = await lone.chat([question, first.message, result], model=model, tools=[get_weather])

    assert call.function.arguments == {"city": "Oslo"}
    assert second.message.content
    assert not second.message.tool_calls


async def test_offline_structured_output_fits_the_schema(lone: Sdk) -> None:
    model = await lone.model_with("completion")
    schema = Person.model_json_schema()

    plain = await lone.chat(model=model, format=schema)
    streamed = await lone.stream(model=model, format=schema)

    in_pieces = Person.model_validate_json(streamed.text)
    assert Person.model_validate_json(plain.message.content or "") == in_pieces


async def test_offline_an_image_is_taken(lone: Sdk) -> None:
    model = await lone.model_with("completion")

    answer = await lone.chat([{"role": "user", "content": "what", "images": [PNG]}], model=model)

    assert answer.message.content
