"""Where the network cuts a stream makes no difference to what the client gets."""

from __future__ import annotations

import pytest

from tests.e2e.lines import Asker, Outcome
from tests.upstream.answers import SSE, Call, chat_events
from tests.upstream.script import Reply, Taken, Wire, bytewise, split
from tests.upstream.server import Upstream

pytestmark = pytest.mark.asyncio(loop_scope="module")

COMMON = b'"id":"chatcmpl-1","object":"chat.completion.chunk","created":1760000000,"model":"m",'


def short(events: list[bytes]) -> bytes:
    """Leave out what nobody reads, and the usage: every byte is a case."""
    *kept, _usage, done = events
    return b"".join([*kept, done]).replace(COMMON, b"").replace(b',"finish_reason":null', b"")


TEXT = short(chat_events(["naïve→", "日\u2028", ' "q"\\\n'], reasoning=["hm"]))
CALLS = short(
    chat_events(
        tool_calls=[
            Call("weather", ('{"ci', 'ty":"Zü', 'rich"}'), "call_1"),
            Call("time", ("{}",), "call_2"),
        ]
    )
)
STREAMS = {
    "text": TEXT,
    "tool calls": CALLS,
    "CRLF": TEXT.replace(b"\n", b"\r\n"),
    "comments": TEXT.replace(b"\n\n", b"\n\n: ping\n\n"),
}


def gist(outcome: Outcome) -> tuple[str, str, list[dict[str, object]]]:
    """Return what must not depend on where the stream was cut."""
    assert outcome.finished
    return outcome.text, outcome.thinking, outcome.tool_calls


@pytest.mark.parametrize("data", STREAMS.values(), ids=STREAMS)
async def test_a_stream_split_at_any_byte_says_the_same(
    upstream: Upstream, asker: Asker, data: bytes
) -> None:
    upstream.always(Reply(headers=SSE, body=data))
    whole = gist(await asker.ask())
    differing = []

    for position in range(1, len(data)):
        upstream.always(Reply(headers=SSE, steps=split(data, [position])))
        if gist(await asker.ask()) != whole:
            differing.append(position)

    assert whole[0] or whole[2]
    assert differing == []


@pytest.mark.parametrize("data", STREAMS.values(), ids=STREAMS)
async def test_a_stream_sent_byte_by_byte_says_the_same(
    upstream: Upstream, asker: Asker, data: bytes
) -> None:
    upstream.reply(Reply(headers=SSE, body=data), Reply(headers=SSE, steps=bytewise(data)))

    whole, slow = gist(await asker.ask()), gist(await asker.ask())

    assert slow == whole


async def test_the_whole_is_what_the_upstream_said(upstream: Upstream, asker: Asker) -> None:
    upstream.reply(Reply(headers=SSE, body=TEXT), Reply(headers=SSE, body=CALLS))

    text, calls = gist(await asker.ask()), gist(await asker.ask())

    assert text == ('naïve→日\u2028 "q"\\\n', "hm", [])
    assert calls[2] == [
        {"index": 0, "name": "weather", "arguments": {"city": "Zürich"}},
        {"index": 1, "name": "time", "arguments": {}},
    ]


async def test_http_chunks_cut_anywhere_say_the_same(upstream: Upstream, asker: Asker) -> None:
    events = [event + b"\n\n" for event in TEXT.split(b"\n\n")[:-1]]
    framed = b"".join(b"%x\r\n%b\r\n" % (len(e), e) for e in events) + b"0\r\n\r\n"
    headers = (*SSE, ("Transfer-Encoding", "chunked"))
    upstream.always(Reply(headers=SSE, body=TEXT))
    whole = gist(await asker.ask())
    differing = []

    for position in range(1, len(framed)):
        first, second = Wire(framed[:position]), Wire(framed[position:])
        upstream.always(Reply(headers=headers, steps=[first, Taken(), second], framing="none"))
        if gist(await asker.ask()) != whole:
            differing.append(position)

    assert differing == []
