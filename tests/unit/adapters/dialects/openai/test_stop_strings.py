"""Stop strings that a server was not told of end an answer all the same."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from random import Random

import pytest

from adapters.dialects.openai.outbound.asked import Asked
from adapters.dialects.openai.outbound.completions import decode_completion
from adapters.dialects.openai.outbound.options import watched_stops
from adapters.dialects.openai.outbound.request import decode_chat
from adapters.dialects.openai.outbound.servers import PROFILES
from adapters.dialects.openai.outbound.stop_strings import MAX_LENGTH, MAX_STOPS, StopStrings
from adapters.dialects.openai.outbound.stream import ChatEvents
from ports.chat import FinishReason, Options
from ports.errors import BackendFailed, InvalidRequest
from tests.cost import LINEAR, growth, seconds
from tests.unit.adapters.dialects.chunks import calls, finish, text, thinking
from tests.unit.adapters.dialects.openai.streams import DONE, call, delta, event

CASES = {
    "none in it": ("hello", ("END",), "hello", False),
    "at the end": ("helloEND", ("END",), "hello", True),
    "in the middle": ("helloENDmore", ("END",), "hello", True),
    "at the start": ("ENDmore", ("END",), "", True),
    "only a part": ("helloEN", ("END",), "helloEN", False),
    "a part and then the whole": ("EEENEND!", ("END",), "EEEN", True),
    "one that repeats itself": ("aabaabaaab!", ("aabaaab",), "aab", True),
    "the first to be complete counts": ("a--b", ("b", "--"), "a", True),
    "the longest of those that end at once": ("xabc", ("c", "abc", "bc"), "x", True),
    "one within another": ("xabcd", ("abcd", "bc"), "xa", True),
    "a line break": ("a\n\nUser: b", ("\n\nUser:",), "a", True),
    "other letters": ("grüße 🙂 ende", ("🙂",), "grüße ", True),
}


@pytest.mark.parametrize(("said", "stops", "before", "hit"), CASES.values(), ids=CASES)
def test_text_is_let_through_up_to_a_stop_string_however_it_is_cut(
    said: str, stops: tuple[str, ...], before: str, hit: bool
) -> None:
    for size in range(1, len(said) + 1):
        watch = StopStrings(stops)
        out = "".join(watch.feed(said[i : i + size]) for i in range(0, len(said), size))

        assert (out + watch.finish(), bool(watch.found)) == (before, hit), f"pieces of {size}"


def test_only_what_may_be_the_beginning_of_one_is_held_back() -> None:
    watch = StopStrings(("STOP", "\n\n"))

    assert watch.feed("a S") == "a "
    assert watch.feed("T") == ""
    assert watch.feed("x\n") == "STx"
    assert watch.feed("y") == "\ny"
    assert watch.finish() == ""


def test_too_many_are_refused() -> None:
    with pytest.raises(InvalidRequest, match="too many stop strings"):
        StopStrings(["x"] * (MAX_STOPS + 1))


def test_too_long_ones_are_refused() -> None:
    StopStrings(["x" * (MAX_LENGTH - 1), "y"])
    with pytest.raises(InvalidRequest, match="the stop strings are too long"):
        StopStrings(["x" * MAX_LENGTH, "y"])


def naive(said: str, stops: Sequence[str]) -> tuple[str, bool]:
    for end in range(1, len(said) + 1):
        ending = [stop for stop in stops if said.endswith(stop, 0, end)]
        if ending:
            return said[: end - max(map(len, ending))], True
    return said, False


@pytest.mark.parametrize("seed", range(300))
def test_any_text_is_cut_where_the_simplest_search_cuts_it(seed: int) -> None:
    chance = Random(seed)
    letters = "ab" if seed % 2 else "abc"

    def word(longest: int) -> str:
        return "".join(chance.choices(letters, k=chance.randint(1, longest)))

    stops = [word(6) + chance.choice(["", "x"]) for _ in range(chance.randint(1, 8))]
    said, watch, out = word(40), StopStrings(stops), ""
    at = 0
    while at < len(said):
        size = chance.randint(1, 7)
        out += watch.feed(said[at : at + size])
        at += size
        held = min(at, len(said)) - len(out)
        beginnings = [
            size
            for stop in stops
            for size in range(1, len(stop))
            if said[:at].endswith(stop[:size])
        ]
        assert bool(watch.found) or held == max(beginnings, default=0), (
            "no more is held back than needed"
        )

    assert (out + watch.finish(), bool(watch.found)) == naive(said, stops), stops


ALIKE = [f"a{number}" for number in range(MAX_STOPS)]
"""They all begin like every character of the text."""


def test_many_cost_no_more_than_one() -> None:
    def reading(stops: Sequence[str], many: int) -> Callable[[], object]:
        return lambda: StopStrings(stops).feed("a" * many)

    one = min(seconds(reading(["a!"], 100_000)) for _ in range(3))
    all_of_them = min(seconds(reading(ALIKE, 100_000)) for _ in range(3))

    assert all_of_them < one * 10
    assert growth(lambda many: reading(ALIKE, many), 20_000) < LINEAR


def test_the_worst_ones_cost_what_they_are_long() -> None:
    # Every end of the text goes on as one of them does, up to its last character.
    text = "".join(map(chr, range(0x4E00, 0x4E00 + 200)))

    def prepare(many: int) -> Callable[[], object]:
        stops = [text[at : at + many] + "!" for at in range(100)]
        return lambda: StopStrings(stops).feed(text * 4)

    assert growth(prepare, 10) < LINEAR


@pytest.mark.parametrize("stop", ["END", "a" * 50 + "b", "b" * 10_000], ids=["a", "b", "c"])
def test_each_character_is_looked_at_once(stop: str) -> None:
    def prepare(many: int) -> Callable[[], object]:
        def work() -> None:
            watch = StopStrings((stop,))
            for _ in range(many):
                watch.feed("aaaa")

        return work

    assert growth(prepare, 4000) < LINEAR


def test_a_server_without_a_limit_is_told_of_all() -> None:
    options = Options(stop=("a", "", "b", "c", "d", "e"))

    assert watched_stops(options, PROFILES["generic"]) == ()
    assert watched_stops(options, PROFILES["openai"]) == ("e",)
    assert watched_stops(Options(), PROFILES["openai"]) == ()


def read(reads: list[bytes], stops: tuple[str, ...] = ("END",)):
    reader = ChatEvents(Asked(watched=stops))
    chunks = []
    for data in reads:
        chunks += reader.feed(data)
        if reader.done:
            return chunks, reader
    return chunks + reader.finish(), reader


def test_a_stream_ends_at_a_stop_string_without_waiting_for_its_end() -> None:
    chunks, reader = read([delta(content="one E"), delta(content="ND two")])

    assert text(chunks) == "one "
    assert finish(chunks).reason is FinishReason.STOP
    assert reader.stopped


def test_a_stream_without_one_gives_all_that_was_held_back() -> None:
    reads = [delta(content="one E"), delta(content="N"), delta("length"), DONE]

    chunks, reader = read(reads)

    assert text(chunks) == "one EN"
    assert finish(chunks).reason is FinishReason.LENGTH
    assert not reader.stopped


def test_what_is_held_back_comes_before_an_error() -> None:
    reader = ChatEvents(Asked(watched=("END",)))
    reader.feed(delta(content="one E"))

    assert text(reader.feed(event({"error": {"message": "x", "code": 502}}))) == "E"
    with pytest.raises(BackendFailed, match="x"):
        reader.finish()


def test_thinking_and_arguments_do_not_stop_an_answer() -> None:
    reads = [
        delta(reasoning="the END"),
        delta(tool_calls=[call(0, '{"x":"END"}', id="a", name="f")]),
        delta("tool_calls") + DONE,
    ]

    chunks, _ = read(reads)

    assert thinking(chunks) == "the END"
    assert calls(chunks) == [("a", "f", '{"x":"END"}')]


def test_calls_that_would_come_behind_a_stop_string_are_not_made() -> None:
    made = [call(0, "{}", id="a", name="f")]

    chunks, _ = read([delta(content="END", tool_calls=made) + delta("tool_calls") + DONE])
    whole = plain({"content": "END", "tool_calls": made})

    assert calls(chunks) == []
    assert finish(chunks).reason is FinishReason.STOP
    assert (whole.tool_calls, whole.reason) == ((), FinishReason.STOP)


def plain(message, **choice):
    said = {"choices": [{"message": message, "finish_reason": "length"} | choice]}
    return decode_chat(json.dumps(said).encode(), Asked(watched=("END",)))


def test_a_plain_answer_ends_there_too_with_the_tokens_until_then() -> None:
    tokens = ["one", " E", "ND", " two"]
    rows = [{"token": token, "logprob": -1} for token in tokens]

    answer = plain({"content": "one END two"}, logprobs={"content": rows})

    assert (answer.text, answer.reason) == ("one ", FinishReason.STOP)
    assert [entry.token for entry in answer.logprobs] == ["one", " E", "ND"]
    assert plain({"content": "one"}).reason is FinishReason.LENGTH


def test_tagged_thinking_is_taken_out_before_text_is_watched() -> None:
    chunks, _ = read([delta(content="<think>END</think>a"), delta(content="bENDc")])

    assert (thinking(chunks), text(chunks)) == ("END", "ab")
    assert plain({"content": "<think>END</think>abENDc"}).text == "ab"


def test_log_probabilities_do_not_let_a_stop_string_through() -> None:
    def token(said: str) -> bytes:
        rows = {"content": [{"token": said, "logprob": -1}]}
        return event({"choices": [{"delta": {"content": said}, "logprobs": rows}]})

    chunks, _ = read([token(said) for said in ("one", " E", "ND", " two")])

    assert text(chunks) == "one "
    assert [entry.token for chunk in chunks[:-1] for entry in chunk.logprobs] == ["one", " E", "ND"]


def test_a_completion_ends_there_too() -> None:
    body = json.dumps({"choices": [{"text": "one END two", "finish_reason": "length"}]}).encode()

    answer = decode_completion(body, Asked(watched=("END",)))

    assert (answer.text, answer.reason) == ("one ", FinishReason.STOP)
