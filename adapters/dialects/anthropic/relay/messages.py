"""Messages of a server that has them, on their way to a client of `/v1/messages`.

Only the model's name changes, in the event that begins a stream and in an answer in one piece
(docs/wire/dialects.md 7.4 and 7.7).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Raw, Struct
from msgspec.json import Decoder

from adapters.dialects.anthropic.relay.errors import decode_inband
from adapters.dialects.relaying.almost import read, read_almost
from adapters.dialects.relaying.events import RelayedEvents
from adapters.dialects.relaying.exchange import cut_off, no_answer
from adapters.dialects.relaying.model_member import ModelMember
from adapters.dialects.upstreams.counts import Count
from ports.chat import FinishReason, Usage
from ports.errors import BackendError, GatewayError
from ports.observer import Outcome

_ABSENT = Raw()
_NOTHING = {b"", b"null"}
_EMPTY = _NOTHING | {b'""'}
_SHELLS = frozenset({"text", "thinking"})
"""Blocks that are empty when they begin."""
_SAID = frozenset({"text", "thinking", "partial_json"})
"""Members of a delta in which the model says something, if they are not empty."""


class _Delta(Struct, gc=False):
    stop_reason: str | None = None


class _Ending(Struct, gc=False):
    delta: _Delta | None = None


class _Event(Struct, gc=False):
    type: str = ""
    message: Raw = _ABSENT
    error: Raw = _ABSENT


class _Block(Struct, gc=False):
    type: str = ""
    name: str = ""


class _Begun(Struct, gc=False):
    content_block: Raw = _ABSENT


class _Piece(Struct, gc=False):
    delta: dict[str, Raw] | None = None
    content_block: _Block | None = None

    @property
    def says(self) -> bool:
        # A call is said as soon as it is there, a text with its first piece.
        block, delta = self.content_block, self.delta or {}
        return (block is not None and block.type not in _SHELLS) or any(
            bytes(value) not in _EMPTY for name, value in delta.items() if name in _SAID
        )


class _Usage(Struct, gc=False):
    input_tokens: Count | None = None
    output_tokens: Count | None = None
    cache_creation_input_tokens: Count | None = None
    cache_read_input_tokens: Count | None = None


class _Message(Struct, gc=False):
    """A message, or the event at the end of one, as far as a relay has to know it."""

    model: str | None = None
    content: list[Raw] | None = None
    input_tokens: int | None = None
    error: Raw = _ABSENT
    usage: Raw = _ABSENT
    stop_reason: object = None


_EVENT = Decoder(_Event)
_PIECE = Decoder(_Piece)
_BEGUN = Decoder(_Begun)
_BLOCK = Decoder(_Block)
_CALL = "tool_use"
"""The type of a block in which the model calls a tool of the client."""
_REASONS = {
    "max_tokens": FinishReason.LENGTH,
    "model_context_window_exceeded": FinishReason.LENGTH,
    "tool_use": FinishReason.TOOL_CALLS,
    "refusal": FinishReason.CONTENT_FILTER,
}
"""What is not here is `STOP`."""
_ENDING = Decoder(_Ending)
_MESSAGE = Decoder(_Message)
_USAGE = Decoder(_Usage | None)


class RelayedMessageEvents(RelayedEvents):
    """One streamed message, with the model named as the client did."""

    __slots__ = ("_asked", "_begin", "_called", "_end", "_reason")

    def __init__(self, *, asked: str) -> None:
        super().__init__()
        self._asked = asked
        self._begin = b""
        self._end = b""
        """The message as it begins, and the event that tells how it ended."""
        self._reason = ""
        """Why, if it told."""
        self._called: list[str] = []
        """Names of the tools that it calls."""

    def outcome(self) -> Outcome:
        """Tell what was read of the answer."""
        return outcome_of(
            *(self._begin, self._end),
            called=self._called,
            reason=self._reason,
            pieces=self.pieces,
            error=self.error,
        )

    def _says(self, payload: bytes) -> bool:
        try:
            return read(_PIECE, payload).says
        except BackendError:
            return False

    def _event(self, payload: bytes) -> bytes:
        seen = payload
        try:
            event = _EVENT.decode(payload)
        except (ValueError, RecursionError):
            event, seen = read_almost(_EVENT, payload)
        if event.type == "error" or bytes(event.error) not in _NOTHING:
            raise decode_inband(bytes(event.error))
        match event.type:
            case "content_block_delta":  # as nearly all are
                return payload
            case "content_block_start":
                self._called += _called_in(seen)
            case "message_start":
                self.started = True
                passed = self._started(seen, bytes(event.message))
                return payload if passed is seen else passed
            case "message_delta":
                self._end = seen
                self._reason = _reason_in(seen) or self._reason
            case "message_stop":
                if not self.started:
                    raise no_answer()
                if not self._reason:
                    raise cut_off()
                self.done = True
        return payload

    def _started(self, payload: bytes, message: bytes) -> bytes:
        self._begin = message
        if _look(message).model in {None, self._asked}:
            return payload
        return ModelMember(self._asked).put_inside(payload, message)

    def _missing(self) -> BackendError | None:
        return cut_off() if self.started else no_answer()


def _reason_in(payload: bytes) -> str:
    try:
        delta = _ENDING.decode(payload).delta
    except (ValueError, RecursionError):
        return ""
    return "" if delta is None else delta.stop_reason or ""


def check_message(body: bytes) -> str | None:
    """Return the model that an answer in one piece names. Raises the error that it is."""
    message = _without_error(body)
    if message.content is None:
        raise no_answer()
    return message.model


def check_count(body: bytes) -> str | None:
    """Look for a count of tokens."""
    if _without_error(body).input_tokens is None:
        raise no_answer()
    return None


def outcome_of(
    *told: bytes,
    called: Iterable[str] = (),
    reason: object = None,
    pieces: int = 0,
    error: GatewayError | None = None,
) -> Outcome:
    """Return what a message, or its first and last events, say. What is unclear was not said.

    `called` are the tools that the events between them have named, and `reason` why they say that
    it ended.
    """
    model, usage = "", Usage()
    tools = [*called]
    for part in told:
        try:
            message = _look(part)
            model = message.model or model
            tools += _tools(message.content or ())
            reason = message.stop_reason or reason
            counted = _USAGE.decode(message.usage or b"null")
        except (ValueError, RecursionError, BackendError):
            continue
        usage = usage if counted is None else _usage_of(counted, usage)
    return Outcome(
        usage=usage,
        reason=_meant(reason),
        model=model,
        tools=tuple(tools),
        pieces=pieces,
        error=error,
    )


def _meant(reason: object) -> FinishReason | None:
    if not (reason and isinstance(reason, str)):
        return None
    return _REASONS.get(reason, FinishReason.STOP)


def _called_in(payload: bytes) -> Iterator[str]:
    try:
        return _tools([_BEGUN.decode(payload).content_block])
    except (ValueError, RecursionError):
        return iter(())


def _tools(blocks: Iterable[Raw]) -> Iterator[str]:
    for raw in blocks:
        try:
            block = _BLOCK.decode(raw)
        except (ValueError, RecursionError):
            continue
        if block.type == _CALL:
            yield block.name


def _usage_of(told: _Usage, before: Usage) -> Usage:
    """Count the tokens of caches among those of the prompt, as elsewhere (7.6)."""
    prompt = before.prompt_tokens
    if told.input_tokens is not None:
        cached = (told.cache_creation_input_tokens or 0) + (told.cache_read_input_tokens or 0)
        prompt = told.input_tokens + cached
    return Usage(
        prompt_tokens=prompt,
        completion_tokens=_last(told.output_tokens, before.completion_tokens),
        cached_tokens=_last(told.cache_read_input_tokens, before.cached_tokens),
        cache_write_tokens=_last(told.cache_creation_input_tokens, before.cache_write_tokens),
    )


def _last(told: int | None, before: int | None) -> int | None:
    return before if told is None else told


def _without_error(body: bytes) -> _Message:
    message = _look(body)
    if bytes(message.error) not in _NOTHING:
        raise decode_inband(bytes(message.error))
    return message


def _look(message: bytes) -> _Message:
    return read(_MESSAGE, message)
