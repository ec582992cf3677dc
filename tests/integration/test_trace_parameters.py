"""The parameters of requests that pass undecoded, as a collector receives them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
from msgspec import Raw, Struct
from msgspec.structs import replace

from tests.collector import INTERNAL, Collector
from tests.integration.test_traces import OTEL, chats, traced
from tests.integration.test_v1_native import MESSAGES, RESPONSES, Native
from tests.unit.adapters.dialects.odd_values import ODD
from tests.upstream import ollama_answers
from tests.upstream.answers import chat, completion, embed, sse
from tests.upstream.fixtures import upstream
from tests.upstream.script import Reply
from tests.upstream.server import Upstream
from tests.upstream.wire import Received

__all__ = ["upstream"]

NATIVE = ('native = ["openai", "responses", "anthropic"]',)
TALK = [{"role": "user", "content": "canary-question"}]
SAMPLING = {"temperature": 0.5, "top_p": 1, "top_k": 40, "stop": ["END"], "seed": 7}
PENALTIES = {"presence_penalty": 0.25, "frequency_penalty": -0.25}
SAMPLED = {
    "gen_ai.request.temperature": 0.5,
    "gen_ai.request.top_p": 1.0,
    "gen_ai.request.top_k": 40,
    "gen_ai.request.stop_sequences": ["END"],
    "gen_ai.request.max_tokens": 9,
}
SEEDED = {"gen_ai.request.seed": 7}
PENALIZED = {"gen_ai.request.presence_penalty": 0.25, "gen_ai.request.frequency_penalty": -0.25}
TEXT = {"gen_ai.output.type": "text"}
JSON_HARD = {"gen_ai.output.type": "json", "gen_ai.request.reasoning.level": "high"}
DIMENSIONS = {"gen_ai.embeddings.dimension.count": 64}
ALWAYS = {"gen_ai.request.model", "gen_ai.request.stream"}


class Asked(Struct, frozen=True, kw_only=True):
    """A request, what the upstream answers, and what a span tells of what was asked for."""

    path: str
    body: dict[str, Any]
    answer: Callable[[Received], Reply]
    told: dict[str, Any]
    speaks: bool = True
    """Whether the answer is words, whose type is told without being asked for."""
    odd: tuple[str, ...]
    """Members that may be odd."""
    streams: bool = True
    model: str = "m"


def native_answer(native: Native) -> Callable[[Received], Reply]:
    def answer(request: Received) -> Reply:
        return sse(native.events) if request.json().get("stream") else Reply(body=native.answer)

    return answer


def line_of_vector(_request: Received) -> Reply:
    return ollama_answers.whole({"embedding": [1.0]})


OPENAI_ODD = (*SAMPLING, *PENALTIES, "max_tokens")
OPTIONS = SAMPLING | PENALTIES | {"num_predict": 9}
ASKED = {
    asked.path: asked
    for asked in (
        Asked(
            path="/v1/chat/completions",
            body={"messages": TALK, "max_completion_tokens": 9, "reasoning_effort": "high"}
            | {"response_format": {"type": "json_object"}, **SAMPLING, **PENALTIES},
            answer=chat(["Hi"]),
            told=SAMPLED | SEEDED | PENALIZED | JSON_HARD,
            odd=(*OPENAI_ODD, "max_completion_tokens", "reasoning_effort", "reasoning"),
        ),
        Asked(
            path="/v1/completions",
            body={"prompt": "canary-question", "max_tokens": 9, **SAMPLING, **PENALTIES},
            answer=completion(["Hi"]),
            told=SAMPLED | SEEDED | PENALIZED | TEXT,
            odd=OPENAI_ODD,
        ),
        Asked(
            path="/v1/responses",
            body={"input": "canary-question", "max_output_tokens": 9.0, **SAMPLING}
            | {"reasoning": {"effort": "high"}, "text": {"format": {"type": "json_object"}}},
            answer=native_answer(RESPONSES),
            told=SAMPLED | SEEDED | JSON_HARD,
            odd=(*OPENAI_ODD, "max_output_tokens", "reasoning"),
        ),
        Asked(
            path="/v1/embeddings",
            body={"input": ["x"], "dimensions": 64},
            answer=embed,
            told=DIMENSIONS,
            speaks=False,
            odd=("dimensions",),
            streams=False,
        ),
        Asked(
            path="/v1/messages",
            body={"messages": TALK, "max_tokens": 9, "temperature": 0.5, "top_p": 1, "top_k": 40}
            | {"stop_sequences": ["END"], "thinking": {"type": "enabled", "budget_tokens": 9000}}
            | {"output_format": {"type": "json_schema", "schema": {}}},
            answer=native_answer(MESSAGES),
            told=SAMPLED | JSON_HARD,
            odd=("max_tokens", "temperature", "top_p", "top_k", "stop_sequences", "thinking"),
        ),
        Asked(
            path="/api/chat",
            body={"messages": TALK, "options": OPTIONS, "format": "json", "think": "high"},
            answer=ollama_answers.chat(["Hi"]),
            told=SAMPLED | SEEDED | PENALIZED | JSON_HARD,
            odd=("options", "think"),
            model="box",
        ),
        Asked(
            path="/api/generate",
            body={"prompt": "canary-question", "options": OPTIONS, "format": {"type": "object"}}
            | {"think": "high"},
            answer=ollama_answers.completion(["Hi"]),
            told=SAMPLED | SEEDED | PENALIZED | JSON_HARD,
            odd=("options", "think"),
            model="box",
        ),
        Asked(
            path="/api/embed",
            body={"input": ["x"], "dimensions": 64, "options": {"seed": 7}},
            answer=ollama_answers.embed,
            told=DIMENSIONS | SEEDED,
            speaks=False,
            odd=("options", "dimensions"),
            streams=False,
            model="box",
        ),
        Asked(
            path="/api/embeddings",
            body={"prompt": "x", "options": {"seed": 7}},
            answer=line_of_vector,
            told=SEEDED,
            speaks=False,
            odd=("options",),
            streams=False,
            model="box",
        ),
    )
}
QUESTIONS = {"messages", "prompt", "input"}
each = pytest.mark.parametrize("asked", ASKED.values(), ids=ASKED)
NO_JSON = {"half a character", "not a number", "infinity", "too deep", "cut off"}
"""Values with which no body passes."""


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in OTEL:
        monkeypatch.setenv(name, "")


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as running:
        yield running


def box(upstream: Upstream) -> str:
    upstream.tags = ("box",)
    return f'\n[[backends]]\nname = "box"\nkind = "ollama"\nbase_url = "{upstream.url}"\n'


def told(attributes: Any) -> dict[str, Any]:
    """Return what the span of a relayed exchange tells of what was asked for."""
    assert attributes["llamaport.route.relayed"] is True
    of_request = ("gen_ai.request.", "gen_ai.output.", "gen_ai.embeddings.")
    return {
        name: value
        for name, value in attributes.items()
        if name.startswith(of_request) and name not in ALWAYS
    }


@each
async def test_they_are_told_of_a_stream_and_of_a_whole_answer(
    upstream: Upstream, collector: Collector, asked: Asked
) -> None:
    upstream.always(asked.answer)

    async with traced(upstream, collector, up=(*NATIVE, box(upstream))) as served:
        for stream in (False, True) if asked.streams else (False,):
            body = {"model": asked.model, "stream": stream} | asked.body
            got = await served.client.post(asked.path, json=body)
            assert got.status_code == 200, got.text

    spans = chats(collector).of_kind(INTERNAL)
    assert [span.attributes["gen_ai.request.stream"] for span in spans] == (
        [False, True] if asked.streams else [False]
    )
    assert all(told(span.attributes) == asked.told for span in spans)
    assert b"canary" not in collector.raw


@each
async def test_odd_ones_pass_and_are_not_told(
    upstream: Upstream, collector: Collector, asked: Asked
) -> None:
    odd = {name: value for name, value in ODD.items() if name not in NO_JSON}
    odd["a number in a text"] = b'{"a":"5"}'  # where it stands for one text to stop at, it is none
    question = {name: asked.body[name] for name in QUESTIONS & asked.body.keys()}
    plain = {"model": asked.model, "stream": False} | question
    upstream.always(lambda request: answered(asked, request, plain))

    async with traced(upstream, collector, up=(*NATIVE, box(upstream))) as served:
        for value in odd.values():
            body = msgspec.json.encode(plain | dict.fromkeys(asked.odd, Raw(value)))
            got = await served.client.post(asked.path, content=body)
            assert got.status_code == 200, got.text
            assert upstream.exchanges[-1].request.body == body

    spans = chats(collector).of_kind(INTERNAL)
    untold = TEXT if asked.speaks else {}
    assert len(spans) == len(odd)
    assert all(told(span.attributes) == untold for span in spans)


def answered(asked: Asked, request: Received, plain: dict[str, Any]) -> Reply:
    """Answer as if it were a plain body, for upstreams that cannot read an odd one."""
    return asked.answer(replace(request, body=msgspec.json.encode(plain)))


async def test_those_of_an_alias_and_the_clients_own_are_told_where_it_is_not_relayed(
    upstream: Upstream, collector: Collector
) -> None:
    upstream.always(chat(["Hi"]))
    alias = '\n[aliases.cool]\ntargets = ["up/m"]\noptions = { temperature = 0.1, top_k = 3 }\n'

    async with traced(upstream, collector, up=(*NATIVE, alias)) as served:
        body = {"model": "cool", "messages": TALK, "temperature": 0.5}
        await served.client.post("/v1/chat/completions", json=body)

    use = chats(collector).one(INTERNAL)
    assert use.attributes["llamaport.route.relayed"] is False
    assert use.attributes["gen_ai.request.temperature"] == 0.5
    assert use.attributes["gen_ai.request.top_k"] == 3
