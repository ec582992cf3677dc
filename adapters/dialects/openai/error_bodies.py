"""The many shapes in which servers say what went wrong (docs/wire/dialects.md 1.12 and 8.7)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from msgspec import Struct

from adapters.dialects.openai.error_metadata import details, error_type, in_json, wait
from adapters.dialects.upstreams.scrub import scrub, unescaped
from adapters.dialects.upstreams.statuses import FALLBACK, is_page, phrase_of
from ports.errors import CONTEXT_LENGTH_EXCEEDED, MODEL_NOT_FOUND

QUOTA = "insufficient_quota"
"""Payment is due: waiting does not help."""

_CONTEXT_CODES = frozenset({CONTEXT_LENGTH_EXCEEDED, "exceed_context_size_error"})
_CONTEXT = re.compile(
    r"maximum context length|context (?:length|window|size)[^.]{0,40}(?:exceed|too)"
    r"|exceed[^.]{0,40}context (?:length|window|size)|prompt is too long|input is too long"
    r"|(?:larger|longer|greater) than[^.]{0,40}context (?:length|window|size)"
    r"|input \(\d+ tokens\) is too large to process",
    re.IGNORECASE,
)
_UNKNOWN_MODEL = re.compile(
    r"\bmodel\b.{0,200}?(?:not found|not exist)|is not a valid model"
    r"|(?:unknown|invalid|no such) model|invalid model name",
    re.IGNORECASE,
)
_NO_ENDPOINT = re.compile(
    r"\bno (?:\w+ ){0,2}(?:endpoints?|providers?)\b.{0,40}\b(?:found|available|match|support|meet)",
    re.IGNORECASE,
)

_READ = 16 * 1024
"""Characters of a message that are looked at: what it is about stands in front."""
TOKEN_LIMITS = frozenset({"max_tokens_exceeded", "token_limit_exceeded"})
"""Names of an error that only says that the answer is as long as it may be."""

_STATUSES: Mapping[str, int] = MappingProxyType(
    {
        "invalid_request_error": 400,
        "invalid_request": 400,
        "badrequesterror": 400,
        CONTEXT_LENGTH_EXCEEDED: 400,
        "max_tokens_exceeded": 400,
        "token_limit_exceeded": 400,
        "string_too_long": 400,
        "invalid_prompt": 400,
        "invalid_image": 400,
        "unprocessable": 400,
        "authentication_error": 401,
        "authentication": 401,
        "invalid_api_key": 401,
        "payment_required": 402,
        "permission_error": 403,
        "permission_denied": 403,
        "content_policy_violation": 403,
        "refusal": 403,
        "not_found_error": 404,
        MODEL_NOT_FOUND: 404,
        "payload_too_large": 413,
        "timeout": 504,
        QUOTA: 429,
        "rate_limit_error": 429,
        "rate_limit_exceeded": 429,
        "overloaded_error": 503,
        "provider_overloaded": 503,
        "server_is_overloaded": 503,
        "slow_down": 503,
        "unavailable_error": 503,
    }
)
"""What a word in `code` or `type` means where no status says it."""


class Failure(Struct, frozen=True, kw_only=True):
    """What an upstream says about its failure, cleaned for the client.

    `status` is its own, from the body; `None` if it names none. `wait` is in seconds.
    """

    message: str
    code: str | None
    param: str | None
    status: int | None
    is_context_length: bool
    is_unknown_model: bool
    is_unroutable: bool
    """The model is known, but nobody may or can run it as asked."""
    wait: float | None


def read_failure(status: int, body: bytes) -> Failure:
    """Read the body of an error answer, whatever it is."""
    text = body.decode("utf-8", "replace")
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return _failure({}, "" if is_page(text) else text, phrase_of(status))
    return _from_json(_unwrapped(said), phrase_of(status), unescaped(text))


def read_member(member: bytes) -> Failure:
    """Read the `error` member of an answer that has status 200; it may be empty."""
    try:
        said = json.loads(member.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        said = {}
    # An event named `error` may hold a whole error body (`EventReader`).
    return _from_json(_unwrapped(said), FALLBACK, "")


def read_bare(body: bytes) -> Failure | None:
    """Read a body that has status 200 and no choices, but words; `None` if it is no error.

    An error is what calls itself one (`"object":"error"`, `"type":"error"`, an `error` in a
    list) or what has a `message` in words or a `detail`. A ping is none, whatever it says.
    """
    try:
        said = json.loads(body.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
    first = said[0] if isinstance(said, list) and said else said
    if not isinstance(first, dict) or first.get("choices") or not _is_error(first):
        return None
    return _from_json(_unwrapped(first), FALLBACK, "")


def _is_error(said: Mapping[str, Any]) -> bool:
    kinds = (said.get("object"), said.get("type"))
    if "ping" in kinds:
        return False
    message = said.get("message")
    words = said.get("error") or said.get("detail") or (isinstance(message, str) and message)
    return "error" in kinds or bool(words)


def _unwrapped(said: object) -> object:
    """Take an error out of its wrapping.

    Some servers put it in a list (Gemini); old vLLM and FastAPI do not wrap it at all.
    """
    if isinstance(said, list) and said:
        said = said[0]
    if isinstance(said, dict) and said.get("error"):
        return said["error"]
    return said


def _from_json(said: object, fallback: str, text: str) -> Failure:
    if isinstance(said, str):
        return _failure({}, said, fallback)
    if not isinstance(said, dict):
        return _failure({}, text, fallback)
    message = said.get("message") or said.get("detail") or said.get("error") or text
    return _failure(said, message if isinstance(message, str) else _details(message), fallback)


def _details(message: object) -> str:
    """Read FastAPI's list of what is wrong where, or show whatever it is."""
    if isinstance(message, list):
        texts = [item["msg"] for item in message if isinstance(item, dict) and "msg" in item]
        if texts:
            return "; ".join(map(str, texts))
    return in_json(message)


def _failure(said: Mapping[str, Any], message: str, fallback: str) -> Failure:
    kind = error_type(said)
    words = [str(word) for word in (said.get("code"), said.get("type"), kind) if word]
    named = {word.lower() for word in words}
    beside = details(said)
    message = message[:_READ]
    whole = f"{message}: {beside[:_READ]}" if beside and beside not in message else message
    return Failure(
        message=scrub(whole) or fallback,
        code=QUOTA if QUOTA in named else _code(kind) or _code(said.get("code")) or _detail(said),
        param=_code(said.get("param")),
        status=_status(words),
        is_context_length=bool(named & _CONTEXT_CODES or _CONTEXT.search(whole)),
        is_unknown_model=MODEL_NOT_FOUND in named or bool(_UNKNOWN_MODEL.search(message)),
        is_unroutable=bool(_NO_ENDPOINT.search(message)),
        wait=wait(said),
    )


def _code(said: object) -> str | None:
    """Keep a code that is a word; numbers repeat the status."""
    return scrub(said) or None if isinstance(said, str) and not said.isdecimal() else None


def _detail(said: Mapping[str, Any]) -> str | None:
    """Return the code that a server of Anthropic's dialect gives for programs."""
    beside = said.get("details")
    return _code(beside.get("error_code")) if isinstance(beside, dict) else None


def _status(words: list[str]) -> int | None:
    for word in words:
        if word.isdecimal() and len(word) == 3 and "400" <= word <= "599":  # noqa: PLR2004 - HTTP
            return int(word)
    return next((_STATUSES[word.lower()] for word in words if word.lower() in _STATUSES), None)
