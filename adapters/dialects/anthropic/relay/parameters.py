"""What a conversation of Anthropic's API that passes asks for (docs/wire/dialects.md 7.2)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from msgspec import UNSET, UnsetType

from adapters.dialects.anthropic.inbound.thinking import decode_effort
from adapters.dialects.relaying.bodies import Members, member_of
from adapters.dialects.relaying.parameters import (
    above_zero,
    inner,
    number,
    output,
    texts,
    whole,
    word,
)
from adapters.dialects.requests.budgets import effort_within
from ports.chat import Effort, Options
from ports.parameters import OutputType, Parameters

_TYPES: Mapping[str, OutputType] = MappingProxyType({"json_schema": "json"})


def parameters_of_message(members: Members) -> Parameters:
    """Read them of `/v1/messages`."""
    config = inner(members, "output_config")
    newer = bool(member_of(config, "format"))
    return Parameters(
        options=Options(
            temperature=number(members, "temperature"),
            top_p=number(members, "top_p"),
            top_k=whole(members, "top_k"),
            max_tokens=above_zero(members, "max_tokens"),
            stop=texts(members, "stop_sequences"),
        ),
        output=output(config, "format", _TYPES)
        if newer
        else output(members, "output_format", _TYPES),
        effort=_effort(inner(members, "thinking"), config),
    )


def _effort(thinking: Members, config: Members) -> Effort | UnsetType:
    """Read how hard to think; an effort counts where no budget is said (`inbound.thinking`)."""
    effort = decode_effort(word(config, "effort")) or UNSET
    match word(thinking, "type"):
        case "disabled":
            return UNSET
        case "enabled":
            budget = above_zero(thinking, "budget_tokens")
            return effort if budget is UNSET else effort_within(budget)
        case _:
            return effort
