"""Whether to think, and how hard, in the many ways in which OpenAI's clients say it.

docs/wire/dialects.md 1.8 and 3.1. The first that says something wins: `reasoning.effort`,
`reasoning_effort`, `reasoning.max_tokens`, `reasoning.enabled`, `chat_template_kwargs`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import UNSET, DecodeError, Struct, UnsetType
from msgspec.json import Decoder

from adapters.dialects.openai.inbound.efforts import decode_effort
from adapters.dialects.openai.inbound.sampling import whole
from adapters.dialects.openai.inbound.schema import WireChat
from adapters.dialects.requests.budgets import effort_within
from ports.chat import Effort
from ports.errors import InvalidRequest

SWITCHES = ("enable_thinking", "thinking")
"""What chat templates call it."""

_MEMBERS = Decoder(dict[str, Any] | None)


class Thinking(Struct, frozen=True):
    """The fields of a neutral request that say how to think."""

    think: bool | Effort | UnsetType = UNSET
    budget: int | UnsetType = UNSET
    if_able: bool = False


UNSAID = Thinking()


def decode_thinking(wire: WireChat) -> Thinking:
    """Turn what was asked for into the neutral choice.

    A switch for the template is a wish: whose template has none passes over it. Raises
    `InvalidRequest` with Ollama's text for an effort that nobody knows.
    """
    reasoning = wire.reasoning
    if reasoning is None:
        return _named("reasoning_effort", wire.reasoning_effort) or _switched(wire)
    budget = whole(wire, "reasoning.max_tokens", reasoning.max_tokens)
    named = _named("reasoning.effort", reasoning.effort) or _named(
        "reasoning_effort", wire.reasoning_effort
    )
    if named is not None:
        return Thinking(named.think, UNSET if budget is None or named.think is False else budget)
    if budget is not None:
        return Thinking(effort_within(budget), budget) if budget > 0 else Thinking(think=False)
    return _switched(wire) if reasoning.enabled is None else Thinking(reasoning.enabled)


def hides_reasoning(wire: WireChat) -> bool:
    """Tell whether the client wants an answer without the reasoning."""
    excluded = wire.reasoning is not None and wire.reasoning.exclude
    return bool(excluded) or wire.include_reasoning is False


def only_switches(wire: WireChat) -> bool:
    """Tell whether `chat_template_kwargs` says nothing but whether to think."""
    said = _template_members(wire).items()
    return all(name in SWITCHES and isinstance(switch, bool) for name, switch in said)


def dropped_of(wire: WireChat) -> list[str]:
    """Name what is said of thinking and cannot be kept."""
    dropped = [] if wire.think is None else ["think"]
    if wire.reasoning is not None and wire.reasoning.summary is not None:
        dropped.append("reasoning.summary")
    return dropped


def _named(member: str, effort: str | None) -> Thinking | None:
    if not effort:
        return None
    try:
        return Thinking(decode_effort(effort))
    except InvalidRequest as error:
        raise error.within(member) from None


def _switched(wire: WireChat) -> Thinking:
    said = _template_members(wire)
    switches = (said[name] for name in SWITCHES if isinstance(said.get(name), bool))
    switch = next(switches, None)
    return UNSAID if switch is None else Thinking(switch, if_able=True)


def _template_members(wire: WireChat) -> Mapping[str, Any]:
    raw = wire.chat_template_kwargs
    if isinstance(raw, UnsetType):
        return {}
    try:
        return _MEMBERS.decode(raw) or {}
    except DecodeError as error:
        raise InvalidRequest("must be an object", param="chat_template_kwargs") from error
