from __future__ import annotations

import pytest

from adapters.web.access import Need, is_local, need, refuse_stranger, require_admin
from ports.caller import ANYONE, Caller
from ports.errors import NotAllowed, Unauthenticated


@pytest.mark.parametrize(
    ("method", "path", "needed"),
    [
        ("GET", "/", Need.NOTHING),
        ("HEAD", "/api/version", Need.NOTHING),
        ("GET", "/health", Need.NOTHING),
        ("GET", "/health/live", Need.NOTHING),
        ("GET", "/health/ready", Need.NOTHING),
        ("GET", "/metrics", Need.KEY),
        ("GET", "/api/tags", Need.KEY),
        ("POST", "/api/show", Need.KEY),
        ("POST", "/api/chat", Need.KEY),
        ("GET", "/v1/models/x", Need.KEY),
        ("HEAD", "/api/blobs/sha256:1", Need.KEY),
        ("POST", "/api/blobs/sha256:1", Need.ADMIN),
        ("POST", "/api/pull", Need.ADMIN),
        ("POST", "/api/push", Need.ADMIN),
        ("POST", "/api/create", Need.ADMIN),
        ("POST", "/api/copy", Need.ADMIN),
        ("DELETE", "/api/delete", Need.ADMIN),
        ("POST", "/api/signout", Need.ADMIN),
        ("DELETE", "/api/user/keys/x", Need.ADMIN),
        ("POST", "/api/me", Need.KEY),
        ("GET", "/api/ps", Need.KEY),
        ("GET", "/admin", Need.ADMIN),
        ("GET", "/admin/", Need.ADMIN),
        ("GET", "/admin/backends/x", Need.ADMIN),
        ("POST", "/health/other", Need.KEY),
    ],
)
def test_every_path_needs_what_the_configuration_page_says(
    method: str, path: str, needed: Need
) -> None:
    assert need(method, path) is needed


@pytest.mark.parametrize("needed", [Need.KEY, Need.ADMIN])
def test_a_stranger_is_refused_what_needs_a_key(needed: Need) -> None:
    with pytest.raises(Unauthenticated):
        refuse_stranger(needed)


def test_a_stranger_may_have_what_is_open() -> None:
    refuse_stranger(Need.NOTHING)


@pytest.mark.parametrize(
    ("peer", "headers", "local"),
    [
        ("127.0.0.1", [], True),
        ("127.8.8.8", [(b"host", b"evil.example")], True),
        ("::1", [], True),
        ("::ffff:127.0.0.1", [], True),
        ("127.0.0.1", [(b"forwarded", b"for=127.0.0.1")], False),
        ("127.0.0.1", [(b"x-forwarded-for", b"")], False),
        ("127.0.0.1", [(b"x-forwarded-proto", b"https")], False),
        ("127.0.0.1", [(b"via", b"1.1 proxy")], False),
        ("127.0.0.1", [(b"x-real-ip", b"")], False),
        ("127.0.0.1", [(b"x-client-ip", b"10.0.0.1")], False),
        ("127.0.0.1", [(b"x-cluster-client-ip", b"10.0.0.1")], False),
        ("127.0.0.1", [(b"cf-connecting-ip", b"10.0.0.1")], False),
        ("127.0.0.1", [(b"true-client-ip", b"10.0.0.1")], False),
        ("192.168.1.5", [], False),
        ("::ffff:192.168.1.5", [], False),
        ("", [], False),
        ("testclient", [], False),
    ],
)
def test_local_is_a_loopback_peer_that_nobody_forwarded(
    peer: str, headers: list[tuple[bytes, bytes]], local: bool
) -> None:
    assert is_local(peer, headers) is local


def test_without_keys_a_local_client_is_admin_enough() -> None:
    require_admin(ANYONE, "127.0.0.1", [])


def test_without_keys_a_remote_client_is_refused() -> None:
    with pytest.raises(NotAllowed, match="own machine"):
        require_admin(ANYONE, "10.0.0.1", [])


def test_an_admin_key_works_from_anywhere() -> None:
    require_admin(Caller(name="ada", admin=True), "10.0.0.1", [(b"forwarded", b"for=x")])


def test_a_plain_key_is_refused_from_the_machine_itself_too() -> None:
    with pytest.raises(NotAllowed, match="admin key"):
        require_admin(Caller(name="bob"), "127.0.0.1", [])
