"""The line of a finished request, in JSON and on a console."""

from __future__ import annotations

import json
from functools import partial
from io import StringIO
from typing import Any

import pytest
from litestar import Litestar
from msgspec import Struct

from adapters.memory.clock import SystemClock
from adapters.web.pulse import Pulse
from app.draining import beating
from app.settings import Logging
from app.telemetry import logs
from app.telemetry.lines import MOST_BYTES, Told
from tests.integration.served import Served, backend, serving, settings_of
from tests.integration.test_secrets import everything_logged
from tests.upstream.answers import chat, chat_events, error, sse
from tests.upstream.script import Close, Stall
from tests.upstream.server import Upstream
from tests.waiting import until

HELLO = [{"role": "user", "content": "hi"}]
BODY: dict[str, Any] = {"model": "tuned", "messages": HELLO, "max_tokens": 9}
OFFLINE = '[[backends]]\nname = "offline"\nkind = "offline"\n'
KEYS = """
[[keys]]
name = "ada"
key = "ada-key"

[aliases]
tuned = "m"
"""
ADA = {"Authorization": "Bearer ada-key", "x-request-id": "mine-1"}


def lines_of(log: StringIO) -> list[dict[str, Any]]:
    """Return the lines of requests."""
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    return [line for line in lines if "request_id" in line]


async def only_line(log: StringIO) -> dict[str, Any]:
    await until(lambda: lines_of(log))
    (line,) = lines_of(log)
    return line


@pytest.mark.parametrize(
    ("path", "dialect"),
    [
        ("/api/chat", "ollama"),
        ("/v1/chat/completions", "openai"),
        ("/v1/messages", "anthropic"),
    ],
)
async def test_a_request_leaves_one_line_that_tells_all(
    upstream: Upstream, path: str, dialect: str
) -> None:
    upstream.always(chat(["ok"]))
    sent = json.dumps({**BODY, "stream": True}).encode()
    with everything_logged() as log:
        async with serving(settings_of(backend(upstream.base_url) + KEYS)) as served:
            answer = await served.client.post(path, content=sent, headers=ADA)
        line = await only_line(log)

    usage = {name: line.pop(name) for name in ("tokens_in", "tokens_out")}
    assert all(isinstance(it, int) and it > 0 for it in usage.values())
    assert 0 < line.pop("first_byte_ms") <= line.pop("duration_ms")
    assert line.pop("time")
    assert line.pop("message").startswith(f"127.0.0.1 ada POST {path} 200 ")
    assert line.pop("answered_by")
    assert line == {
        "level": "INFO",
        "request_id": "mine-1",
        "peer": "127.0.0.1",
        "client": "ada",
        "dialect": dialect,
        "method": "POST",
        "path": path,
        "route": path,
        "model": "tuned",
        "backend": "up",
        "status": 200,
        "bytes_in": len(sent),
        "bytes_out": len(answer.content),
        "streamed": True,
        "cancelled": False,
    }


async def test_what_is_relayed_is_told_too(upstream: Upstream) -> None:
    upstream.always(chat(["ok"]))
    with everything_logged() as log:
        async with serving(backend(upstream.base_url)) as served:
            await served.client.post("/v1/chat/completions", json=BODY | {"model": "m"})
        line = await only_line(log)

    assert (line["model"], line["backend"]) == ("m", "up")
    assert (line["tokens_in"] > 0, line["tokens_out"] > 0) == (True, True)


async def test_a_refusal_tells_no_backend_and_its_code(upstream: Upstream) -> None:
    with everything_logged() as log:
        async with serving(settings_of(backend(upstream.base_url) + KEYS)) as served:
            await served.client.post("/api/chat", json=BODY)
        line = await only_line(log)

    assert (line["status"], line["error"], line["level"]) == (401, "unauthenticated", "INFO")
    assert not {"backend", "model", "client", "tokens_in", "trace_id"} & line.keys()


async def test_a_failure_of_the_upstream_is_a_warning_with_backend_and_code(
    upstream: Upstream,
) -> None:
    upstream.always(error(500, "no"))
    with everything_logged() as log:
        async with serving(backend(upstream.base_url, 'static_models = ["m"]')) as served:
            await served.client.post("/api/chat", json=BODY | {"model": "m"})
        line = await only_line(log)

    assert (line["level"], line["backend"], line["model"]) == ("WARNING", "up", "m")
    assert line["error"] == "backend_failed"


