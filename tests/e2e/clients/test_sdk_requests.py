"""The requests that the SDKs were recorded with (tests/golden/sdk-*.jsonl), sent again.

The status must be the recorded one, and the answer must hold what the SDK reads of it
(docs/wire/ollama-api.md 7.2 and 7.3).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import httpx
import pytest

from tests.e2e.clients.gateways import KINDS, Gateways, Kind
from tests.e2e.clients.ledger import Cell, Ledger
from tests.e2e.clients.replay import Answered, recordings, send

pytestmark = pytest.mark.asyncio(loop_scope="package")

SDKS = {
    f"ollama-{sdk}-recorded": [row for row in recordings(f"sdk-{sdk}.jsonl")[1:] if row["requests"]]
    for sdk in ("python", "js")
}
VERSIONS = {"ollama-python-recorded": "0.6.3", "ollama-js-recorded": "0.6.4"}

EMBEDDED: Sequence[Kind] = ("offline",)
NATIVE: Sequence[Kind] = ("ollama",)
TRANSLATED: Sequence[Kind] = [kind for kind in KINDS if kind not in NATIVE]
LEFT_OUT = (
    "ERRFIRST",
    "ERRMID",
    "NODONE",  # faults of the stand-in of a runner
    "'fim'",
    "'gptoss'",
    "'remote'",  # models of the recording that are not behind the persona
    "/pre",
    "/v1/",  # there is no server under a path of another's choosing
)
OTHER_STATUS: tuple[tuple[Sequence[Kind], str, str, int, str], ...] = (
    (TRANSLATED, "/api/push", "", 501, "there is no registry behind a gateway"),
    (TRANSLATED, "/api/create", "files", 501, "model files need a server that runs models"),
    (TRANSLATED, "/api/create", "quantize", 501, "the same"),
    (TRANSLATED, "/api/blobs", "", 501, "the same"),
    (NATIVE, "/api/create", "files|quantize", 502, "an upstream's fault is not the gateway's own"),
    (NATIVE, "/api/pull", "nope['\"](?!.*[Tt]rue)", 502, "the same"),
    (EMBEDDED, "/api/chat", "plain.*think", 200, "the embedded model thinks under any name"),
    (("openrouter",), "/api/generate", "raw[:=] ?[Tt]rue", 400, "chats are all it has"),
    (EMBEDDED, "/api/chat", "plain.*tools", 200, "and calls tools"),
)
"""On which kinds, for which path and call, which status instead of the recorded one, why."""


def cells() -> list[Cell]:
    """Return every file of recordings on every kind of upstream."""
    return [
        Cell(client=sdk, call="every recorded request", kind=kind) for kind in KINDS for sdk in SDKS
    ]


def _models(answer: Answered) -> None:
    for entry in answer.lines[0]["models"]:
        assert entry["name"] == entry["model"]
        assert isinstance(entry["size"], int)


def _shown(answer: Answered) -> None:
    assert isinstance(answer.lines[0]["model_info"], dict)


def _chatted(answer: Answered) -> None:
    assert all(line["message"]["role"] == "assistant" for line in answer.lines)
    for line in answer.lines:
        for call in line["message"].get("tool_calls", ()):
            assert isinstance(call["function"]["arguments"], dict)
    assert [line["done"] for line in answer.lines].index(True) == len(answer.lines) - 1


def _generated(answer: Answered) -> None:
    assert all(isinstance(line["response"], str) for line in answer.lines)
    assert answer.lines[-1]["done"] is True


def _progressed(answer: Answered) -> None:
    last = answer.lines[-1]
    assert last.get("status") == "success" or last["error"]


def _nothing(answer: Answered) -> None:
    assert answer.text == ""


READ: Mapping[str, Callable[[Answered], None]] = {
    "/api/tags": _models,
    "/api/ps": _models,
    "/api/show": _shown,
    "/api/chat": _chatted,
    "/api/generate": _generated,
    "/api/embed": lambda answer: answer.lines[0]["embeddings"],
    "/api/embeddings": lambda answer: answer.lines[0]["embedding"],
    "/api/version": lambda answer: answer.lines[0]["version"],
    "/api/pull": _progressed,
    "/api/push": _progressed,
    "/api/create": _progressed,
    "/api/copy": _nothing,
    "/api/delete": _nothing,
}


@pytest.mark.parametrize("cell", cells(), ids=str)
async def test_an_sdk_finds_what_it_reads(cell: Cell, gateways: Gateways, ledger: Ledger) -> None:
    gateway = await gateways.of(cell.kind)
    found: list[str] = []

    async with httpx.AsyncClient(base_url=gateway.served.url, trust_env=False) as client:
        for row in SDKS[cell.client]:
            for request in row["requests"] if _sent_again(row["call"]) else ():
                came = await send(client, request)
                found += [
                    f"{row['call']}: {what}"
                    for what in _wrong(cell.kind, came, row["call"], request)
                ]

    assert found == []
    ledger.write(cell, VERSIONS[cell.client])


def _sent_again(call: str) -> bool:
    return not any(word in call for word in LEFT_OUT)


def _wrong(kind: Kind, came: Answered, call: str, request: Mapping[str, Any]) -> Iterator[str]:
    wanted = _status(kind, call, request)
    if came.status != wanted:
        yield f"status {came.status} for {wanted}: {came.text[:200]}"
    elif wanted >= 400:
        if not isinstance(came.lines[0]["error"], str):
            yield f"the error is no text: {came.text}"
    elif (problem := _read(request["path"], came)) is not None:
        yield f"{problem!r}: {came.text[:200]}"


def _read(path: str, came: Answered) -> Exception | None:
    try:
        READ.get(path, _nothing)(came)
    except (AssertionError, KeyError, IndexError, TypeError, ValueError) as problem:
        return problem
    return None


def _status(kind: Kind, call: str, request: Mapping[str, Any]) -> int:
    for kinds, path, words, status, _ in OTHER_STATUS:
        if kind in kinds and request["path"].startswith(path) and re.search(words, call):
            return status
    return int(request["answered"])
