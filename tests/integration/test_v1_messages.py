"""`/v1/messages`, served over each kind of backend."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.integration.kinds import KINDS, OFFLINE, OLLAMA, OPENROUTER, Kind
from tests.integration.served import Served, backend, serving
from tests.unit.adapters.dialects.anthropic.inbound.sdk import events, message
from tests.upstream import ollama_answers
from tests.upstream import openrouter_answers as openrouter
from tests.upstream.answers import Call, chat, chat_events, chunk, error, error_event, sse
from tests.upstream.script import Abort, Close, Reply, Script, Send, Stall, Step
from tests.upstream.server import Upstream

KINDS_WITH_UPSTREAM = [kind for kind in KINDS if kind is not OFFLINE]
each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
each_upstream = pytest.mark.parametrize("kind", KINDS_WITH_UPSTREAM, ids=lambda kind: kind.name)
streamed_or_not = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])

HEADERS = {"x-api-key": "k", "anthropic-version": "2023-06-01"}
TOOL = {"name": "weather", "description": "W", "input_schema": {"type": "object"}}
SIGNED = [{"type": "thinking", "thinking": "hm", "signature": "c2ln"}]
CAPABLE = ["completion", "tools", "thinking"]
HI = {"role": "user", "content": "hi"}


async def post(served: Served, path: str = "/v1/messages", **body: Any) -> httpx.Response:
    asked = {"model": "m", "max_tokens": 50, "messages": [HI]} | body
    return await served.client.post(path, json=asked, headers=HEADERS)


async def said(served: Served, *, stream: bool, **body: Any) -> dict[str, Any]:
    """The message that a client has in the end, streamed or not."""
    answer = await post(served, stream=stream, **body)
    assert answer.status_code == 200, answer.text
    if not stream:
        assert answer.headers["content-type"] == "application/json"
        whole: dict[str, Any] = answer.json()
        return whole
    assert answer.headers["content-type"] == "text/event-stream"
    return message(events(answer.content))


def answer_with(upstream: Upstream, kind: Kind) -> None:
    """Have a model that thinks, speaks, and calls a tool."""
    upstream.tags = (ollama_answers.tag("m:latest", capabilities=CAPABLE),)
    upstream.always(answering(kind))


def answering(kind: Kind) -> Script:
    """Think, speak, and call a tool."""
    if kind is OLLAMA:
        call = ollama_answers.call("weather", {"city": "Oslo"}, id="call_a1")
        return ollama_answers.chat(
            ["Let me ", "look."], thinking=["Need ", "weather."], tool_calls=[call]
        )
    call = Call("weather", ('{"ci', 'ty":"Oslo"}'), "call_a1")
    return chat(["Let me ", "look."], reasoning=["Need ", "weather."], tool_calls=[call])


@each_upstream
@streamed_or_not
async def test_thinking_text_and_calls_come_as_blocks_in_this_order(
    upstream: Upstream, kind: Kind, stream: bool
) -> None:
    answer_with(upstream, kind)
    async with serving(kind.settings(upstream)) as served:
        made = await said(served, stream=stream, tools=[TOOL], thinking={"type": "adaptive"})

    assert made.pop("id").startswith("msg_")
    assert made == {
        "type": "message",
        "role": "assistant",
        "model": "m",
        "content": [
            {"type": "thinking", "thinking": "Need weather.", "signature": ""},
            {"type": "text", "text": "Let me look."},
            {"type": "tool_use", "id": "call_a1", "name": "weather", "input": {"city": "Oslo"}},
        ],
        "stop_reason": "tool_use",
        "stop_sequence": None,
        "usage": {
            "input_tokens": 12,
            "output_tokens": 3,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
        },
    }


@streamed_or_not
async def test_the_offline_backend_answers_too(upstream: Upstream, stream: bool) -> None:
    async with serving(OFFLINE.settings(upstream)) as served:
        made = await said(served, stream=stream, model="offline")

    assert [block["type"] for block in made["content"]] == ["thinking", "text"]
    assert made["stop_reason"] == "end_turn"
    assert made["usage"]["input_tokens"] > 0


@each_upstream
async def test_a_turn_with_tools_goes_to_the_upstream_in_its_own_form(
    upstream: Upstream, kind: Kind
) -> None:
    answer_with(upstream, kind)
    history = [
        HI,
        {
            "role": "assistant",
            "content": [
                {"type": "text", "text": "Let me look."},
                {"type": "tool_use", "id": "t1", "name": "weather", "input": {"city": "Oslo"}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "and then?"},
                {"type": "tool_result", "tool_use_id": "t1", "content": "cold", "is_error": True},
            ],
        },
    ]
    async with serving(kind.settings(upstream)) as served:
        await said(served, stream=False, system="S", messages=history, tools=[TOOL])

    sent = upstream.exchanges[0].request.json()["messages"]
    assert [message["role"] for message in sent] == [
        "system",
        "user",
        "assistant",
        "tool",
        "user",
    ]
    assert [message["content"] for message in sent] == [
        "S",
        "hi",
        "Let me look.",
        "Error: cold",
        "and then?",
    ]
    assert sent[3]["tool_call_id"] == "t1"
    if kind is OLLAMA:
        assert sent[2]["tool_calls"][0]["function"]["arguments"] == {"city": "Oslo"}
        assert sent[3]["tool_name"] == "weather"
    else:
        assert sent[2]["tool_calls"][0]["function"]["arguments"] == '{"city":"Oslo"}'


@streamed_or_not
async def test_an_odd_id_of_a_call_makes_the_round_trip(upstream: Upstream, stream: bool) -> None:
    call = Call("weather", ("{}",), "functions.weather:0")
    upstream.always(chat(tool_calls=[call]))
    async with serving(backend(upstream.base_url)) as served:
        made = await said(served, stream=stream, tools=[TOOL])
        (use,) = made["content"]
        result = {"type": "tool_result", "tool_use_id": use["id"], "content": "x"}
        turns = [HI, {"role": "assistant", "content": [use]}, {"role": "user", "content": [result]}]
        await said(served, stream=stream, tools=[TOOL], messages=turns)

    sent = upstream.exchanges[1].request.json()["messages"]
    assert sent[1]["tool_calls"][0]["id"] == sent[2]["tool_call_id"] == "functions.weather:0"


@streamed_or_not
async def test_signed_thinking_makes_the_round_trip(upstream: Upstream, stream: bool) -> None:
    details = [[openrouter.detail(text="hm")], [openrouter.detail(signature="c2ln")]]
    upstream.always(openrouter.calling([Call("weather", ("{}",), "c")], details))
    async with serving(OPENROUTER.settings(upstream)) as served:
        made = await said(served, stream=stream, tools=[TOOL])
        thought, use = made["content"]
        result = {"type": "tool_result", "tool_use_id": use["id"], "content": "x"}
        # Asked by somebody else, so that nothing is remembered.
        turns = [
            {"role": "user", "content": "ho"},
            {"role": "assistant", "content": [thought, use]},
            {"role": "user", "content": [result]},
        ]
        await said(served, stream=stream, tools=[TOOL], messages=turns)

    assert thought == {"type": "thinking", "thinking": "hm", "signature": "c2ln"}
    (detail,) = upstream.exchanges[1].request.json()["messages"][1]["reasoning_details"]
    assert (detail["text"], detail["signature"]) == ("hm", "c2ln")


async def test_a_wish_for_a_cache_reaches_openrouter_and_nobody_else(upstream: Upstream) -> None:
    upstream.always(chat(["Hi"]))
    wish = {"type": "ephemeral"}
    system = [{"type": "text", "text": "S", "cache_control": wish}]
    async with serving(OPENROUTER.settings(upstream)) as served:
        taken = await post(served, system=system)
    async with serving(backend(upstream.base_url)) as served:
        nobody = await post(served, system=system)

    for answer in (taken, nobody):
        assert "x-llamaport-dropped" not in answer.headers  # no answer depends on it
    assert upstream.exchanges[0].request.json()["cache_control"] == wish
    assert "cache_control" not in upstream.exchanges[1].request.json()


@streamed_or_not
async def test_the_stop_sequence_is_named_where_the_upstream_names_it(
    upstream: Upstream, stream: bool
) -> None:
    events_ = [chunk({"content": "Hi"}), chunk({}, finish_reason="stop", stop_reason="END")]
    whole = {
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "Hi"},
                "finish_reason": "stop",
                "stop_reason": "END",
            }
        ]
    }
    upstream.always(sse(events_) if stream else Reply(body=json.dumps(whole).encode()))
    async with serving(backend(upstream.base_url)) as served:
        made = await said(served, stream=stream, stop_sequences=["x", "END"])

    assert (made["stop_reason"], made["stop_sequence"]) == ("stop_sequence", "END")
    assert made["usage"]["input_tokens"] == 1  # nobody counted


@streamed_or_not
async def test_cached_tokens_are_taken_out_of_the_input(upstream: Upstream, stream: bool) -> None:
    counted = {
        "prompt_tokens": 100,
        "completion_tokens": 7,
        "prompt_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 30},
    }
    upstream.always(chat(["Hi"], counted=counted))
    async with serving(OPENROUTER.settings(upstream)) as served:
        made = await said(served, stream=stream)

    assert made["usage"] == {
        "input_tokens": 10,
        "output_tokens": 7,
        "cache_creation_input_tokens": 30,
        "cache_read_input_tokens": 60,
    }


@pytest.mark.parametrize(
    ("finish", "reason"),
    [("length", "max_tokens"), ("content_filter", "refusal"), ("stop", "end_turn")],
)
@streamed_or_not
async def test_the_reason_to_stop_is_told_in_the_clients_words(
    upstream: Upstream, finish: str, reason: str, stream: bool
) -> None:
    upstream.always(chat(["Hi"], finish=finish))
    async with serving(backend(upstream.base_url)) as served:
        made = await said(served, stream=stream)

    assert (made["stop_reason"], made["stop_sequence"]) == (reason, None)


async def test_every_answer_names_its_request(upstream: Upstream) -> None:
    upstream.always(chat(["Hi"]))
    async with serving(backend(upstream.base_url)) as served:
        whole = await post(served)
        stream = await post(served, stream=True)
        refused = await post(served, messages=[])

    names = [answer.headers["request-id"] for answer in (whole, stream, refused)]
    assert len(set(names)) == 3
    assert whole.json()["id"] != events(stream.content)[0][1]["message"]["id"]
    assert refused.json()["request_id"] == names[2]


async def test_what_is_dropped_is_told_in_the_clients_words(upstream: Upstream) -> None:
    upstream.always(chat(["Hi"]))
    search = {"type": "web_search_20250305", "name": "web_search"}
    async with serving(backend(upstream.base_url)) as served:
        for stream in (False, True):
            told = await post(
                served, stream=stream, tools=[search], service_tier="standard_only", x=1
            )
            assert (
                told.headers["x-llamaport-dropped"] == "service_tier, x, tools.web_search_20250305"
            )
        nothing = await post(served, service_tier=None)

    assert "x-llamaport-dropped" not in nothing.headers


LOSSES: list[tuple[str, dict[str, Any], str | None]] = [
    ("generic", {"top_k": 5}, "top_k"),
    ("vllm", {"top_k": 5}, None),
    ("generic", {"metadata": {"user_id": "u"}}, None),
    ("openai", {"metadata": {"user_id": "u"}}, None),
    ("generic", {"tools": [TOOL | {"strict": True}]}, "tools.strict"),
    ("mistral", {"thinking": {"type": "adaptive"}}, "thinking"),
    (
        "generic",
        {"thinking": {"type": "enabled", "budget_tokens": 2048}},
        "thinking.budget_tokens",
    ),
    (
        "generic",
        {"messages": [HI, {"role": "assistant", "content": SIGNED}]},
        "content.thinking, content.thinking.signature",
    ),
]


@pytest.mark.parametrize(("profile", "body", "told"), LOSSES)
async def test_what_an_upstream_cannot_be_told_is_named_as_the_client_knows_it(
    upstream: Upstream, profile: str, body: dict[str, Any], told: str | None
) -> None:
    upstream.always(chat(["Hi"]))
    async with serving(backend(upstream.base_url, f'profile = "{profile}"')) as served:
        answer = await post(served, **body)

    assert answer.status_code == 200
    assert answer.headers.get("x-llamaport-dropped") == told


async def test_a_strict_server_refuses_what_it_would_drop(upstream: Upstream) -> None:
    settings = backend(upstream.base_url) + "[routing]\nstrict_translation = true\n"
    async with serving(settings) as served:
        refused = await post(served, stream=True, service_tier="standard_only")

    assert refused.status_code == 400
    assert refused.json()["error"] == {
        "type": "invalid_request_error",
        "message": "the backend of this model cannot be told: service_tier",
    }
    assert not upstream.exchanges


@pytest.mark.parametrize(
    "path",
    ["/v1/messages?beta=true", "//v1/messages", "/v1/v1/messages", "/v1/messages/"],
)
async def test_addresses_that_clients_join_carelessly_are_served(
    upstream: Upstream, path: str
) -> None:
    upstream.always(chat(["Hi"]))
    async with serving(backend(upstream.base_url)) as served:
        answer = await served.client.post(
            served.url + path, json={"model": "m", "max_tokens": 5, "messages": [HI]}
        )

    assert answer.json()["content"] == [{"type": "text", "text": "Hi"}]


@streamed_or_not
@pytest.mark.parametrize(
    ("answer", "status", "kind"),
    [
        (error(429, "slow down", **{"Retry-After": "7"}), 429, "rate_limit_error"),
        (error(401, "bad key"), 502, "api_error"),
        (error(503, "busy"), 503, "overloaded_error"),
        (error(400, "no"), 400, "invalid_request_error"),
        (Reply(steps=[Close()]), 502, "api_error"),
    ],
)
async def test_a_refusal_of_the_upstream_keeps_its_status_in_this_dialect(
    upstream: Upstream, stream: bool, answer: Reply, status: int, kind: str
) -> None:
    upstream.always(answer)
    async with serving(backend(upstream.base_url)) as served:
        refused = await post(served, stream=stream)

    assert refused.status_code == status
    assert refused.json()["type"] == "error"
    assert refused.json()["error"]["type"] == kind
    assert refused.json()["request_id"] == refused.headers["request-id"]
    assert refused.headers.get("retry-after") == ("7" if status == 429 else None)


@streamed_or_not
async def test_an_unknown_model_is_not_found(upstream: Upstream, stream: bool) -> None:
    async with serving(backend(upstream.base_url)) as served:
        refused = await post(served, stream=stream, model="nope")

    assert refused.status_code == 404
    assert refused.json()["error"] == {
        "type": "not_found_error",
        "message": "model 'nope' not found",
    }


EVENTS = chat_events(["Let ", "me."], reasoning=["hm"], tool_calls=[Call("weather", ("{}",), "c")])


@pytest.mark.parametrize(
    "then", [Close(), Abort(), Send(error_event("broke"))], ids=["closed", "reset", "error"]
)
@pytest.mark.parametrize("count", range(2, len(EVENTS) - 2))
async def test_a_fault_at_any_event_ends_in_an_error_and_never_in_an_end(
    upstream: Upstream, count: int, then: Step
) -> None:
    ends = [then] if not isinstance(then, Send) else [then, Send(b"data: [DONE]\n\n")]
    upstream.always(sse(EVENTS[:count], *ends))
    async with serving(backend(upstream.base_url)) as served:
        answer = await post(served, stream=True, tools=[TOOL])

    *before, (name, data) = events(answer.content)
    assert answer.status_code == 200
    assert (name, data["error"]["type"]) == ("error", "api_error")
    assert data["request_id"] == answer.headers["request-id"]
    assert before[0][0] == "message_start"
    assert not {"message_delta", "message_stop", "error"} & {name for name, _ in before}


async def test_a_broken_call_of_an_upstream_is_an_error_and_no_empty_call(
    upstream: Upstream,
) -> None:
    upstream.always(chat(tool_calls=[Call("weather", ('{"ci',), "c")]))
    async with serving(backend(upstream.base_url)) as served:
        whole = await post(served, tools=[TOOL])
        stream = await post(served, tools=[TOOL], stream=True)

    assert whole.status_code == stream.status_code == 502
    assert whole.json()["error"]["type"] == stream.json()["error"]["type"] == "api_error"


async def test_a_waiting_client_gets_pings_where_the_operator_wants_that(
    upstream: Upstream,
) -> None:
    settings = backend(upstream.base_url) + '[server]\nkeepalive = "10ms"\n'
    body = {"model": "m", "max_tokens": 5, "messages": [HI], "stream": True}
    upstream.always(sse([], Stall()))
    async with (
        serving(settings) as served,
        served.client.stream("POST", "/v1/messages", json=body) as answer,
    ):
        parts = answer.aiter_bytes()
        assert await anext(parts) == b'event: ping\ndata: {"type":"ping"}\n\n'
        assert answer.headers["content-type"] == "text/event-stream"


@streamed_or_not
async def test_a_client_that_hangs_up_while_it_waits_closes_the_upstream(
    upstream: Upstream, stream: bool
) -> None:
    upstream.always(Reply(steps=[Stall()]))
    body = {"model": "m", "max_tokens": 5, "messages": [HI], "stream": stream}
    async with serving(backend(upstream.base_url)) as served:
        with pytest.raises(httpx.ReadTimeout):
            await served.client.post("/v1/messages", json=body, timeout=0.2)
        await upstream.closed_early()


async def test_a_client_that_hangs_up_in_mid_stream_closes_the_upstream(
    upstream: Upstream,
) -> None:
    upstream.always(sse([chunk({"content": "Hi"})], Stall()))
    body = {"model": "m", "max_tokens": 5, "messages": [HI], "stream": True}
    async with serving(backend(upstream.base_url)) as served:
        async with served.client.stream("POST", "/v1/messages", json=body) as answer:
            assert b"message_start" in await anext(answer.aiter_bytes())
        await upstream.closed_early()


async def test_a_model_that_is_known_not_to_think_is_asked_without_it(upstream: Upstream) -> None:
    upstream.always(chat(["Hi"]))
    capable = 'capabilities = { "m" = ["completion"] }'
    async with serving(backend(upstream.base_url, capable)) as served:
        answer = await post(served, thinking={"type": "enabled", "budget_tokens": 2048})

    assert answer.status_code == 200
    assert answer.headers["x-llamaport-dropped"] == "thinking"
    assert "reasoning_effort" not in upstream.exchanges[0].request.json()


COUNTERS = [
    ("vllm", "/tokenize", {"count": 7, "max_model_len": 100, "tokens": [1]}),
    ("llamacpp", "/v1/chat/completions/input_tokens", {"input_tokens": 7}),
]


@pytest.mark.parametrize(("profile", "path", "counted"), COUNTERS)
async def test_tokens_are_counted_by_an_upstream_that_can(
    upstream: Upstream, profile: str, path: str, counted: dict[str, Any]
) -> None:
    upstream.always(Reply(body=json.dumps(counted).encode()))
    async with serving(backend(upstream.base_url, f'profile = "{profile}"')) as served:
        answer = await post(served, "/v1/messages/count_tokens", system="S", tools=[TOOL])

    assert (answer.status_code, answer.json()) == (200, {"input_tokens": 7})
    assert answer.headers["x-llamaport-tokens"] == "counted"
    asked = upstream.exchanges[0].request
    assert asked.path == path
    assert [message["role"] for message in asked.json()["messages"]] == ["system", "user"]
    assert "max_tokens" not in asked.json()


@pytest.mark.parametrize(
    ("profile", "answer"),
    [
        ("generic", error(500, "never asked")),
        ("vllm", error(404, "Not Found")),
        ("llamacpp", Reply(body=b"{}")),
        ("llamacpp", Reply(body=b'{"input_tokens":-1}')),
        ("vllm", Reply(steps=[Close()])),
    ],
)
async def test_tokens_are_estimated_where_nobody_can_count_them(
    upstream: Upstream, profile: str, answer: Reply
) -> None:
    upstream.always(answer)
    body = {"model": "m", "messages": [{"role": "user", "content": "x" * 400}]}
    async with serving(backend(upstream.base_url, f'profile = "{profile}"')) as served:
        counted = await served.client.post("/v1/messages/count_tokens", json=body)

    assert (counted.status_code, counted.json()) == (200, {"input_tokens": 100})
    assert counted.headers["x-llamaport-tokens"] == "estimated"
    assert counted.headers["request-id"].startswith("req_")
    assert len(upstream.exchanges) == (profile != "generic")


async def test_tokens_for_an_unknown_model_are_not_counted(upstream: Upstream) -> None:
    async with serving(backend(upstream.base_url)) as served:
        refused = await post(served, "/v1/messages/count_tokens", model="nope")

    assert refused.status_code == 404
    assert refused.json()["error"]["type"] == "not_found_error"


async def test_anthropics_clients_get_the_list_of_models_in_their_own_form(
    upstream: Upstream,
) -> None:
    upstream.models = ("vendor/one", "two")
    async with serving(backend(upstream.base_url)) as served:
        page = await served.client.get("/v1/models", params={"limit": 1}, headers=HEADERS)
        rest = await served.client.get("/v1/models?after_id=vendor/one", headers=HEADERS)
        one = await served.client.get("/v1/models/vendor/one", headers=HEADERS)
        missing = await served.client.get("/v1/models/nope", headers=HEADERS)
        others = await served.client.get("/v1/models")

    assert page.json()["data"] == [one.json()]
    assert (page.json()["has_more"], page.json()["last_id"]) == (True, "vendor/one")
    assert [model["id"] for model in rest.json()["data"]] == ["two"]
    assert one.json()["type"] == "model"
    assert one.headers["request-id"].startswith("req_")
    assert (missing.status_code, missing.json()["type"]) == (404, "error")
    assert others.json()["object"] == "list"
