"""The socket that is served on."""

from __future__ import annotations

import gc
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from app.serve import CannotListen, config_of, listen, url_of
from app.settings import Server, Settings


def named(*addresses: str) -> Callable[..., list[tuple[object, ...]]]:
    """Resolve every name to these addresses."""

    def resolve(_host: str, port: int, **how: Any) -> list[tuple[object, ...]]:
        return [found for it in addresses for found in socket.getaddrinfo(it, port, **how)]

    return resolve


@contextmanager
def listening(host: str, *addresses: str, port: int = 0) -> Iterator[list[socket.socket]]:
    resolve = named(*addresses) if addresses else socket.getaddrinfo
    with ExitStack() as stack:
        yield [stack.enter_context(sock) for sock in listen(host, port, resolve)]


def test_an_address_is_bound_and_listened_on() -> None:
    with listening("127.0.0.1") as [sock], socket.create_connection(sock.getsockname()):
        assert url_of(sock) == f"http://127.0.0.1:{sock.getsockname()[1]}"


def test_a_name_and_ipv6_work_too() -> None:
    with listening("localhost") as [sock, *_]:
        assert url_of(sock).startswith("http://")
    with listening("::1") as [sock]:
        assert url_of(sock).startswith("http://[::1]:")


def test_all_that_a_name_stands_for_here_is_listened_on_at_one_port() -> None:
    with listening("name", "192.0.2.1", "::1", "127.0.0.1", "127.0.0.1") as sockets:
        [port] = {sock.getsockname()[1] for sock in sockets}
        for address in ("::1", "127.0.0.1"):
            socket.create_connection((address, port)).close()

        assert len(sockets) == 2


def test_half_of_a_name_is_not_taken_where_the_other_half_is_in_use() -> None:
    with listening("127.0.0.1") as [taken]:
        port = taken.getsockname()[1]
        with pytest.raises(CannotListen, match=f"port {port} on name is in use"):
            listen("name", port, named("::1", "127.0.0.1"))

        with listening("::1", port=port):
            pass


def test_connections_do_not_wait_for_acknowledgements() -> None:
    # asyncio sets TCP_NODELAY only on sockets that say that they are TCP; without it an answer
    # of two writes takes 40 ms longer.
    with listening("127.0.0.1") as [sock]:
        assert sock.proto == socket.IPPROTO_TCP


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
def test_an_address_that_is_not_ours_is_one_line_and_leaves_no_socket(host: str) -> None:
    with pytest.raises(CannotListen) as caught:
        listen(host, 0)
    line = str(caught.value)
    del caught
    gc.collect()  # a socket that was left open would be reported here, as an error

    assert host in line
    assert "\n" not in line


@pytest.mark.parametrize("drain", [0.25, 1.0, 2.4, 30.0])
def test_what_runs_is_never_ended_before_its_time(drain: float) -> None:
    config = config_of(None, Settings(server=Server(drain=drain)))

    assert drain <= (config.timeout_graceful_shutdown or 0) < drain + 1


def test_what_only_watches_over_workers_loads_nothing_that_serves() -> None:
    serving = {"adapters.web", "aiohttp", "anyio", "app.asgi", "dishka", "domain.chat", "litestar"}
    code = f"import sys, app.serve; print(sorted(sys.modules.keys() & {serving}))"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
