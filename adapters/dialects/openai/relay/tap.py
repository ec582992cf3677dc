"""What is read of an answer beside its way to the client, once it is over."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from msgspec import Raw, Struct
from msgspec.json import Decoder

from adapters.dialects.openai.outbound.answer_parts import Tally, finish_reason, is_there
from adapters.dialects.openai.outbound.schema import ABSENT, CallFragment, FunctionFragment
from adapters.dialects.openai.outbound.tool_fragments import ToolFragments
from adapters.dialects.openai.relay.looking import Choice
from ports.errors import BackendError, GatewayError
from ports.observer import Outcome


class _Told(Struct, gc=False):
    model: str | None = None
    choices: list[Choice] | None = None
    usage: Raw = ABSENT
    timings: Raw = ABSENT


_TOLD = Decoder(_Told)


class _Said(Struct, gc=False):
    tool_calls: list[CallFragment] | None = None
    function_call: FunctionFragment | str | None = None


class _Choice(Struct, gc=False):
    index: int | None = None
    delta: _Said | None = None
    message: _Said | None = None


class _Calling(Struct, gc=False):
    choices: list[_Choice] | None = None


_CALLING = Decoder(_Calling)
_NAME, _ARGUMENTS = b'"name"', b'"arguments"'


class CalledTools:
    """Names of the tools that an answer calls, those of each choice in order.

    Calls are told apart as where they are translated. Of one in pieces the first has the name, so
    the others are only looked at where no id does that: equal calls may follow each other then.
    """

    __slots__ = ("_choices", "_unidentified")

    def __init__(self) -> None:
        self._choices: dict[int | None, ToolFragments] = {}
        self._unidentified = False
        """Whether a call came without an id."""

    @property
    def names(self) -> tuple[str, ...]:
        """Those that have come so far."""
        return tuple(name for calls in self._choices.values() for name in calls.names)

    def look(self, answer: bytes) -> None:
        """Look for calls in an answer or an event; most events have none."""
        if answer.find(_NAME) < 0 and not (self._unidentified and answer.find(_ARGUMENTS) >= 0):
            return
        # What is wrong with an answer is said by whoever passes it on.
        with suppress(ValueError, RecursionError, BackendError):
            for choice in _CALLING.decode(answer).choices or ():
                self._take(choice)

    def _take(self, choice: _Choice) -> None:
        said = choice.message or choice.delta or _Said()
        calls = self._choices.setdefault(choice.index, ToolFragments())
        fragments = said.tool_calls or ()
        self._unidentified = self._unidentified or any(not call.id for call in fragments)
        if choice.message is None:
            calls.add(fragments)
        else:
            calls.add_whole(fragments)
        calls.add_older(said.function_call)


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
        if is_there(told.usage):
            tally.count(told.usage)
        tally.timings = told.timings if is_there(told.timings) else tally.timings
    usage, _ = tally.read()
    return Outcome(usage=usage, reason=reason, model=model, tools=tools, pieces=pieces, error=error)


def _called_in(answers: Iterable[bytes]) -> tuple[str, ...]:
    called = CalledTools()
    for answer in answers:
        called.look(answer)
    return called.names
