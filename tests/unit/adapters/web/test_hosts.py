from __future__ import annotations

import sys

import pytest

from adapters.web.hosts import HostGuard, HostVerdict

ADDRESS, NAME = HostVerdict.ADDRESS, HostVerdict.NAME
REFUSED, MALFORMED = HostVerdict.REFUSED, HostVerdict.MALFORMED


def guard(
    *allowed: str, bound_host: str = "127.0.0.1", has_keys: bool = False, machine: str = "Desk"
) -> HostGuard:
    return HostGuard(bound_host, machine, allowed, has_keys=has_keys)


@pytest.mark.parametrize(
    ("value", "verdict"),
    [
        (b"127.0.0.1", ADDRESS),
        (b"127.0.0.1:9", ADDRESS),
        (b"8.8.8.8", ADDRESS),
        (b"169.254.1.1:80", ADDRESS),
        (b"[::1]", ADDRESS),
        (b"[::1]:11434", ADDRESS),
        (b"[2001:db8::1]:", ADDRESS),
        (b"[fe80::1%25eth0]:80", ADDRESS),
        (b"[fe80::1%eth0]", ADDRESS),
        (b"::1", ADDRESS),
        (b"localhost", NAME),
        (b"LocalHost:11434", NAME),
        (b"a.b.localhost", NAME),
        (b"nas.local", NAME),
        (b"host.docker.internal:11434", NAME),
        (b"desk", NAME),
        (b"DESK:80", NAME),
        (b"", REFUSED),
        (b":80", REFUSED),
        (b"evil.example", REFUSED),
        (b"evil.example:11434", REFUSED),
        (b"local", REFUSED),
        (b"localhost.evil.example", REFUSED),
        (b"notlocalhost", REFUSED),
        (b"desk.evil.example", REFUSED),
        (b"a.local.", REFUSED),
        (b"localhost.", REFUSED),
        (b"127.0.0.1.evil.example", REFUSED),
        (b"0x7f.0.0.1", REFUSED),
        (b"2130706433", REFUSED),
        (b"[::1", MALFORMED),
        (b"[::1]x", MALFORMED),
        (b"[localhost]", MALFORMED),
        (b"[127.0.0.1]", MALFORMED),
        (b"localhost:port", MALFORMED),
        (b"localhost:1:2", MALFORMED),
        (b"user@localhost", MALFORMED),
        (b"localhost/evil", MALFORMED),
        (b"local host", MALFORMED),
        (b"localhost,evil.example", REFUSED),
        (b"localhost\n", MALFORMED),
        ("löcalhost".encode(), MALFORMED),
        (b"\xff", MALFORMED),
    ],
)
def test_addresses_and_known_names_pass_and_nothing_else(
    value: bytes, verdict: HostVerdict
) -> None:
    assert guard().judge(value) is verdict


@pytest.mark.parametrize(
    ("value", "verdict"),
    [
        (b"llm.example", NAME),
        (b"LLM.Example:443", NAME),
        (b"other.example", REFUSED),
        (b"x.llm.example", REFUSED),
    ],
)
@pytest.mark.parametrize("has_keys", [False, True])
def test_allowed_hosts_are_added_to_the_names_and_bind_with_keys_too(
    value: bytes, verdict: HostVerdict, has_keys: bool
) -> None:
    assert guard("Llm.example", has_keys=has_keys).judge(value) is verdict


@pytest.mark.parametrize(
    ("value", "verdict"),
    [(b"evil.example", NAME), (b"", REFUSED), (b":80", REFUSED), (b"a b", MALFORMED)],
)
def test_with_keys_and_no_allowed_hosts_every_name_passes(
    value: bytes, verdict: HostVerdict
) -> None:
    assert guard(has_keys=True).judge(value) is verdict


def test_the_rules_hold_on_every_listener() -> None:
    assert guard(bound_host="0.0.0.0").judge(b"evil.example") is REFUSED


def test_the_bound_name_passes() -> None:
    assert guard(bound_host="Gateway.Example").judge(b"gateway.example:1") is NAME


def test_an_unknown_machine_name_allows_no_empty_host() -> None:
    assert guard(machine="").judge(b"") is REFUSED


@pytest.mark.parametrize(
    ("bound_host", "answers"),
    [
        ("127.0.0.1", True),
        ("127.0.0.2", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.1.5", False),
        ("gateway.example", False),
    ],
)
def test_options_are_answered_on_loopback_listeners_only(bound_host: str, answers: bool) -> None:
    assert guard(bound_host=bound_host).answers_options is answers


def test_what_is_longer_than_any_name_is_none_and_is_not_kept() -> None:
    judging = guard(has_keys=True)
    value = b"x" * 1000
    before = sys.getrefcount(value)

    assert judging.judge(b"x" * 253 + b":11434") is NAME
    assert judging.judge(value) is MALFORMED
    assert sys.getrefcount(value) == before
