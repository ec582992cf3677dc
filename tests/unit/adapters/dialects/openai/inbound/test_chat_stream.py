"""Streamed chats (docs/wire/dialects.md 1.4, 9.2)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from adapters.dialects.openai.inbound.chat import Form
from adapters.dialects.openai.inbound.chat_stream import ChatEvents
from adapters.dialects.openai.inbound.schema_answer import Mark
from ports.chat import (
    ChatChunk,
    FinishChunk,
    FinishReason,
    TextChunk,
    ThinkingChunk,
    TokenLogprob,
    ToolCall,
    ToolCallChunk,
    Usage,
)
from ports.errors import BackendUnavailable

HEAD = (
    'data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1787392800,'
    '"model":"a\\u003cb","system_fingerprint":"fp_ollama","choices":'
)
DONE = "data: [DONE]\n\n"
STOP = FinishChunk(reason=FinishReason.STOP, usage=Usage(prompt_tokens=2, completion_tokens=1))


def stream(**form: Any) -> ChatEvents:
    return ChatEvents(Mark(id="chatcmpl-1", created=1787392800, model="a<b"), Form(**form))


def encoded(*batches: Sequence[ChatChunk], **form: Any) -> str:
    events = stream(**form)
    return b"".join(events.encode(batch) for batch in batches).decode()


def event(delta: str, finish: str = "null", more: str = "") -> str:
    choice = f'{{"index":0,"delta":{delta},"finish_reason":{finish}{more}}}'
    return f"{HEAD}[{choice}]}}\n\n"


def deltas(text: str) -> list[Any]:
    datas = text.removesuffix(DONE).split("\n\n")[:-1]
    return [json.loads(data.removeprefix("data: "))["choices"][0]["delta"] for data in datas]


def called(call_id: str, name: str = "f") -> ToolCallChunk:
    return ToolCallChunk(call=ToolCall(id=call_id, name=name, arguments='{"a": 1.50}'))


def test_the_events_of_an_answer_byte_for_byte() -> None:
    text = encoded(
        [ThinkingChunk(text="let me")],
        [ThinkingChunk(text=" think"), TextChunk(text="Hel")],
        [TextChunk(text="lo <b>")],
        [called("c1"), called("c2")],
        [FinishChunk(reason=FinishReason.TOOL_CALLS)],
    )

    calls = ",".join(
        f'{{"id":"c{number}","index":{number - 1},"type":"function",'
        '"function":{"name":"f","arguments":"{\\"a\\": 1.50}"}}'
        for number in (1, 2)
    )
    assert text == "".join(
        [
            event('{"role":"assistant","content":"","reasoning":"let me"}'),
            event('{"content":"","reasoning":" think"}'),
            event('{"content":"Hel"}'),
            event('{"content":"lo \\u003cb\\u003e"}'),
            event(f'{{"content":"","tool_calls":[{calls}]}}'),
            event("{}", '"tool_calls"'),
            DONE,
        ]
    )


@pytest.mark.parametrize(
    ("first", "delta"),
    [
        (TextChunk(text="a"), {"role": "assistant", "content": "a"}),
        (ThinkingChunk(text="a"), {"role": "assistant", "content": "", "reasoning": "a"}),
    ],
)
def test_the_role_comes_once_with_the_first_piece(first: ChatChunk, delta: Any) -> None:
    said = deltas(encoded([first], [TextChunk(text="b")], [STOP]))

    assert said == [delta, {"content": "b"}, {}]


def test_an_answer_of_nothing_has_a_role_and_an_end() -> None:
    assert encoded([STOP]) == (
        event('{"role":"assistant","content":""}') + event("{}", '"stop"') + DONE
    )


def test_tokens_come_last_without_a_choice_for_who_asked() -> None:
    text = encoded([TextChunk(text="a")], [STOP], usage=True)

    usage = '{"prompt_tokens":2,"completion_tokens":1,"total_tokens":3}'
    assert text.endswith(event("{}", '"stop"') + f'{HEAD}[],"usage":{usage}}}\n\n' + DONE)
    assert text.count('"usage"') == 1
    assert '"usage"' not in encoded([TextChunk(text="a")], [STOP])


def test_tokens_that_nobody_counted_are_not_told() -> None:
    uncounted = FinishChunk(reason=FinishReason.STOP)

    told = encoded([TextChunk(text="a")], [uncounted], usage=True)

    assert told == encoded([TextChunk(text="a")], [STOP])


@pytest.mark.parametrize("reason", list(FinishReason))
def test_there_is_one_end(reason: FinishReason) -> None:
    text = encoded([TextChunk(text="a")], [FinishChunk(reason=reason)])

    assert text.endswith(event("{}", f'"{reason.value}"') + DONE)
    assert text.count("finish_reason") - text.count('"finish_reason":null') == 1


def test_calls_are_counted_over_the_whole_answer() -> None:
    text = encoded(
        [called("c1"), TextChunk(text="x"), called("c2")], [called("c3"), called("c4")], [STOP]
    )

    indexes = [
        [call["index"] for call in delta["tool_calls"]]
        for delta in deltas(text)
        if "tool_calls" in delta
    ]
    assert indexes == [[0], [1], [2, 3]]


def test_a_client_of_functions_is_told_of_one_call_and_loses_no_other() -> None:
    text = encoded(
        [called("c1"), called("c2", "g")],
        [called("c3", "h")],
        [FinishChunk(reason=FinishReason.TOOL_CALLS)],
        legacy=True,
    )

    first, second, _ = deltas(text)
    assert first["function_call"] == {"name": "f", "arguments": '{"a": 1.50}'}
    assert [(it["index"], it["function"]["name"]) for it in first["tool_calls"]] == [(0, "g")]
    assert [(it["index"], it["function"]["name"]) for it in second["tool_calls"]] == [(1, "h")]
    assert "function_call" not in second
    assert '"finish_reason":"function_call"' in text


def test_thinking_may_be_hidden_and_a_signature_is_nothing_to_read() -> None:
    assert encoded([ThinkingChunk(text="hm")], reasoning=False) == ""
    assert encoded([ThinkingChunk(text="", signature="s")]) == ""
    assert deltas(encoded([ThinkingChunk(text="hm")], [TextChunk(text="a")], reasoning=False)) == [
        {"role": "assistant", "content": "a"}
    ]


TOKEN = TokenLogprob(token="a", logprob=-0.5, top=(TokenLogprob(token="b", logprob=-2.0),))


def test_log_probabilities_stand_beside_their_text() -> None:
    text = encoded(
        [TextChunk(text="a", logprobs=(TOKEN,))],
        [TextChunk(text="", logprobs=(TOKEN,))],
        logprobs=True,
        alternatives=True,
    )

    top = '{"token":"b","logprob":-2.0,"bytes":null}'
    entry = f'{{"token":"a","logprob":-0.5,"bytes":null,"top_logprobs":[{top}]}}'
    logprobs = f',"logprobs":{{"content":[{entry}]}}'
    assert text == (
        event('{"role":"assistant","content":"a"}', more=logprobs)
        + event('{"content":""}', more=logprobs)
    )


def test_log_probabilities_are_for_who_asked() -> None:
    chunks = [TextChunk(text="a", logprobs=(TOKEN,)), TextChunk(text="", logprobs=(TOKEN,))]

    assert encoded(chunks) == event('{"role":"assistant","content":"a"}')
    assert '"top_logprobs":[]' in encoded(chunks, logprobs=True)


def test_odd_line_ends_are_escaped_on_every_way() -> None:
    odd = "a\u0085b\u2028c\u2029d<"
    text = encoded([TextChunk(text=odd)], [TextChunk(text=odd)], [ThinkingChunk(text=odd)])

    assert text.count(r"a\u0085b\u2028c\u2029d\u003c") == 3
    assert len(text.splitlines()) == 6


def test_a_fault_is_the_last_event_and_no_end() -> None:
    events = stream()
    events.encode([TextChunk(text="a")])

    last = events.fail(BackendUnavailable("cannot reach\u2028upstream")).decode()

    assert last == (
        'data: {"error":{"message":"cannot reach\\u2028upstream","type":"server_error",'
        '"param":null,"code":"upstream_unreachable"}}\n\n'
    )


def test_the_short_way_and_the_long_one_say_the_same() -> None:
    alone = encoded([TextChunk(text="x")], [TextChunk(text="é&")], [TextChunk(text='"')])
    together = encoded([TextChunk(text="x"), TextChunk(text="é&"), TextChunk(text='"')])

    assert alone == together
