"""`/v1/completions`, served over each kind of backend."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest

from tests.integration.kinds import (
    KINDS,
    OFFLINE,
    OLLAMA,
    OPENAI_COMPATIBLE,
    OPENROUTER,
    TRANSLATED,
    Kind,
)
from tests.integration.served import Served, backend, serving
from tests.upstream import ollama_answers
from tests.upstream.answers import (
    chat,
    chat_events,
    completion,
    completion_chunk,
    error,
    error_event,
    html,
    sse,
)
from tests.upstream.script import Close, Reply, Script, Send, Stall, Taken
from tests.upstream.server import Upstream
from tests.upstream.wire import Received

WORDS = ("Once", " <b>", " wörld")
SAID = "".join(WORDS)
UPSTREAMS = [kind for kind in KINDS if kind is not OFFLINE]
each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
each_upstream = pytest.mark.parametrize("kind", UPSTREAMS, ids=lambda kind: kind.name)
both = pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])


def answering(kind: Kind, words: tuple[str, ...] = WORDS) -> Script:
    if kind is OLLAMA:
        return ollama_answers.completion(words)
    return chat(words) if kind is OPENROUTER else completion(words)


async def ask(served: Served, **body: Any) -> httpx.Response:
    asked = {"model": "m", "prompt": "Say: hi"} | body
    return await served.client.post("/v1/completions", json=asked)


def events(answer: httpx.Response) -> list[Any]:
    *cut, rest = answer.content.split(b"\n\n")
    assert rest == b""
    datas = [event.removeprefix(b"data: ") for event in cut]
    return [json.loads(data) if data != b"[DONE]" else "[DONE]" for data in datas]


def texts(answer: httpx.Response) -> dict[int, str]:
    """Return the text of each choice, however it came."""
    if answer.headers["content-type"] == "application/json":
        return {it["index"]: it["text"] for it in answer.json()["choices"]}
    said: dict[int, str] = {}
    for event in events(answer)[:-1]:
        for choice in event["choices"]:
            said[choice["index"]] = said.get(choice["index"], "") + choice["text"]
    return said


@each_kind
async def test_a_whole_answer(upstream: Upstream, kind: Kind) -> None:
    upstream.always(answering(kind))
    async with serving(kind.settings(upstream)) as served:
        answer = await ask(served, model=kind.chat)

    said = answer.json()
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert list(said) == [
        "id", "object", "created", "model", "system_fingerprint", "choices", "usage",
    ]  # fmt: skip
    assert (said["object"], said["model"]) == ("text_completion", kind.chat)
    assert said["id"].startswith("cmpl-")
    (choice,) = said["choices"]
    assert list(choice) == ["text", "index", "finish_reason"]
    assert (choice["index"], choice["finish_reason"]) == (0, "stop")
    assert choice["text"] == ("hi" if kind is OFFLINE else SAID)
    assert said["usage"]["total_tokens"] > said["usage"]["completion_tokens"] > 0


@each_kind
async def test_a_stream_says_what_the_whole_answer_says(upstream: Upstream, kind: Kind) -> None:
    upstream.always(answering(kind))
    async with serving(kind.settings(upstream)) as served:
        whole = await ask(served, model=kind.chat)
        streamed = await ask(
            served, model=kind.chat, stream=True, stream_options={"include_usage": True}
        )

    assert streamed.headers["content-type"] == "text/event-stream"
    *chunks, last, done = events(streamed)
    assert done == "[DONE]"
    assert texts(streamed) == texts(whole)
    assert len({(it["id"], it["created"], it["model"]) for it in (*chunks, last)}) == 1
    assert {it["object"] for it in chunks} == {"text_completion"}
    reasons = [it["choices"][0]["finish_reason"] for it in chunks]
    assert reasons == [None] * (len(chunks) - 1) + ["stop"]
    assert (last["choices"], last["usage"]) == ([], whole.json()["usage"])


@both
async def test_a_prompt_goes_as_it_is_where_text_is_completed(
    upstream: Upstream, stream: bool
) -> None:
    upstream.always(completion(WORDS))
    async with serving(backend(upstream.base_url, TRANSLATED)) as served:
        await ask(served, prompt="<|user|>", stream=stream, max_tokens=5, temperature=0, seed=0)

    (exchange,) = upstream.exchanges
    assert exchange.request.path == "/v1/completions"
    sent = exchange.request.json()
    assert (sent["prompt"], sent["max_tokens"]) == ("<|user|>", 5)
    assert (sent["temperature"], sent["seed"]) == (0, 0)


@both
async def test_an_ollama_server_puts_a_prompt_into_the_models_template(
    upstream: Upstream, stream: bool
) -> None:
    upstream.always(ollama_answers.completion(WORDS))
    async with serving(OLLAMA.settings(upstream)) as served:
        await ask(served, stream=stream, max_tokens=5, stop="x", logprobs=2, keep_alive="1m")

    (exchange,) = upstream.exchanges
    assert exchange.request.path == "/api/generate"
    sent = exchange.request.json()
    assert "raw" not in sent
    assert sent["stream"] is stream
    assert sent["options"] == {"num_predict": 5, "stop": ["x"]}
    assert (sent["logprobs"], sent["top_logprobs"], sent["keep_alive"]) == (True, 2, "1m")


@both
@pytest.mark.parametrize("only_chats", [OPENROUTER, OPENAI_COMPATIBLE], ids=["known", "learned"])
async def test_a_server_that_only_chats_is_asked_in_a_chat(
    upstream: Upstream, only_chats: Kind, stream: bool
) -> None:
    def answer(request: Received) -> Reply:
        if request.path == "/v1/chat/completions":
            return chat(WORDS)(request)
        return error(404, "Not Found")

    upstream.always(answer)
    async with serving(only_chats.settings(upstream)) as served:
        answers = [await ask(served, stream=stream, max_tokens=5) for _ in range(2)]

    sent = upstream.exchanges[-1].request.json()
    assert sent["messages"] == [{"role": "user", "content": "Say: hi"}]
    assert sent["max_tokens"] == 5
    assert [texts(answer) for answer in answers] == [{0: SAID}] * 2
    assert len(upstream.exchanges) == (2 if only_chats is OPENROUTER else 3)


@both
@each_upstream
async def test_a_gap_is_filled_or_refused(upstream: Upstream, kind: Kind, stream: bool) -> None:
    upstream.tags = [ollama_answers.tag("m:latest", capabilities=["completion", "insert"])]
    upstream.always(answering(kind))
    async with serving(kind.settings(upstream)) as served:
        answer = await ask(served, suffix="end", stream=stream)

    if kind is OPENROUTER:
        assert answer.status_code == 400
        assert answer.json()["error"]["message"] == "suffix is not supported by this backend"
        assert upstream.exchanges == []
    else:
        assert upstream.exchanges[0].request.json()["suffix"] == "end"
        assert texts(answer) == {0: SAID}


def numbered(kind: Kind) -> Script:
    """Answer with the prompt, and with how often anything was asked before."""

    def answer(request: Received) -> Reply:
        body = request.json()
        prompt = body.get("prompt") or body["messages"][-1]["content"]
        script = answering(kind, (prompt, "!"))
        return script(request) if callable(script) else script

    return answer


@both
@each_upstream
async def test_prompts_are_asked_one_by_one_and_their_choices_keep_their_order(
    upstream: Upstream, kind: Kind, stream: bool
) -> None:
    upstream.always(numbered(kind))
    async with serving(kind.settings(upstream)) as served:
        answer = await ask(
            served,
            prompt=["a", "b", "", "c"],
            n=2,
            stream=stream,
            stream_options={"include_usage": True},
        )

    assert texts(answer) == dict(enumerate(["a!", "a!", "b!", "b!", "", "", "c!", "c!"]))
    assert len(upstream.exchanges) == 6
    one = {"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15}
    usage = events(answer)[-2]["usage"] if stream else answer.json()["usage"]
    if not stream:
        assert [it["index"] for it in answer.json()["choices"]] == list(range(8))
    # The empty ones were not asked, and took nothing.
    assert usage == {name: 6 * count for name, count in one.items()}


async def test_the_tokens_of_all_prompts_are_added(upstream: Upstream) -> None:
    upstream.always(completion(WORDS))
    async with serving(backend(upstream.base_url, TRANSLATED)) as served:
        whole = await ask(served, prompt=["a", "b"])
        streamed = await ask(
            served, prompt=["a", "b"], stream=True, stream_options={"include_usage": True}
        )

    added = {"prompt_tokens": 24, "completion_tokens": 6, "total_tokens": 30}
    assert whole.json()["usage"] == events(streamed)[-2]["usage"] == added


@both
async def test_an_echo_is_the_prompt_in_front(upstream: Upstream, stream: bool) -> None:
    upstream.always(completion(WORDS))
    async with serving(backend(upstream.base_url, TRANSLATED)) as served:
        answer = await ask(served, prompt=["a: ", "b: "], echo=True, stream=stream)

    assert texts(answer) == {0: f"a: {SAID}", 1: f"b: {SAID}"}
    assert "echo" not in upstream.exchanges[0].request.json()


@both
@pytest.mark.parametrize("kind", [OPENAI_COMPATIBLE, OPENROUTER], ids=lambda kind: kind.name)
async def test_log_probabilities_come_in_the_form_of_completions(
    upstream: Upstream, kind: Kind, stream: bool
) -> None:
    tops = [{"token": "Hel", "logprob": -0.5}, {"token": "J", "logprob": -1.5}]
    rows = [{"token": "Hel", "logprob": -0.5, "bytes": None, "top_logprobs": tops}]
    columns = {
        "tokens": ["Hel"],
        "token_logprobs": [-0.5],
        "top_logprobs": [{"Hel": -0.5, "J": -1.5}],
        "text_offset": [0],
    }
    if kind is OPENROUTER:
        upstream.always(chat(["Hel"], logprobs=rows))
    else:
        choice = {"index": 0, "text": "Hel", "finish_reason": "stop", "logprobs": columns}
        plain = Reply(body=json.dumps({"choices": [choice]}).encode())
        piece = sse([completion_chunk("Hel", logprobs=columns, finish_reason="stop")])
        upstream.always(piece if stream else plain)
    async with serving(kind.settings(upstream)) as served:
        answer = await ask(served, stream=stream, logprobs=1)

    chunks = events(answer)[:-1] if stream else [answer.json()]
    (told,) = [it["logprobs"] for chunk in chunks for it in chunk["choices"] if "logprobs" in it]
    assert told == columns | {"top_logprobs": [{"Hel": -0.5}]}


@both
@each_kind
async def test_an_empty_prompt_asks_for_nothing(
    upstream: Upstream, kind: Kind, stream: bool
) -> None:
    upstream.always(ollama_answers.loaded)
    async with serving(kind.settings(upstream)) as served:
        answer = await ask(served, model=kind.chat, prompt="", stream=stream)

    assert texts(answer) == {0: ""}
    reason = (events(answer)[0] if stream else answer.json())["choices"][0]["finish_reason"]
    assert reason == "stop"
    # Ollama's server loads the model then, and so does one behind us.
    assert len(upstream.exchanges) == (1 if kind is OLLAMA else 0)


async def test_what_is_dropped_is_told_in_a_header(upstream: Upstream) -> None:
    upstream.always(completion(WORDS))
    async with serving(backend(upstream.base_url, TRANSLATED)) as served:
        whole = await ask(served, best_of=2)
        streamed = await ask(served, best_of=2, stream=True)
        nothing = await ask(served, best_of=1, echo=False, n=1)

    assert whole.headers["x-llamaport-dropped"] == "best_of"
    assert streamed.headers["x-llamaport-dropped"] == "best_of"
    assert "x-llamaport-dropped" not in nothing.headers


@each_upstream
async def test_what_is_lost_on_the_way_is_told_in_a_header(upstream: Upstream, kind: Kind) -> None:
    upstream.always(answering(kind))
    members = {"top_k": 3, "repetition_penalty": 1.5, "logit_bias": {"1": 2}, "seed": 1}
    async with serving(kind.settings(upstream)) as served:
        answer = await ask(served, **members)

    lost = set(answer.headers.get("x-llamaport-dropped", "").split(", "))
    sent = upstream.exchanges[0].request.json()
    sent |= sent.get("options", {})
    names = {"repetition_penalty": {"repetition_penalty", "repeat_penalty"}}
    for name in members:
        reached = bool(names.get(name, {name}) & set(sent))
        assert reached != bool(names.get(name, {name}) & lost), name


@both
@pytest.mark.parametrize(
    ("members", "status", "words"),
    [
        ({"model": "nope"}, 404, "model 'nope' not found"),
        ({"model": ""}, 404, "model '' not found"),
        ({"stop": [5]}, 400, "invalid type for 'stop' field: float64"),
        ({"echo": True, "logprobs": 1}, 400, "echo cannot have logprobs at this backend"),
    ],
)
async def test_a_refusal_is_in_the_words_of_the_real_server(
    upstream: Upstream, members: dict[str, Any], status: int, words: str, stream: bool
) -> None:
    async with serving(backend(upstream.base_url, TRANSLATED)) as served:
        answer = await ask(served, stream=stream, **members)

    assert answer.status_code == status
    assert list(answer.json()["error"]) == ["message", "type", "param", "code"]
    assert answer.json()["error"]["message"] == words
    assert upstream.exchanges == []


@both
async def test_tokens_are_refused_where_only_text_is_read(upstream: Upstream, stream: bool) -> None:
    async with serving(OLLAMA.settings(upstream)) as served:
        answer = await ask(served, prompt=[1, 2, 3], stream=stream)

    assert answer.status_code == 400
    assert "prompt of type string" in answer.json()["error"]["message"]


@both
@each_upstream
async def test_an_error_of_the_upstream_keeps_its_status(
    upstream: Upstream, kind: Kind, stream: bool
) -> None:
    refusal = ollama_answers.error if kind is OLLAMA else error
    upstream.always(refusal(503, "busy", Retry_After="7"))
    async with serving(kind.settings(upstream)) as served:
        answer = await ask(served, stream=stream)

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "7")
    assert answer.json()["error"]["code"] == "server_is_overloaded"


BROKEN: dict[str, Script] = {
    "cut off": sse([completion_chunk("On")], Taken(), Close()),
    "no end": sse([completion_chunk("On")]),
    "an error": sse([completion_chunk("On"), error_event("out of memory")]),
}
BROKEN_LINES: dict[str, Script] = {
    "cut off": ollama_answers.lines([ollama_answers.prompt_line("On")], Taken(), Close()),
    "no end": ollama_answers.lines([ollama_answers.prompt_line("On")]),
    "an error": ollama_answers.lines(
        [ollama_answers.prompt_line("On"), ollama_answers.error_line("out of memory")]
    ),
}
BROKEN_CHATS: dict[str, Script] = {
    "cut off": sse(chat_events(["On"])[:2], Taken(), Close()),
    "no end": sse(chat_events(["On"])[:2]),
    "an error": sse([*chat_events(["On"])[:2], error_event("out of memory")]),
}
SCRIPTS = {"ollama": BROKEN_LINES, "openrouter": BROKEN_CHATS, "openai-compatible": BROKEN}


@pytest.mark.parametrize("fault", BROKEN)
@each_upstream
async def test_a_stream_that_breaks_ends_with_an_error_and_no_good_end(
    upstream: Upstream, kind: Kind, fault: str
) -> None:
    upstream.always(SCRIPTS[kind.name][fault])
    async with serving(kind.settings(upstream)) as served:
        answer = await ask(served, stream=True)

    first, last = events(answer)
    assert (answer.status_code, first["choices"][0]["text"]) == (200, "On")
    assert set(last) == {"error"}
    assert set(last["error"]) == {"message", "type", "param", "code"}
    assert b"[DONE]" not in answer.content
    assert b'"finish_reason":"' not in answer.content


async def test_a_later_prompt_that_is_refused_ends_the_stream_with_an_error(
    upstream: Upstream,
) -> None:
    upstream.reply(completion(WORDS), error(400, "too long"))
    async with serving(backend(upstream.base_url, TRANSLATED)) as served:
        answer = await ask(served, prompt=["a", "b", "c"], stream=True)

    *chunks, last = events(answer)
    assert last["error"]["message"] == "too long"
    assert {it["choices"][0]["index"] for it in chunks} == {0}
    assert b"[DONE]" not in answer.content
    assert len(upstream.exchanges) == 2


async def test_a_prompt_that_is_refused_refuses_a_whole_answer(upstream: Upstream) -> None:
    upstream.reply(completion(WORDS), error(400, "too long"))
    upstream.always(Reply(steps=[Stall()]))
    async with serving(backend(upstream.base_url, TRANSLATED)) as served:
        answer = await ask(served, prompt=["a", "b", "c"])

    assert (answer.status_code, answer.json()["error"]["message"]) == (400, "too long")
    await upstream.closed_early(2)


@pytest.mark.parametrize(
    "broken",
    [html(), Reply(body=b"{}"), Reply(steps=[Send(b'{"choices":[{"te'), Close()])],
    ids=["a page", "no choices", "cut off"],
)
async def test_what_is_no_answer_is_an_error(upstream: Upstream, broken: Script) -> None:
    upstream.always(broken)
    async with serving(backend(upstream.base_url, TRANSLATED)) as served:
        answer = await ask(served)

    assert answer.status_code == 502
    assert answer.json()["error"]["type"] == "server_error"


@both
@pytest.mark.parametrize("prompt", ["a", ["a", "b"]], ids=["one", "two"])
@each_upstream
async def test_hanging_up_closes_what_is_open_at_the_upstream(
    upstream: Upstream, kind: Kind, prompt: Any, stream: bool
) -> None:
    upstream.always(Reply(steps=[Stall()]))
    async with serving(kind.settings(upstream)) as served:
        asking = asyncio.create_task(ask(served, prompt=prompt, stream=stream))
        opened = 2 if isinstance(prompt, list) and not stream else 1
        await upstream.exchange(opened - 1)
        asking.cancel()

        for number in range(opened):
            await upstream.closed_early(number)


async def test_hanging_up_in_mid_stream_closes_the_upstream(upstream: Upstream) -> None:
    upstream.always(sse([completion_chunk("On")], Stall()))
    async with serving(backend(upstream.base_url, TRANSLATED)) as served:
        body = {"model": "m", "prompt": ["a", "b"], "stream": True}
        async with served.client.stream("POST", "/v1/completions", json=body) as answer:
            assert b'"text":"On"' in await anext(answer.aiter_raw())

        await upstream.closed_early()
    assert len(upstream.exchanges) == 1


ALIAS = """
[aliases.tuned]
targets = ["up/m"]
options = { temperature = 0.5, num_predict = 9 }

[aliases.brief]
targets = ["up/m"]
system = "Be brief."
"""


async def test_an_alias_brings_its_options_and_its_words(upstream: Upstream) -> None:
    upstream.always(
        lambda asked: (chat if "messages" in asked.json() else completion)(WORDS)(asked)
    )
    async with serving(backend(upstream.base_url, TRANSLATED) + ALIAS) as served:
        tuned = await ask(served, model="tuned", temperature=1)
        brief = await ask(served, model="brief")

    first, second = (exchange.request.json() for exchange in upstream.exchanges)
    assert (first["prompt"], first["temperature"], first["max_tokens"]) == ("Say: hi", 1, 9)
    assert second["messages"][0] == {"role": "system", "content": "Be brief."}
    assert (tuned.json()["model"], brief.json()["model"]) == ("tuned", "brief")


async def test_a_model_in_use_is_listed_as_running(upstream: Upstream) -> None:
    upstream.always(completion(WORDS))
    async with serving(backend(upstream.base_url, TRANSLATED)) as served:
        await ask(served, keep_alive="1h")
        running = (await served.client.get("/api/ps")).json()["models"]

    assert [model["name"] for model in running] == ["m:latest"]
