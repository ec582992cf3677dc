"""What a server wants back with its calls is kept as it came, and goes back as it was kept."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec import Raw
from msgspec.structs import replace

from adapters.dialects.openai.outbound.asked import Asked
from adapters.dialects.openai.outbound.reasoning_details import MAX_SIZE, DetailPieces
from adapters.dialects.openai.outbound.replay import Conversation, Replay
from adapters.dialects.openai.outbound.request import decode_chat, encode_chat
from adapters.dialects.openai.outbound.servers import PROFILES
from adapters.dialects.openai.outbound.stream import ChatEvents
from ports.chat import ChatRequest, Image, Message, Role, Text, ToolCall
from ports.errors import BackendFailed
from tests.unit.adapters.dialects.openai.streams import DONE, call, delta, event

CALL = ToolCall(id="a", name="f", arguments='{"x": 1}')
SIGNED = {"google": {"thought_signature": "c2ln"}}


def joined(*deltas: Any) -> Any:
    pieces = DetailPieces()
    for said in deltas:
        pieces.add(Raw(said if isinstance(said, bytes) else json.dumps(said).encode()))
    whole = pieces.join()
    return None if whole is None else json.loads(bytes(whole))


def piece(index: int | None, kind: str = "text", **members: Any) -> dict[str, Any]:
    numbered = {} if index is None else {"index": index}
    return {"type": f"reasoning.{kind}", **members, **numbered}


def test_pieces_are_joined_by_their_index_in_order_of_appearance() -> None:
    said = joined(
        [piece(1, text="let ", format="f1")],
        [piece(0, "encrypted", data="xx", id="rs_1")],
        [piece(1, text="me ")],
        [piece(1, text="think"), piece(1, signature="sig", text=None)],
    )

    assert said == [
        {"type": "reasoning.text", "text": "let me think", "format": "f1", "index": 1}
        | {"signature": "sig"},
        {"type": "reasoning.encrypted", "data": "xx", "id": "rs_1", "index": 0},
    ]


def test_another_kind_or_id_at_a_used_index_is_another_detail() -> None:
    said = joined(
        [piece(0, "summary", summary="a", id=None)],
        [piece(0, "summary", summary="b")],
        [piece(0, "encrypted", data="x", id="1")],
        [piece(0, "encrypted", data="y", id="2")],
    )

    assert [detail.get("summary") or detail["data"] for detail in said] == ["ab", "x", "y"]


def test_without_an_index_text_goes_on_and_anything_else_is_a_detail_of_its_own() -> None:
    said = joined(
        [piece(None, text="a")], [piece(None, text="b")],
        [piece(None, "encrypted", data="x")], [piece(None, "encrypted", data="y")],
    )  # fmt: skip

    assert [detail.get("text") or detail["data"] for detail in said] == ["ab", "x", "y"]


def test_a_detail_of_one_piece_keeps_its_spelling() -> None:
    pieces = DetailPieces()
    spelled = b'{"type":"reasoning.encrypted","data":"\\u0041","x":1.0,"more":{"b":1,"a":null}}'

    pieces.add(Raw(b"[" + spelled + b"]"))

    assert bytes(pieces.join() or b"") == b"[" + spelled + b"]"


@pytest.mark.parametrize("said", [b"[]", b"null", b"{}", b'"x"', b"[1]", b'[{"text":'])
def test_what_are_no_details_are_none(said: bytes) -> None:
    assert joined(said) is None


def test_details_without_end_are_not_kept() -> None:
    assert joined([piece(0, text="x" * MAX_SIZE)]) is None
    assert joined([piece(0, text="x")], [1], [piece(0, text="y")]) is None


def from_stream(*reads: bytes) -> Replay | None:
    kept: list[Replay] = []
    events = ChatEvents(Asked(keep=kept.append))
    for data in reads:
        events.feed(data)
    events.finish()
    return kept[0] if kept else None


def from_plain(message: dict[str, Any]) -> Replay | None:
    kept: list[Replay] = []
    choice = {"message": message, "finish_reason": "tool_calls"}
    decode_chat(json.dumps({"id": "1", "choices": [choice]}).encode(), Asked(keep=kept.append))
    return kept[0] if kept else None


def test_a_stream_and_a_plain_answer_leave_the_same() -> None:
    details = [piece(0, text="let me", signature="s")]
    signed = call(0, '{"x": 1}', id="a", name="f", extra_content=SIGNED)
    message = {"content": "", "reasoning_details": details, "tool_calls": [signed]}

    streamed = from_stream(
        delta(reasoning="let", reasoning_details=[piece(0, text="let")]),
        delta(reasoning=" me", reasoning_details=[piece(0, text=" me")]),
        delta(reasoning_details=[piece(0, signature="s")]),
        delta(tool_calls=[call(0, '{"x"', id="a", name="f", extra_content=SIGNED)]),
        delta(tool_calls=[call(0, ": 1}")]),
        delta("tool_calls") + DONE,
    )
    plain = from_plain(message)

    assert streamed is not None
    assert plain is not None
    for replay in (streamed, plain):
        assert replay.calls == (CALL,)
        assert json.loads(bytes(replay.reasoning_details or b"")) == details
        assert [json.loads(bytes(raw or b"")) for raw in replay.extra_content] == [SIGNED]
        assert replay.size > len(bytes(replay.reasoning_details or b""))


def test_each_call_has_its_own_signature_or_none() -> None:
    replay = from_stream(
        delta(tool_calls=[call(None, "{}", id="a", name="f", extra_content=SIGNED)]),
        delta(tool_calls=[call(None, "{}", id="b", name="g")]),
        delta("stop") + DONE,
    )

    assert replay is not None
    assert [raw is None for raw in replay.extra_content] == [False, True]


def test_nothing_is_kept_of_answers_without_calls_or_without_anything_beside_them() -> None:
    details = [piece(0, text="x")]

    assert from_plain({"content": "hi", "reasoning_details": details}) is None
    assert from_plain({"tool_calls": [call(0, "{}", id="a", name="f")]}) is None
    assert from_stream(delta(reasoning_details=details), delta("stop", content="hi") + DONE) is None
    assert from_stream(delta("stop", tool_calls=[call(0, "{}", id="a", name="f")]) + DONE) is None


def test_pieces_with_nothing_in_them_are_answer_text_all_the_same() -> None:
    assert from_plain({"reasoning_details": [], "tool_calls": [call(0, "{}", name="f")]}) is None
    events = ChatEvents()
    events.feed(delta(content="a"))

    (chunk,) = events.feed(delta(content="b", reasoning=None, reasoning_details=[]))

    assert chunk.text == "b"  # type: ignore[union-attr]


REPLAY = Replay(
    calls=(CALL,),
    reasoning_details=Raw(b'[{"type":"reasoning.text","text":"hm","n":1.0}]'),
    extra_content=(Raw(b'{"google":{"thought_signature":"c2ln"}}'),),
)
HISTORY = ChatRequest(
    model="m",
    messages=(
        Message(role="user", parts=(Text(text="hi"),)),
        Message(role="assistant", thinking="hm", tool_calls=(CALL,)),
        Message(role="tool", parts=(Text(text="42"),), tool_call_id="a"),
    ),
)


def test_what_was_kept_goes_back_verbatim_with_the_message_that_carried_the_calls() -> None:
    body = encode_chat(
        HISTORY, stream=False, profile=PROFILES["openrouter"], replays=iter([REPLAY])
    )
    messages = json.loads(body)["messages"]

    assert bytes(REPLAY.reasoning_details or b"") in body
    assert bytes(REPLAY.extra_content[0] or b"") in body
    assert messages[1]["tool_calls"][0]["extra_content"] == SIGNED
    assert "reasoning" not in messages[1], "its words would be there twice"
    assert "reasoning_details" not in messages[0]
    assert "reasoning_details" not in messages[2]


def test_without_it_the_words_of_the_thinking_go_back_where_they_are_taken() -> None:
    body = encode_chat(HISTORY, stream=False, profile=PROFILES["openrouter"], replays=iter([None]))

    assert json.loads(body)["messages"][1]["reasoning"] == "hm"
    assert b"reasoning_details" not in body
    assert b"extra_content" not in body


def test_each_turn_gets_its_own_and_a_history_without_calls_asks_for_nothing() -> None:
    turn = HISTORY.messages[1:]
    twice = replace(HISTORY, messages=(*HISTORY.messages, HISTORY.messages[0], *turn))
    silent = replace(HISTORY, messages=HISTORY.messages[:1])
    replays = iter([None, REPLAY, None])

    encode_chat(silent, stream=False, profile=PROFILES["openrouter"], replays=replays)
    body = encode_chat(twice, stream=False, profile=PROFILES["openrouter"], replays=replays)

    sent = json.loads(body)["messages"]
    assert [at for at, said in enumerate(sent) if "reasoning_details" in said] == [4]
    assert next(replays) is None


def known(*messages: Message, caller: str = "ada", model: str = "m") -> bytes:
    conversation = Conversation(caller, model)
    for message in messages:
        conversation.add(message)
    return conversation.digest


def made(arguments: str, name: str = "f", id: str = "") -> Message:  # noqa: A002 - its name
    return Message(role="assistant", tool_calls=(ToolCall(name=name, arguments=arguments, id=id),))


def said(text: str, role: Role = "user", **more: Any) -> Message:
    return Message(role=role, parts=(Text(text=text),), **more)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('{"a":1,"b":[2]}', '{ "b": [2], "a": 1 }'),
        ('{"a":1.0}', '{"a":1}'),
        ('{"a":"\\u00e9"}', '{"a":"é"}'),
        ("", "{}"),
    ],
)
def test_equal_arguments_are_known_again_however_they_are_spelled(one: str, other: str) -> None:
    assert known(made(one, id="x")) == known(made(other))


TURN = (said("be brief", "system"), said("hi"), made("{}", id="a"), said("7", "tool"), said("so?"))
"""A conversation as its client has it before the last call."""


@pytest.mark.parametrize(
    "again",
    [
        (*TURN[:2], made("{}"), *TURN[3:]),
        (*TURN[:2], replace(made("{ }", id="z"), thinking="hm"), *TURN[3:]),
        (*TURN[:2], said("let me see", "assistant"), *TURN[2:]),
        (*TURN[:2], replace(made("{}"), parts=(Text(text=""),)), *TURN[3:]),
        (*TURN[:3], said("7", "tool", tool_call_id="a", tool_name="f"), TURN[4]),
    ],
)
def test_a_conversation_is_known_again_without_what_clients_drop(
    again: tuple[Message, ...],
) -> None:
    assert known(*again) == known(*TURN)


PICTURE = Image(data=b"\x89PNG", media_type="image/png")


@pytest.mark.parametrize(
    "other",
    [
        TURN[1:],
        TURN[:-1],
        (said("be long", "system"), *TURN[1:]),
        (TURN[0], said("ho"), *TURN[2:]),
        (TURN[0], said("hi", "system"), *TURN[2:]),
        (TURN[0], Message(role="user", parts=(Text(text="hi"), PICTURE)), *TURN[2:]),
        (TURN[0], Message(role="user", parts=(Text(text="h"), Text(text="i"))), *TURN[2:]),
        (*TURN[:3], said("8", "tool"), TURN[4]),
        (*TURN[:2], made('{"a":2}'), *TURN[3:]),
        (*TURN[:2], made("{}", "g"), *TURN[3:]),
        (*TURN[:2], made("{}"), made("{}"), *TURN[3:]),
        (*TURN[:2], replace(made("{}"), tool_calls=(CALL, CALL)), *TURN[3:]),
        (*TURN[:2], made("[" * 100_000), *TURN[3:]),
        (*TURN[:2], made("{"), *TURN[3:]),
    ],
)
def test_other_conversations_are_told_apart(other: tuple[Message, ...]) -> None:
    assert known(*other) != known(*TURN)


def test_the_same_words_of_another_client_or_to_another_model_are_another_conversation() -> None:
    assert known(*TURN) == known(*TURN)
    assert known(*TURN, caller="bob") != known(*TURN)
    assert known(*TURN, model="n") != known(*TURN)
    assert known(*TURN, caller="a", model="dam") != known(*TURN, caller="ad", model="am")


def test_calls_of_one_turn_are_not_those_of_two() -> None:
    both = replace(made("{}"), tool_calls=made("{}").tool_calls * 2)

    assert known(both) != known(made("{}"), made("{}"))


def test_the_error_of_a_stream_leaves_nothing() -> None:
    kept: list[Replay] = []
    events = ChatEvents(Asked(keep=kept.append))
    signed = call(0, "{}", id="a", name="f", extra_content=SIGNED)
    events.feed(delta(content="x", tool_calls=[signed]))

    with pytest.raises(BackendFailed, match="no"):
        events.feed(event({"choices": [], "error": {"message": "no"}}))

    assert not kept
