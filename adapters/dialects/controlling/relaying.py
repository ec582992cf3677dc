"""How the controllers of every dialect relay an answer, in one piece or in events."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

from adapters.dialects.relaying.answers import Check, passed_on
from adapters.dialects.relaying.events import RelayedEvents
from adapters.dialects.relaying.exchange import at_once, begun, in_one_piece
from domain.forwarding import whole
from domain.relay import AdmittedRelay
from ports.observer import Operation, Outcome
from ports.raw import RawReply, RawRequest


async def relay_whole(
    admitted: AdmittedRelay,
    sent: RawRequest,
    operation: Operation,
    *,
    check: Check,
    outcome_of: Callable[[bytes], Outcome],
) -> tuple[RawReply, bytes]:
    """Have a request answered in one piece: return the answer's head, and its body as it passes.

    Raises what the upstream did, and what `check` does.
    """
    answer = b""
    async with admitted.open(sent, operation, outcome=lambda: outcome_of(answer)) as reply:
        answer = await whole(reply)
        passed = passed_on(answer, check, asked=admitted.asked, conceal=reply.conceal)
    return reply, passed


def beginning_of(
    admitted: AdmittedRelay,
    events: RelayedEvents,
    *,
    check: Check,
    unfold: Callable[[bytes], bytes],
) -> Callable[[RawReply], Awaitable[AsyncIterator[bytes]]]:
    """Make what begins a relayed stream for a `RelayOpening`.

    A server that has answered in one piece all the same is checked like any such answer, and
    `unfold` makes the events of it that the client has asked for.
    """

    async def begin(reply: RawReply) -> AsyncIterator[bytes]:
        if in_one_piece(reply):
            body = await whole(reply)
            answer = passed_on(body, check, asked=admitted.asked, conceal=reply.conceal)
            return at_once(reply, unfold(answer))
        events.meet(reply)
        return await begun(reply, events)

    return begin
