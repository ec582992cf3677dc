"""NDJSON out of network reads."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from adapters.dialects.wire.framing import LineReader
from ports.errors import BackendProtocolError
from tests.cost import LINEAR, growth

TEXT = '{"a":"ü\u2028"}'.encode()


def lines(*reads: bytes, max_line: int = 1000) -> list[bytes]:
    reader = LineReader(max_line)
    found = [line for read in reads for line in reader.feed(read)]
    return found + reader.finish()


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        (b"", []),
        (b"{}\n", [b"{}"]),
        (b"{}", [b"{}"]),
        (b"{}\r\n{}\r\n", [b"{}", b"{}"]),
        (b"\n\n{}\n\r\n \n{}\n", [b"{}", b"{}"]),
        (TEXT + b"\n" + TEXT + b"\n", [TEXT, TEXT]),
        (TEXT + b"\r\n" + TEXT, [TEXT, TEXT]),
        (b'{"a":"\x0b\x0c\x85"}\n', [b'{"a":"\x0b\x0c\x85"}']),
    ],
)
def test_lines_are_the_same_wherever_the_reads_are_cut(
    stream: bytes, expected: list[bytes]
) -> None:
    assert lines(stream) == expected
    for cut in range(len(stream)):
        assert lines(stream[:cut], stream[cut:]) == expected
    assert lines(*(bytes((byte,)) for byte in stream)) == expected


def test_a_line_comes_as_soon_as_it_is_whole() -> None:
    reader = LineReader()

    assert reader.feed(b'{"a":') == []
    assert reader.feed(b"1}") == []
    assert reader.feed(b"\n{") == [b'{"a":1}']
    assert reader.feed(b"}\n") == [b"{}"]


def test_a_line_without_an_end_is_refused() -> None:
    with pytest.raises(BackendProtocolError):
        lines(b"a" * 600, b"a" * 600)


def test_a_line_without_an_end_costs_none_that_came_before_it() -> None:
    reader = LineReader(20)

    assert reader.feed(b"{}\n" + b"a" * 60) == [b"{}"]
    with pytest.raises(BackendProtocolError):
        reader.feed(b"a")


def test_the_bound_is_for_one_line() -> None:
    assert len(lines(*[b"a" * 900 + b"\n"] * 5)) == 5


def test_a_huge_line_in_small_reads_costs_its_length() -> None:
    def prepare(size: int) -> Callable[[], object]:
        reads = [*[b"a" * 64] * size, b"\n"]
        return lambda: lines(*reads, max_line=10**9)

    assert growth(prepare, 2000) < LINEAR
