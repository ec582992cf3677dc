"""What there is below `/v1/responses`: counting, compacting, and responses that are kept."""

from __future__ import annotations

import pytest
from openai import AsyncOpenAI

from tests.integration.served import backend, serving
from tests.upstream.answers import error
from tests.upstream.script import Close, Reply
from tests.upstream.server import Upstream

NATIVE = 'native = ["openai", "responses"]'
ALIAS = '[aliases]\nmine = "up/m"\n'
PATH = "/v1/responses/input_tokens"
ASKED = b'{"model":"mine", "input":"hi","odd":1.50}'
HOW = "x-llamaport-tokens"


async def test_a_server_that_has_responses_counts_tokens_itself(upstream: Upstream) -> None:
    upstream.reply(Reply(body=b'{"object":"response.input_tokens", "input_tokens":7,"odd":1.50}'))
    async with serving(backend(upstream.base_url, NATIVE) + ALIAS) as served:
        got = await served.client.post(PATH, content=ASKED)

    seen = upstream.exchanges[0].request
    assert (seen.path, seen.body) == (PATH, ASKED.replace(b"mine", b"m"))
    assert got.content == b'{"object":"response.input_tokens", "input_tokens":7,"odd":1.50}'
    assert got.headers[HOW] == "counted"


@pytest.mark.parametrize(
    ("lines", "counted", "path"),
    [
        (('profile = "vllm"',), b'{"count":7}', "/tokenize"),
        (('profile = "llamacpp"',), b'{"input_tokens":7}', "/v1/chat/completions/input_tokens"),
    ],
    ids=["vllm", "llamacpp"],
)
async def test_other_servers_count_in_their_own_way(
    upstream: Upstream, lines: tuple[str, ...], counted: bytes, path: str
) -> None:
    upstream.reply(Reply(body=counted))
    async with (
        serving(backend(upstream.base_url, *lines) + ALIAS) as served,
        AsyncOpenAI(base_url=f"{served.url}/v1", api_key="x", max_retries=0) as client,
    ):
        raw = await client.responses.input_tokens.with_raw_response.count(
            model="mine", input="hi", instructions="S"
        )

    count = raw.parse()
    assert (count.object, count.input_tokens, raw.headers[HOW]) == (
        *("response.input_tokens", 7, "counted"),
    )
    seen = upstream.exchanges[0].request
    assert seen.path == path
    assert [it["role"] for it in seen.json()["messages"]] == ["system", "user"]


@pytest.mark.parametrize("lines", [(), (NATIVE,)], ids=["no responses", "a server without it"])
async def test_tokens_are_estimated_where_nobody_counts_them(
    upstream: Upstream, lines: tuple[str, ...]
) -> None:
    upstream.always(error(404, "Not Found"))
    async with serving(backend(upstream.base_url, *lines)) as served:
        got = await served.client.post(PATH, json={"model": "m", "input": "x" * 400})

    assert got.json() == {"input_tokens": 100, "object": "response.input_tokens"}
    assert got.headers[HOW] == "estimated"
    assert len(upstream.exchanges) == len(lines)


@pytest.mark.parametrize("status", [404, 405])
async def test_a_server_that_does_not_count_is_none_that_fails(
    upstream: Upstream, status: int
) -> None:
    upstream.always(Reply(status=status, body=b'{"detail":"no"}'))
    async with serving(backend(upstream.base_url, NATIVE)) as served:
        for _ in range(4):
            got = await served.client.post(PATH, json={"model": "m", "input": "x" * 400})
            assert got.headers[HOW] == "estimated"

        assert (await served.client.get("/health")).json()["status"] == "healthy"


@pytest.mark.parametrize(
    ("reply", "status"),
    [
        (error(429, "slow down"), 429),
        (error(400, "no such tool"), 400),
        (Reply(body=b"{}"), 502),
        (Reply(body=b'{"error":{"message":"no","code":"invalid_prompt"}}'), 400),
        (Reply(steps=[Close()]), 502),
    ],
)
async def test_what_a_server_says_instead_of_counting_is_told(
    upstream: Upstream, reply: Reply, status: int
) -> None:
    upstream.reply(reply)
    async with serving(backend(upstream.base_url, NATIVE)) as served:
        got = await served.client.post(PATH, json={"model": "m", "input": "hi"})

    assert got.status_code == status
    assert got.json()["error"]["message"]


@pytest.mark.parametrize(
    ("body", "status", "param"),
    [({"input": "hi"}, 400, "model"), ({"model": "nope", "input": "hi"}, 404, None)],
)
async def test_a_count_needs_a_model(
    upstream: Upstream, body: dict[str, str], status: int, param: str | None
) -> None:
    async with serving(backend(upstream.base_url, NATIVE)) as served:
        got = await served.client.post(PATH, json=body)

    assert (got.status_code, got.json()["error"]["param"]) == (status, param)


COMPACT = "/v1/responses/compact"


async def test_a_server_that_has_responses_compacts_them(upstream: Upstream) -> None:
    compacted = b'{"object":"response.compaction","output":[],"model":"m","odd":1.50}'
    upstream.reply(Reply(body=compacted))
    async with serving(backend(upstream.base_url, NATIVE) + ALIAS) as served:
        got = await served.client.post(COMPACT, content=ASKED)

    seen = upstream.exchanges[0].request
    assert (seen.path, seen.body) == (COMPACT, ASKED.replace(b"mine", b"m"))
    assert got.content == compacted.replace(b'"m"', b'"mine"')


