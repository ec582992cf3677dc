"""Secrets that are marked, and a look at everything that leaves the process."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any, Literal

import httpx
import pytest
from dishka import Provider, Scope, provide
from loguru import logger

from app.cli import main
from app.settings import Logging, SettingsError
from app.telemetry import logs
from ports.clock import Clock
from tests.fakes.clock import FakeClock
from tests.integration.served import backend, serving, settings_of
from tests.integration.test_transport import proxy
from tests.upstream.answers import chat, chat_events, error, error_event, html, sse
from tests.upstream.script import Close, Reply, Script
from tests.upstream.server import Upstream

MARK = "canary"
KEYS = """
[[keys]]
name = "client"
key = "canary-client-key"

[[keys]]
name = "boss"
key = "canary-boss-key"
admin = true
"""
SECRETS = ('api_key = "canary-api-key"', 'headers = { "X-Secret" = "canary-header-value" }')

GOOD = {"Authorization": "Bearer canary-client-key"}
BODY = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}

FAILURES: dict[str, Script] = {
    "an answer": chat(["ok"]),
    "401": error(401, "Incorrect API key provided: canary-api-key"),
    "400": error(400, "bad Authorization: Bearer canary-api-key"),
    "500": error(500, "header X-Secret: canary-header-value", code="x"),
    "a page": html(502),
    "a break": Reply(head=b"", steps=[Close()], framing="none"),
    "a break in mid-stream": sse(chat_events(["Hel"])[:2], Close()),
    "garbage": Reply(body=b"[]"),
}

TALKATIVE = Logging(level="TRACE", format="json")


@contextmanager
def everything_logged(settings: Logging = TALKATIVE) -> Iterator[StringIO]:
    """Log as the command does, at its most talkative if nothing else is said, into a text."""
    text = StringIO()
    root = logging.getLogger()
    handlers, old_level = root.handlers[:], root.level
    logs.configure(settings, text)
    try:
        yield text
    finally:
        root.handlers[:], root.level = handlers, old_level
        logger.remove()


BODIES: list[Any] = [BODY, BODY | {"stream": False}, {"model": "nope"}, []]
CALLS: list[tuple[str, str, Any]] = [
    *[("GET", path, None) for path in ("/", "/api/tags", "/api/version", "/nowhere", "/v1/models")],
    *[("GET", path, None) for path in ("/metrics", "/v1/metrics", "/v1/metrics/health")],
    *[
        ("POST", path, body)
        for path in ("/api/chat", "/api/show", "/api/pull", "/v1/messages")
        for body in BODIES
    ],
]
CALLERS: list[dict[str, str]] = [
    GOOD,
    {},
    {"x-api-key": "canary-wrong-key"},
    {"Authorization": "canary-raw"},
]


async def everything_asked(client: httpx.AsyncClient) -> list[httpx.Response]:
    """Ask for whatever there is, with good keys, bad keys and none."""
    return [
        await client.request(method, path, json=body, headers=headers)
        for headers in CALLERS
        for method, path, body in CALLS
    ]


def shown(answer: httpx.Response) -> str:
    return f"{answer.status_code} {dict(answer.headers)} {answer.text}"


@pytest.mark.parametrize("name", FAILURES)
async def test_no_secret_appears_in_any_answer_or_log_line(upstream: Upstream, name: str) -> None:
    upstream.always(FAILURES[name])
    settings = settings_of(backend(upstream.base_url, *SECRETS) + KEYS)
    with everything_logged() as log:
        async with serving(settings, announce=True) as served:
            answers = await everything_asked(served.client)

    assert not [shown(answer) for answer in answers if MARK in shown(answer)]
    assert not [line for line in log.getvalue().splitlines() if MARK in line]
    # Both were there to be found.
    assert upstream.exchanges[0].request.headers["authorization"] == "Bearer canary-api-key"
    assert "POST /api/chat" in log.getvalue()


async def test_no_password_of_a_proxy_appears(unused_tcp_port: int) -> None:
    seen: list[bytes] = []
    with everything_logged() as log:
        async with proxy(seen) as address:
            through = address.replace("user:word", "canary-user:canary-word")
            lines = (f'proxy = "{through}"', 'static_models = ["m"]')
            async with serving(backend("http://upstream.test/v1", *lines)) as served:
                answers = await everything_asked(served.client)
        dead = f"http://canary-user:canary-word@127.0.0.1:{unused_tcp_port}"
        lines = (f'proxy = "{dead}"', 'static_models = ["m"]')
        async with serving(backend("http://upstream.test/v1", *lines)) as served:
            answers += await everything_asked(served.client)

    assert seen
    assert not [shown(answer) for answer in answers if MARK in shown(answer)]
    assert MARK not in log.getvalue()


async def test_a_bug_shows_no_secret_and_no_trace_to_the_client(upstream: Upstream) -> None:
    class Broken(FakeClock):
        def monotonic_ns(self) -> int:
            raise RuntimeError("bug-in-the-clock")

    class Bugs(Provider):
        scope = Scope.APP

        @provide(override=True)
        def clock(self) -> Clock:
            return Broken()

    settings = settings_of(backend(upstream.base_url, *SECRETS) + KEYS)
    with everything_logged() as log:
        async with serving(settings, Bugs()) as served:
            answer = await served.client.post("/api/chat", json=BODY, headers=GOOD)

    assert (answer.status_code, answer.json()) == (500, {"error": "internal server error"})
    assert "RuntimeError" in log.getvalue()
    assert "in monotonic_ns" in log.getvalue()
    assert MARK not in log.getvalue()


async def test_prompts_and_answers_are_not_logged(upstream: Upstream) -> None:
    upstream.always(chat(["canary-answer"]))
    body: dict[str, Any] = {
        "model": "m",
        "messages": [{"role": "user", "content": "canary-prompt"}],
    }
    with everything_logged() as log:
        async with serving(backend(upstream.base_url)) as served:
            answer = await served.client.post("/api/chat", json=body)

    assert "canary-answer" in answer.text
    assert MARK not in log.getvalue()
    assert all(json.loads(line) for line in log.getvalue().splitlines())


SAID = "canary-said"
IMAGE = {"type": "image_url", "image_url": {"url": f"https://x.test/{SAID}.png?key={SAID}"}}
TOOL = {"type": "function", "function": {"name": "f", "description": SAID, "parameters": {}}}
TALK: dict[str, Any] = {
    "model": "m",
    "messages": [{"role": "system", "content": SAID}, {"role": "user", "content": SAID}],
    "max_tokens": 9,
}
SPOKEN: list[tuple[str, Any]] = [
    ("/api/chat", TALK),
    ("/api/chat", TALK | {"tools": [TOOL], "format": {"description": SAID}}),
    ("/api/generate", {"model": "m", "prompt": SAID, "system": SAID, "suffix": SAID}),
    ("/api/embed", {"model": "m", "input": [SAID]}),
    ("/v1/chat/completions", TALK),
    ("/v1/chat/completions", TALK | {"tools": [TOOL], "user": SAID, "metadata": {"x": SAID}}),
    ("/v1/chat/completions", TALK | {"messages": [{"role": "user", "content": [IMAGE]}]}),
    ("/v1/completions", {"model": "m", "prompt": SAID}),
    ("/v1/embeddings", {"model": "m", "input": SAID}),
    ("/v1/responses", {"model": "m", "input": SAID, "instructions": SAID}),
    ("/v1/messages", TALK | {"messages": TALK["messages"][1:], "system": SAID}),
    ("/v1/messages/count_tokens", TALK | {"messages": TALK["messages"][1:]}),
    # What is no request that anybody can read.
    ("/api/chat", TALK | {"messages": [{"role": "user", "content": {"x": SAID}}]}),
    ("/v1/chat/completions", TALK | {"messages": [{"role": "user", "content": {"x": SAID}}]}),
    ("/v1/messages", TALK | {"messages": [{"role": "user", "content": {"x": SAID}}]}),
    ("/v1/responses", {"model": "m", "input": {"x": SAID}}),
    ("/api/generate", {"model": "m", "prompt": [SAID]}),
]
ANSWERS: dict[str, Script] = {
    "an answer": chat([SAID]),
    **{
        f"a {status} that quotes": error(status, f"this I cannot do: {SAID}")
        for status in (400, 402, 404, 413, 429, 500, 501, 502, 503, 504)
    },
    "an error in a good answer": Reply(body=f'{{"error":{{"message":"{SAID}"}}}}'.encode()),
    "an error in mid-stream": sse([*chat_events(["Hel"])[:2], error_event(SAID)]),
    "a break in mid-stream": sse(chat_events([SAID])[:2], Close()),
    "garbage": Reply(body=f'["{SAID}"]'.encode()),
}


@pytest.mark.parametrize("name", ANSWERS)
async def test_what_is_said_is_in_no_log_line_and_no_metric(upstream: Upstream, name: str) -> None:
    upstream.always(ANSWERS[name])
    settings = settings_of(backend(upstream.base_url, 'static_models = ["m"]'))
    headers = {"user-agent": SAID, "cookie": SAID, "x-request-id": f"{SAID} {SAID}"}
    with everything_logged() as log:
        async with serving(settings) as served:
            for path, body in SPOKEN:
                for more in ({"stream": True}, {"stream": False}):
                    target = f"{path}?key={SAID}"
                    await served.client.post(target, json=body | more, headers=headers)
                cut = json.dumps(body).encode()[:-1]
                await served.client.post(path, content=cut, headers=headers)
            counted = [await served.client.get(path) for path in ("/metrics", "/v1/metrics")]

    assert not [line for line in log.getvalue().splitlines() if MARK in line]
    assert log.getvalue().count('"bytes_in"') == 3 * len(SPOKEN) + len(counted)
    assert not [shown(answer) for answer in counted if MARK in shown(answer)]
    assert 'llamaport_upstream_requests_total{backend="up"' in counted[0].text
    assert SAID.encode() in b"".join(it.request.body for it in upstream.exchanges)


@pytest.mark.parametrize("level", ["DEBUG", "INFO"])
async def test_a_backends_words_are_logged_where_content_is_asked_for_and_a_fault_is_sought(
    upstream: Upstream, level: Literal["DEBUG", "INFO"]
) -> None:
    upstream.always(error(500, f"this I cannot do: {SAID}"))
    more = f'[logging]\nlevel = "{level}"\n[telemetry]\ncapture_content = true\n'
    with everything_logged(Logging(level=level, format="json")) as log:
        lines = backend(upstream.base_url, 'static_models = ["m"]')
        async with serving(settings_of(f"{lines}{more}")) as served:
            await served.client.post("/api/chat", json=BODY)

    assert (SAID in log.getvalue()) == (level == "DEBUG")


COMMANDS = [["check"], ["check", "--json"], ["check", "--online"], ["models"], ["models", "--json"]]
WITH_PROXY = 'proxy = "http://canary-user:canary-word@127.0.0.1:9"'


@pytest.mark.parametrize("argv", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("more", [(), (WITH_PROXY,)], ids=["direct", "proxied"])
def test_no_command_prints_a_secret(
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    unused_tcp_port: int,
    argv: list[str],
    more: tuple[str, ...],
) -> None:
    url = f"http://127.0.0.1:{unused_tcp_port}/v1"
    file = tmp_path / "llamaport.toml"
    file.write_text(backend(url, *SECRETS, *more) + KEYS)

    main([*argv, "--config", str(file)])

    out, err = capfd.readouterr()
    assert out + err
    assert MARK not in out + err


def test_an_address_with_a_password_is_refused_without_repeating_it() -> None:
    with pytest.raises(SettingsError) as refused:
        settings_of(backend("http://canary-user:canary-word@127.0.0.1:9/v1"))

    assert MARK not in str(refused.value)
