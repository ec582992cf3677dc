"""What is read of an answer beside its way to the client, once it is over."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Raw, Struct
from msgspec.json import Decoder

from adapters.dialects.openai.outbound.answer_parts import Tally, finish_reason, is_there
from adapters.dialects.openai.outbound.schema import ABSENT
from adapters.dialects.openai.relay.looking import Choice
from ports.errors import GatewayError
from ports.observer import Outcome


class _Told(Struct, gc=False):
    model: str | None = None
    choices: list[Choice] | None = None
    usage: Raw = ABSENT
    timings: Raw = ABSENT


_TOLD = Decoder(_Told)


class _Function(Struct, gc=False):
    name: str | None = None


class _Call(Struct, gc=False):
    index: int | None = None
    id: str | None = None
    function: _Function | None = None

    @property
    def name(self) -> str:
        return "" if self.function is None else self.function.name or ""


class _Said(Struct, gc=False):
    tool_calls: list[_Call] | None = None
    function_call: _Function | str | None = None


class _Choice(Struct, gc=False):
    index: int | None = None
    delta: _Said | None = None
    message: _Said | None = None


class _Calling(Struct, gc=False):
    choices: list[_Choice] | None = None


_CALLING = Decoder(_Calling)
_NAME = b'"name"'


class CalledTools:
    """Names of the tools that an answer calls, in order.

    Of a call in pieces the first has the name; some servers repeat it with the others.
    """

    __slots__ = ("_known", "_names", "_older")

    def __init__(self) -> None:
        self._names: list[str] = []
        self._older: str = ""
        """Of the call in its older form, which some servers send beside the newer one."""
        self._known: dict[tuple[int | None, int], _Call] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """Those that have come so far."""
        return tuple(self._names or filter(None, [self._older]))

    def look(self, answer: bytes) -> None:
        """Look for a name in an answer or an event; most events have none."""
        if answer.find(_NAME) < 0:
            return
        try:
            choices = _CALLING.decode(answer).choices or ()
        except (ValueError, RecursionError):
            return
        for choice in choices:
            self._take(choice)

    def _take(self, choice: _Choice) -> None:
        said = choice.message or choice.delta or _Said()
        if isinstance(said.function_call, _Function):
            self._older = self._older or said.function_call.name or ""
        for call in said.tool_calls or ():
            if call.name and not self._is_repeated(choice, call):
                self._names.append(call.name)

    def _is_repeated(self, choice: _Choice, call: _Call) -> bool:
        if call.index is None:
            return False
        known = self._known.setdefault((choice.index, call.index), call)
        if known is call:
            return False
        repeated = call.id == known.id if call.id and known.id else call.name == known.name
        if not repeated:
            self._known[choice.index, call.index] = call
        return repeated


def outcome_of(
    *answers: bytes,
    tools: tuple[str, ...] | None = None,
    pieces: int = 0,
    error: GatewayError | None = None,
) -> Outcome:
    """Return what an answer, or those events of it that may tell, say of it.

    `tools` are those that a stream has called; those of a whole answer are looked for. What cannot
    be read was not said; nothing is raised.
    """
    if tools is None:
        tools = _called_in(answers)
    tally = Tally()
    reason, model = None, ""
    for answer in answers:
        try:
            told = _TOLD.decode(answer)
        except (ValueError, RecursionError):
            continue
        model = told.model or model
        for choice in told.choices or ():
            if choice.finish_reason:
                reason = finish_reason(choice.finish_reason, calls=bool(tools))
        tally.usage = told.usage if is_there(told.usage) else tally.usage
        tally.timings = told.timings if is_there(told.timings) else tally.timings
    usage, _ = tally.read()
    return Outcome(usage=usage, reason=reason, model=model, tools=tools, pieces=pieces, error=error)


def _called_in(answers: Iterable[bytes]) -> tuple[str, ...]:
    called = CalledTools()
    for answer in answers:
        called.look(answer)
    return called.names
