"""`keep_alive` (docs/wire/ollama-api.md 2.5)."""

import math

import pytest

from adapters.dialects.requests.durations import decode_keep_alive
from ports.errors import InvalidRequest


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        (0, 0),
        (5, 5),
        (0.5, 0.5),
        (-1, -1),
        ("0", 0),
        ("-0", 0),
        ("0s", 0),
        ("5m", 300),
        ("1.5h", 5400),
        ("1h30m", 5400),
        ("300ms", 0.3),
        ("+2s", 2),
        ("-1s", -1),
        (".5s", 0.5),
        ("1.s", 1),
        ("10us", 1e-5),
        ("10\u00b5s", 1e-5),
        ("10\u03bcs", 1e-5),
        ("10ns", 1e-8),
    ],
)
def test_a_duration_becomes_seconds(value, seconds):
    assert decode_keep_alive(value) == pytest.approx(seconds)


@pytest.mark.parametrize("value", [10**400, -(10**400), 1e300])
def test_a_number_beyond_all_measure_is_still_a_number(value):
    seconds = decode_keep_alive(value)

    assert seconds is not None
    assert math.isfinite(seconds)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("5", 'time: missing unit in duration "5"'),
        ("-1", 'time: missing unit in duration "-1"'),
        ("1h5", 'time: missing unit in duration "1h5"'),
        ("", 'time: invalid duration ""'),
        ("-", 'time: invalid duration "-"'),
        ("abc", 'time: invalid duration "abc"'),
        (".s", 'time: invalid duration ".s"'),
        ("9999999999999h", 'time: invalid duration "9999999999999h"'),
        ("1d", 'time: unknown unit "d" in duration "1d"'),
        ("5 m", 'time: unknown unit " m" in duration "5 m"'),
        ('5"', 'time: unknown unit "\\"" in duration "5\\""'),
        ("5\u00e9", 'time: unknown unit "\\xc3\\xa9" in duration "5\\xc3\\xa9"'),
        ("\u0665s", 'time: invalid duration "\\xd9\\xa5s"'),
        (True, "Unsupported type: 'bool'"),
        ([], "Unsupported type: '[]interface {}'"),
        ({}, "Unsupported type: 'map[string]interface {}'"),
    ],
)
def test_what_is_no_duration_is_refused_in_the_words_of_go(value, message):
    with pytest.raises(InvalidRequest) as refused:
        decode_keep_alive(value)

    assert refused.value.message == message
