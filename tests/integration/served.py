"""The whole application behind a real socket, on the event loop of the test."""

from __future__ import annotations

import asyncio
import re
import socket
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, nullcontext
from pathlib import Path

import httpx
import uvicorn
from dishka import Provider
from msgspec import Struct

from app.asgi import create_app
from app.serve import config_of, url_of
from app.settings import Settings, load
from tests.e2e.server import WITHOUT_ROOTS
from tests.measuring import unmeasured
from tests.waiting import until


class Served(Struct, frozen=True, kw_only=True):
    """A running application and a client of it."""

    url: str
    client: httpx.AsyncClient
    server: uvicorn.Server


class _Quiet(uvicorn.Server):
    """A server that leaves the signals to the test runner, and ends as soon as it is told."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.leave = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def main_loop(self) -> None:
        await self.on_tick(0)
        await self.leave.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End at once where nobody is connected any more: uvicorn waits for a tenth of a second."""
        for _ in range(10):
            if not (self.server_state.connections or self.server_state.tasks):
                for server in self.servers:
                    server.close()
                await self.lifespan.shutdown()
                return
            await asyncio.sleep(0.001)
        await super().shutdown(sockets)


def settings_of(toml: str, environ: Mapping[str, str] | None = None) -> Settings:
    """Read settings as the command does, from nothing but this text and these variables."""
    with tempfile.TemporaryDirectory(prefix="llamaport-") as folder:
        file = Path(folder) / "llamaport.toml"
        file.write_text(toml, encoding="utf-8")
        return load({}, environ or {}, Path(folder)).settings


def backend(base_url: str, *lines: str, name: str = "up") -> str:
    """Write a `[[backends]]` entry; `lines` are further keys of it."""
    kind = 'kind = "openai-compatible"'
    named = [f'name = "{name}"', kind, f'base_url = "{base_url}"']
    return "\n".join(["[[backends]]", *named, *lines, ""])


@contextmanager
def _measured_once(settings: Settings | str) -> Iterator[None]:
    """Measure how an application is made once for each shape of settings.

    It is made for most tests of this folder, the same each time.
    """
    shape = _VALUE.sub("", settings) if isinstance(settings, str) else ""
    with unmeasured() if shape in _MEASURED else nullcontext():
        yield
    if shape:
        _MEASURED.add(shape)


_MEASURED: set[str] = set()
_VALUE = re.compile(r'"[^"]*"|\d+')


@asynccontextmanager
async def serving(
    settings: Settings | str, *overrides: Provider, announce: bool = False
) -> AsyncIterator[Served]:
    """Serve until the block is left, then shut down in good order.

    With `announce` the start line is logged.
    """
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.bind(("127.0.0.1", 0))
    url = url_of(sock)
    with _measured_once(settings):
        if isinstance(settings, str):
            settings = settings_of(settings)
        app = create_app(settings, *overrides, url=url if announce else "")
    config = config_of(app, settings)
    config.timeout_graceful_shutdown = 2
    server = _Quiet(config)
    running = asyncio.create_task(server.serve(sockets=[sock]))
    await until(lambda: server.started or running.done())
    try:
        async with httpx.AsyncClient(
            base_url=url, trust_env=False, timeout=10, verify=WITHOUT_ROOTS
        ) as client:
            yield Served(url=url, client=client, server=server)
    finally:
        server.leave.set()
        await running
