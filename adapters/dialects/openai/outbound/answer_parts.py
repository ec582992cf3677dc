"""The parts of an answer that are read the same way whole and in a stream."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from types import MappingProxyType
from typing import Any

from msgspec import Raw, Struct
from msgspec.json import Decoder
from msgspec.structs import asdict, replace

from adapters.dialects.openai.outbound.schema import (
    Answer,
    Choice,
    Logprobs,
    ReadMessage,
    ReadPart,
    ReasoningDetail,
)
from ports.chat import FinishReason, Timing, TokenLogprob, Usage

FINISH_REASONS: Mapping[str, FinishReason] = MappingProxyType(
    {
        "stop": FinishReason.STOP,
        "eos": FinishReason.STOP,
        "eos_token": FinishReason.STOP,
        "end_turn": FinishReason.STOP,
        "stop_sequence": FinishReason.STOP,
        "length": FinishReason.LENGTH,
        "max_tokens": FinishReason.LENGTH,
        "model_length": FinishReason.LENGTH,
        "tool_calls": FinishReason.TOOL_CALLS,
        "tool_use": FinishReason.TOOL_CALLS,
        "function_call": FinishReason.TOOL_CALLS,
        "content_filter": FinishReason.CONTENT_FILTER,
    }
)
"""What servers say, by meaning (docs/wire/dialects.md 1.6). What is not here is `STOP`."""

_ANYTHING = Decoder(dict[str, Any])
_MAX_COUNT = 2**53 - 1
"""Above this a number of JSON is not exact, and no count of tokens."""
_MAX_NS = 2**63 - 1
_NOT_TIMED = Timing()
_MEMBERS = Decoder(dict[str, Raw])
_DETAILS = Decoder(list[ReasoningDetail])


def finish_reason(said: object, *, calls: bool) -> FinishReason:
    """Return why the model stopped; `STOP` beside calls means that it wants them made."""
    reason = FINISH_REASONS.get(said.lower() if isinstance(said, str) else "", FinishReason.STOP)
    return FinishReason.TOOL_CALLS if calls and reason is FinishReason.STOP else reason


def is_cut(said: object) -> bool:
    """Tell whether the token limit ended the answer, perhaps in the middle of a tool call."""
    return finish_reason(said, calls=False) is FinishReason.LENGTH


def first_choice(choices: list[Choice]) -> Choice | None:
    """Return the choice with index 0: no other one was asked for."""
    return next((choice for choice in choices if not choice.index), None)


def stop_sequence(choice: Choice, stop: Sequence[str]) -> str:
    """Return which of the stop strings ended an answer, where the server says that.

    OpenRouter hands on the word of Anthropic's servers that one did: enough if there was one.
    """
    for said in (choice.stop_reason, choice.matched_stop):
        if said in stop:
            return str(said)
    ended = (choice.native_finish_reason, choice.finish_reason)
    return stop[0] if len(stop) == 1 and "stop_sequence" in ended else ""


def text_of(message: ReadMessage) -> str:
    """Return the text of a message or delta; a refusal is text too."""
    content = message.content
    if isinstance(content, list):
        content = "".join(part.text for part in content if part.text)
    return content or message.refusal or ""


def completion_text(choice: Choice) -> str:
    """Return the text of a completion, whole or a piece of it."""
    return choice.text if isinstance(choice.text, str) else ""


def thinking_of(message: ReadMessage) -> str:
    """Return the thinking. Servers repeat it in several fields: the first that has it counts."""
    return (
        message.reasoning
        or message.reasoning_content
        or _detailed(message)
        or _in_parts(message.content)
    )


def signatures_of(message: ReadMessage) -> list[str]:
    """Return the signatures of the thinking in a message or delta, one for each part of it."""
    details = message.reasoning_details
    if b'"signature"' not in bytes(details):
        return []
    return [part.signature for part in _details(details) if part.signature]


def logprobs_of(logprobs: Logprobs | None) -> tuple[TokenLogprob, ...]:
    """Return the tokens that a chunk or an answer tells about.

    They come as rows, or in columns as the older completions have them (docs/wire/dialects.md
    5.2): a token without a number, as the first of an echo, is left out.
    """
    if logprobs is None:
        return ()
    if not logprobs.content:
        return _in_columns(logprobs) if logprobs.tokens else ()
    return tuple(
        TokenLogprob(
            token=read.token,
            logprob=read.logprob,
            bytes=read.bytes,
            top=tuple(
                TokenLogprob(token=top.token, logprob=top.logprob, bytes=top.bytes)
                for top in read.top_logprobs or ()
            ),
        )
        for read in logprobs.content
    )


class Tally(Struct, gc=False):
    """Counts as they came: of each figure the last one that is known wins.

    Nearly all are read only at the end. Some servers count in every event, each time all of it
    (docs/wire/dialects.md 1.5); only one that counts something else than the one before makes
    that be read as well.
    """

    usage: Raw | None = None
    timings: Raw | None = None
    _before: Usage = Usage()

    def take(self, answer: Answer) -> None:
        """Remember the counts of an answer or event, if it has any."""
        if is_there(answer.usage):
            self.count(answer.usage)
        elif is_there(answer.x_groq) and (usage := _member(answer.x_groq, "usage")) is not None:
            self.count(usage)
        if is_there(answer.timings):
            self.timings = answer.timings

    def count(self, usage: Raw) -> None:
        """Remember the `usage` of an answer or event."""
        if self.usage is not None and _form(usage) != _form(self.usage):
            self._before = self._known()
        self.usage = usage

    def _known(self) -> Usage:
        said = asdict(_usage_of(_object(self.usage)))
        return replace(
            self._before, **{name: figure for name, figure in said.items() if figure is not None}
        )

    def read(self) -> tuple[Usage, Timing]:
        """Return tokens and times. llama.cpp counts both in `timings`.

        What cannot be a count or a time (negative, no number, beyond 2**53 - 1 tokens or
        2**63 - 1 nanoseconds) was not said.
        """
        usage = self._known()
        if self.timings is None:
            return usage, _NOT_TIMED
        timings = _object(self.timings)
        new, cached = _count(timings.get("prompt_n")), _count(timings.get("cache_n"))
        timed_prompt = None if new is None else _count(new + (cached or 0))
        return replace(
            usage,
            prompt_tokens=_first(usage.prompt_tokens, timed_prompt),
            completion_tokens=_first(usage.completion_tokens, _count(timings.get("predicted_n"))),
            cached_tokens=_first(usage.cached_tokens, cached),
        ), Timing(
            prompt_ns=_nanoseconds(timings.get("prompt_ms")),
            completion_ns=_nanoseconds(timings.get("predicted_ms")),
        )


def _form(usage: Raw) -> bytes:
    """Return all of it but the figures."""
    return bytes(usage).translate(None, b"0123456789")


def _usage_of(usage: Mapping[str, Any]) -> Usage:
    prompt = _object_in(usage, "prompt_tokens_details")
    completion = _object_in(usage, "completion_tokens_details")
    return Usage(
        prompt_tokens=_count(usage.get("prompt_tokens")),
        completion_tokens=_count(usage.get("completion_tokens")),
        cached_tokens=_count(prompt.get("cached_tokens")),
        cache_write_tokens=_first(
            _count(prompt.get("cache_write_tokens")),
            # LiteLLM keeps Anthropic's name.
            _count(usage.get("cache_creation_input_tokens")),
        ),
        reasoning_tokens=_count(completion.get("reasoning_tokens")),
        cost=_number(usage.get("cost")),
    )


def is_there(raw: Raw) -> bool:
    """Tell whether a member is present and says something."""
    return bytes(raw) not in {b"", b"null", b"{}", b"[]", b'""', b"false"}


def _in_columns(logprobs: Logprobs) -> tuple[TokenLogprob, ...]:
    return tuple(
        TokenLogprob(token=token, logprob=logprob, top=_alternatives(top))
        for token, logprob, top in zip_longest(
            _list(logprobs.tokens), _list(logprobs.token_logprobs), _list(logprobs.top_logprobs)
        )
        if isinstance(token, str) and _is_logprob(logprob)
    )


def _alternatives(top: object) -> tuple[TokenLogprob, ...]:
    if not isinstance(top, dict):
        return ()
    return tuple(
        TokenLogprob(token=token, logprob=logprob)
        for token, logprob in top.items()
        if _is_logprob(logprob)
    )


def _is_logprob(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _detailed(message: ReadMessage) -> str:
    if not is_there(message.reasoning_details):
        return ""
    return "".join(part.text or part.summary or "" for part in _details(message.reasoning_details))


def _details(raw: Raw) -> list[ReasoningDetail]:
    try:
        return _DETAILS.decode(raw)
    except (ValueError, RecursionError):
        return []


def _in_parts(content: str | list[ReadPart] | None) -> str:
    if not isinstance(content, list):
        return ""
    return "".join(_thought(part) for part in content)


def _thought(part: ReadPart) -> str:
    if isinstance(part.thinking, list):
        return "".join(inner.text or "" for inner in part.thinking)
    return part.thinking or ""


def _object(raw: Raw | None) -> Mapping[str, Any]:
    if raw is None:
        return {}
    try:
        return _ANYTHING.decode(raw)
    except (ValueError, RecursionError):
        return _loose_object(bytes(raw))


def _loose_object(raw: bytes) -> Mapping[str, Any]:
    # One number without bounds, such as 1e400, must not cost the others.
    try:
        read = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return read if isinstance(read, dict) else {}


def _member(raw: Raw, name: str) -> Raw | None:
    try:
        return _MEMBERS.decode(raw).get(name)
    except (ValueError, RecursionError):
        return None


def _object_in(parent: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = parent.get(name)
    return value if isinstance(value, dict) else {}


def _count(value: object) -> int | None:
    if value is None:  # as most are
        return None
    number = _number(value)
    return None if number is None else int(number)


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if 0 <= value <= _MAX_COUNT else None


def _nanoseconds(milliseconds: object) -> int | None:
    number = _number(milliseconds)
    nanoseconds = None if number is None else round(number * 1e6)
    return None if nanoseconds is None or nanoseconds > _MAX_NS else nanoseconds


def _first(preferred: int | None, other: int | None) -> int | None:
    return other if preferred is None else preferred