async def test_a_stream_that_breaks_off_tells_its_code(upstream: Upstream) -> None:
    upstream.always(sse(chat_events(["Hel"])[:2], Close()))
    with everything_logged() as log:
        async with serving(backend(upstream.base_url, 'static_models = ["m"]')) as served:
            await served.client.post("/api/chat", json=BODY | {"model": "m"})
        line = await only_line(log)

    assert (line["level"], line["status"], line["streamed"]) == ("WARNING", 200, True)
    assert line["error"] == "backend_unavailable"


async def asked_at(level: str, upstream: Upstream, model: str) -> str:
    with everything_logged(Logging(level=level, format="json")) as log:  # type: ignore[arg-type]  # of a table
        lines = backend(upstream.base_url, 'static_models = ["m"]')
        async with serving(settings_of(f'{lines}[logging]\nlevel = "{level}"\n')) as served:
            await served.client.post("/api/chat", json=BODY | {"model": model})
    return log.getvalue()


async def test_at_warning_only_failures_of_upstreams_leave_a_line(upstream: Upstream) -> None:
    upstream.always(chat(["ok"]))
    assert await asked_at("WARNING", upstream, "m") == ""
    assert await asked_at("WARNING", upstream, "nope") == ""

    upstream.always(error(500, "no"))
    assert "backend_failed" in await asked_at("WARNING", upstream, "m")


async def ask(served: Served) -> None:
    await served.client.post("/api/chat", json=BODY | {"model": "m"}, headers=ADA)


async def test_on_a_console_it_is_one_short_line(upstream: Upstream) -> None:
    upstream.always(chat(["ok"]))
    with everything_logged(Logging(format="console")) as log:
        async with serving(backend(upstream.base_url, 'static_models = ["m"]')) as served:
            await ask(served)

    (line,) = [line for line in log.getvalue().splitlines() if "POST" in line]
    assert " m -> up " in line
    assert line.endswith(" tokens mine-1")


async def test_a_name_of_a_model_writes_no_line_of_its_own(upstream: Upstream) -> None:
    upstream.always(chat(["ok"]))
    with everything_logged(Logging(format="console")) as log:
        async with serving(backend(upstream.base_url, 'static_models = ["m"]')) as served:
            await served.client.post("/api/chat", json=BODY | {"model": "up/m\n12:00:00 ERROR x"})

    assert not [line for line in log.getvalue().splitlines() if line.startswith("12:00:00 ERROR")]


@pytest.mark.parametrize("letters", ["p", "%C3%A9"])
async def test_of_a_path_the_line_has_the_beginning(letters: str) -> None:
    path = f"/api/{letters * 1000}"
    with everything_logged() as log:
        async with serving(settings_of(OFFLINE)) as served:
            await served.client.get(path)
        line = await only_line(log)

    assert line["path"] == path[:200]
    assert len(log.getvalue()) < MOST_BYTES


async def test_a_client_that_hangs_up_leaves_a_line_that_says_so(upstream: Upstream) -> None:
    upstream.always(sse(chat_events(["Hel"])[:2], Stall()))
    with everything_logged() as log:
        async with serving(backend(upstream.base_url, 'static_models = ["m"]')) as served:
            asked = BODY | {"model": "m"}
            async with served.client.stream("POST", "/api/chat", json=asked) as answer:
                await anext(answer.aiter_lines())
            line = await only_line(log)

    assert (line["cancelled"], line["status"], line["level"]) == (True, 200, "INFO")
    assert line["backend"] == "up"
    assert not {"error", "tokens_out"} & line.keys()


@pytest.mark.parametrize("header", [{"host": "evil.example"}, {"origin": "https://evil.example"}])
async def test_who_is_refused_for_a_host_or_an_origin_is_told_of_but_not_in_its_words(
    header: dict[str, str],
) -> None:
    with everything_logged() as log:
        async with serving(settings_of(OFFLINE)) as served:
            answer = await served.client.get("/api/tags", headers=header)
        line = await only_line(log)

    assert (answer.status_code, line["status"], line["error"]) == (403, 403, "refused")
    assert line["message"].endswith(": refused for its Host or Origin")
    assert "evil" not in str(line)


async def test_when_the_application_has_ended_no_line_waits_any_more() -> None:
    # Behind that uvicorn may end the process at any time.
    with everything_logged() as log:
        async with beating(Pulse(SystemClock()))(Litestar()):
            logs.write("INFO", partial(Told, "the last one", Struct()))
        lines = [json.loads(line) for line in log.getvalue().splitlines()]

    assert [line["message"] for line in lines] == ["the last one"]
