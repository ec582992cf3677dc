"""The processes of a run: the upstream, llamaport in front of it, and the yardstick."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager

from tests.benchmarks.client import Target, connect
from tests.benchmarks.processes import on_core
from tests.e2e.server import CHECKOUT, serve

KEY = "bench-client-key"
TRANSLATED = 'kind = "openai-compatible"\nbase_url = "{url}/v1"'
RELAYED = 'kind = "ollama"\nbase_url = "{url}"'
QUIET = '[logging]\nlevel = "WARNING"\n'
TRACED = '[telemetry]\notlp_endpoint = "{url}"\nsample_ratio = '
WATCHED = {
    "logged": '[logging]\nlevel = "INFO"\n',
    "traced": f"{QUIET}{TRACED}1.0",
    "unsampled": f"{QUIET}{TRACED}0.0",
}
"""What is watched of the requests: a line of each; a trace of each; the id of a trace, no more."""
CONFIG = """
{watching}

[[backends]]
name = "up"
{kind}
api_key = "upstream-key"
pool = {{ max = 2048, keepalive = 512 }}

[aliases]
"bench" = "up/flat"
"bench-paced" = "up/paced"
"bench-open" = "up/open"
"""


@contextmanager
def scripted_upstream(core: int | None, port: int = 0) -> Iterator[str]:
    """Run the upstream; its root URL."""
    with _module("upstream", core, port) as process:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"


@asynccontextmanager
async def llamaport(
    core: int | None, upstream_url: str, kind: str = TRANSLATED, watching: str = QUIET
) -> AsyncIterator[tuple[Target, float]]:
    """Run llamaport; where it is, and the seconds from its start to its first answer.

    `kind` says how it speaks to the upstream, `watching` what it tells of its work.
    """
    config = CONFIG.format(
        kind=kind.format(url=upstream_url), watching=watching.format(url=upstream_url)
    )
    env = {"LLAMAPORT_API_KEY": KEY, "PYTHONDONTWRITEBYTECODE": ""}
    async with AsyncExitStack() as stack:
        start = time.perf_counter()
        with on_core(core):
            served = await stack.enter_async_context(serve(config, env=env, port=free_port()))
        ready = time.perf_counter() - start
        yield Target(url=served.url, pid=served.pid, key=KEY), ready


@asynccontextmanager
async def bare_stack(core: int | None, upstream_url: str) -> AsyncIterator[Target]:
    """Run the bare stack in front of the upstream; where it is."""
    port = free_port()
    with _module("stack", core, port, "--upstream", upstream_url) as process:
        target = Target(url=f"http://127.0.0.1:{port}", pid=process.pid)
        await _connected(target, process)
        yield target


@asynccontextmanager
async def yardstick(core: int | None) -> AsyncIterator[tuple[Target, float]]:
    """Run the yardstick; where it is, and the seconds from its start to its first answer."""
    port = free_port()
    start = time.perf_counter()
    with _module("yardstick", core, port) as process:
        target = Target(url=f"http://127.0.0.1:{port}", pid=process.pid)
        await _connected(target, process)
        yield target, time.perf_counter() - start


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@contextmanager
def _module(name: str, core: int | None, port: int, *more: str) -> Iterator[subprocess.Popen[str]]:
    words = [sys.executable, "-m", f"tests.benchmarks.{name}", "--port", str(port), *more]
    with on_core(core):
        process = subprocess.Popen(words, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True)
    with process:
        try:
            yield process
        finally:
            process.kill()


async def _connected(target: Target, process: subprocess.Popen[str]) -> None:
    while True:
        assert process.poll() is None, "what is measured beside llamaport did not start"
        try:
            client = await connect(target)
        except OSError:
            await asyncio.sleep(0.005)
        else:
            client.close()
            return
