"""What must be the same in a recorded answer and in ours (tests/golden/README.md).

Equal: status, content type, texts, keys and their order. Not compared: what differs from run
to run, how a text was cut into lines, and what only a server with the model's files knows.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx

from tests.integration.golden import Recorded

Json = Any

FACTS = {
    "/api/show": frozenset(
        {
            "license",
            "modelfile",
            "template",
            "details",
            "messages",
            "model_info",
            "projector_info",
            "tensors",
            "requires",
            "remote_model",
            "remote_host",
            "modified_at",
        }
    ),
    "/api/tags": frozenset(
        {"modified_at", "size", "digest", "details", "remote_model", "remote_host"}
    ),
}
"""Members that describe the files of a model: present or not, in place, of their own value."""

DETAILS = ["parent_model", "format", "family", "families", "parameter_size", "quantization_level"]
"""Members of `details` that no client has to look for in vain."""


def differences(recorded: Recorded, answer: httpx.Response) -> list[str]:
    """Name everything that differs and should not."""
    return list(_differences(recorded, answer))


def _differences(recorded: Recorded, answer: httpx.Response) -> Iterator[str]:
    response = recorded.response
    if answer.status_code != response["status"]:
        yield f"status {answer.status_code} instead of {response['status']}: {answer.text[:200]}"
        return
    wanted_type = response["headers"].get("Content-Type")
    if answer.headers.get("content-type") != wanted_type:
        yield f"content type {answer.headers.get('content-type')} instead of {wanted_type}"
    if "body_text" in response:
        yield from _unequal("text", answer.text, response["body_text"])
    elif "lines" in response:
        lines = [json.loads(line) for line in answer.text.removesuffix("\n").split("\n")]
        yield from _streams(lines, response["lines"])
    elif response["status"] != 200:
        yield from _unequal("bytes", answer.text, response["raw"])
    elif recorded.request["path"].startswith("/api/show"):
        yield from _facts("show", answer.json(), response["body"], FACTS["/api/show"])
    elif recorded.request["path"].startswith("/api/tags"):
        yield from _lists(answer.json()["models"], response["body"]["models"])
    else:
        yield from _plain(answer.json(), response["body"], recorded.volatile)


def _plain(ours: Json, theirs: Json, volatile: tuple[str, ...]) -> Iterator[str]:
    """Compare two whole answers: all keys in their order, all values that last."""
    for pointer in volatile:
        _forget(ours, pointer.split("/")[2:])
        _forget(theirs := json.loads(json.dumps(theirs)), pointer.split("/")[2:])
    yield from _unequal("body", json.dumps(ours), json.dumps(theirs))


def _streams(ours: list[Json], theirs: list[Json]) -> Iterator[str]:
    """Compare what two streams say all in all, and their last lines."""
    if "error" in theirs[-1] or "error" in ours[-1]:
        yield from _unequal("last line", ours[-1], theirs[-1])
    for line in ours[:-1]:
        if _shape(line) not in LINES:
            yield f"a line of another shape: {_shape(line)}"
    for part in ("content", "thinking"):
        yield from _unequal(part, _joined(ours, part), _joined(theirs, part))
    yield from _unequal("tool calls", _calls(ours), _calls(theirs))
    yield from _unequal("logprobs", _logprobs(ours), _logprobs(theirs))
    yield from _unequal("last line", _ending(ours[-1]), _ending(theirs[-1]))


_HEAD = ("model", "created_at", "message", "done")
LINES = frozenset(
    (head, message)
    for head in (_HEAD, (*_HEAD, "logprobs"))
    for message in (
        ("role", "content"),
        ("role", "content", "thinking"),
        ("role", "content", "tool_calls"),
    )
)
"""The shapes of every line before the last one; a test proves them against the recordings."""


def shapes(recorded: Recorded) -> set[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Collect the shapes of the lines of a recorded chat before the last one."""
    lines = recorded.response.get("lines", [])
    return {_shape(line) for line in lines[:-1] if "message" in line}


def _shape(line: Json) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return tuple(line), tuple(line.get("message", ()))


def _joined(lines: list[Json], part: str) -> str:
    return "".join(line.get("message", {}).get(part, "") for line in lines)


def _calls(lines: list[Json]) -> str:
    calls = [call for line in lines for call in line.get("message", {}).get("tool_calls", ())]
    return json.dumps([call | {"id": bool(call.get("id"))} for call in calls])


def _logprobs(lines: list[Json]) -> str:
    return json.dumps([entry for line in lines for entry in line.get("logprobs", ())])


def _ending(line: Json) -> list[tuple[str, Json]]:
    """Return what a last line says beside the last piece of the answer, in order."""
    apart = {"message", "logprobs"}
    volatile = {"created_at", "total_duration", "load_duration"}
    return [(k, k in volatile or line[k]) for k in line if k not in apart]


def _lists(ours: list[Json], theirs: list[Json]) -> Iterator[str]:
    names = {model["name"] for model in theirs}
    yield from _unequal("names", {model["name"] for model in ours}, names)
    by_name = {model["name"]: model for model in theirs}
    for model in ours:
        # The real list and the real `show` disagree on capabilities; ours follows `show`.
        known = FACTS["/api/tags"] | {"capabilities"}
        yield from _facts(model["name"], model, by_name.get(model["name"], {}), known)


def _facts(what: str, ours: Json, theirs: Json, facts: frozenset[str]) -> Iterator[str]:
    """Compare keys and their order, and the values that are no facts about files."""
    expected = [key for key in theirs if key in ours]
    yield from _unequal(f"keys of {what}", list(ours), expected)
    missing = {key for key in theirs if key not in ours} - facts
    yield from _unequal(f"missing in {what}", missing, set())
    yield from _unequal("details", [k for k in ours["details"] if k in DETAILS], DETAILS)
    for key in set(ours) - facts:
        mine, other = ours[key], theirs.get(key)
        if key == "capabilities":
            mine, other = sorted(mine), sorted(other or ())
        yield from _unequal(key, mine, other)


def _unequal(what: str, ours: object, theirs: object) -> Iterator[str]:
    if ours != theirs:
        yield f"{what}: {ours!r} instead of {theirs!r}"


def _forget(value: Json, pointer: list[str]) -> None:
    """Replace what a pointer points to, where it is; `*` stands for every item of a list."""
    first, *rest = pointer
    places = range(len(value)) if first == "*" else [int(first) if first.isdigit() else first]
    for place in places:
        if isinstance(value, dict) and place not in value:
            continue
        if rest:
            _forget(value[place], rest)
        else:
            value[place] = None
