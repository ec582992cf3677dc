"""What must be the same in an answer below `/v1`.

Equal: status, the type, headers that were recorded, framing, events, keys and their order,
values. Not compared: what `masks.py` and `additions.py` tell, how a text was cut into events
and a character escaped, and of errors what only says more: `param`, `code`, a finer `type`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from types import MappingProxyType
from typing import Any

from tests.integration.golden.additions import EVENTS, without_additions
from tests.integration.golden.events import joined, miscounted, parsed
from tests.integration.golden.facts import embedded
from tests.integration.golden.masks import masked, respelled
from tests.integration.golden.recordings import Recorded
from tests.integration.golden.unequal import unequal
from tests.integration.golden.wire import TRANSPORT, Answer

Json = Any

LINE_ENDS = frozenset("\u0085\u2028\u2029")
"""Where some clients cut lines, so that none must stand in one as it is."""

ESTIMATED = "/events/*/data/message/usage/input_tokens"
"""How long the prompt is, before the runner has counted it."""

ONLY_OF_STREAMS = "cache-control"
"""The real server sends it with the error too that comes in place of a stream."""

FINER: Mapping[str, str] = MappingProxyType({"api_error": "server_error"})
"""What OpenAI calls types of errors that Ollama has one name for."""

FAILED = 400


def answered(recorded: Recorded, answer: Answer) -> Iterator[str]:
    """Name everything that differs and should not."""
    response = recorded.response
    if answer.status != response["status"]:
        yield f"status {answer.status} instead of {response['status']}: {answer.text[:200]}"
        return
    yield from _headers(recorded, answer)
    if "events" in response:
        yield from _streamed(recorded, answer)
    elif "body" not in response:
        yield from unequal("body", answer.text, response.get("body_text", ""))
    elif recorded.path == "/v1/embeddings" and response["status"] < FAILED:
        yield from embedded(answer.json(), response["body"])
    else:
        yield from _whole(recorded, answer)


def _headers(recorded: Recorded, answer: Answer) -> Iterator[str]:
    told = dict(answer.headers)
    for name, value in recorded.response["headers"].items():
        key = name.lower()
        if key in TRANSPORT or (key == ONLY_OF_STREAMS and answer.status >= FAILED):
            continue
        yield from unequal(name, *map(_without_charset, (told.get(key, ""), value)))


def _without_charset(value: str) -> str:
    return value.partition(";")[0]


def _whole(recorded: Recorded, answer: Answer) -> Iterator[str]:
    yield from unequal("framing", answer.framing, "content-length")
    ours, theirs = answer.json(), recorded.response["body"]
    if answer.status >= FAILED:
        ours, theirs = _saying_no_more(ours, theirs), _finer(theirs)
    yield from unequal("body", *_comparable(recorded, {"body": ours}, {"body": theirs}))


def _streamed(recorded: Recorded, answer: Answer) -> Iterator[str]:
    yield from unequal("framing", answer.framing, "chunked")
    cut = [chunk for chunk in answer.chunks if not chunk.endswith(b"\n\n")]
    yield from unequal("chunks that are no whole events", cut, [])
    yield from unequal("line ends within lines", LINE_ENDS & set(answer.text), set())
    events = parsed(answer.text)
    yield from miscounted(events)
    known = [event for event in events if event.get("event") not in EVENTS]
    said = ({"events": joined(told)} for told in (known, recorded.response["events"]))
    ours, theirs = (json.loads(text)["events"] for text in _comparable(recorded, *said))
    for mine, other in zip_longest(ours, theirs):
        yield from unequal("event", *map(json.dumps, (mine, other)))


def _comparable(recorded: Recorded, ours: Json, theirs: Json) -> Iterator[str]:
    """Write both without what need not be the same."""
    pointers = {ESTIMATED, *recorded.volatile}
    if recorded.group == "models":  # their ids are what was asked for
        pointers = {pointer for pointer in pointers if not pointer.endswith("/id")}
    for said in (without_additions(recorded.file, ours, theirs), theirs):
        yield json.dumps(respelled(masked(said, pointers)))


def _saying_no_more(ours: Json, theirs: Json) -> Json:
    """Leave out of our error what the recorded one says nothing about."""
    match ours, theirs:
        case {"error": dict(error)}, {"error": dict(recorded)}:
            silent = error.keys() & {
                key for key in ("param", "code") if recorded.get(key, "") is None
            }
            return ours | {"error": error | dict.fromkeys(silent)}
        case _:
            return ours


def _finer(theirs: Json) -> Json:
    """Call the type of an error of OpenAI's form by OpenAI's own name."""
    match theirs:
        case {"error": {"type": kind, "param": _}}:
            return theirs | {"error": theirs["error"] | {"type": FINER.get(kind, kind)}}
        case _:
            return theirs
