"""llamaport behind the nginx of docs/deployment.md: what it is told holds nothing back."""

from __future__ import annotations

import asyncio
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
import trustme

from tests.benchmarks.systems import free_port
from tests.e2e.server import Served, serve
from tests.programs import CHECKOUT, program
from tests.upstream.answers import SSE, chat_events
from tests.upstream.script import Pause, Reply, Send, Stall, Step
from tests.upstream.server import Upstream
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

NAME = "llm.example.org"
DOCUMENTED = (CHECKOUT / "deploy" / "nginx" / "llamaport.conf").read_text()
AROUND = """
daemon off;
master_process off;
worker_processes 1;
pid {folder}/pid;
error_log stderr;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {server}
}}
"""
WORDS = ["One", " by", " one"]
KEY = "made-up"
BODY = {
    "model": "m",
    "messages": [{"role": "user", "content": "Hello"}],
    "max_tokens": 9,
    "stream": True,
}

CONFIG = f"""
[server]
trusted_proxies = ["127.0.0.1"]

[[keys]]
name = "ada"
key = "{KEY}"

[[backends]]
name = "up"
kind = "openai-compatible"
base_url = "{{url}}"
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def behind(module_upstream: Upstream) -> AsyncIterator[Served]:
    """Run llamaport."""
    async with serve(CONFIG.format(url=module_upstream.base_url)) as served:
        yield served


@pytest_asyncio.fixture(loop_scope="module")
async def client(behind: Served, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """Return a client of nginx in front of it."""
    authority = trustme.CA()
    certificate = authority.issue_cert(NAME, "127.0.0.1")
    certificate.cert_chain_pems[0].write_to_path(tmp_path / "certificate")
    certificate.private_key_pem.write_to_path(tmp_path / "key")
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    port = free_port()
    with nginx(tmp_path, port, behind) as log:
        await until(lambda: accepts(port), deadline=10)
        async with httpx.AsyncClient(
            base_url=f"https://127.0.0.1:{port}",
            headers={"host": NAME, "authorization": f"Bearer {KEY}"},
            verify=trusting,
            trust_env=False,
        ) as asking:
            yield asking
    # Such as an answer that had to be put aside in a file.
    assert "[warn]" not in log.read_text()


@contextmanager
def nginx(folder: Path, port: int, behind: Served) -> Iterator[Path]:
    """Run it with the documented configuration, but for addresses and files; yield its log."""
    server = DOCUMENTED
    for documented, here in {
        "127.0.0.1:11434": behind.url.removeprefix("http://"),
        "listen 443": f"listen 127.0.0.1:{port}",
        "/etc/ssl/llm.example.org.pem": str(folder / "certificate"),
        "/etc/ssl/llm.example.org.key": str(folder / "key"),
    }.items():
        assert documented in server
        server = server.replace(documented, here)
    (folder / "nginx.conf").write_text(AROUND.format(folder=folder, server=server))
    words = [program("nginx", "nginx-light"), "-e", "stderr", "-c", folder / "nginx.conf"]
    log = folder / "log"
    with log.open("wb") as stderr:
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stderr=stderr)
    try:
        yield log
    finally:
        process.terminate()
        process.wait(timeout=10)


def accepts(port: int) -> bool:
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize("path", ["/api/chat", "/v1/chat/completions", "/v1/messages"])
async def test_each_piece_of_an_answer_arrives_before_the_next_is_sent(
    module_upstream: Upstream, client: httpx.AsyncClient, path: str
) -> None:
    events = chat_events(WORDS)
    taken = [asyncio.Event() for _ in WORDS]
    steps: list[Step] = [Send(events[0])]
    for event, arrived in zip(events[1:], taken, strict=False):
        steps += [Send(event), Pause(arrived)]
    steps += map(Send, events[len(WORDS) + 1 :])
    module_upstream.reply(Reply(headers=SSE, steps=steps))
    heard = ""

    async with asyncio.timeout(10), client.stream("POST", path, json=BODY) as answer:
        async for piece in answer.aiter_text():
            heard += piece
            for word, arrived in zip(WORDS, taken, strict=True):
                if f'"{word}"' in heard:
                    arrived.set()

    assert answer.status_code == 200
    assert all(arrived.is_set() for arrived in taken)


async def test_a_client_that_hangs_up_closes_the_upstream(
    module_upstream: Upstream, client: httpx.AsyncClient
) -> None:
    module_upstream.forget()
    module_upstream.reply(Reply(headers=SSE, steps=[*map(Send, chat_events(WORDS)[:2]), Stall()]))

    async with client.stream("POST", "/api/chat", json=BODY) as answer:
        await anext(answer.aiter_text())

    await module_upstream.closed_early()


async def test_llamaport_sees_the_name_and_the_client_that_nginx_sees(
    behind: Served, client: httpx.AsyncClient
) -> None:
    answer = await client.get("/api/version", headers={"x-forwarded-for": "203.0.113.9"})

    asked = answer.headers["x-request-id"]
    await until(lambda: any(line.get("request_id") == asked for line in behind.log()))
    [line] = [line for line in behind.log() if line.get("request_id") == asked]
    assert (answer.status_code, line["peer"], line["client"]) == (200, "203.0.113.9", "ada")


async def test_without_a_key_nobody_comes_in(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/tags", headers={"authorization": ""})

    assert answer.status_code == 401
