"""What answers below `/v1` say beyond the recorded ones, because clients look for it.

It is taken out of ours before that is compared: members where the recorded answer has none,
and only with the values that stand here, and events that the real server does not send.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from tests.integration.golden.recordings import ANTHROPIC, OPENAI, RESPONSES

Json = Any
Members = Mapping[str, tuple[Json, ...]]

_CACHED = {"cached_tokens": 0}

MEMBERS: Mapping[str, Members] = MappingProxyType(
    {
        OPENAI: {
            "/body/usage/prompt_tokens_details": (_CACHED,),
            "/events/*/data/usage/prompt_tokens_details": (_CACHED,),
        },
        RESPONSES: {
            "/body/usage/input_tokens_details/cache_write_tokens": (0,),
            "/events/*/data/response/usage/input_tokens_details/cache_write_tokens": (0,),
            "/events/*/data/name": ("get_weather", "get_time"),
        },
        ANTHROPIC: {
            "/body/stop_sequence": (None,),
            "/body/content/*/signature": ("",),
            "/body/usage/cache_creation_input_tokens": (0,),
            "/body/usage/cache_read_input_tokens": (0,),
            "/events/*/data/message/stop_reason": (None,),
            "/events/*/data/message/stop_sequence": (None,),
            "/events/*/data/message/usage/cache_creation_input_tokens": (0,),
            "/events/*/data/message/usage/cache_read_input_tokens": (0,),
            "/events/*/data/content_block/signature": ("",),
            "/events/*/data/delta/stop_sequence": (None,),
            "/events/*/data/usage/cache_creation_input_tokens": (0,),
            "/events/*/data/usage/cache_read_input_tokens": (0,),
        },
    }
)
"""By file: where a member is, and the values that it may have."""

EVENTS = frozenset(
    {"response.reasoning_summary_part.added", "response.reasoning_summary_part.done"}
)
"""The names of events that the real server leaves out."""


def without_additions(file: str, ours: Json, theirs: Json) -> Json:
    """Return a copy of our answer without the members that the recorded one lacks."""
    return _without(MEMBERS[file], "", ours, theirs)


def _without(members: Members, at: str, ours: Json, theirs: Json) -> Json:
    match ours, theirs:
        case dict(), dict():
            return {
                key: _without(members, f"{at}/{key}", value, theirs.get(key))
                for key, value in ours.items()
                if key in theirs or value not in members.get(f"{at}/{key}", ())
            }
        case list(), list():
            pairs = zip(ours, [*theirs, *[None] * len(ours)], strict=False)
            return [_without(members, f"{at}/*", *pair) for pair in pairs]
        case _:
            return ours
