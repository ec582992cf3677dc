"""What a recorded model runner said, as the answer of an OpenAI-compatible upstream.

A runner of a model with a chat template in its file speaks OpenAI's streams: these go out
byte for byte. Where the client asked for no stream the server streamed all the same, and a
gateway does not: the events are folded to a whole answer. A runner of a Go template speaks
llama.cpp's own `/completion`: its pieces become the deltas of a chat, or of a completion.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from tests.integration.golden.recordings import Recorded
from tests.upstream.answers import DONE, JSON, SSE, error, event
from tests.upstream.script import Close, Reply, Send
from tests.upstream.wire import Received

Event = dict[str, Any]

ENDS = {"eos": "stop", "word": "stop", "limit": "length"}

BUSY = "server busy, please try again.  maximum pending requests exceeded"


class Runner:
    """Answers one recorded exchange's calls, in the order in which they were recorded."""

    def __init__(self, recorded: Recorded) -> None:
        self._vectors = {
            str(call["request"]["body"].get("input")): call for call in recorded.runner
        }
        self._calls = iter(recorded.runner)
        self._busy = "queue full" in recorded.state

    def __call__(self, request: Received) -> Reply:
        if self._busy:
            return error(503, BUSY)
        if request.path.endswith("/embeddings"):
            return self._embedded(request.json()["input"])
        call = next(self._calls, None)
        if call is None:
            return error(500, "the real server did not ask its runner here")
        said = call["response"]
        if "status" not in said:  # the process died
            return Reply(head=b"", steps=[Close()], framing="none")
        if said["status"] != 200:
            return Reply(status=said["status"], headers=JSON, body=_encoded(said["body"]))
        cut = "cut" in said.get("note", "")
        prompted = not request.path.endswith("/chat/completions")
        if request.streamed:
            return _streamed(said, cut=cut, prompted=prompted)
        answer = whole(_chat_events(said))
        body = _encoded(_prompted(answer) if prompted else answer)
        if cut:
            return Reply(body=body[:40], content_length=len(body), keep_alive=False)
        return Reply(body=body)

    def _embedded(self, inputs: str | list[str]) -> Reply:
        """Join what a runner answered to each input: the real server asks one by one."""
        texts = [inputs] if isinstance(inputs, str) else inputs
        # A text that the real server shortened is asked for in full here.
        only = next(iter(self._vectors.values()), None)
        answers = [self._vectors.get(text, only) for text in texts]
        rows, tokens = [], 0
        for index, call in enumerate(answers):
            if call is None:
                return error(500, "the real server did not ask its runner here")
            said = call["response"]
            if said["status"] != 200:
                return Reply(status=said["status"], headers=JSON, body=_encoded(said["body"]))
            rows.append(said["body"]["data"][0] | {"index": index})
            tokens += said["body"]["usage"]["prompt_tokens"]
        usage = {"prompt_tokens": tokens, "total_tokens": tokens}
        return Reply(
            body=_encoded({"object": "list", "data": rows, "model": "stub", "usage": usage})
        )


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


def _streamed(said: Event, *, cut: bool, prompted: bool) -> Reply:
    if _is_chat(said) and not prompted:
        raw = said["raw"].encode()
    else:
        pieces = _chat_events(said)
        written = [event(_prompted(piece) if prompted else piece) for piece in pieces]
        raw = b"".join(written if cut else [*written, DONE])
    return Reply(headers=SSE, steps=[Send(raw), Close()] if cut else [Send(raw)])


def _prompted(answer: Event) -> Event:
    """Write a chat's answer, or a piece of one, as that to a prompt."""
    if "choices" not in answer:
        return answer
    choices = []
    for choice in answer["choices"]:
        kept = {key: choice[key] for key in choice if key not in {"delta", "message"}}
        told = choice.get("delta", choice.get("message"))
        choices.append(kept | {"text": told.get("content") or ""})
    return answer | {"object": "text_completion", "choices": choices}


def _is_chat(said: Event) -> bool:
    return any("choices" in event for event in said["events"] if isinstance(event, dict))


def _chat_events(said: Event) -> list[Event]:
    events = [event for event in said["events"] if isinstance(event, dict)]
    return events if _is_chat(said) else [_as_chat(event) for event in events]


def _as_chat(said: Event) -> Event:
    """Turn a piece of llama.cpp's `/completion` into one of a chat."""
    if "error" in said:
        return said
    choice: Event = {
        "index": 0,
        "delta": {"content": said["content"]},
        "finish_reason": ENDS[said["stop_type"]] if said["stop"] else None,
    }
    if "completion_probabilities" in said:
        choice["logprobs"] = {"content": said["completion_probabilities"]}
    timings = {"timings": said["timings"]} if "timings" in said else {}
    return {"id": "c", "object": "chat.completion.chunk", "choices": [choice], **timings}


def _body(call: Event) -> Event:
    body: Event = call["request"]["body"]
    return body


def _encoded(value: Any) -> bytes:
    return json.dumps(value).encode()
