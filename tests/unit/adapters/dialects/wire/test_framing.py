"""Server-sent events are cut the same way, however the network cuts them."""

from __future__ import annotations

import pytest

from adapters.dialects.wire.framing import EventCutter, EventReader

STREAMS = {
    "one event": (b"data: a\n\n", [b"a"]),
    "a run of events": (b"data: a\n\ndata: b\n\ndata: c\n\n", [b"a", b"b", b"c"]),
    "no space after the colon": (b"data:a\n\ndata: b\n\n", [b"a", b"b"]),
    "only one space is taken off": (b"data:  a\n\n", [b" a"]),
    "several lines of one event are joined": (b"data: a\ndata: b\n\n", [b"a\nb"]),
    "joined lines between plain events": (b"data: a\n\ndata: b\ndata: c\n\n", [b"a", b"b\nc"]),
    "other fields are passed over": (
        b"event: message\nid: 7\nretry: 100\ndata: a\n\ndata: b\n\n",
        [b"a", b"b"],
    ),
    "a field that only begins like data": (b"database: x\n\ndata: a\n\n", [b"a"]),
    "a line without a colon": (b"nonsense\n\ndata: a\n\n", [b"a"]),
    "CRLF": (b"data: a\r\n\r\ndata: b\r\n\r\n", [b"a", b"b"]),
    "CR": (b"data: a\r\rdata: b\r\r", [b"a", b"b"]),
    "mixed line ends": (b"data: a\r\n\ndata: b\n\r\ndata: c\r\r", [b"a", b"b", b"c"]),
    "blank lines to spare": (b"\n\ndata: a\n\n\n\ndata: b\n\n\n", [b"a", b"b"]),
    "events without data": (b"event: ping\n\ndata:\n\ndata: a\n\n", [b"a"]),
    "the end mark": (b"data: {}\n\ndata: [DONE]\n\n", [b"{}", b"[DONE]"]),
    "a last event without a blank line": (b"data: a\n\ndata: b\n", [b"a", b"b"]),
    "a last line without an end": (b"data: a\n\ndata: b", [b"a", b"b"]),
    "wide characters": ("data: é😀\n\ndata: ö\n\n".encode(), ["é😀".encode(), "ö".encode()]),
    "a byte order mark": (b"\xef\xbb\xbfdata: a\n\ndata: b\n\n", [b"a", b"b"]),
    "a byte order mark and CRLF": (b"\xef\xbb\xbfdata: a\r\n\r\n", [b"a"]),
    "an event named error": (
        b'data: a\n\nevent: error\ndata: {"message":\ndata: "m"}\n\n',
        [b"a", b'{"error":[{"message":\n"m"}]}'],
    ),
    "an event named error behind its data": (
        b"data: 7\nevent:error\n\ndata: a\n\n",
        [b'{"error":[7]}', b"a"],
    ),
    "an error that is no JSON": (b'event: error\ndata: a "b"\n\n', [rb'{"error":["a \"b\""]}']),
    "an error without data": (b"event: error\n\n", [b'{"error":[""]}']),
    "a field named error": (b'error: {"code":500}\n\n', [b'{"error":[{"code":500}]}']),
    "an event of another name": (b"event: errors\ndata: a\n\n", [b"a"]),
    "nothing": (b"", []),
}


@pytest.mark.parametrize(("stream", "payloads"), STREAMS.values(), ids=STREAMS)
@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 1000])
def test_events_are_the_same_for_every_size_of_read(
    stream: bytes, payloads: list[bytes], size: int
) -> None:
    reader = EventReader()

    read = [p for i in range(0, len(stream), size) for p in reader.feed(stream[i : i + size])]

    assert read + reader.finish() == payloads


@pytest.mark.parametrize(("stream", "payloads"), STREAMS.values(), ids=STREAMS)
def test_events_are_the_same_for_every_cut_in_two(stream: bytes, payloads: list[bytes]) -> None:
    for cut in range(len(stream) + 1):
        reader = EventReader()

        read = reader.feed(stream[:cut]) + reader.feed(stream[cut:]) + reader.finish()

        assert read == payloads, f"cut at {cut}"


TORN = {
    "the end of another line": b'garbagedata: {"a":1}\n\n',
    "data without its name": b'{"error":{"message":"no"}}\n\n',
    "a page": b"<html>\n\n",
    "a page before data": b'<html>data: {"a":1}\n\n',
    "a list": b"x-data: [1]\n\n",
    "a second byte order mark": b"\xef\xbb\xbf\xef\xbb\xbfdata: a\n\n",
    "half a byte order mark": b"\xef\xbbdata: a\n\n",
    "within an event": b'event: a\nata: {"a":1}\ndata: {}\n\n',
}


