"""The socket that is served on."""

from __future__ import annotations

import gc
import socket

import pytest

from app.serve import CannotListen, config_of, listen, url_of
from app.settings import Server, Settings


def test_an_address_is_bound_and_listened_on() -> None:
    with listen("127.0.0.1", 0) as sock, socket.create_connection(sock.getsockname()):
        assert url_of(sock) == f"http://127.0.0.1:{sock.getsockname()[1]}"


def test_a_name_and_ipv6_work_too() -> None:
    with listen("localhost", 0) as sock:
        assert url_of(sock).startswith("http://")
    with listen("::1", 0) as sock:
        assert url_of(sock).startswith("http://[::1]:")


def test_connections_do_not_wait_for_acknowledgements() -> None:
    # asyncio sets TCP_NODELAY only on sockets that say that they are TCP; without it an answer
    # of two writes takes 40 ms longer.
    with listen("127.0.0.1", 0) as sock:
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
