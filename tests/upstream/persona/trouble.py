"""What goes wrong behind the gateway, where the user's words ask for it.

`FAIL:` and a word: a status with which the upstream refuses, `length` for a prompt that is
too long, `cut` for an answer that breaks off, `silence` for none at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from msgspec import Struct
from msgspec.structs import replace

from tests.upstream.script import Close, Reply, Send, Stall, Taken

FAIL = "FAIL:"
RETRY_AFTER = 7


class Refusal(Struct, frozen=True, kw_only=True):
    """A refusal, for a form to word in its own shape."""

    status: int
    message: str
    code: str | None = None
    headers: tuple[tuple[str, str], ...] = ()


_REFUSALS: Mapping[str, Refusal] = MappingProxyType(
    {
        "401": Refusal(status=401, message="no such key", code="invalid_api_key"),
        "429": Refusal(
            status=429,
            message="slow down",
            code="rate_limit_exceeded",
            headers=(("Retry-After", str(RETRY_AFTER)),),
        ),
        "503": Refusal(status=503, message="the model is busy"),
        "length": Refusal(
            status=400,
            message="the input length exceeds the context length",
            code="context_length_exceeded",
        ),
    }
)


def troubled(text: str, refuse: Callable[[Refusal], Reply], answer: Callable[[], Reply]) -> Reply:
    """Answer, or fail in the way that the user's words ask for."""
    if FAIL not in text:
        return answer()
    word = text.partition(FAIL)[2].split()[0]
    if word == "silence":
        return Reply(head=b"", steps=[Stall()], framing="none")
    if word == "cut":
        return _cut(answer())
    refusal = _REFUSALS[word]
    reply = refuse(refusal)
    return replace(reply, status=refusal.status, headers=reply.headers + refusal.headers)


def _cut(reply: Reply) -> Reply:
    """Break off in the middle: of the body, or of the events of a stream."""
    if reply.steps is None:
        half = reply.body[: len(reply.body) // 2]
        return replace(
            reply,
            body=b"",
            steps=[Send(half), Close()],
            framing="length",
            content_length=len(reply.body),
        )
    steps = list(reply.steps)
    return replace(reply, steps=[*steps[: len(steps) // 2], Taken(), Close()])
