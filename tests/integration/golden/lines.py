"""Recorded streams, line by line: what they say all in all, and how they end.

How a text is cut into lines is not compared, nor whether its last piece stands on the line
that says `done`. The pieces are joined as they were spelled, so their escapes are compared.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Raw, Struct
from msgspec.json import Decoder

from tests.integration.golden.unequal import unequal

Json = dict[str, Any]
Shape = tuple[tuple[str, ...], tuple[str, ...]]

_TEXT = ("role", "content")
SHAPES: frozenset[Shape] = frozenset(
    {
        (("model", "created_at", "message", "done"), _TEXT),
        (("model", "created_at", "message", "done"), (*_TEXT, "thinking")),
        (("model", "created_at", "message", "done"), (*_TEXT, "tool_calls")),
        (("model", "created_at", "message", "done", "logprobs"), _TEXT),
        (("model", "created_at", "response", "done"), ()),
        (("model", "created_at", "response", "thinking", "done"), ()),
        (("model", "created_at", "response", "done", "logprobs"), ()),
    }
)
"""The keys of every line before the last one, and of its message; a test proves them."""

_ANSWER = frozenset({"message", "response", "thinking", "logprobs", "tool_calls", "context"})
_VOLATILE = frozenset({"created_at", "total_duration", "load_duration"})

_WRITING = ("parsing GGUF", "verifying conversion", "writing manifest")

_NEXT_LINE = "\u0085".encode()


class _Said(Struct, frozen=True):
    """The texts of a line, as they were spelled."""

    content: Raw = Raw(b'""')
    thinking: Raw = Raw(b'""')
    response: Raw = Raw(b'""')


class _Line(_Said, frozen=True):
    message: _Said = _Said()


_LINE = Decoder(_Line)


def spelling(raw: bytes) -> bytes:
    """Spell what the real server leaves raw although clients in Python split lines there."""
    return raw.replace(_NEXT_LINE, rb"\u0085")


def streams(ours: bytes, theirs: bytes) -> Iterator[str]:
    """Compare what two streams of an answer say all in all, and their last lines."""
    mine, other = _lines(ours), _lines(theirs)
    if not ours.endswith(b"\n"):
        yield "the last line has no end"
    for line in mine[:-1]:
        if shape(line) not in SHAPES:
            yield f"a line of another shape: {shape(line)}"
    if "error" in mine[-1] or "error" in other[-1]:
        yield from unequal("last line", mine[-1], other[-1])
    yield from unequal("texts", _texts(ours), _texts(spelling(theirs)))
    yield from unequal("tool calls", _calls(mine), _calls(other))
    yield from unequal("logprobs", _logprobs(mine), _logprobs(other))
    yield from unequal("last line", _ending(mine[-1]), _ending(other[-1]))


def progress(ours: bytes, theirs: bytes) -> Iterator[str]:
    """Compare two reports of progress: the same steps, but for those that concern files."""
    steps = [
        [line for line in report.splitlines(keepends=True) if not _is_about_files(json.loads(line))]
        for report in (ours, theirs)
    ]
    yield from unequal("steps", *steps)


def shape(line: Json) -> Shape:
    """Return the keys of a line and of its message."""
    return tuple(line), tuple(line.get("message", ()))


def _lines(raw: bytes) -> list[Json]:
    return [json.loads(line) for line in raw.removesuffix(b"\n").split(b"\n")]


def _texts(raw: bytes) -> dict[str, bytes]:
    """Join the pieces of each text as they were spelled, without their quotes."""
    lines = [_LINE.decode(line) for line in raw.removesuffix(b"\n").split(b"\n")]
    pieces = [said for line in lines for said in (line, line.message)]
    return {
        name: b"".join(bytes(getattr(said, name))[1:-1] for said in pieces)
        for name in ("content", "thinking", "response")
    }


def _calls(lines: Sequence[Json]) -> str:
    calls = [call for line in lines for call in line.get("message", {}).get("tool_calls", ())]
    calls += [call for line in lines for call in line.get("tool_calls", ())]
    return json.dumps([call | ({"id": "call"} if call.get("id") else {}) for call in calls])


def _logprobs(lines: Sequence[Json]) -> str:
    return json.dumps([entry for line in lines for entry in line.get("logprobs", ())])


def _ending(line: Json) -> list[tuple[str, Any]]:
    """Return what a last line says beside the last piece of the answer, in order."""
    return [(k, k in _VOLATILE or line[k]) for k in line if k not in _ANSWER]


def _is_about_files(line: Json) -> bool:
    status = line.get("status", "")
    return "digest" in line or "sha256" in status or status in _WRITING
