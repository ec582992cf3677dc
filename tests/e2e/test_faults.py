"""Whatever the upstream does wrong, the client is told so, and never that all is well."""

from __future__ import annotations

import pytest

from tests.e2e.lines import Asker
from tests.e2e.server import Served
from tests.upstream.answers import (
    DONE,
    HTML,
    JSON,
    SSE,
    Call,
    chat_events,
    chunk,
    error_event,
    event,
    html,
    plain_chat,
    sse,
)
from tests.upstream.script import (
    Abort,
    Close,
    Reply,
    Send,
    Stall,
    Step,
    Taken,
    Wire,
    cut_in_chunk_header,
)
from tests.upstream.server import Upstream

pytestmark = pytest.mark.asyncio(loop_scope="module")

FIRST_BYTE = "400ms"
IDLE = "200ms"

WHOLE = chat_events(["Hel", "lo"])
BEGUN = WHOLE[:2]
"""A role and a word: the client has something, and the head is out."""
ROLE_ONLY = WHOLE[:1]
BAD_CALL = [*chat_events(tool_calls=[Call("f", ('{"a":',))])]
GARBAGE = bytes(range(256))

STREAMS = {
    "closed in mid-stream": sse(BEGUN, Close()),
    "reset in mid-stream": sse(BEGUN, Taken(), Abort()),
    "cut inside a chunk header": Reply(headers=SSE, steps=cut_in_chunk_header(*BEGUN)),
    "cut with the end of the connection": Reply(headers=SSE, body=BEGUN[1], framing="close"),
    "ended in good order without a finish": sse(BEGUN),
    "stalled in mid-stream": sse(BEGUN, Stall()),
    "stalled after its head": sse([], Stall()),
    "stalled after the role": sse(ROLE_ONLY, Stall()),
    "silent": Reply(head=b"", steps=[Stall()], framing="none"),
    "an error event in mid-stream": sse([*BEGUN, error_event("provider disconnected"), DONE]),
    "an error event first": sse([error_event("provider disconnected")]),
    "an error beside a choice": sse(
        [*BEGUN, event({"error": {"message": "broke", "code": 502}, "choices": []}), DONE]
    ),
    "garbage between events": sse([*BEGUN, b"data: {]\n\n", *WHOLE[2:]]),
    "garbage for events": sse([b"data: " + GARBAGE + b"\n\n"]),
    "garbage for framing": Reply(headers=SSE, steps=[Wire(GARBAGE), Close()]),
    "garbage for a head": Reply(head=GARBAGE, keep_alive=False),
    "HTML under 200": html(),
    "HTML that says it is a stream": Reply(headers=SSE, body=HTML),
    "plain JSON that is no answer": Reply(headers=JSON, body=b"[]"),
    "an error under 200": Reply(headers=JSON, body=b'{"error":{"message":"no","code":500}}'),
    "an empty body": Reply(headers=SSE),
    "an empty stream": sse([DONE]),
    "a length that promises more": Reply(
        headers=SSE, body=BEGUN[1], content_length=10_000, keep_alive=False
    ),
    "a length that promises less": Reply(
        headers=SSE, body=b"".join(WHOLE), content_length=len(WHOLE[0]) + 30, keep_alive=False
    ),
    "arguments that are no object": sse(BAD_CALL),
    "a redirect": Reply(status=307, headers=(("Location", "/elsewhere"),)),
}
PLAIN = {
    "closed in mid-body": Reply(
        body=plain_chat("x").body[:40], content_length=400, keep_alive=False
    ),
    "closed before its head": Reply(head=b"", steps=[Close()], framing="none"),
    "reset": Reply(head=b"HTTP/1.1 200", steps=[Taken(), Abort()], framing="none"),
    "silent": Reply(head=b"", steps=[Stall()], framing="none"),
    "stalled in mid-body": Reply(
        framing="length", content_length=900, steps=[Send(b'{"id":'), Stall()]
    ),
    "garbage": Reply(body=GARBAGE),
    "garbage for a head": Reply(head=GARBAGE, keep_alive=False),
    "HTML under 200": html(),
    "an empty body": Reply(),
    "no choices": Reply(body=b'{"choices":[]}'),
    "an error under 200": Reply(body=b'{"error":{"message":"no","code":500}}'),
    "a redirect": Reply(status=307, headers=(("Location", "/elsewhere"),)),
}