async def test_nobody_else_can_compact(upstream: Upstream) -> None:
    async with serving(backend(upstream.base_url) + ALIAS) as served:
        got = await served.client.post(COMPACT, content=ASKED)

    assert got.status_code == 400
    assert got.json()["error"]["message"] == (
        '"mine" does not support requests of this kind: `native` of its backend has no responses'
    )
    assert not upstream.exchanges


KEPT = [
    ("GET", "/v1/responses/resp_1"),
    ("DELETE", "/v1/responses/resp_1"),
    ("POST", "/v1/responses/resp_1/cancel"),
    ("GET", "/v1/responses/resp_1/input_items"),
    ("GET", "/v1/chat/completions/chatcmpl-1"),
    ("DELETE", "/v1/chat/completions/chatcmpl-1"),
    ("GET", "/v1/chat/completions/chatcmpl-1/messages"),
]


@pytest.mark.parametrize(("method", "path"), KEPT)
async def test_what_is_not_kept_here_is_said_to_be_a_matter_of_the_settings(
    upstream: Upstream, method: str, path: str
) -> None:
    async with serving(backend(upstream.base_url, NATIVE)) as served:
        got = await served.client.request(method, path)

    assert got.status_code == 404
    assert got.json()["error"] == {
        "message": f"no such path: {path} "
        "(routing.relay_paths names what else is passed on to a backend)",
        "type": "not_found_error",
        "param": None,
        "code": None,
    }


RELAYED = """
[routing]
relay_paths = ["/v1/responses/*", "/v1/chat/completions/*"]
"""


@pytest.mark.parametrize(("method", "path"), KEPT)
async def test_the_default_backend_may_keep_them(
    upstream: Upstream, method: str, path: str
) -> None:
    upstream.always(Reply(body=b'{"id":"1"}'))
    config = backend(upstream.base_url) + RELAYED + 'default_backend = "up"\n'
    async with serving(config) as served:
        got = await served.client.request(method, f"{path}?after=x")

    seen = upstream.exchanges[0].request
    assert (seen.method, seen.path, seen.query) == (method, path, "after=x")
    assert got.json() == {"id": "1"}


async def test_without_a_default_backend_nobody_is_asked(upstream: Upstream) -> None:
    async with serving(backend(upstream.base_url) + RELAYED) as served:
        got = await served.client.get("/v1/responses/resp_1")

    assert got.status_code == 400
    assert got.json()["error"]["message"] == (
        "the request names no model, and there is no default backend (routing.default_backend)"
    )


async def test_counting_stays_here_among_paths_that_are_passed_on(upstream: Upstream) -> None:
    config = backend(upstream.base_url) + RELAYED + 'default_backend = "up"\n'
    async with serving(config) as served:
        got = await served.client.post(PATH, json={"model": "m", "input": "x" * 400})

    assert got.json()["input_tokens"] == 100
    assert not upstream.exchanges


@pytest.mark.parametrize("relayed", ["/v1/responses/*", "/v1/responses/compact"])
@pytest.mark.parametrize("native", ["openai", "responses"])
async def test_an_operator_may_say_that_a_backend_compacts(
    upstream: Upstream, relayed: str, native: str
) -> None:
    upstream.reply(Reply(body=b"{}"))
    settings = f'[routing]\nrelay_paths = ["{relayed}"]\n'
    config = backend(upstream.base_url, f'native = ["{native}"]') + ALIAS + settings
    async with serving(config) as served:
        got = await served.client.post(COMPACT, content=ASKED)

    assert got.status_code == 200
    assert upstream.exchanges[0].request.body == ASKED.replace(b"mine", b"m")


async def test_a_key_for_some_models_has_no_others_counted_or_compacted(upstream: Upstream) -> None:
    keys = '[[keys]]\nname = "ada"\nkey = "k-ada"\nmodels = ["mine"]\n'
    upstream.always(Reply(body=b'{"input_tokens":7}'))
    async with serving(backend(upstream.base_url, NATIVE) + ALIAS + keys) as served:
        for path in (PATH, COMPACT):
            for model, status in (("mine", 200), ("m", 403)):
                body = {"model": model, "input": "hi"}
                got = await served.client.post(path, json=body, headers={"x-api-key": "k-ada"})
                assert got.status_code == status, (path, model, got.text)

    assert [it.request.json()["model"] for it in upstream.exchanges] == ["m", "m"]


@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_a_key_for_some_models_reaches_nothing_that_is_kept_by_naming_one(
    upstream: Upstream, method: str
) -> None:
    upstream.always(Reply(body=b"{}"))
    keys = '[[keys]]\nname = "ada"\nkey = "k-ada"\nmodels = ["mine"]\n'
    config = backend(upstream.base_url, NATIVE) + RELAYED + 'default_backend = "up"\n'
    async with serving(config + ALIAS + keys) as served:
        for path in ("/v1/responses/resp_1", COMPACT, "/v1/chat/completions/chatcmpl-1"):
            got = await served.client.request(
                method, path, json={"model": "mine"}, headers={"x-api-key": "k-ada"}
            )
            assert got.status_code == 403, got.text

    assert not upstream.exchanges
