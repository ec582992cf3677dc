"""Lines of Ollama's streams: each comes in an HTTP chunk of its own, as some clients suppose."""

from __future__ import annotations

import json

import pytest

from tests.integration.served import backend, serving
from tests.integration.sockets import exchange, request
from tests.upstream.answers import SSE, Call, chat_events
from tests.upstream.script import Close, Reply, Send, Step, Taken
from tests.upstream.server import Upstream

WORDS = chat_events(["Hel", "lo"], reasoning=["hm"])
CALLS = chat_events(["I ask."], tool_calls=[Call("f", ("{}",), "a"), Call("g", ("{}",), "b")])
ASKED = {
    "/api/chat": b'{"model":"m","messages":[{"role":"user","content":"hi"}],"think":true}',
    "/api/generate": b'{"model":"m","prompt":"hi","think":true}',
}


def chunks_of(answer: bytes) -> list[bytes]:
    """Cut an answer's body by the sizes that stand in it."""
    found, rest = [], answer.partition(b"\r\n\r\n")[2]
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        found.append(rest[: int(size, 16)])
        rest = rest[int(size, 16) + 2 :]
    return found


@pytest.mark.parametrize(
    "steps",
    [
        [Send(b"".join(WORDS))],
        [Send(b"".join(CALLS))],
        [Send(WORDS[0] + WORDS[1]), Taken(), Send(b"".join(WORDS[2:]))],
        [Send(WORDS[0] + WORDS[1] + WORDS[2]), Taken(), Close()],
    ],
    ids=["a text", "calls", "in two reads", "broken off"],
)
@pytest.mark.parametrize("path", ASKED)
async def test_what_came_by_one_read_goes_out_line_by_line(
    upstream: Upstream, path: str, steps: list[Step]
) -> None:
    upstream.always(Reply(headers=SSE, steps=steps))
    can = 'capabilities = { "m" = ["completion", "tools", "thinking"] }'

    async with serving(backend(upstream.base_url, can)) as served:
        got = await exchange(
            served,
            request(f"POST {path} HTTP/1.1", "content-type: application/json", body=ASKED[path]),
        )

    *lines, end = chunks_of(got)
    assert end == b""
    assert len(lines) > 1
    assert all(line.count(b"\n") == 1 and line.endswith(b"\n") for line in lines)
    *before, last = map(json.loads, lines)
    assert not any(line["done"] for line in before)
    assert last.get("done") or last["error"]
