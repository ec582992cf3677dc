"""What is read of an answer beside its way to the client, once it is over."""

from __future__ import annotations

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


def outcome_of(*answers: bytes, pieces: int = 0, error: GatewayError | None = None) -> Outcome:
    """Return what an answer, or those events of it that may tell, say of it.

    What cannot be read was not said; nothing is raised.
    """
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
                reason = finish_reason(choice.finish_reason, calls=False)
        tally.usage = told.usage if is_there(told.usage) else tally.usage
        tally.timings = told.timings if is_there(told.timings) else tally.timings
    usage, _ = tally.read()
    return Outcome(usage=usage, reason=reason, model=model, pieces=pieces, error=error)