@pytest.mark.parametrize("torn", TORN.values(), ids=TORN)
@pytest.mark.parametrize("size", [1, 3, 1000])
@pytest.mark.parametrize("before", [b"", b"data: {}\n\n", b"data: {}\n\n: hi\n\ndata: {}\n\n"])
def test_what_has_lost_its_beginning_is_not_passed_over(
    torn: bytes, size: int, before: bytes
) -> None:
    reader = EventReader()
    stream = before + torn + b"data: {}\n\n"

    read = []
    for start in range(0, len(stream), size):
        if reader.error is None:
            read += reader.feed(stream[start : start + size])

    assert read == [b"{}"] * before.count(b"{}")
    assert reader.error is not None
    assert "no event" in reader.error.message


def test_a_last_event_that_has_lost_its_beginning_is_not_passed_over() -> None:
    reader = EventReader()
    reader.feed(b"<html>")

    assert reader.finish() == []
    assert reader.error is not None


def test_an_event_comes_out_with_the_read_that_completes_it() -> None:
    reader = EventReader()

    assert reader.feed(b"data: a\n\nda") == [b"a"]
    assert reader.feed(b"ta: b\n") == []
    assert reader.feed(b"\n") == [b"b"]


def test_lines_are_split_at_line_feeds_only() -> None:
    payload = "a\u2028b\u2029c\x85d\x0b\x0c\x1c\x1d\x1ee".encode()

    assert EventReader().feed(b"data: " + payload + b"\n\n") == [payload]


def test_a_character_may_lie_in_two_reads() -> None:
    event = "data: 😀\n\n".encode()
    reader = EventReader()

    assert reader.feed(event[:8]) == []
    assert reader.feed(event[8:]) == ["😀".encode()]


def test_comments_are_no_events() -> None:
    stream = b": OPENROUTER PROCESSING\n\n:\n\ndata: a\n\n: ping\ndata: b\n\n"

    assert EventReader().feed(stream) == [b"a", b"b"]


def test_an_event_without_an_end_is_not_kept_for_ever() -> None:
    reader = EventReader(max_event=100)
    reader.feed(b"data: " + b"x" * 60)

    assert reader.feed(b"x" * 60) == []
    assert reader.error is not None
    assert "without an end" in reader.error.message


def test_an_event_without_an_end_costs_none_that_came_before_it() -> None:
    reader = EventReader(max_event=20)

    assert reader.feed(b"data: a\n\ndata: " + b"x" * 60) == [b"a"]
    assert reader.error is None
    assert reader.feed(b"x") == []
    assert reader.error is not None


def test_the_bound_is_for_one_event_and_not_for_the_stream() -> None:
    reader = EventReader(max_event=20)

    read = [p for _ in range(50) for piece in (b"data: ab", b"c\n\n") for p in reader.feed(piece)]

    assert read == [b"abc"] * 50


def test_a_reader_that_has_finished_has_nothing_left() -> None:
    reader = EventReader()
    reader.feed(b"data: a")

    assert reader.finish() == [b"a"]
    assert reader.finish() == []


WHOLE = {
    "events with names and comments": (
        b": hi\n\nevent: a\nid: 7\ndata: {}\n\ndata: x\n\n",
        b": hi\n\nevent: a\nid: 7\ndata: {}\n\ndata: x\n\n",
        b"",
    ),
    "other line ends": (b"data: a\r\n\r\ndata: b\r\r", b"data: a\n\ndata: b\n\n", b""),
    "a byte order mark": (b"\xef\xbb\xbfdata: a\n\n", b"data: a\n\n", b""),
    "half an event": (b"data: a\n\nevent: b\r\ndat", b"data: a\n\n", b"event: b\ndat"),
    "a byte order mark inside": (b"data: \xef\xbb\xbf\n\n", b"data: \xef\xbb\xbf\n\n", b""),
    "nothing": (b"", b"", b""),
}


@pytest.mark.parametrize(("stream", "events", "rest"), WHOLE.values(), ids=WHOLE)
@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 1000])
def test_a_cutter_gives_whole_events_and_keeps_the_rest(
    stream: bytes, events: bytes, rest: bytes, size: int
) -> None:
    cutter = EventCutter()

    cut = [cutter.cut(stream[i : i + size]) for i in range(0, len(stream), size)]

    assert b"".join(cut) == events
    assert all(piece.endswith(b"\n\n") for piece in cut if piece)
    assert cutter.rest() == rest


def test_a_cutter_is_idle_between_events_only() -> None:
    cutter = EventCutter()
    states = [cutter.idle]
    for data in (b"\xef", b"\xbb\xbfdata: a\n\n", b"data", b": b\n\n", b"data: c\r\r", b"\ndata"):
        cutter.cut(data)
        states.append(cutter.idle)

    assert states == [False, False, True, False, True, False, False]
