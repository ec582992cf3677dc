"""Tokens of an exchange, as OpenAI's clients read them (docs/wire/dialects.md 1.3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from msgspec import UNSET, Struct, UnsetType

from ports.chat import Usage

Number = TypeVar("Number", int, float)


class WirePromptDetails(Struct, frozen=True, kw_only=True, gc=False):
    """Of the prompt's tokens."""

    cached_tokens: int | UnsetType = UNSET
    cache_write_tokens: int | UnsetType = UNSET


class WireCompletionDetails(Struct, frozen=True, kw_only=True, gc=False):
    """Of the answer's tokens."""

    reasoning_tokens: int | UnsetType = UNSET


_NO_PROMPT_DETAILS = WirePromptDetails()


class WireUsage(Struct, frozen=True, kw_only=True, gc=False):
    """The `usage` of an answer. The first three are always there: clients insist on them in one."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    prompt_tokens_details: WirePromptDetails | UnsetType = UNSET
    completion_tokens_details: WireCompletionDetails | UnsetType = UNSET
    cost: float | UnsetType = UNSET


_COUNTS = tuple(Usage.__struct_fields__)


def encode_usage(usage: Usage) -> WireUsage | UnsetType:
    """Spell the counts; `UNSET` where the upstream counted nothing, for no number is made up.

    Where it told one of two the other is 0: servers leave that out. Details are absent then.
    """
    if usage.prompt_tokens is None and usage.completion_tokens is None:
        return UNSET
    prompt, completion = usage.prompt_tokens or 0, usage.completion_tokens or 0
    cached, written, reasoning = map(
        _or_unset, (usage.cached_tokens, usage.cache_write_tokens, usage.reasoning_tokens)
    )
    of_prompt = WirePromptDetails(cached_tokens=cached, cache_write_tokens=written)
    of_completion = WireCompletionDetails(reasoning_tokens=reasoning)
    return WireUsage(
        prompt_tokens=prompt,
        completion_tokens=completion,
        total_tokens=prompt + completion,
        prompt_tokens_details=UNSET if of_prompt == _NO_PROMPT_DETAILS else of_prompt,
        completion_tokens_details=UNSET if reasoning is UNSET else of_completion,
        cost=_or_unset(usage.cost),
    )


def added(usages: Sequence[Usage]) -> Usage:
    """Return what several exchanges took together; where one was not counted, nobody knows."""
    sums = {name: _sum([getattr(usage, name) for usage in usages]) for name in _COUNTS}
    return Usage(**sums)


def _sum(counts: Sequence[Number | None]) -> Number | None:
    known = [count for count in counts if count is not None]
    return sum(known[1:], known[0]) if len(known) == len(counts) else None


def _or_unset(count: Number | None) -> Number | UnsetType:
    return UNSET if count is None else count