SHORT = (
    b'data: {"choices":[{"delta":{"content":"Hi"}}]}\n\n'
    b'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\n' + DONE
)
FINISHED_AT = SHORT.index(b"\n\n" + DONE)
"""From this position on the upstream has said that the answer is complete: the end of the
connection may stand for the end of the line (docs/wire/dialects.md 1.5)."""


@pytest.mark.parametrize("script", [pytest.param(s, id=name) for name, s in STREAMS.items()])
async def test_a_stream_that_goes_wrong_ends_in_an_error(
    upstream: Upstream, asker: Asker, script: Reply
) -> None:
    upstream.always(script)

    outcome = await asker.ask(stream=True)

    assert outcome.failed, outcome
    assert outcome.status == 200 or outcome.status >= 400


@pytest.mark.parametrize("script", [pytest.param(s, id=name) for name, s in PLAIN.items()])
async def test_a_plain_answer_that_goes_wrong_is_an_error_with_a_status(
    upstream: Upstream, asker: Asker, script: Reply
) -> None:
    upstream.always(script)

    outcome = await asker.ask(stream=False)

    assert outcome.failed, outcome
    assert outcome.status >= 500


async def test_text_that_came_before_the_fault_reaches_the_client(
    upstream: Upstream, asker: Asker
) -> None:
    upstream.always(sse(BEGUN, Taken(), Abort()))

    outcome = await asker.ask(stream=True)

    assert (outcome.status, outcome.text, outcome.failed) == (200, "Hel", True)


@pytest.mark.parametrize("script", [STREAMS["silent"], STREAMS["stalled after its head"]])
async def test_an_upstream_that_never_begins_is_a_timeout(
    upstream: Upstream, asker: Asker, script: Reply
) -> None:
    upstream.always(script)

    outcome = await asker.ask(stream=True)

    assert outcome.status == 504


@pytest.mark.parametrize("framing", ["chunked", "close"])
@pytest.mark.parametrize("ending", [Close(), Abort()], ids=["closed", "reset"])
async def test_a_stream_cut_at_any_byte_never_ends_well(
    upstream: Upstream, asker: Asker, framing: str, ending: Step
) -> None:
    wrong = []

    for position in range(FINISHED_AT):
        steps = [Send(SHORT[:position]), Taken(), ending] if position else [ending]
        upstream.always(Reply(headers=SSE, steps=steps, framing=framing))  # type: ignore[arg-type]
        outcome = await asker.ask(stream=True)
        if not outcome.failed or outcome.status not in {200, 502, 504}:
            wrong.append((position, outcome))

    assert wrong == []


async def test_a_stream_cut_after_its_finish_ends_one_way_or_the_other(
    upstream: Upstream, asker: Asker
) -> None:
    for position in range(FINISHED_AT, len(SHORT)):
        upstream.always(Reply(headers=SSE, body=SHORT[:position], framing="close"))

        outcome = await asker.ask(stream=True)

        assert outcome.text == "Hi"
        assert outcome.failed != outcome.finished


async def test_the_end_mark_alone_is_an_end(upstream: Upstream, asker: Asker) -> None:
    upstream.always(sse([*BEGUN, DONE]))

    outcome = await asker.ask(stream=True)

    assert (outcome.text, outcome.finished) == ("Hel", True)


async def test_the_server_is_well_after_all_that(
    upstream: Upstream, asker: Asker, served: Served
) -> None:
    upstream.always(sse([*WHOLE[:2], b": a comment\n\n", chunk({"content": None}), *WHOLE[2:]]))

    outcome = await asker.ask(stream=True)

    assert (outcome.text, outcome.finished) == ("Hello", True)
    assert "Traceback" not in served.stderr
