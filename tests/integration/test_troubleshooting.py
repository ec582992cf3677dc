"""Whatever docs/troubleshooting.md quotes is said, in the situation that it stands below."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from msgspec import Struct

from adapters.observability.exporting import Losses
from adapters.observability.metrics import sharing
from app import cli
from app.serve import CannotListen, listen
from app.settings import SettingsError, load
from app.settings.tree import Telemetry
from app.telemetry import otlp
from tests.e2e.server import scrubbed
from tests.integration.served import backend, serving
from tests.integration.test_secrets import everything_logged
from tests.upstream.answers import Call, chat, chat_events, embeddings, error, sse
from tests.upstream.script import Abort, Close, Reply, Script, Stall
from tests.upstream.server import Upstream
from tests.waiting import until

PAGE = (Path(__file__).parents[2] / "docs" / "troubleshooting.md").read_text()
QUOTED = re.findall(r"^> `(.+)`$", PAGE, re.MULTILINE)

CHAT = {"model": "m", "messages": [{"role": "user", "content": "hi"}], "stream": False}
TOOL = {"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object"}}}
KEY = '[[keys]]\nname = "ada"\nkey = "k"\n'
COMPLETING = ('capabilities = { "m" = ["completion"] }',)
SILENT = Reply(head=b"", steps=[Stall()], framing="none")
BEGUN = chat_events(["Hel"])[:2]


class Situation(Struct, frozen=True, kw_only=True):
    """What is configured, what the upstream does, what is asked; the saying is in the answer."""

    lines: tuple[str, ...] = ()
    """Further keys of the backend."""
    settings: str = ""
    """What stands in front of it."""
    script: Script = chat(["Hi"])
    path: str = "/api/chat"
    body: Mapping[str, Any] = MappingProxyType(CHAT)
    headers: dict[str, str] = {}
    status: int


ANSWERS: dict[str, Situation] = {
    "a valid API key is required": Situation(settings=KEY, status=401),
    "this needs an admin key": Situation(
        settings=KEY,
        path="/api/create",
        headers={"x-api-key": "k"},
        status=403,
    ),
    "without client keys this works only on the server's own machine": Situation(
        path="/api/create", headers={"X-Forwarded-For": "10.0.0.9"}, status=403
    ),
    "404 page not found": Situation(path="/chat/completions", status=404),
    "no such path: /v1/api/chat": Situation(path="/v1/api/chat", status=404),
    "model 'llama9' not found": Situation(body=CHAT | {"model": "llama9"}, status=404),
    "cannot reach upstream": Situation(script=error(502, "Bad Gateway"), status=502),
    "the upstream has no such route: Not Found": Situation(
        script=error(404, "Not Found"), status=502
    ),
    "upstream authentication failed": Situation(script=error(401, "wrong key"), status=502),
    "invalid response from upstream": Situation(script=Reply(body=b"[]"), status=502),
    "upstream timed out": Situation(
        lines=('timeout = { first_byte = "50ms" }',), script=SILENT, status=504
    ),
    "the answer ended before it was complete": Situation(
        script=sse(BEGUN), body=CHAT | {"stream": True}, status=200
    ),
    "the upstream broke off its answer": Situation(
        script=sse(BEGUN, Abort()), body=CHAT | {"stream": True}, status=200
    ),
    "the upstream broke off before it answered": Situation(
        script=Reply(head=b"", steps=[Close()], framing="none"), status=502
    ),
    '"m" does not support tools': Situation(
        lines=(*COMPLETING, 'native = ["none"]'),
        path="/v1/chat/completions",
        body=CHAT | {"tools": [TOOL]},
        status=400,
    ),
    "registry.ollama.ai/library/m:latest does not support tools": Situation(
        lines=COMPLETING, body=CHAT | {"tools": [TOOL]}, status=400
    ),
    '"m" does not support thinking': Situation(
        lines=COMPLETING, body=CHAT | {"think": True}, status=400
    ),
    "the upstream sent broken arguments for the tool 'get_weather'": Situation(
        script=chat(tool_calls=[Call("get_weather", ('{"city":}',))]),
        body=CHAT | {"tools": [TOOL]},
        status=502,
    ),
    "the backend of this model cannot be told: options.num_ctx": Situation(
        settings="[routing]\nstrict_translation = true\n",
        body=CHAT | {"options": {"num_ctx": 4096}},
        status=400,
    ),
    "the upstream sent vectors of different lengths": Situation(
        script=embeddings([1.0], [1.0, 2.0]),
        path="/api/embed",
        body={"model": "m", "input": ["a", "b"]},
        status=502,
    ),
    "request body too large: at most 1024 bytes are accepted": Situation(
        settings="[server]\nmax_body = 1024\n", body=CHAT | {"x": "y" * 2000}, status=413
    ),
}


@pytest.mark.parametrize("quoted", ANSWERS)
async def test_what_answers_are_quoted_to_say_is_answered(upstream: Upstream, quoted: str) -> None:
    situation = ANSWERS[quoted]
    upstream.always(situation.script)
    settings = situation.settings + backend(upstream.base_url, *situation.lines)

    async with serving(settings) as served:
        answer = await served.client.post(
            situation.path, json=dict(situation.body), headers=situation.headers
        )

    assert answer.status_code == situation.status
    assert quoted in answer.text.replace('\\"', '"')


async def test_what_a_full_pool_is_quoted_to_say_is_answered(upstream: Upstream) -> None:
    upstream.always(sse(BEGUN, Stall()))
    lines = ("pool = { max = 1 }", 'timeout = { first_byte = "1s" }')
    async with (
        serving(backend(upstream.base_url, *lines)) as served,
        served.client.stream("POST", "/api/chat", json=CHAT | {"stream": True}) as held,
    ):
        pieces = held.aiter_bytes()
        await anext(pieces)
        answer = await served.client.post("/api/chat", json=CHAT)
        await pieces.aclose()

    assert answer.json()["error"].replace("1", "512") == FULL
    assert answer.status_code == 503


async def test_what_a_request_to_itself_is_quoted_to_say_is_answered(upstream: Upstream) -> None:
    upstream.always(chat(["Hi"]))
    async with serving(backend(upstream.base_url)) as served:
        await served.client.post("/api/chat", json=CHAT)
        via = upstream.exchanges[0].request.headers["via"]
        answer = await served.client.post("/api/chat", json=CHAT, headers={"Via": via})

    assert (answer.status_code, answer.json()) == (508, {"error": LOOP})


async def test_what_stopping_is_quoted_to_say_is_answered(upstream: Upstream) -> None:
    upstream.always(sse(BEGUN, Stall()))
    async with serving(backend(upstream.base_url)) as served:
        body = CHAT | {"stream": True}
        async with served.client.stream("POST", "/api/chat", json=body) as answer:
            pieces = answer.aiter_bytes()
            text = await anext(pieces)
            served.server.config.timeout_graceful_shutdown = 0
            served.server.leave.set()
            async for piece in pieces:
                text += piece

    assert ENDING.encode() in text


async def test_what_a_store_of_models_is_quoted_to_say_is_answered(
    upstream: Upstream, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    settings = f'[models]\nfile = "{tmp_path}/file/below/models.json"\n' + backend(
        upstream.base_url
    )
    async with serving(settings) as served:
        body = {"model": "mine", "from": "m", "stream": False}
        answer = await served.client.post("/api/create", json=body)

    assert UNKEPT in answer.text


async def test_the_lines_of_the_log_that_are_quoted_are_written(
    unused_tcp_port: int,
) -> None:
    settings = backend(f"http://127.0.0.1:{unused_tcp_port}/v1")
    with everything_logged() as log:
        async with serving(settings + '[aliases]\nfast = "up/gone"\n', announce=True) as served:
            await served.client.get("/api/tags")
            await until(lambda: "llamaport 0" in log.getvalue())
        Losses().add(2)
        Losses().refused(2, "span too large")

    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    said = {line["message"] for line in lines if line["level"] == "WARNING"}
    assert said >= LOGGED
    assert any("models: 0 (none from up)" in line["message"] for line in lines)


SETTINGS: dict[str, tuple[str, str]] = {
    'llamaport.toml:2: server.host: found "0.0.0.0", which others can reach without a key; '
    "set LLAMAPORT_API_KEY or add [[keys]], or else set server.allow_anonymous = true": (
        '[server]\nhost = "0.0.0.0"\n',
        "",
    ),
    "llamaport.toml:4: backends[0].base_url: this is the address llamaport itself listens on": (
        backend("http://127.0.0.1:11434/v1"),
        "",
    ),
    "llamaport.toml:4: backends[0].api_key: the environment variable UP_KEY is not set": (
        '[[backends]]\nname = "up"\nkind = "openrouter"\napi_key = "${UP_KEY}"\n',
        "",
    ),
    ".env:1 MAX_RETRIES: ignored, because retry.attempts is not supported by this version": (
        "",
        "MAX_RETRIES=3\n",
    ),
}


@pytest.mark.parametrize("quoted", SETTINGS)
def test_what_settings_are_quoted_to_say_is_said(tmp_path: Path, quoted: str) -> None:
    text, variables = SETTINGS[quoted]
    (tmp_path / "llamaport.toml").write_text(text)
    (tmp_path / ".env").write_text(variables)
    try:
        said = "\n".join(load({}, {}, tmp_path).warnings)
    except SettingsError as error:
        said = str(error)

    assert said == quoted


def test_what_a_port_in_use_is_quoted_to_say_is_said() -> None:
    [taken] = listen("127.0.0.1", 0)
    with taken:
        port = taken.getsockname()[1]
        with pytest.raises(CannotListen) as caught:
            listen("127.0.0.1", port)

    said = str(caught.value).replace(str(port + 1), "11435").replace(str(port), "11434")
    assert said == IN_USE


def test_what_a_log_that_cannot_be_written_is_quoted_to_say_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in set(os.environ) - set(scrubbed(os.environ)):
        monkeypatch.delenv(name)
    monkeypatch.setenv("LLAMAPORT_LOGGING__FILE", str(tmp_path))

    with everything_logged():
        code = cli.main(["serve", "--port", "0"])

    assert (code, capsys.readouterr().err) == (2, f"llamaport: {UNLOGGED}\n")


def test_what_grpc_without_its_extra_is_quoted_to_say_is_said() -> None:
    settings = Telemetry(otlp_endpoint="http://localhost:4317")
    with pytest.raises(otlp.CannotExport) as caught:
        otlp.check(settings, {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, bool)

    assert str(caught.value) == WITHOUT_GRPC


def test_what_workers_without_a_folder_are_quoted_to_say_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sharing, "places", lambda: (tmp_path / "missing",))
    with pytest.raises(sharing.CannotShare) as caught, sharing.folder():
        pass

    assert str(caught.value) == NO_FOLDER


FULL = "all connections to the backend are in use: pool.max is 512"
LOOP = "this server sent this request to itself: check its backends"
ENDING = "the server is shutting down"
UNKEPT = "models cannot be kept here: Not a directory"
LOGGED = {
    "alias fast leads nowhere: no backend has up/gone",
    "backend up does not list its models: cannot reach upstream",
    "2 spans so far could not be sent to the collector",
    "2 spans so far were refused by the collector: span too large",
}
IN_USE = (
    "port 11434 on 127.0.0.1 is in use; Ollama itself may be running there. "
    "Stop it, or choose another port: llamaport serve --port 11435"
)
UNLOGGED = "logging.file: cannot be written: Is a directory"
WITHOUT_GRPC = "OTEL_EXPORTER_OTLP_PROTOCOL: grpc needs the extra llamaport[otlp-grpc]"
NO_FOLDER = (
    "several workers need a folder that can be written, /dev/shm or what TMPDIR names, "
    "to count together: No such file or directory"
)


def test_everything_that_is_quoted_is_compared_above() -> None:
    others = {FULL, LOOP, ENDING, UNKEPT, *LOGGED, IN_USE, UNLOGGED, WITHOUT_GRPC, NO_FOLDER}

    assert sorted(QUOTED) == sorted({*ANSWERS, *SETTINGS, *others})
