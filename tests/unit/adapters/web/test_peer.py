from __future__ import annotations

import pytest

from adapters.web.peer import TrustedProxies

PROXIES = TrustedProxies(["10.0.0.0/8", "2001:db8::1"])


@pytest.mark.parametrize(
    ("peer", "headers", "client"),
    [
        ("203.0.113.7", [(b"x-forwarded-for", b"1.2.3.4")], "203.0.113.7"),
        ("", [(b"x-forwarded-for", b"1.2.3.4")], ""),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", [(b"x-forwarded-for", b"1.2.3.4")], "1.2.3.4"),
        ("::ffff:10.0.0.1", [(b"x-forwarded-for", b"1.2.3.4")], "1.2.3.4"),
        ("10.0.0.1", [(b"x-forwarded-for", b"6.6.6.6, 1.2.3.4")], "1.2.3.4"),
        ("10.0.0.1", [(b"x-forwarded-for", b"1.2.3.4, 10.0.0.2")], "1.2.3.4"),
        (
            "10.0.0.1",
            [(b"x-forwarded-for", b"1.2.3.4"), (b"x-forwarded-for", b"5.6.7.8")],
            "5.6.7.8",
        ),
        ("10.0.0.1", [(b"x-forwarded-for", b"10.0.0.3, 10.0.0.2")], "10.0.0.3"),
        ("10.0.0.1", [(b"x-forwarded-for", b"1.2.3.4, what")], "10.0.0.1"),
        ("10.0.0.1", [(b"x-forwarded-for", b"1.2.3.4:5678")], "1.2.3.4"),
        ("10.0.0.1", [(b"x-forwarded-for", b"2001:db8::9")], "2001:db8::9"),
        ("2001:db8::1", [(b"forwarded", b'for="[2001:db8::9]:47"')], "2001:db8::9"),
        ("10.0.0.1", [(b"forwarded", b"proto=http; For=1.2.3.4;by=10.0.0.1")], "1.2.3.4"),
        ("10.0.0.1", [(b"forwarded", b"for=6.6.6.6, for=1.2.3.4, for=10.0.0.2")], "1.2.3.4"),
        ("10.0.0.1", [(b"forwarded", b"for=unknown")], "10.0.0.1"),
        ("10.0.0.1", [(b"forwarded", b"by=1.2.3.4")], "10.0.0.1"),
        (
            "10.0.0.1",
            [(b"x-forwarded-for", b"6.6.6.6"), (b"forwarded", b"for=1.2.3.4")],
            "1.2.3.4",
        ),
    ],
)
def test_the_chain_is_believed_as_far_as_it_is_trusted(
    peer: str, headers: list[tuple[bytes, bytes]], client: str
) -> None:
    assert PROXIES.client_address(peer, headers) == client


def test_nobody_is_trusted_by_default() -> None:
    headers = [(b"x-forwarded-for", b"1.2.3.4")]

    assert TrustedProxies().client_address("127.0.0.1", headers) == "127.0.0.1"


def test_an_entry_that_is_no_address_is_refused() -> None:
    with pytest.raises(ValueError, match=r"proxy\.example"):
        TrustedProxies(["proxy.example"])
