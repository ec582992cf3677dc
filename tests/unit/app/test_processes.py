"""The command as real processes: starting, announcing, logging, stopping."""

from __future__ import annotations

import asyncio
import json
import os
import re
import socket
import sys
from pathlib import Path

import httpx

from tests.e2e.server import CHECKOUT, Served, scrubbed, serve
from tests.integration.served import backend
from tests.upstream.server import Upstream
from tests.waiting import until

OFFLINE = '[[backends]]\nname = "off"\nkind = "offline"\n'
KEYS = '[[keys]]\nname = "k"\nkey = "canary-key"\n'


def announcements(served: Served) -> list[str]:
    return [line["message"] for line in served.log() if "url" in line]


def children_of(served: Served) -> list[str]:
    return Path(f"/proc/{served.pid}/task/{served.pid}/children").read_text().split()


async def run(*words: str, folder: Path) -> tuple[int, str, str]:
    """Run `python -m app` to its end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "app", *words,
        cwd=folder,
        env=scrubbed(os.environ) | {"PYTHONPATH": str(CHECKOUT)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


async def test_the_package_itself_is_the_command(folder: Path) -> None:
    code, out, err = await run("--version", folder=folder)

    assert (code, err) == (0, "")
    assert out.startswith("llamaport ")


async def test_a_problem_at_the_start_shows_no_trace(folder: Path) -> None:
    (folder / "llamaport.toml").write_text("[server]\nprot = 1\n")

    code, out, err = await run("serve", folder=folder)

    assert (code, out, len(err.splitlines())) == (2, "", 1)


async def test_a_port_in_use_is_one_line_with_a_way_out(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        code, out, err = await run("serve", "--port", str(port), folder=folder)

    assert (code, out, len(err.splitlines())) == (1, "", 1)
    assert f"port {port}" in err
    assert "Ollama" in err
    assert "--port" in err


async def test_the_start_line_says_what_is_served_and_sigterm_is_a_good_end(
    upstream: Upstream,
) -> None:
    upstream.models = ("a", "b")
    async with serve(OFFLINE + backend(upstream.base_url) + KEYS) as served:
        (line,) = announcements(served)
        await served.stop()
        said = served.stderr

    assert served.url in line
    assert "off (offline), up (openai-compatible)" in line
    assert re.search(r"models: 4\b", line)
    assert "a client key is required" in line
    assert served._process.returncode == 0
    assert "canary" not in said


async def test_without_keys_and_with_a_backend_down_the_start_line_says_so(
    unused_tcp_port: int,
) -> None:
    dead = backend(f"http://127.0.0.1:{unused_tcp_port}/v1")
    async with serve(OFFLINE + dead) as served:
        (line,) = announcements(served)

    assert "models: 2 (none from up)" in line
    assert "no client key is required" in line


async def test_two_workers_serve_together_announce_once_and_stop() -> None:
    async with serve(OFFLINE + "[server]\nworkers = 2\n") as served:
        await until(lambda: len(children_of(served)) >= 2)
        pids = children_of(served)
        async with httpx.AsyncClient(base_url=served.url, trust_env=False) as client:
            answers = [await client.get("/api/tags") for _ in range(5)]
        await served.stop()
        lines, said = announcements(served), served.stderr

    assert [answer.status_code for answer in answers] == [200] * 5
    assert len(lines) == 1
    assert served._process.returncode == 0
    await until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids))
    assert "Traceback" not in said


async def test_lines_go_to_the_file_as_well(tmp_path: Path) -> None:
    log = tmp_path / "llamaport.log"
    logging = f'[logging]\nlevel = "debug"\nformat = "json"\nfile = "{log}"\n'
    async with serve(OFFLINE + logging) as served:
        async with httpx.AsyncClient(base_url=served.url, trust_env=False) as client:
            await client.get("/nowhere")
        await until(lambda: "/nowhere" in log.read_text())

    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert {"time", "level", "message"} <= set(lines[0])
    assert any("/nowhere 404" in line["message"] for line in lines)


async def test_the_console_form_is_for_people(unused_tcp_port: int) -> None:
    console = '[logging]\nformat = "console"\n'
    async with serve(OFFLINE + console, port=unused_tcp_port) as served:
        await until(lambda: "serves http://" in served.stderr)

        assert not served.log()


async def test_a_running_exchange_may_finish_after_sigterm() -> None:
    slow = '[[backends]]\nname = "off"\nkind = "offline"\npace = "50ms"\n'
    body = {"model": "offline", "messages": [{"role": "user", "content": "count to 10"}]}
    async with serve(slow) as served, httpx.AsyncClient(trust_env=False) as client:
        async with client.stream("POST", f"{served.url}/api/chat", json=body) as answer:
            lines = answer.aiter_lines()
            await anext(lines)
            served._process.terminate()
            rest = [json.loads(line) async for line in lines]

        await until(lambda: not served.running)

    assert rest[-1]["done"] is True
