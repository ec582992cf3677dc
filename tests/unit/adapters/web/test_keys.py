from __future__ import annotations

import pytest

from adapters.web.keys import ClientKeys, KeyEntry, digest_of
from ports.caller import ANYONE, Caller

ADA = KeyEntry(name="ada", digest=digest_of("ada-key"), models=("fast",), admin=True)
BOB = KeyEntry(name="bob", digest=digest_of(b"bob-key"))
KEYS = ClientKeys.from_configured([ADA, BOB])


@pytest.mark.parametrize(
    ("headers", "name"),
    [
        ([(b"authorization", b"Bearer ada-key")], "ada"),
        ([(b"authorization", b"bearer  ada-key ")], "ada"),
        ([(b"x-api-key", b"bob-key")], "bob"),
        ([(b"x-api-key", b" bob-key ")], "bob"),
        ([(b"authorization", b"Bearer ada-key"), (b"x-api-key", b"bob-key")], "bob"),
        ([(b"x-api-key", b"bob-key"), (b"authorization", b"Bearer ada-key")], "bob"),
        ([(b"authorization", b"Bearer sk-upstream"), (b"x-api-key", b"bob-key")], "bob"),
        ([(b"x-api-key", b"unused"), (b"authorization", b"Bearer ada-key")], "ada"),
        ([(b"authorization", b"Bearer ada-key"), (b"x-api-key", b"unused")], "ada"),
        ([], None),
        ([(b"authorization", b"Bearer wrong")], None),
        ([(b"authorization", b"Bearer ")], None),
        ([(b"authorization", b"Bearer")], None),
        ([(b"authorization", b"ada-key")], None),
        ([(b"authorization", b"Basic ada-key")], None),
        ([(b"authorization", b"AAAAC3Nza:c2lnbmF0dXJl")], None),
        ([(b"x-api-key", b"")], None),
        ([(b"x-api-key", b"\xff\xfe")], None),
        ([(b"x-other", b"ada-key")], None),
    ],
)
def test_a_caller_is_known_by_either_header(
    headers: list[tuple[bytes, bytes]], name: str | None
) -> None:
    caller = KEYS.authenticate(headers)

    assert (caller.name if caller else None) == name


def test_a_caller_has_the_rights_of_its_entry() -> None:
    caller = KEYS.authenticate([(b"x-api-key", b"ada-key")])

    assert caller == Caller(name="ada", models=("fast",), admin=True)


@pytest.mark.parametrize("headers", [[], [(b"authorization", b"Bearer whatever")]])
def test_without_keys_everyone_is_anyone(headers: list[tuple[bytes, bytes]]) -> None:
    keys = ClientKeys.from_configured([])

    assert keys.authenticate(headers) is ANYONE
    assert not keys


def test_nothing_printed_shows_a_digest() -> None:
    printed = f"{ADA!r} {ADA} {KEYS!r} {KEYS} {[ADA]}"

    assert "ada" in printed
    assert "digest" not in printed
    assert repr(ADA.digest)[2:12] not in printed
    assert ADA.digest.hex()[:8] not in printed


def test_a_digest_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="'eve'"):
        ClientKeys.from_configured([KeyEntry(name="eve", digest=b"short")])


def test_one_key_for_two_entries_is_refused_by_their_names() -> None:
    twin = KeyEntry(name="twin", digest=ADA.digest)

    with pytest.raises(ValueError, match="'ada' and 'twin'"):
        ClientKeys.from_configured([ADA, twin])


BEARERS = [
    (b"Bearer sk-own", "sk-own"),
    (b"bearer   sk-own ", "sk-own"),
    (b"Bearer k-ada", ""),
    (b"Basic sk-own", ""),
    (b"sk-own", ""),
    (b"Bearer ", ""),
    (b"Bearer two words", ""),
    (b"Bearer sk-\xe9", ""),
]


@pytest.mark.parametrize(("value", "key"), BEARERS)
def test_a_key_for_somebody_else_is_a_bearer_that_is_none_of_ours(value: bytes, key: str) -> None:
    keys = ClientKeys.from_configured([KeyEntry(name="ada", digest=digest_of("k-ada"))])

    assert keys.client_key([(b"x-api-key", b"k-ada"), (b"authorization", value)]) == key
    assert keys.client_key([]) == ""


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        (b"", b""),
        (b"a=1&b=%2F+c&b", b"a=1&b=%2F+c&b"),
        (b"key=ada-key", b""),
        (b"a=1&api-key=bob%2Dkey&b=2", b"a=1&b=2"),
        (b"a=1&bob-key", b"a=1"),
        (b"k=+ada-key", b""),
        (b"k=ada-keys", b"k=ada-keys"),
    ],
)
def test_a_query_goes_on_without_our_own_keys(query: bytes, kept: bytes) -> None:
    assert KEYS.without_own(query) == kept
