"""Events that are like an earlier one, and those that only look so."""

from __future__ import annotations

import pytest

from adapters.dialects.wire.alike import Alike

KEY = b'"content":"'


def event(text: str, model: str = "m", tail: str = '"}}],"n":1.0}') -> bytes:
    return f'data: {{"model":"{model}","choices":[{{"delta":{{"content":"{text}{tail}\n\n'.encode()


def learned(model: str = "m") -> Alike:
    alike = Alike(KEY)
    alike.learn(event("first"), event("first", model))
    return alike


@pytest.mark.parametrize("model", ["m", "mine"])
@pytest.mark.parametrize(
    "texts",
    [
        ["a"],
        [""],
        ["a", "b"],
        ["a", "", "c"],
        ["日本", "é"],
        [" ", "}}],[DONE]"],
        ['say \\"x\\"', "a\\\\", "\\n\\u00e9", "<&>"],
    ],
)
def test_events_that_differ_in_their_text_get_the_same_other_bytes(model, texts) -> None:
    read = b"".join(map(event, texts))

    assert learned(model).passed(read) == (b"".join(event(text, model) for text in texts), b"")


LEFT = [
    b"data: [DONE]\n\n",
    b"data",
    event("b", tail='"},"finish_reason":"stop"}],"n":1.0}'),
    event("b", "other"),
    event("b")[:-1],
    event("b")[:-9],
    event("b")[:20],
    b": ping\n\n" + event("b"),
]


@pytest.mark.parametrize("model", ["m", "mine"])
@pytest.mark.parametrize("rest", LEFT)
def test_what_comes_behind_such_events_is_left(model, rest) -> None:
    read = event("a") + event("") + rest

    assert learned(model).passed(read) == (event("a", model) + event("", model), rest)


@pytest.mark.parametrize(
    "read",
    [
        b"",
        event("a")[:-1],
        event("a")[1:],
        event("a")[:40],
        event('a"},"finish_reason":"stop","x":{"y":"') + event("b"),
        event("a\\"),
        event("a\\x"),
        event("a\\u0085"),
        event("a\x01"),
        event('a","error":"x'),
        event('a"},"finish_reason":"stop","x":{"y":"'),
        event("a\nb"),
        event("a\rb"),
        event("a\u0085"),
        event("a\u2028b"),
        event("a").replace(b"a", b"\xff", 1),
        event("first").replace(b'"content":"first"', b'"content":"'),
    ],
)
def test_a_read_that_begins_with_another_event_is_left_to_be_read(read) -> None:
    assert learned("mine").passed(read) == (b"", read)


@pytest.mark.parametrize("read", [event("a"), b"\n\n", b""])
def test_nothing_is_recognised_before_something_was_read(read) -> None:
    assert Alike(KEY).passed(read) == (b"", read)


@pytest.mark.parametrize(
    "seen",
    [
        b'data: {"x":1}\n\n',
        b'data: {"content":"a","y":{"content":"b"}}\n\n',
        b'data: {"content":"a\\"b"}\n\n',
        b'data: {"content":"a',
    ],
)
def test_an_event_with_no_one_plain_text_teaches_nothing(seen) -> None:
    alike = Alike(KEY)
    alike.learn(seen, seen)

    assert alike.passed(seen) == (b"", seen)


def test_an_event_that_was_changed_behind_its_text_teaches_nothing() -> None:
    alike = Alike(KEY)
    alike.learn(event("a"), event("a").replace(b"1.0", b"2.0"))

    assert alike.passed(event("b")) == (b"", event("b"))


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["a", "b"], "ab"),
        ([""], ""),
        (['say \\"x\\"', "\\n", "é"], 'say "x"\né'),
        (["\\ud83d", "\\ude00"], "\N{GRINNING FACE}"),
        (["a\u0085"], "a\u0085"),
    ],
)
@pytest.mark.parametrize("rest", [b"", *LEFT])
def test_the_texts_of_such_events_are_said_at_once(texts, said, rest) -> None:
    assert learned().texts(b"".join(map(event, texts)) + rest) == (said, rest)


@pytest.mark.parametrize("texts", [["a\\"], ["a\\", '"b'], ["\\x"], ["\\ud83d"], ["a\x01"]])
def test_a_text_that_is_no_string_says_nothing(texts) -> None:
    read = b"".join(map(event, texts))

    assert learned().texts(read) == ("", read)
