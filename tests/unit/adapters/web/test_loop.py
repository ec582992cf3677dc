from __future__ import annotations

import pytest

from adapters.web.loop import came_from_us, instance_id, is_this_listener, via_value

US = instance_id("desk", "127.0.0.1", 11434)
NAMES = {
    "localhost": ["127.0.0.1", "::1"],
    "desk": ["192.168.1.5", "fe80::1%2"],
    "elsewhere.example": ["203.0.113.9"],
}
OWN = ["127.0.0.1", "::1", "192.168.1.5"]


def test_an_instance_has_one_id_and_another_instance_another() -> None:
    assert instance_id("desk", "127.0.0.1", 11434) == US
    others = [("desk", "127.0.0.1", 11435), ("lamp", "127.0.0.1", 11434), ("desk", "::1", 11434)]
    assert US not in [instance_id(*other) for other in others]


def test_the_id_hides_the_name_of_the_machine() -> None:
    assert b"desk" not in via_value(US)


@pytest.mark.parametrize(
    ("values", "came"),
    [
        ([via_value(US)], True),
        ([b"1.0 fred, " + via_value(US) + b" (llamaport), 1.1 proxy"], True),
        ([b"1.1 proxy", via_value(US)], True),
        ([b"HTTP/2 llamaport-" + US.encode()], True),
        ([], False),
        ([b""], False),
        ([b"1.1 proxy,"], False),
        ([via_value("other")], False),
        ([via_value(US) + b"9"], False),
        ([b"llamaport-" + US.encode()], False),
    ],
)
def test_our_own_name_in_via_is_recognised(values: list[bytes], came: bool) -> None:
    headers = [(b"accept", b"*/*"), *((b"via", value) for value in values)]

    assert came_from_us(headers, US) is came


@pytest.mark.parametrize(
    ("base_url", "bound_host", "same"),
    [
        ("http://127.0.0.1:11434", "127.0.0.1", True),
        ("http://localhost:11434/v1", "127.0.0.1", True),
        ("http://LOCALHOST:11434", "localhost", True),
        ("http://0.0.0.0:11434", "127.0.0.1", True),
        ("http://[::]:11434", "::1", True),
        ("http://[::ffff:127.0.0.1]:11434", "127.0.0.1", True),
        ("http://192.168.1.5:11434", "0.0.0.0", True),
        ("http://desk:11434", "0.0.0.0", True),
        ("http://127.0.0.5:11434", "0.0.0.0", True),
        ("http://[::1]:11434", "::", True),
        ("http://127.0.0.1:11434", "", True),
        ("http://desk:11434", "desk", True),
        ("http://127.0.0.1:11435", "127.0.0.1", False),
        ("http://127.0.0.1", "127.0.0.1", False),
        ("https://127.0.0.1", "127.0.0.1", False),
        ("http://127.0.0.2:11434", "127.0.0.1", False),
        ("http://192.168.1.5:11434", "127.0.0.1", False),
        ("http://[::1]:11434", "0.0.0.0", False),
        ("http://elsewhere.example:11434", "0.0.0.0", False),
        ("http://unknown.example:11434", "0.0.0.0", False),
        ("http://203.0.113.9:11434", "0.0.0.0", False),
    ],
)
def test_an_address_that_leads_back_to_this_listener_is_found(
    base_url: str, bound_host: str, same: bool
) -> None:
    found = is_this_listener(base_url, bound_host, 11434, lambda name: NAMES.get(name, ()), OWN)

    assert found is same


@pytest.mark.parametrize(("scheme", "port"), [("http", 80), ("https", 443)])
def test_the_port_of_the_scheme_counts_where_none_is_named(scheme: str, port: int) -> None:
    assert is_this_listener(f"{scheme}://127.0.0.1", "127.0.0.1", port, lambda _: (), OWN)
