"""Bytes pass untouched, but for the model's name; what is cut never looks whole."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest

from adapters.dialects.ollama.relay.exchange import (
    CHAT,
    COUNTING,
    EMBED,
    GENERATE,
    Route,
    named_as_asked,
    read_members,
    wants_lines,
)
from adapters.dialects.ollama.relay.lines import RelayedLines
from adapters.dialects.relaying.bodies import members_of
from ports.errors import BackendError, BackendProtocolError


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

    own, named = (b'{"model":"%s",' % name.encode() for name in ("box", asked))
    assert passed == b"".join(
        piece.replace(own, named, 1) for piece in STREAM.splitlines(keepends=True)
    )
    assert lines.done
    assert lines.error is None


@pytest.mark.parametrize("at", range(len(STREAM) - 1))
def test_a_stream_that_ends_early_is_an_error(at: int) -> None:
    lines = RelayedLines(model="box", asked="box")

    passed = through(lines, (STREAM[:at],))

    assert isinstance(lines.error, BackendProtocolError)
    assert not lines.done
    assert STREAM.startswith(passed)


def test_a_last_line_without_a_newline_gets_one() -> None:
    lines = RelayedLines(model="box", asked="box")

    assert through(lines, (STREAM[:-1],)) == STREAM


@pytest.mark.parametrize(
    "last",
    [
        {"text": '"done":true'},
        {"text": "", "tool_calls": [{"function": {"arguments": {"done": True}}}]},
    ],
)
def test_done_inside_an_answer_is_not_its_end(last: dict[str, Any]) -> None:
    lines = RelayedLines(model="box", asked="box")

    passed = through(lines, (line(**last),))

    assert passed == line(**last)
    assert isinstance(lines.error, BackendProtocolError)


def test_what_comes_behind_the_last_line_is_left_out() -> None:
    lines = RelayedLines(model="box", asked="box")
    last = line("", done=True)

    assert through(lines, (last + b"\n" + line("more") + last,)) == last
    assert lines.error is None


def test_a_server_that_spells_its_json_in_another_way_is_understood() -> None:
    lines = RelayedLines(model="box", asked="mine")
    stream = [{"done": False, "model": "box"}, {"model": "box", "done": True}]

    passed = through(lines, (json.dumps(said).encode() + b"\r\n\n" for said in stream))

    assert [json.loads(said) for said in passed.splitlines()] == [
        said | {"model": "mine"} for said in stream
    ]
    assert lines.done


def test_lines_before_an_error_are_passed_on_and_nothing_behind_it() -> None:
    lines = RelayedLines(model="box", asked="mine")

    passed = lines.feed(line("Hi") + b'{"error":"at 10.0.0.1:80: it broke"}\n' + line("more"))

    assert passed == line("Hi", model="mine")
    assert isinstance(lines.error, BackendError)
    assert "10.0.0.1" not in lines.error.message
    assert lines.finish() == b""


@pytest.mark.parametrize(
    "said",
    [
        b'{"error":"a bad key"}',
        b'{"error": "a bad key"}',
        b'{"done":true,"error":"a bad key"}',
        b'{"model":"box","error":{"message":"a bad key"}}',
    ],
)
def test_an_error_is_seen_wherever_it_stands_and_tells_no_key(said: bytes) -> None:
    lines = RelayedLines(model="box", asked="box")
    lines.conceal = lambda text: text.replace("a bad key", "***")

    assert lines.feed(said + b"\n") == b""
    assert lines.error is not None
    assert (lines.error.message, lines.error.args) == ("***", ("***",))


NO_LINES = [
    b"<html>", b"[1]", b'"x"', b"data: {}", b'{"model":"b', b'{"model":"box","x":"y"',
    b'{"model":"box","x":"\xff"}', b'{"mod":"box","x":"\xff"}',
]  # fmt: skip


@pytest.mark.parametrize("said", NO_LINES)
def test_what_is_no_line_is_an_error(said: bytes) -> None:
    lines = RelayedLines(model="box", asked="box")

    assert lines.feed(line("Hi") + said + b"\n") == line("Hi")
    assert isinstance(lines.error, BackendProtocolError)


def test_a_line_without_an_end_is_given_up() -> None:
    lines = RelayedLines(model="box", asked="box")

    for _ in range(17 * 64):
        lines.feed(b"x" * 16 * 1024)

    assert isinstance(lines.error, BackendProtocolError)


def test_an_error_in_the_text_is_none() -> None:
    lines = RelayedLines(model="box", asked="box")
    whole = line('{"error":"x"}', data={"error": "y"}) + line("", done=True)

    assert through(lines, (whole,)) == whole
    assert lines.error is None


@pytest.mark.parametrize("end", ["\u0085", "\u2028", "\u2029"])
def test_a_line_separator_of_python_is_escaped(end: str) -> None:
    lines = RelayedLines(model="box", asked="box")

    passed = through(lines, (line(f"a{end}b"), line("", done=True)))

    assert end not in passed.decode()
    assert json.loads(passed.split(b"\n")[0])["message"]["content"] == f"a{end}b"


def asked_as(answer: bytes, **more: Any) -> bytes:
    return named_as_asked(answer, read_members(answer), **more)


def test_a_whole_answer_keeps_all_but_the_name() -> None:
    answer = b'{"model":"box","embeddings":[[0.10,1e-3]],"x":{"b":1,"a":2}}'

    assert asked_as(answer, model="box", asked="box", needs="embeddings") is answer
    assert asked_as(answer, model="box", asked="m<", needs="embeddings") == answer.replace(
        b'"box"', b'"m\\u003c"'
    )


@pytest.mark.parametrize(
    "answer",
    [b"", b"oops", b"[1]", b'{"model":"box","done":false}', b'{"detail":"please log in"}'],
)
def test_a_whole_answer_that_is_none_is_an_error(answer: bytes) -> None:
    with pytest.raises(BackendProtocolError):
        asked_as(answer, model="box", asked="box", needs="done")


def test_a_whole_answer_that_is_an_error_is_raised_without_a_key() -> None:
    with pytest.raises(BackendError, match=r"^no \*\*\*$"):
        asked_as(
            b'{"error":"no hunter2","done":true}',
            model="box",
            asked="box",
            needs="done",
            conceal=lambda text: text.replace("hunter2", "***"),
        )


@pytest.mark.parametrize(
    ("route", "body", "lines"),
    [
        (CHAT, {"messages": [{}]}, True),
        (CHAT, {"messages": [{}], "stream": True}, True),
        (CHAT, {"messages": [{}], "stream": False}, False),
        (CHAT, {"messages": []}, False),
        (CHAT, {"messages": None, "prompt": "x"}, False),
        (GENERATE, {"prompt": "x"}, True),
        (GENERATE, {"prompt": ""}, False),
        (GENERATE, {"prompt": "x", "_debug_render_only": True}, False),
        (EMBED, {"input": "x"}, False),
        (EMBED, {"input": "x", "": "y"}, False),
    ],
)
def test_who_asks_for_nothing_gets_no_lines(
    route: Route, body: dict[str, Any], lines: bool
) -> None:
    members = members_of(json.dumps({"model": "box"} | body).encode(), COUNTING)

    assert members is not None
    assert wants_lines(route, members) is lines
