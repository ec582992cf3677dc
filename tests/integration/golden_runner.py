"""What a recorded model runner said, as the answer of an OpenAI-compatible upstream.

A runner of a model with a chat template in its file speaks OpenAI's streams: these go out
byte for byte. Where the client asked for no stream the server streamed all the same, and a
gateway does not: the events are folded to a whole answer. A runner of a Go template speaks
llama.cpp's own `/completion`: its pieces become the deltas of a chat.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from tests.integration.golden import Recorded
from tests.upstream.answers import DONE, JSON, SSE, error, event
from tests.upstream.script import Close, Reply, Send
from tests.upstream.wire import Received

Event = dict[str, Any]

ENDS = {"eos": "stop", "word": "stop", "limit": "length"}


class Runner:
    """Answers one recorded exchange's calls, in the order in which they were recorded."""

    def __init__(self, recorded: Recorded) -> None:
        self._calls = iter(recorded.runner)

    def __call__(self, request: Received) -> Reply:
        said = next(self._calls, None)
        if said is None:
            return error(500, "the real server did not ask its runner here")
        if "status" not in said:  # the process died
            return Reply(head=b"", steps=[Close()], framing="none")
        if said["status"] != 200:
            return Reply(status=said["status"], headers=JSON, body=_encoded(said["body"]))
        cut = "cut" in said.get("note", "")
        if request.streamed:
            return _streamed(said, cut=cut)
        body = _encoded(whole(_chat_events(said)))
        if cut:
            return Reply(body=body[:40], content_length=len(body), keep_alive=False)
        return Reply(body=body)


def whole(events: Iterable[Event]) -> Event:
    """Fold the events of a stream to the answer in one piece."""
    message: Event = {"role": "assistant", "content": ""}
    calls: dict[int, Event] = {}
    choice: Event = {"index": 0, "message": message, "finish_reason": None}
    answer: Event = {"object": "chat.completion", "choices": [choice]}
    for said in events:
        if "error" in said:
            return {"error": said["error"]}
        answer |= {key: said[key] for key in ("id", "created", "model", "timings") if key in said}
        (piece,) = said["choices"]
        choice["finish_reason"] = piece["finish_reason"] or choice["finish_reason"]
        if "logprobs" in piece:
            logprobs = choice.setdefault("logprobs", {"content": []})
            logprobs["content"] += piece["logprobs"]["content"]
        for key in ("content", "reasoning_content"):
            if piece["delta"].get(key):
                message[key] = message.get(key, "") + piece["delta"][key]
        for fragment in piece["delta"].get("tool_calls", ()):
            _join(calls, fragment)
    if calls:
        message["tool_calls"] = list(calls.values())
    return answer


def _join(calls: dict[int, Event], fragment: Event) -> None:
    function = fragment["function"]
    call = calls.get(fragment["index"])
    if call is None:
        kept = {key: value for key, value in fragment.items() if key != "index"}
        calls[fragment["index"]] = kept | {"function": {"arguments": "", **function}}
    else:
        call["function"]["arguments"] += function.get("arguments", "")


def _streamed(said: Event, *, cut: bool) -> Reply:
    if _is_chat(said):
        raw = said["raw"].encode()
    else:
        raw = b"".join([*map(event, _chat_events(said)), DONE])
    return Reply(headers=SSE, steps=[Send(raw), Close()] if cut else [Send(raw)])


def _is_chat(said: Event) -> bool:
    return any("choices" in event for event in said["events"] if isinstance(event, dict))


def _chat_events(said: Event) -> list[Event]:
    events = [event for event in said["events"] if isinstance(event, dict)]
    return events if _is_chat(said) else [_as_chat(event) for event in events]


def _as_chat(said: Event) -> Event:
    """Turn a piece of llama.cpp's `/completion` into one of a chat."""
    choice: Event = {
        "index": 0,
        "delta": {"content": said["content"]},
        "finish_reason": ENDS[said["stop_type"]] if said["stop"] else None,
    }
    if "completion_probabilities" in said:
        choice["logprobs"] = {"content": said["completion_probabilities"]}
    timings = {"timings": said["timings"]} if "timings" in said else {}
    return {"id": "c", "object": "chat.completion.chunk", "choices": [choice], **timings}


def _encoded(value: Any) -> bytes:
    return json.dumps(value).encode()
