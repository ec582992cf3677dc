"""Which models an Ollama server has, and what it tells about each."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from adapters.backends.capabilities import CapabilityGlobs, with_capabilities
from adapters.backends.upstream import Upstream
from adapters.dialects.ollama.outbound.models import Tagged, decode_tags
from adapters.dialects.ollama.outbound.show import Shown, decode_show, encode_show, merged
from ports.errors import BackendError
from ports.models import ModelInfo

TAGS = "api/tags"
SHOW = "api/show"

LIST_SECONDS = 10.0
"""How long the list may take, all in all."""

SHOW_SECONDS = 10.0
"""How long the facts about all models may take: the list is worth having without them."""

AT_ONCE = 4
"""Models that are asked about at the same time."""

_Key = tuple[str, str]


class OllamaModels:
    """Asks `/api/tags`, and `/api/show` once for each name and digest.

    The list alone tells little: its capabilities may lack some, old servers name none. What
    cannot be shown stays as listed and is asked for again with the next list.
    """

    def __init__(self, upstream: Upstream, *, capabilities: CapabilityGlobs) -> None:
        self._upstream = upstream
        self._capabilities = capabilities
        self._shown: dict[_Key, Shown] = {}

    async def fetch(self) -> Sequence[ModelInfo]:
        """List the models. Raises a `BackendError` if there is no list."""
        listed = decode_tags(await self._upstream.get(TAGS, within=LIST_SECONDS))
        # What is gone is forgotten, and what has no digest may have changed.
        self._shown = {
            key: self._shown[key] for key in map(_key, listed) if key in self._shown and key[1]
        }
        await self._ask([tagged for tagged in listed if _key(tagged) not in self._shown])
        return with_capabilities([self._described(tagged) for tagged in listed], self._capabilities)

    async def _ask(self, unknown: Sequence[Tagged]) -> None:
        if not unknown:
            return
        free = asyncio.Semaphore(AT_ONCE)
        asking = [asyncio.create_task(self._show(tagged, free)) for tagged in unknown]
        try:
            await asyncio.wait(asking, timeout=SHOW_SECONDS)
        finally:
            for task in asking:
                task.cancel()
            await asyncio.gather(*asking, return_exceptions=True)

    async def _show(self, tagged: Tagged, free: asyncio.Semaphore) -> None:
        async with free:
            try:
                body = encode_show(tagged.info.id)
                answer = await self._upstream.post(SHOW, body, within=SHOW_SECONDS)
                self._shown[_key(tagged)] = decode_show(answer)
            except BackendError:
                return  # the list itself is good

    def _described(self, tagged: Tagged) -> ModelInfo:
        shown = self._shown.get(_key(tagged))
        return tagged.info if shown is None else merged(tagged.info, shown)


def _key(tagged: Tagged) -> _Key:
    return tagged.info.id, tagged.digest
