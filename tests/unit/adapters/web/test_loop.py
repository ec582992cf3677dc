from __future__ import annotations

import pytest

from adapters.web.loop import came_from_us, instance_id, via_value

US = instance_id("desk", "127.0.0.1", 11434)


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
