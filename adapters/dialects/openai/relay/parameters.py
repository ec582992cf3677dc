"""What a request of OpenAI's API that passes asks for (docs/wire/dialects.md 1.1, 4.1, 5, 6.1).

Options of Ollama's under `options` are not looked at: hardly any server of this dialect takes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from msgspec import UNSET, UnsetType

from adapters.dialects.openai.inbound.efforts import decode_effort
from adapters.dialects.relaying.bodies import Members
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
from ports.errors import InvalidRequest
from ports.parameters import OutputType, Parameters

_TYPES: Mapping[str, OutputType] = MappingProxyType(
    {"text": "text", "json_object": "json", "json_schema": "json"}
)


def parameters_of_chat(members: Members) -> Parameters:
    """Read them of a chat."""
    return Parameters(
        options=_options(members, "max_completion_tokens", "max_tokens"),
        output=output(members, "response_format", _TYPES),
        effort=_effort(members),
    )


def parameters_of_prompt(members: Members) -> Parameters:
    """Read them of a text to complete."""
    return Parameters(options=_options(members, "max_tokens"), output="text")


def parameters_of_response(members: Members) -> Parameters:
    """Read them of `/v1/responses`."""
    return Parameters(
        options=_options(members, "max_output_tokens"),
        output=output(inner(members, "text"), "format", _TYPES),
        effort=_level(word(inner(members, "reasoning"), "effort")),
    )


def parameters_of_vectors(members: Members) -> Parameters:
    """Read them of texts to embed."""
    return Parameters(dimensions=above_zero(members, "dimensions"))


def _options(members: Members, *limits: str) -> Options:
    """Read how to sample; the first of `limits` that is one counts."""
    found = (above_zero(members, name) for name in limits)
    return Options(
        temperature=number(members, "temperature"),
        top_p=number(members, "top_p"),
        top_k=whole(members, "top_k"),
        presence_penalty=number(members, "presence_penalty"),
        frequency_penalty=number(members, "frequency_penalty"),
        seed=whole(members, "seed"),
        max_tokens=next((limit for limit in found if limit is not UNSET), UNSET),
        stop=texts(members, "stop", alone=True),
    )


def _effort(members: Members) -> Effort | UnsetType:
    """Read how hard to think; the order is that of `inbound.thinking`."""
    reasoning = inner(members, "reasoning")
    named = word(reasoning, "effort") or word(members, "reasoning_effort")
    if named:
        return _level(named)
    budget = above_zero(reasoning, "max_tokens")
    return UNSET if budget is UNSET else effort_within(budget)


def _level(named: str) -> Effort | UnsetType:
    try:
        level = decode_effort(named)
    except InvalidRequest:
        return UNSET
    return UNSET if isinstance(level, bool) else level
