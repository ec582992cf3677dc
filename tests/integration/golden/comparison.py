"""What must be the same in a recorded answer and in ours (tests/golden/README.md).

Of the native routes: status, headers, framing, texts with their escapes, keys and their order,
values, but not what differs from run to run, how a text was cut into lines, and what only a
server with the model's files knows. Of the others see `answers.py`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from tests.integration.golden.answers import answered
from tests.integration.golden.facts import embedded, lists, shown
from tests.integration.golden.lines import progress, spelling, streams
from tests.integration.golden.recordings import NATIVE, Recorded
from tests.integration.golden.unequal import unequal
from tests.integration.golden.wire import TRANSPORT, Answer, Header

_VOLATILE = re.compile(
    rb'"(created_at|total_duration|load_duration)":(?:"[^"]*"|[0-9]+)'
    rb'|(?<="signin_url":)"[^"]*"'
)
_CONTEXT = re.compile(rb'"context":\[[^]]*\],')
_CALL_ID = re.compile(rb'(?<="id":)"call_[^"]*"')


def differences(recorded: Recorded, answer: Answer) -> list[str]:
    """Name everything that differs and should not."""
    compare = _native if recorded.file == NATIVE else answered
    return list(compare(recorded, answer))


def _native(recorded: Recorded, answer: Answer) -> Iterator[str]:
    status = recorded.response["status"]
    if answer.status != status:
        yield f"status {answer.status} instead of {status}: {answer.text[:200]}"
        return
    yield from unequal("headers", answer.told, headers_of(recorded))
    yield from _framing(recorded, answer)
    if status == 200 and answer.framing != "none":
        yield from _body(recorded, answer)
    else:
        yield from unequal("body", answer.content, recorded.raw)


def _body(recorded: Recorded, answer: Answer) -> Iterator[str]:
    match recorded.path:
        case "/api/show":
            yield from shown(answer.json(), recorded.response["body"])
        case "/api/embed" | "/api/embeddings":
            ours, theirs = stable(recorded, answer.content), _expected(recorded)
            yield from embedded(json.loads(ours), json.loads(theirs))
        case "/api/ps":
            yield from lists(answer.json()["models"], recorded.response["body"]["models"])
        case path if "models" in recorded.response.get("body", ()) and "tags" in path:
            yield from lists(answer.json()["models"], recorded.response["body"]["models"])
        case _ if "lines" not in recorded.response:
            yield from unequal("body", stable(recorded, answer.content), _expected(recorded))
        case "/api/pull" | "/api/push" | "/api/create":
            yield from progress(answer.content, recorded.raw)
        case _:
            yield from streams(answer.content, recorded.raw)


def _expected(recorded: Recorded) -> bytes:
    return spelling(stable(recorded, recorded.raw))


def stable(recorded: Recorded, raw: bytes) -> bytes:
    """Take out of a body what changes from run to run, and the tokens of a context.

    Those are numbers of the model's vocabulary, which nobody else has.
    """
    raw = _VOLATILE.sub(rb'"\1":0', raw)
    if recorded.path == "/api/generate":
        raw = _CONTEXT.sub(b"", raw)
    if any(pointer.endswith("/tool_calls/*/id") for pointer in recorded.volatile):
        raw = _CALL_ID.sub(b'"call"', raw)
    return raw


def headers_of(recorded: Recorded) -> list[Header]:
    """Return the recorded headers, without those of the transport, in order."""
    values: Iterable[tuple[str, Any]] = recorded.response["headers"].items()
    return sorted(
        (name.lower(), value)
        for name, given in values
        for value in ([given] if isinstance(given, str) else given)
        if name.lower() not in TRANSPORT
    )


def _framing(recorded: Recorded, answer: Answer) -> Iterator[str]:
    """Streams come in chunks of whole lines; whatever else has a body says how long it is."""
    theirs = recorded.response["framing"]
    if "lines" in recorded.response and recorded.response["one_chunk_per_line"]:
        yield from unequal("framing", answer.framing, "chunked")
        cut = [chunk for chunk in answer.chunks if not chunk.endswith(b"\n")]
        yield from unequal("chunks that are no whole lines", cut, [])
    else:
        given = "none" if theirs == "none" else "content-length"
        yield from unequal("framing", answer.framing, given)
