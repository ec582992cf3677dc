"""Times as Go writes them (docs/wire/ollama-api.md 3.1)."""

import pytest

from adapters.dialects.wire.timestamps import Timestamps, rfc3339

SECOND = 1_000_000_000


@pytest.mark.parametrize(
    ("wall_ns", "text"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (1_763_650_463 * SECOND, "2025-11-20T14:54:23Z"),
        (1_763_650_463 * SECOND + 419_169_980, "2025-11-20T14:54:23.41916998Z"),
        (1_763_650_463 * SECOND + 419_169_981, "2025-11-20T14:54:23.419169981Z"),
        (1_763_650_463 * SECOND + 200_000_000, "2025-11-20T14:54:23.2Z"),
        (1_763_650_463 * SECOND + 1, "2025-11-20T14:54:23.000000001Z"),
        (1_763_650_460 * SECOND, "2025-11-20T14:54:20Z"),
    ],
)
def test_a_time_has_no_trailing_zeros_in_its_fraction(wall_ns, text):
    assert rfc3339(wall_ns) == text


def test_the_remembered_second_is_given_up_when_it_is_over():
    timestamps = Timestamps()

    written = [timestamps.format(at * SECOND // 2) for at in (0, 1, 2, 1)]

    assert written == [
        "1970-01-01T00:00:00Z",
        "1970-01-01T00:00:00.5Z",
        "1970-01-01T00:00:01Z",
        "1970-01-01T00:00:00.5Z",
    ]
