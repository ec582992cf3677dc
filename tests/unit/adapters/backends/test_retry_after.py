"""How long an upstream wants to be left alone, however it says so."""

from __future__ import annotations

import pytest

from adapters.backends.retry_after import wanted_wait

NOW = 1_800_000_000.0
"""Fri, 15 Jan 2027 08:00:00 GMT."""

WAITS = [
    ({}, None),
    ({"retry-after": "7"}, 7.0),
    ({"retry-after": "1.5"}, 1.5),
    ({"retry-after": "0"}, 0.0),
    ({"retry-after": ""}, None),
    ({"retry-after": "soon"}, None),
    ({"retry-after": "-1"}, None),
    ({"retry-after": "nan"}, None),
    ({"retry-after": "inf"}, None),
    ({"retry-after": "99999999999"}, None),
    ({"retry-after-ms": "250", "retry-after": "7"}, 0.25),
    ({"retry-after-ms": "x", "retry-after": "7"}, 7.0),
    ({"retry-after": "Fri, 15 Jan 2027 08:00:30 GMT"}, 30.0),
    ({"retry-after": "Fri, 15 Jan 2027 09:00:30 +0100"}, 30.0),
    ({"retry-after": "Friday, 15-Jan-27 08:00:30 GMT"}, 30.0),
    ({"retry-after": "Fri, 15 Jan 2027 07:59:00 GMT"}, 0.0),
    ({"retry-after": "Fri, 15 Jan 2028 08:00:00 GMT"}, None),
    ({"retry-after": "Fri, 99 Jan 2027 08:00:00 GMT"}, None),
    (
        {
            "retry-after": "Sat, 22 Aug 2020 10:01:00 GMT",
            "date": "Sat, 22 Aug 2020 10:00:00 GMT",
        },
        60.0,
    ),
    ({"retry-after": "Fri, 15 Jan 2027 08:00:30 GMT", "date": "today"}, 30.0),
]


@pytest.mark.parametrize(("headers", "seconds"), WAITS)
def test_a_wait_is_read_in_seconds_milliseconds_or_as_a_date(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert wanted_wait(headers, NOW) == seconds
