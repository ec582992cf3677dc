"""Bytes pass untouched, but for the model's name; what is cut never looks whole."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable

import pytest

from adapters.dialects.ollama.relay import (
    RelayedLines,
    members_of,
    model_of,
    named_as_asked,
    relayed,
    renamed,
)
from ports.errors import BackendError, BackendProtocolError

BODY = b'{"model":"mine","zeta":1.50,"messages":[ {"role":"user"} ],"odd":{"b":1,"a":1e3}}'


def test_a_body_goes_on_as_it_is_where_the_names_agree() -> None:
    members = members_of(BODY)

    assert members is not None
    assert model_of(members) == "mine"
    assert renamed(BODY, members, "mine", "mine") is BODY


def test_only_the_name_changes_where_they_do_not() -> None:
    members = members_of(BODY)
    assert members is not None

    sent = renamed(BODY, members, "mine", 'qwen3:8b "x"')

    assert sent == BODY.replace(b'"mine"', json.dumps('qwen3:8b "x"').encode())


DOUBTFUL = {
    "a second spelling": b'{"model":"mine","MODEL":"other"}',
    "a second spelling, escaped": b'{"model":"mine","\\u004dodel":"other"}',
    "another spelling": b'{"Model":"mine"}',
    "no model": b'{"messages":[]}',
    "no object": b'["model"]',
    "no JSON": b'{"model":"mine"',
    "something behind it": b'{"model":"mine"} x',
    "null": b"null",
    "nothing": b"",
    "too deep": b'{"model":"mine","messages":' + b"[" * 100_000,
}


@pytest.mark.parametrize("body", DOUBTFUL.values(), ids=DOUBTFUL)
def test_a_body_in_doubt_is_not_passed_on(body: bytes) -> None:
    assert members_of(body) is None


@pytest.mark.parametrize("model", [b"null", b"1", b'""', b'" "', b'["x"]', b'"\\ud800'])
def test_a_name_that_is_none_is_not_looked_up(model: bytes) -> None:
    members = members_of(b'{"model":' + model + b"}")

    assert members is None or model_of(members) is None


def test_the_last_of_two_names_counts_as_it_does_upstream() -> None:
    members = members_of(b'{"model":"a","model":"b"}')

    assert members is not None
    assert model_of(members) == "b"


def line(text: str, *, model: str = "box", done: bool = False, **more: object) -> bytes:
    fields = {"model": model, "message": {"role": "assistant", "content": text}, "done": done}
    return json.dumps(fields | more, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


STREAM = b"".join(
    (line("Hi"), line(' {"model":"box", é'), line("", done=True, done_reason="stop", eval_count=2))
)


def through(lines: RelayedLines, pieces: Iterable[bytes]) -> bytes:
    out = b"".join(lines.feed(piece) for piece in pieces)
    return out + lines.finish()


@pytest.mark.parametrize("asked", ["box", "mine"])
@pytest.mark.parametrize("at", range(1, len(STREAM)))
def test_a_stream_passes_however_the_network_cuts_it(asked: str, at: int) -> None:
    lines = RelayedLines(model="box", asked=asked)

    passed = through(lines, (STREAM[:at], STREAM[at:]))

    assert passed == STREAM.replace(
        b'{"model":"box",', json.dumps({"model": asked})[:-1].replace(": ", ":").encode() + b","
    ).replace(b'content":" {\\"model\\":\\"' + asked.encode(), b'content":" {\\"model\\":\\"box')


@pytest.mark.parametrize("at", range(len(STREAM) - 1))
def test_a_stream_that_ends_early_is_an_error(at: int) -> None:
    lines = RelayedLines(model="box", asked="box")

    with pytest.raises(BackendProtocolError, match="ended before it was complete"):
        through(lines, (STREAM[:at],))


def test_a_last_line_without_a_newline_gets_one() -> None:
    lines = RelayedLines(model="box", asked="box")

    assert through(lines, (STREAM[:-1],)) == STREAM


def test_done_in_the_text_is_not_the_end() -> None:
    lines = RelayedLines(model="box", asked="box")

    with pytest.raises(BackendProtocolError):
        through(lines, (line('"done":true'),))


def test_lines_before_an_error_are_passed_on_and_nothing_behind_it() -> None:
    lines = RelayedLines(model="box", asked="mine")

    passed = lines.feed(line("Hi") + b'{"error":"at 10.0.0.1:80: it broke"}\n' + line("more"))

    assert passed == line("Hi", model="mine")
    assert isinstance(lines.error, BackendError)
    assert "10.0.0.1" not in lines.error.message
    assert lines.finish() == b""


def test_an_error_in_the_text_is_none() -> None:
    lines = RelayedLines(model="box", asked="box")
    whole = line('{"error":"x"}', data={"error": "y"}) + line("", done=True)

    assert through(lines, (whole,)) == whole
    assert lines.error is None


def test_a_line_separator_of_python_is_escaped() -> None:
    lines = RelayedLines(model="box", asked="box")

    passed = through(lines, (line("a\u0085b"), line("", done=True)))

    assert "\u0085" not in passed.decode()
    assert json.loads(passed.split(b"\n")[0])["message"]["content"] == "a\u0085b"


async def test_a_stream_ends_with_the_error_that_a_line_tells_of() -> None:
    async def body() -> AsyncIterator[bytes]:
        yield line("Hi")
        yield b'{"error":"it broke"}'

    got = []
    with pytest.raises(BackendError, match="it broke"):
        async for data in relayed(body(), RelayedLines(model="box", asked="box")):
            got.append(data)  # noqa: PERF401 - what came before the error counts

    assert got == [line("Hi")]


def test_a_whole_answer_keeps_all_but_the_name() -> None:
    answer = b'{"model":"box","embeddings":[[0.10,1e-3]],"x":{"b":1,"a":2}}'

    assert named_as_asked(answer, model="box", asked="box") is answer
    assert named_as_asked(answer, model="box", asked="m<") == answer.replace(
        b'"box"', b'"m\\u003c"'
    )


@pytest.mark.parametrize("answer", [b"", b"oops", b"[1]", b'{"model":"box","done":false}'])
def test_a_whole_answer_that_is_none_is_an_error(answer: bytes) -> None:
    with pytest.raises(BackendProtocolError):
        named_as_asked(answer, model="box", asked="box")
