"""What was asked, as far as it matters when the answer is read."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import UNSET, Struct, UnsetType

from adapters.dialects.openai.outbound.options import watched_stops
from adapters.dialects.openai.outbound.profile import Profile
from adapters.dialects.openai.outbound.replay import Keep
from ports.chat import ChatRequest, Effort
from ports.generate import GenerateRequest


class Asked(Struct, frozen=True, kw_only=True, gc=False):
    """How an answer is to be read.

    With `think=False` any thinking in it is discarded. With `one_call` only the first tool
    call counts, whatever the server made of that wish (docs/wire/dialects.md 3.3).
    """

    think: bool | Effort | UnsetType = UNSET
    one_call: bool = False
    stop: Sequence[str] = ()
    """All stop strings, one of which the server may say it has met."""
    watched: Sequence[str] = ()
    """Those that the server was not told of: the text ends before the first of them."""
    keep: Keep | None = None
    """Is given what must go back with the calls."""
    mark_suffices: bool = False
    """Whether a stream may end without a reason (`Profile.mark_suffices`)."""


NOTHING = Asked()


def asked_of(request: ChatRequest, profile: Profile, keep: Keep | None) -> Asked:
    """Return how the answer to a chat is to be read."""
    return Asked(
        think=request.think,
        one_call=request.parallel_tool_calls is False,
        stop=request.options.stop or (),
        watched=watched_stops(request.options, profile),
        keep=keep,
        mark_suffices=profile.mark_suffices,
    )


def asked_of_prompt(request: GenerateRequest, profile: Profile) -> Asked:
    """Return how the answer to a prompt is to be read."""
    return Asked(
        stop=request.options.stop or (),
        watched=watched_stops(request.options, profile),
        mark_suffices=profile.mark_suffices,
    )
