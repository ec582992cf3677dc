"""Durations and sizes."""

from __future__ import annotations

import pytest

from adapters.backends.units import read_bytes, read_seconds, show_bytes, show_seconds


@pytest.mark.parametrize(
    ("text", "seconds", "shown"),
    [
        ("250ms", 0.25, "250ms"),
        ("0.5ms", 0.0005, "0.5ms"),
        ("0s", 0.0, "0s"),
        ("5s", 5.0, "5s"),
        ("1.5s", 1.5, "1.5s"),
        ("90s", 90.0, "90s"),
        ("10m", 600.0, "10m"),
        ("1h", 3600.0, "1h"),
        ("60m", 3600.0, "1h"),
        (" 5s ", 5.0, "5s"),
        ("1234567.5s", 1234567.5, "1234567.5s"),
        ("100000.25s", 100000.25, "100000.25s"),
        ("0.1234567ms", 0.0001234567, "0.1234567ms"),
        ("0.000001ms", 1e-9, "0.000001ms"),
    ],
)
def test_a_duration_is_seconds(text: str, seconds: float, shown: str) -> None:
    assert read_seconds(text) == seconds
    assert show_seconds(seconds) == shown
    assert read_seconds(shown) == seconds


@pytest.mark.parametrize(
    "text", ["", "5", "s", "-5s", "5 s", "1d", "1m30s", "5S", "\u0665s", "infs", "9" * 400 + "h"]
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\A\Z"):
        read_seconds(text)


@pytest.mark.parametrize(
    ("text", "size", "shown"),
    [
        ("1B", 1, "1B"),
        ("10MB", 10_000_000, "10MB"),
        ("64MiB", 67_108_864, "64MiB"),
        ("64mib", 67_108_864, "64MiB"),
        ("1.5KiB", 1536, "1536B"),
        ("4KiB", 4096, "4KiB"),
        ("1GiB", 1_073_741_824, "1GiB"),
        ("2GB", 2_000_000_000, "2GB"),
    ],
)
def test_a_size_is_bytes(text: str, size: int, shown: str) -> None:
    assert read_bytes(text) == size
    assert show_bytes(size) == shown
    assert read_bytes(shown) == size


@pytest.mark.parametrize("text", ["", "5", "MiB", "-1B", "1TB", "1 MB", "1iB", "9" * 400 + "MB"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\A\Z"):
        read_bytes(text)


@pytest.mark.parametrize("number", [0, 5, 2.5, True])
def test_what_is_no_text_is_left_to_the_type(number: float) -> None:
    assert read_seconds(number) is number
    assert read_bytes(number) is number
