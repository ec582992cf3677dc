"""Tokens counted by servers that speak OpenAI's chat completions and can count."""

from __future__ import annotations

from adapters.backends.openai_compatible.profiles import Profiles
from adapters.backends.upstream import Upstream
from adapters.dialects.openai.outbound.counting import decode_count, encode_count
from ports.backend import TokenCounter
from ports.chat import ChatRequest

SECONDS = 5.0
"""How long a count is waited for: it is a small matter, and an estimate is at hand."""


class OpenAICompatibleCounter(TokenCounter):
    """Asks the path that the profile names, nobody where it names none."""

    def __init__(self, upstream: Upstream, profiles: Profiles) -> None:
        self._upstream = upstream
        self._profiles = profiles

    async def count(self, request: ChatRequest, /) -> int | None:
        """Count what the model would read."""
        profile = self._profiles.of(request.model)
        if not profile.counter:
            return None
        body = encode_count(request, profile)
        return decode_count(await self._upstream.post(profile.counter, body, within=SECONDS))
