"""The processes that serve: their socket, their workers, their end."""

from __future__ import annotations

import errno
import gc
import math
import multiprocessing
import os
import socket
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import uvicorn
from msgspec import Struct
from msgspec.structs import replace
from uvicorn.supervisors import ChangeReload

from adapters.observability.metrics import sharing
from app import bare
from app.plain_http import PlainHttp
from app.settings import Settings, SettingsError, load
from app.telemetry import logs, otlp
from app.workers import Workers, end_with_parent, ending_at_once, take_interrupts

HANDED_DOWN = "_LLAMAPORT_START"
"""The environment variable by which a process of `--reload` learns how its parent was started."""

BACKLOG = 2048


class CannotListen(Exception):
    """The address cannot be bound. The message is one line for the operator."""


class Start(Struct, frozen=True, kw_only=True):
    """How the command was given: enough to read the same settings again."""

    config: str | None
    overrides: dict[str, Any]
    url: str = ""
    metrics: str = ""
    """The folder in which the workers count together."""
    begun: float = 0.0
    """When that was, in Unix time."""


def listen(
    host: str, port: int, resolve: Callable[..., Sequence[Any]] = socket.getaddrinfo
) -> list[socket.socket]:
    """Bind the address, or all that a name has here, and listen: nobody is refused from here on.

    `localhost` is `::1` and `127.0.0.1`, and clients try the one or the other first. An address
    that is not this machine's is passed over where another one is; containers often have a name
    for `::1` and no IPv6. Raises `CannotListen`.
    """
    sockets: list[socket.socket] = []
    missing = OSError(errno.EADDRNOTAVAIL, "no address")
    try:
        # The protocol number matters: asyncio sets TCP_NODELAY only where it is named.
        found = resolve(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, kind, protocol, _, (address, _, *more) in dict.fromkeys(found):
            try:
                sockets.append(_bound(family, kind, protocol, (address, port, *more)))
            except OSError as error:
                if error.errno not in _NOT_OURS:
                    raise
                missing = error
            else:
                port = sockets[0].getsockname()[1]  # 0 is any, and the same for all
        if not sockets:
            raise missing
    except OSError as error:
        for sock in sockets:
            sock.close()
        raise CannotListen(_why(error, host, port)) from error
    return sockets


_NOT_OURS = frozenset({errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT})


def _bound(family: int, kind: int, protocol: int, address: Any) -> socket.socket:
    sock = socket.socket(family, kind, protocol)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(address)
        sock.listen(BACKLOG)
    except OSError:
        sock.close()
        raise
    sock.set_inheritable(True)
    return sock


def serve(settings: Settings, start: Start, *, reload: bool = False) -> None:
    """Serve until SIGTERM or SIGINT. Raises `CannotListen`, `CannotShare`, `CannotExport`."""
    sockets = listen(settings.server.host, settings.server.port)
    url = url_of(sockets[0])
    if settings.server.workers == 1 and not reload:
        _Server(config_of(_load()(settings, url=url), settings)).run(sockets=sockets)
        return
    gc.enable()
    _rehearse(settings)
    with sharing.folder() as metrics:
        started = replace(start, url=url, metrics=str(metrics), begun=time.time())
        if reload:
            os.environ[HANDED_DOWN] = msgspec.json.encode(started).decode()
            config = config_of("app.serve:reloaded", settings, factory=True, reload=True)
            ChangeReload(config, target=uvicorn.Server(config).run, sockets=sockets).run()
        else:
            # They get the settings that the server was started with, also when one is replaced
            # after the file has changed.
            each = partial(worker, settings, started)
            config = config_of(each, settings, factory=True, workers=settings.server.workers)
            Workers(config, sockets=sockets).run()


def _load() -> Callable[..., Any]:
    """Load all that serves; what builds the application of it."""
    # A process that only watches over workers needs none of it: 22 MB.
    with bare.http_client():
        from app.asgi import create_app  # noqa: PLC0415

    return create_app


def _rehearse(settings: Settings) -> None:
    if otlp.wanted(settings.telemetry, os.environ):
        # The same goes for traces that nobody wants.
        with bare.http_client():
            from app.telemetry.watching import rehearse  # noqa: PLC0415

        rehearse(settings)


def reloaded() -> Any:
    """Make the application anew, of sources and settings as they are now."""
    start = msgspec.json.decode(os.environ[HANDED_DOWN], type=Start)
    try:
        settings = load(
            start.overrides,
            os.environ,
            Path.cwd(),
            config=Path(start.config) if start.config else None,
        ).settings
    except SettingsError as error:
        sys.exit(f"llamaport: {error}")
    return worker(settings, start)


def worker(settings: Settings, start: Start) -> Any:
    """Make the application of one worker process."""
    gc.disable()  # as `llamaport serve` does
    with ending_at_once():
        take_interrupts()
        create_app = _load()
    end_with_parent()
    logs.configure(settings.logging, content=settings.telemetry.capture_content)
    # One worker speaks for all of them; with `--reload` there is one after the other.
    is_only = settings.server.workers == 1
    speaks = is_only or multiprocessing.current_process().name.endswith("-1")
    url = start.url if speaks else ""
    app = create_app(settings, url=url, metrics=start.metrics, begun=start.begun)
    _spare_the_collector()
    return app


class _Server(uvicorn.Server):
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        _spare_the_collector()


def _spare_the_collector() -> None:
    """Leave what was built at the start out of every collection, and begin to collect.

    Of 120,000 objects 2,000 are garbage then; to find them would delay the first answer by 40 ms.
    How often it collects stays as it is: collecting seldom was measured to cost more CPU, in
    cold memory, than it saved, and 12 MB under load.
    """
    gc.freeze()
    gc.enable()


def url_of(sock: socket.socket) -> str:
    """Return the address as a client would type it."""
    host, port = sock.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def config_of(app: Any, settings: Settings, **more: Any) -> uvicorn.Config:
    """Say how uvicorn is to serve."""
    return uvicorn.Config(
        app,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        http=PlainHttp,
        ws="none",
        # Or a request that waited behind another one would begin with what is known of that.
        reset_contextvars=True,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=max(1, math.ceil(settings.server.drain)),
        backlog=BACKLOG,
        **more,
    )


def _why(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"port {port} on {host} is in use; Ollama itself may be running there. "
            f"Stop it, or choose another port: llamaport serve --port {port + 1}"
        )
    return f"cannot listen on {host} port {port}: {error.strerror or error}"
