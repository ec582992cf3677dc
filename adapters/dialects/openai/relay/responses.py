"""Responses of a server that has them, on their way to a client of `/v1/responses`.

Only the model's name changes, inside the events that carry the whole response and in an answer
in one piece (docs/wire/dialects.md 6.3 and 6.4).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from msgspec import Raw, Struct
from msgspec.json import Decoder

from adapters.dialects.openai.errors import decode_inband
from adapters.dialects.openai.outbound.answer import raise_bare
from adapters.dialects.openai.outbound.answer_parts import is_there
from adapters.dialects.openai.outbound.schema import ABSENT
from adapters.dialects.openai.responses.faults import encode_error, encode_fault
from adapters.dialects.relaying.almost import read, read_almost
from adapters.dialects.relaying.events import RelayedEvents, on_one_line
from adapters.dialects.relaying.exchange import cut_off, no_answer
from adapters.dialects.relaying.model_member import ModelMember
from adapters.dialects.upstreams.counts import Count
from ports.chat import FinishReason, Usage
from ports.errors import BackendError, GatewayError
from ports.observer import Outcome

_MEMBERS = Decoder(dict[str, Raw])
_LAST = frozenset({"response.completed", "response.incomplete"})
_DONE = b"[DONE]"
_SHELLS = frozenset({"message", "reasoning"})
"""Items that are empty when they are added."""


class _Event(Struct, gc=False):
    type: str = ""
    sequence_number: int = -1
    response: Raw = ABSENT
    error: Raw = ABSENT


class _Item(Struct, gc=False):
    type: str = ""


class _Piece(Struct, gc=False):
    type: str = ""
    delta: Raw = ABSENT
    item: _Item | None = None

    @property
    def says(self) -> bool:
        # A call is said as soon as it is there, a text with its first piece.
        begins_call = self.item is not None and self.item.type not in _SHELLS
        return is_there(self.delta) or begins_call


class _Response(Struct, gc=False):
    model: str | None = None
    status: str | None = None
    output: list[Raw] | None = None
    input_tokens: Count | None = None
    """Of what counts, and answers nothing."""
    error: Raw = ABSENT


class _Details(Struct, gc=False):
    cached_tokens: Count | None = None
    reasoning_tokens: Count | None = None


class _Usage(Struct, gc=False):
    input_tokens: Count | None = None
    output_tokens: Count | None = None
    input_tokens_details: _Details | None = None
    output_tokens_details: _Details | None = None


class _Told(Struct, gc=False):
    model: str = ""
    usage: _Usage | None = None
    output: list[Raw] | None = None
    status: object = None
    incomplete_details: object = None


class _Called(Struct, gc=False):
    type: str = ""
    name: str = ""


_EVENT = Decoder(_Event)
_PIECE = Decoder(_Piece)
_RESPONSE = Decoder(_Response)
_TOLD = Decoder(_Told)
_CALLED = Decoder(_Called)
_CALLS = frozenset({"function_call", "custom_tool_call"})
"""Items in which the model calls a tool of the client."""


class RelayedResponseEvents(RelayedEvents):
    """One streamed response, with the model named as the client did."""

    __slots__ = ("_asked", "_model", "_number", "_response")

    def __init__(self, *, asked: str) -> None:
        super().__init__()
        self._asked = asked
        self._model = ModelMember(asked)
        self._number = -1
        """Of the last event that went on."""
        self._response = b""
        """As the last event that carries it has it, for the client."""

    def failed(self, error: GatewayError) -> bytes:
        """Return the events that end a broken stream; nothing may follow them (9.2)."""
        told = self._written("error", **encode_error(error))
        if not self._response:
            return told
        response = read(_MEMBERS, self._response)
        failed = {**response, "status": "failed", "error": encode_fault(error)}
        return told + self._written("response.failed", response=failed)

    def outcome(self) -> Outcome:
        """Tell what was read of the answer."""
        return outcome_of(self._response, pieces=self.pieces, error=self.error)

    def _says(self, payload: bytes) -> bool:
        try:
            return read(_PIECE, payload).says
        except BackendError:
            return False

    def _event(self, payload: bytes) -> bytes:
        seen = passed = payload
        try:
            event = _EVENT.decode(payload)
        except (ValueError, RecursionError):
            if payload.startswith(_DONE):
                return b""  # OpenRouter ends other streams so; here there is another end
            event, seen = read_almost(_EVENT, payload)
        if event.type == "error" or is_there(event.error):
            raise decode_inband(bytes(event.error) or payload)
        ends = event.type in _LAST
        if is_there(event.response):
            self.started = True  # `response.created` is the first (6.4)
            told = self._renamed(seen, bytes(event.response))
            passed = payload if told is seen else told
            response = _look(self._response)
            if event.type == "response.failed" or (ends and is_there(response.error)):
                raise decode_inband(bytes(response.error))
        elif ends:
            raise cut_off()
        self._number = max(self._number, event.sequence_number)
        self.done = ends
        return passed

    def _renamed(self, payload: bytes, response: bytes) -> bytes:
        self._response = response
        if _look(response).model in {None, self._asked}:
            return payload
        self._response = self._model.put_into(response)
        return self._model.put_inside(payload, response)

    def _missing(self) -> BackendError | None:
        return cut_off() if self.started else no_answer()

    def _written(self, kind: str, **members: Any) -> bytes:
        self._number += 1
        data = msgspec.json.encode({"type": kind, "sequence_number": self._number, **members})
        return b"event: %b\ndata: %b\n\n" % (kind.encode(), on_one_line(data))


def check_response(body: bytes) -> str | None:
    """Return the model that an answer in one piece names. Raises the error that it is."""
    response = _look(body)
    if is_there(response.error):
        raise decode_inband(bytes(response.error))
    if response.output is None:
        raise_bare(body)
        raise no_answer()
    return response.model


def check_count(body: bytes) -> str | None:
    """Look for a count of tokens. Raises the error that is there instead."""
    counted = _look(body)
    if is_there(counted.error):
        raise decode_inband(bytes(counted.error))
    if counted.input_tokens is None:
        raise_bare(body)
        raise no_answer()
    return None


def outcome_of(response: bytes, *, pieces: int = 0, error: GatewayError | None = None) -> Outcome:
    """Return what a response says of itself. What cannot be read was not said."""
    try:
        told = read(_TOLD, response)
    except BackendError:
        return Outcome(pieces=pieces, error=error)
    tools = tuple(_tools(told.output or ()))
    usage = told.usage or _Usage()
    prompt = usage.input_tokens_details or _Details()
    completion = usage.output_tokens_details or _Details()
    return Outcome(
        usage=Usage(
            prompt_tokens=usage.input_tokens,
            completion_tokens=usage.output_tokens,
            cached_tokens=prompt.cached_tokens,
            reasoning_tokens=completion.reasoning_tokens,
        ),
        reason=_reason(told, calls=bool(tools)),
        model=told.model,
        tools=tools,
        pieces=pieces,
        error=error,
    )


def _reason(told: _Told, *, calls: bool) -> FinishReason | None:
    match told.status, told.incomplete_details:
        case "completed", _:
            return FinishReason.TOOL_CALLS if calls else FinishReason.STOP
        case "incomplete", {"reason": "content_filter"}:
            return FinishReason.CONTENT_FILTER
        case "incomplete", _:
            return FinishReason.LENGTH
    return None


def _tools(output: Iterable[Raw]) -> Iterator[str]:
    for item in output:
        try:
            called = _CALLED.decode(item)
        except (ValueError, RecursionError):
            continue
        if called.type in _CALLS:
            yield called.name


def _look(response: bytes) -> _Response:
    return read(_RESPONSE, response)
